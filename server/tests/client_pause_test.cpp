/// CLIENT PAUSE: what waits, and that nothing expires meanwhile.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

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

namespace {

/// While ALL is paused: which of the commands are answered before the pause ends.
std::vector<std::string> answered_while_paused(const std::string& binary) {
  const Folder folder;
  const ChildServer server(binary, folder.path(), {"--save", ""});
  std::vector<std::string> answered;
  Connection pausing = server.connect();
  const std::vector<std::string> lines{"ping",           "info server",     "client id",
                                       "client unpause", "config get save", "get a",
                                       "command count",  "client list"};
  std::vector<std::unique_ptr<Connection>> asking;
  for (const std::string& line : lines) {
    asking.push_back(std::make_unique<Connection>(server.port()));
    CHECK(asking.back()->ask("echo " + line.substr(0, 4)).find('$') == 0);
  }
  CHECK(pausing.ask("client pause 1500 all") == "+OK\r\n");
  for (std::size_t i = 0; i < lines.size(); ++i) asking[i]->send(lines[i] + "\r\n");
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!asking[i]->reply(i == 0 ? 500 : 10).empty()) answered.push_back(lines[i]);
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK_FALSE(asking[i]->reply().empty());
  return answered;
}

}  // namespace

TEST_CASE("CLIENT PAUSE ALL holds every command, and lets all go when its time is over") {
  CHECK(answered_while_paused(our_binary()).empty());
}

TEST_CASE("CLIENT PAUSE ALL holds every command: so has it redis-server") {
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing to compare with");
    return;
  }
  CHECK(answered_while_paused(stock_binary()).empty());
}

TEST_CASE("a replica whose clients are paused leaves its master's commands alone until the pause is over") {
  const Folder folder, copies;
  const std::vector<std::string> quick{"--save", "", "--repl-diskless-sync-delay", "0"};
  const ChildServer master(our_binary(), folder.path(), quick);
  const ChildServer replica(our_binary(), copies.path(), quick);
  Connection m = master.connect(), r = replica.connect();
  CHECK(m.ask("set key old") == "+OK\r\n");
  CHECK(r.ask("replicaof 127.0.0.1 " + std::to_string(master.port())) == "+OK\r\n");
  REQUIRE(eventually([&] { return r.ask("get key") == "$3\r\nold\r\n"; }));
  const auto offset = [&] { return field(r, "replication", "slave_repl_offset"); };

  CHECK(r.ask("client pause 100000000 write") == "+OK\r\n");
  const std::string before = offset();
  CHECK(m.ask("set key new") == "+OK\r\n");
  CHECK(m.ask("wait 1 300") == ":0\r\n");  // the time in which it would have come
  CHECK(r.ask("get key") == "$3\r\nold\r\n");
  CHECK(offset() == before);

  CHECK(r.ask("client unpause") == "+OK\r\n");
  CHECK(eventually([&] { return r.ask("get key") == "$3\r\nnew\r\n"; }));
  CHECK(r.ask("client pause 300 all") == "+OK\r\n");
  CHECK(m.ask("set key last") == "+OK\r\n");
  CHECK(eventually([&] { return r.ask("get key") == "$4\r\nlast\r\n"; }));
}
