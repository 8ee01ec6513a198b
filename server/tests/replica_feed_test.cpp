/// Replicas are handed a write before its client hears that it was done: what dies with the master then was
/// promised to nobody.
#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

const std::vector<std::string> kQuick{"--save", "", "--repl-diskless-sync-delay", "0"};

constexpr std::size_t kMarkBytes = 40;  // before and behind a dump of unknown length

/// A replica that is nothing but its connection, fed from a dump that it does not read.
class FakeReplica {
 public:
  explicit FakeReplica(const ChildServer& master) : socket_(node::connect_tcp("127.0.0.1", master.port())) {
    REQUIRE(await(POLLOUT));
    REQUIRE(node::connect_result(socket_) == 0);
    say("REPLCONF listening-port 1 capa eof capa psync2\r\n");
    REQUIRE(until("+OK\r\n"));
    say("PSYNC ? -1\r\n");
    REQUIRE(until("$EOF:"));
    while (in_.size() < kMarkBytes) REQUIRE((await(POLLIN) && take()));
    const std::string mark = in_.substr(0, kMarkBytes);
    in_.erase(0, kMarkBytes);
    REQUIRE(until(mark));
    say("*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n");
  }
  /// Reads on until the text came, which is taken with all before it.
  bool until(const std::string& text) {
    while (true) {
      if (const auto at = in_.find(text); at != std::string::npos) {
        in_.erase(0, at + text.size());
        return true;
      }
      if (!await(POLLIN) || !take()) return false;
    }
  }
  /// Whether it is there already, in the kernel at least.
  bool has(const std::string& text) {
    while (await(POLLIN, 0) && take()) {
    }
    return in_.find(text) != std::string::npos;
  }

 private:
  bool await(short events, int timeout_ms = 10000) {
    pollfd p{socket_.fd(), events, 0};
    return poll(&p, 1, timeout_ms) == 1;
  }
  bool take() {
    char buffer[65536];
    const ssize_t n = recv(socket_.fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) in_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }
  void say(const std::string& text) {
    REQUIRE(::send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  node::Socket socket_;
  std::string in_;
};

}  // namespace

TEST_CASE("a write is on its way to the replica when its client hears that it was done") {
  const Folder folder;
  const ChildServer master(our_binary(), folder.path(), kQuick);
  FakeReplica replica(master);
  Connection client = master.connect();
  REQUIRE(client.ask("set warm up") == "+OK\r\n");
  REQUIRE(replica.until("warm"));
  int late = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::string key = "key-" + std::to_string(i) + "-";
    client.send_command({"SET", key, "1"});
    REQUIRE(client.reply() == "+OK\r\n");
    late += !replica.has(key);
  }
  CHECK(late == 0);
}

TEST_CASE("of a pipeline that is longer than a portion of the stream, all is on its way to the replica") {
  const Folder folder;
  const ChildServer master(our_binary(), folder.path(), kQuick);
  FakeReplica replica(master);
  Connection client = master.connect();
  REQUIRE(client.ask("set warm up") == "+OK\r\n");
  REQUIRE(replica.until("warm"));
  const std::string value(20000, 'v');
  int late = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string last = "last-" + std::to_string(round) + "-";
    for (int i = 0; i < 15; ++i) client.send_command({"SET", "large", value});
    client.send_command({"SET", last, "1"});
    for (int i = 0; i < 16; ++i) REQUIRE(client.reply() == "+OK\r\n");
    late += !replica.has(last);
    REQUIRE(replica.until(last));
  }
  CHECK(late == 0);
}

TEST_CASE(
    "what was written before a script that runs long is on its way to the replica while the script runs") {
  const Folder folder;
  std::vector<std::string> arguments = kQuick;
  arguments.insert(arguments.end(), {"--busy-reply-threshold", "50"});
  const ChildServer master(our_binary(), folder.path(), arguments);
  FakeReplica replica(master);
  Connection client = master.connect(), other = master.connect();
  REQUIRE(client.ask("set warm up") == "+OK\r\n");
  REQUIRE(replica.until("warm"));
  client.send("SET before 1\r\nEVAL \"while true do end\" 0\r\n");
  CHECK(eventually([&] { return replica.has("before"); }));
  CHECK(other.ask("script kill") == "+OK\r\n");
  CHECK(client.reply() == "+OK\r\n");
}
