/// CLIENT TRACKING and maxmemory-clients over real connections: who is told of a changed key, and when; who
/// is closed when buffers grow too large.
#include <catch2/catch.hpp>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

std::string invalidation(const std::string& key) {
  return ">2\r\n$10\r\ninvalidate\r\n*1\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
}

struct Server {
  Folder folder;
  ChildServer server{our_binary(), folder.path(), {"--save", "", "--appendonly", "no"}};
  Connection reader = server.connect(), writer = server.connect();
  Server() { reader.ask("hello 3"); }
  /// What the reader has been sent is told apart from what comes: a PING's answer comes after it.
  std::string told() { return reader.ask("ping"); }
};

}  // namespace

TEST_CASE("tracking: a client is told once of a key that it read, and of no other") {
  Server s;
  CHECK(s.reader.ask("client tracking on") == "+OK\r\n");
  s.writer.ask("mset a 1 b 1 c 1");
  s.reader.ask("mget a b");
  CHECK(s.writer.ask("set c 2") == "+OK\r\n");
  CHECK(s.told() == "+PONG\r\n");
  s.writer.ask("set a 2");
  CHECK(s.reader.reply() == invalidation("a"));
  s.writer.ask("set a 3");
  CHECK(s.told() == "+PONG\r\n");
  // Its own change comes after the answer, and with NOLOOP not at all.
  CHECK(s.reader.ask("set b 2") == "+OK\r\n");
  CHECK(s.reader.reply() == invalidation("b"));
  s.reader.ask("client tracking on noloop");
  s.reader.ask("get b");
  CHECK(s.reader.ask("set b 3") == "+OK\r\n");
  CHECK(s.told() == "+PONG\r\n");
  s.reader.ask("get b");
  s.writer.ask("flushall");
  CHECK(s.reader.reply() == ">2\r\n$10\r\ninvalidate\r\n_\r\n");
}

TEST_CASE("tracking: expired and scripted keys, opting in, prefixes, redirection") {
  Server s;
  s.writer.ask("mset a 1 b 1 user:1 x");
  s.reader.ask("client tracking on optin");
  s.reader.ask("get a");
  s.writer.ask("set a 2");
  CHECK(s.told() == "+PONG\r\n");
  s.reader.ask("client caching yes");
  s.reader.ask("get a");
  s.writer.ask("pexpire a 1");
  CHECK(s.reader.reply() == invalidation("a"));

  s.reader.ask("client tracking off");
  s.reader.ask("client tracking on");
  s.reader.ask("eval \"return redis.call('get', KEYS[1])\" 1 b");
  s.writer.ask("set b 2");
  CHECK(s.reader.reply() == invalidation("b"));

  s.reader.ask("client tracking off");
  s.reader.ask("client tracking on bcast prefix user:");
  s.writer.ask("mset other 1 user:2 x");
  CHECK(s.reader.reply() == invalidation("user:2"));
  s.reader.ask("client tracking off");

  Connection listener = s.server.connect();
  const std::string id = listener.ask("client id");
  listener.ask("subscribe __redis__:invalidate");
  s.reader.ask("client tracking on redirect " + id.substr(1, id.size() - 3));
  s.reader.ask("get b");
  s.writer.ask("set b 3");
  CHECK(listener.reply() == "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nb\r\n");
}

TEST_CASE("tracking: the table keeps to its limit by telling readers that keys changed") {
  Server s;
  s.reader.ask("client tracking on");
  for (int i = 0; i < 10; ++i) s.reader.ask("get k" + std::to_string(i));
  s.writer.ask("config set tracking-table-max-keys 1");
  CHECK(eventually(
      [&] { return s.writer.ask("info stats").find("tracking_total_keys:1\r\n") != std::string::npos; }));
  for (int i = 0; i < 9; ++i) CHECK(s.reader.reply().starts_with(">2\r\n$10\r\ninvalidate"));
}

TEST_CASE("maxmemory-clients: the client with the largest buffers goes, unless it is spared") {
  Server s;
  s.writer.ask("set big " + std::string(100000, 'x'));
  CHECK(s.writer.ask("config set maxmemory-clients 3mb") == "+OK\r\n");
  Connection greedy = s.server.connect(), spared = s.server.connect();
  spared.ask("client no-evict on");
  // Asks and does not read.
  for (int i = 0; i < 300; ++i) {
    greedy.send_command({"get", "big"});
    if (i < 10) spared.send_command({"get", "big"});
  }
  CHECK(eventually(
      [&] { return s.writer.ask("info stats").find("evicted_clients:1\r\n") != std::string::npos; }));
  for (int i = 0; i < 10; ++i) CHECK(spared.reply().size() > 100000);
  CHECK(s.writer.ask("ping") == "+PONG\r\n");
}
