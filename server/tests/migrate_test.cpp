/// MIGRATE to where nobody is: the words of redis-server, and the key stays.
#include <catch2/catch.hpp>
#include <string>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

std::string migrated(const std::string& binary, const std::string& target) {
  const Folder folder;
  const ChildServer server(binary, folder.path(), {"--save", ""});
  Connection c = server.connect();
  CHECK(c.ask("set key value") == "+OK\r\n");
  const std::string answer = c.ask("migrate " + target + " key 0 200");
  CHECK(c.ask("get key") == "$5\r\nvalue\r\n");
  return answer;
}

}  // namespace

TEST_CASE("MIGRATE to a port that nobody listens on, and to a host that has no address, fails as in redis") {
  const std::string closed = std::to_string(free_port());
  const std::string refused = migrated(our_binary(), "localhost " + closed);
  CHECK(refused == "-IOERR error or timeout writing to target instance\r\n");
  const std::string unknown = migrated(our_binary(), "nowhere.invalid " + closed);
  CHECK(unknown == "-IOERR error or timeout connecting to the client\r\n");
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing to compare with");
    return;
  }
  CHECK(migrated(stock_binary(), "localhost " + closed) == refused);
  CHECK(migrated(stock_binary(), "nowhere.invalid " + closed) == unknown);
}
