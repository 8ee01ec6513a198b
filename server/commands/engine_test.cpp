/// The engine with all commands, and nothing of a node behind its ports: a clock that stands, one client, and
/// changes that are only noted.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/commands/table.h"
#include "server/engine/engine.h"
#include "server/scripting/scripting.h"

using namespace node;

namespace {

using Text = std::optional<std::string>;

struct Outside final : ClockPort,
                       LogPort,
                       SessionsPort,
                       ChangesPort,
                       PersistencePort,
                       ReplicationPort,
                       MemoryPort,
                       ShutdownPort,
                       MigrationPort,
                       ServerPort {
  std::int64_t us = 1'000'000'000;
  std::vector<Session*> clients;
  std::vector<std::string> changes, asked;
  bool replica = false, pausing = false;

  std::int64_t now_us() const override { return us; }
  std::int64_t monotonic_us() const override { return us; }
  void log(char, std::string_view) const override {}
  void for_each(const std::function<void(Session&)>& visit) override {
    for (Session* s : clients) visit(*s);
  }
  Session* find(std::uint64_t) override { return nullptr; }
  void wake(const Subscriber&) override {}
  void close(Session&) override { asked.emplace_back("close"); }
  Traffic traffic(const Session&) const override { return {}; }
  void pause(std::int64_t, bool) override { asked.emplace_back("pause"); }
  bool paused(bool) const override { return pausing; }
  void propagate(int, std::string_view resp, unsigned) override { changes.emplace_back(resp); }
  bool propagating() const override { return true; }
  Text save() override { return asked.emplace_back("save"), std::nullopt; }
  Text background_save(bool) override { return std::nullopt; }
  Text background_rewrite(bool&) override { return std::nullopt; }
  std::int64_t last_save_s() const override { return 0; }
  void data_flushed() override {}
  Text debug_reload(bool, bool, bool) override { return std::nullopt; }
  Text debug_load_aof() override { return std::nullopt; }
  Text write_refusal() const override { return std::nullopt; }
  bool is_replica() const override { return replica; }
  bool link_up() const override { return true; }
  std::int64_t offset() const override { return 0; }
  int good_replicas() const override { return 0; }
  void command_replicaof(Call&) override {}
  void command_role(Call&) override {}
  void command_replconf(Call&) override {}
  void command_psync(Call&) override {}
  void command_wait(Call&) override {}
  void command_failover(Call&) override {}
  std::size_t used() const override { return 0; }
  std::size_t for_data() const override { return 0; }
  void freed(std::size_t) override {}
  MemoryReport report() const override { return {}; }
  void give_back() override { asked.emplace_back("give back"); }
  Text begin(bool, bool, bool, bool) override { return std::nullopt; }
  bool waiting() const override { return false; }
  bool abort() override { return false; }
  void command_migrate(Call&) override {}
  Text apply_config(std::span<const std::string>) override { return std::nullopt; }
  Text read_users(std::string&) override { return std::nullopt; }
  Text write_users(std::string_view) override { return std::nullopt; }
  bool info_section(std::string_view, std::string&) override { return false; }
  void serve_while_busy() override {}

  Ports ports() { return {*this, *this, *this, *this, *this, *this, *this, *this, *this, *this}; }
};

struct Bench {
  Config config;
  Outside outside;
  Engine engine{config, outside.ports(), command_table(), nullptr};
  Scripting scripting{engine};
  Session client, other;

  Bench() {
    engine.scripts = &scripting;
    engine.state.now_ms = outside.us / 1000;
    for (Session* s : {&client, &other}) {
      s->id = outside.clients.size() + 1;
      s->authenticated = true;
      outside.clients.push_back(s);
    }
  }
  std::string ask(Session& session, const std::vector<std::string_view>& words) {
    if (!engine.process(session, words)) return "held back";
    return std::exchange(session.out.buffer(), {});
  }
  std::string ask(const std::vector<std::string_view>& words) { return ask(client, words); }
};

}  // namespace

TEST_CASE("what changes data is told once, a transaction and a script as one") {
  Bench b;
  CHECK(b.ask({"SET", "k", "1"}) == "+OK\r\n");
  CHECK(b.ask({"GET", "k"}) == "$1\r\n1\r\n");
  CHECK(b.outside.changes == std::vector<std::string>{"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n1\r\n"});
  b.outside.changes.clear();
  b.ask({"MULTI"});
  b.ask({"INCR", "k"});
  b.ask({"INCR", "k"});
  CHECK(b.ask({"EXEC"}) == "*2\r\n:2\r\n:3\r\n");
  REQUIRE(b.outside.changes.size() == 4);
  CHECK(b.outside.changes.front() == "*1\r\n$5\r\nMULTI\r\n");
  CHECK(b.outside.changes.back() == "*1\r\n$4\r\nEXEC\r\n");
  b.outside.changes.clear();
  CHECK(b.ask({"EVAL", "return redis.call('incr', KEYS[1])", "1", "k"}) == ":4\r\n");
  CHECK(b.outside.changes == std::vector<std::string>{"*2\r\n$4\r\nincr\r\n$1\r\nk\r\n"});
}

TEST_CASE("a key whose time passed is told as deleted, on a replica it waits for its master") {
  Bench b;
  b.ask({"SET", "k", "1", "PX", "10"});
  b.outside.changes.clear();
  b.engine.state.now_ms += 11;
  CHECK(b.ask({"GET", "k"}) == "$-1\r\n");
  CHECK(b.outside.changes == std::vector<std::string>{"*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n"});
  b.outside.replica = true;
  CHECK(b.ask({"SET", "k", "1"}).starts_with("-READONLY"));
}

TEST_CASE("who waits for a key is served by another's command, or when its time is over") {
  Bench b;
  CHECK(b.ask({"BLPOP", "list", "1"}).empty());
  CHECK(b.ask(b.other, {"RPUSH", "list", "x"}) == ":1\r\n");
  CHECK(b.client.out.buffer() == "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n");
  b.client.out.buffer().clear();
  CHECK(b.ask({"BLPOP", "list", "1"}).empty());
  b.engine.state.now_ms += 1001;
  b.engine.expire_blocked();
  CHECK(b.client.out.buffer() == "*-1\r\n");
}

TEST_CASE("whatever changes a stream's groups breaks a WATCH of its key") {
  using Words = std::vector<std::string_view>;
  const std::vector<Words> changing = {
      {"XREADGROUP", "GROUP", "g", "reader", "COUNT", "1", "STREAMS", "s", ">"},
      {"XCLAIM", "s", "g", "other", "0", "1-1"},
      {"XAUTOCLAIM", "s", "g", "third", "0", "0"},
      {"XACK", "s", "g", "1-1"},
      {"XGROUP", "SETID", "s", "g", "0"},
      {"XGROUP", "CREATECONSUMER", "s", "g", "idle"},
      {"XGROUP", "DELCONSUMER", "s", "g", "idle"},
      {"XGROUP", "CREATE", "s", "second", "0"},
      {"XGROUP", "DESTROY", "s", "second"}};
  Bench b;
  b.ask({"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"});
  b.ask({"XADD", "s", "1-1", "f", "v"});
  const auto exec_after = [&](const Words& words) {
    b.ask({"WATCH", "s"});
    const std::string reply = b.ask(b.other, words);
    CAPTURE(words[0], words[1], reply);
    CHECK_FALSE(reply.starts_with("-"));
    b.ask({"MULTI"});
    b.ask({"XLEN", "s"});
    return b.ask({"EXEC"});
  };
  for (const Words& words : changing) CHECK(exec_after(words) == "*-1\r\n");
  CHECK(exec_after({"XPENDING", "s", "g"}) == "*1\r\n:1\r\n");
  CHECK(exec_after({"XACK", "s", "g", "7-7"}) == "*1\r\n:1\r\n");
}

TEST_CASE("of several destinations of a search the last one is the key that counts") {
  Bench b;
  CHECK(b.ask({"COMMAND", "GETKEYS", "GEORADIUS", "k", "1", "1", "1", "km", "STORE", "a", "STORE", "b"}) ==
        "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
  CHECK(b.ask({"COMMAND", "GETKEYS", "GEORADIUS", "k", "1", "1", "1", "km", "STOREDIST", "a", "STORE",
               "b"}) == "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
}

TEST_CASE("while clients are paused a command is held back, and the outside is asked for what is its own") {
  Bench b;
  CHECK(b.ask({"SAVE"}) == "+OK\r\n");
  CHECK(b.outside.asked == std::vector<std::string>{"save"});
  b.outside.pausing = true;
  CHECK(b.ask({"PING"}) == "held back");
}

TEST_CASE("LTRIM breaks a WATCH of its key only if it removes something") {
  Bench b;
  b.ask({"RPUSH", "l", "a", "b", "c"});
  const auto exec_after = [&](std::string_view from, std::string_view to) {
    b.ask({"WATCH", "l"});
    CHECK(b.ask(b.other, {"LTRIM", "l", from, to}) == "+OK\r\n");
    b.ask({"MULTI"});
    b.ask({"LLEN", "l"});
    return b.ask({"EXEC"});
  };
  CHECK(exec_after("0", "-1") == "*1\r\n:3\r\n");
  CHECK(exec_after("-5", "9") == "*1\r\n:3\r\n");
  CHECK(exec_after("1", "-1") == "*-1\r\n");
  CHECK(exec_after("5", "9") == "*-1\r\n");  // nothing is left
}

TEST_CASE("a claim that moves a group's position leaves no count of what was read before") {
  Bench b;
  for (const std::string_view id : {"1-0", "2-0", "3-0"}) b.ask({"XADD", "s", id, "f", "v"});
  b.ask({"XGROUP", "CREATE", "s", "g", "0"});
  b.ask({"XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">"});
  CHECK(b.ask({"XCLAIM", "s", "g", "c", "0", "1-0", "JUSTID", "LASTID", "3-0"}) == "*1\r\n$3\r\n1-0\r\n");
  CHECK(b.ask({"XINFO", "GROUPS", "s"}).ends_with("$12\r\nentries-read\r\n:3\r\n$3\r\nlag\r\n:0\r\n"));
}

TEST_CASE("replies cannot be switched within a transaction, whose EXEC answers for each command") {
  Bench b;
  CHECK(b.ask({"MULTI"}) == "+OK\r\n");
  CHECK(b.ask({"CLIENT", "REPLY", "OFF"}).starts_with("-ERR"));
  CHECK(b.ask({"GET", "k"}) == "+QUEUED\r\n");
  CHECK(b.ask({"EXEC"}).starts_with("-EXECABORT"));
  CHECK(b.ask({"PING"}) == "+PONG\r\n");
}

TEST_CASE("a connection that is reset may be evicted again") {
  Bench b;
  CHECK(b.ask({"CLIENT", "NO-EVICT", "ON"}) == "+OK\r\n");
  CHECK(b.client.no_evict);
  CHECK(b.ask({"RESET"}) == "+RESET\r\n");
  CHECK_FALSE(b.client.no_evict);
}
