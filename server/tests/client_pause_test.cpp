/// CLIENT PAUSE: what waits, and that nothing expires meanwhile.
#include <catch2/catch.hpp>
#include <string>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

TEST_CASE("while writes are paused keys are gone for readers but do not expire, and do so right after") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  Connection c = server.connect(), writer = server.connect();
  const auto expired = [&] { return std::stoul(field(c, "stats", "expired_keys")); };
  c.ask("multi");
  c.ask("set a 1 px 10");
  c.ask("set b 1 px 10");
  c.ask("client pause 100000000 write");
  c.ask("exec");
  REQUIRE(eventually([&] { return c.ask("get a") == "$-1\r\n" && c.ask("get b") == "$-1\r\n"; }));
  CHECK(expired() == 0);
  writer.send_command({"set", "c", "1"});
  REQUIRE(eventually([&] { return c.ask("client list").find("cmd=set ") != std::string::npos; }));
  CHECK(c.ask("exists c") == ":0\r\n");
  CHECK(c.ask("client unpause") == "+OK\r\n");
  CHECK(c.ask("get a") == "$-1\r\n");
  CHECK(c.ask("get b") == "$-1\r\n");
  CHECK(expired() == 2);
  CHECK(writer.reply() == "+OK\r\n");
}
