/// Libraries of functions outlive restarts, reach replicas and other makes of servers, and a function that
/// runs long can be stopped.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

using Arguments = std::vector<std::string>;
const Arguments kQuiet = {
    "--save", "", "--appendonly", "no", "--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0"};
const Arguments kSnapshot = {"--save", "3600 1", "--appendonly", "no"};
const Arguments kAppend = {"--save", "", "--appendonly", "yes", "--appendfsync", "always"};

const std::string kBusyFunction =
    "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.\r\n";
const std::string kBusyScript =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";

std::string ask(Connection& c, const std::vector<std::string>& words) {
  c.send_command(words);
  return c.reply();
}

/// A library with one function of its name, which answers `answer`. Long, so that redis-server compresses it.
std::string library(const std::string& name, const std::string& answer) {
  return "#!lua name=" + name + "\n-- " + std::string(200, '=') + "\nredis.register_function('" + name +
         "', function(keys, args) return '" + answer + "' end)";
}

std::string load(Connection& c, const std::string& name, const std::string& answer) {
  return ask(c, {"function", "load", "replace", library(name, answer)});
}

/// With whatever is stated on top; an empty make is not installed.
std::vector<std::pair<std::string, std::string>> pairs_of_makes() {
  std::vector<std::pair<std::string, std::string>> pairs{{our_binary(), our_binary()}};
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing is exchanged with it");
  } else {
    pairs.emplace_back(our_binary(), stock_binary());
    pairs.emplace_back(stock_binary(), our_binary());
  }
  return pairs;
}

/// Written by one make, read by another from the same folder.
void exchange(const std::string& writer, const std::string& reader, const Arguments& arguments,
              bool rewrite) {
  INFO(writer << " to " << reader << (rewrite ? ", after a rewrite" : ""));
  const Folder folder;
  std::string listed;
  {
    ChildServer server(writer, folder.path(), arguments);
    Connection c = server.connect();
    REQUIRE(load(c, "one", "first") == "$3\r\none\r\n");
    REQUIRE(load(c, "gone", "no more") == "$4\r\ngone\r\n");
    REQUIRE(c.ask("set key value") == "+OK\r\n");
    REQUIRE(c.ask("flushall") == "+OK\r\n");
    if (rewrite) {
      REQUIRE(c.ask("bgrewriteaof")[0] == '+');
      REQUIRE(eventually(
          [&] { return c.ask("info persistence").find("aof_rewrite_in_progress:0") != std::string::npos; }));
    }
    REQUIRE(load(c, "two", "second") == "$3\r\ntwo\r\n");
    REQUIRE(c.ask("function delete gone") == "+OK\r\n");
    c.send_command({"shutdown"});
    REQUIRE(server.wait() == 0);
  }
  const ChildServer server(reader, folder.path(), arguments);
  Connection c = server.connect();
  CHECK(c.ask("fcall one 0") == "$5\r\nfirst\r\n");
  CHECK(c.ask("fcall two 0") == "$6\r\nsecond\r\n");
  CHECK(c.ask("fcall gone 0") == "-ERR Function not found\r\n");
  CHECK(c.ask("dbsize") == ":0\r\n");
  const std::string shown = c.ask("function list libraryname one withcode");
  CHECK(shown.find(library("one", "first")) != std::string::npos);
}

bool linked(Connection& replica) {
  return replica.ask("info replication").find("master_link_status:up") != std::string::npos;
}

}  // namespace

TEST_CASE("libraries are in snapshots and append-only files, ours and redis-server's") {
  for (const auto& [writer, reader] : pairs_of_makes()) {
    exchange(writer, reader, kSnapshot, false);
    exchange(writer, reader, kAppend, false);
    exchange(writer, reader, kAppend, true);
    Arguments plain = kAppend;
    plain.insert(plain.end(), {"--aof-use-rdb-preamble", "no"});
    exchange(writer, reader, plain, true);
  }
}

TEST_CASE("what FUNCTION DUMP gives is restored by the other make") {
  for (const auto& [from, to] : pairs_of_makes()) {
    INFO(from << " to " << to);
    const Folder a, b;
    const ChildServer source(from, a.path(), kQuiet), target(to, b.path(), kQuiet);
    Connection s = source.connect(), t = target.connect();
    load(s, "one", "first");
    load(s, "two", "second");
    const std::string dumped = ask(s, {"function", "dump"});
    const std::size_t head = dumped.find("\r\n") + 2;
    const std::string payload = dumped.substr(head, dumped.size() - head - 2);
    REQUIRE(ask(t, {"function", "restore", payload}) == "+OK\r\n");
    CHECK(t.ask("fcall two 0") == "$6\r\nsecond\r\n");
    CHECK(ask(t, {"function", "restore", payload}).starts_with("-ERR Library "));
    CHECK(ask(t, {"function", "restore", payload, "replace"}) == "+OK\r\n");
    // One that stands in the way spoils all of it.
    REQUIRE(t.ask("function flush") == "+OK\r\n");
    const std::string taken = "#!lua name=other\nredis.register_function('TWO', function() return 2 end)";
    REQUIRE(ask(t, {"function", "load", taken}) == "$5\r\nother\r\n");
    CHECK(ask(t, {"function", "restore", payload, "replace"}) == "-ERR Function two already exists\r\n");
    CHECK(t.ask("fcall one 0") == "-ERR Function not found\r\n");
    CHECK(t.ask("fcall two 0") == ":2\r\n");
    CHECK(ask(t, {"function", "restore", payload, "flush"}) == "+OK\r\n");
    CHECK(t.ask("fcall two 0") == "$6\r\nsecond\r\n");
    CHECK(t.ask("function list libraryname other") == "*0\r\n");
    // Any byte that is another is found out.
    for (std::size_t i = 0; i < payload.size(); i += 7) {
      std::string broken = payload;
      broken[i] = static_cast<char>(broken[i] ^ 0x20);
      CHECK(ask(t, {"function", "restore", broken, "flush"}) ==
            "-ERR DUMP payload version or checksum are wrong\r\n");
    }
    CHECK(t.ask("fcall one 0") == "$5\r\nfirst\r\n");
  }
}

TEST_CASE("replicas have their master's libraries, after a full and a partial synchronisation") {
  for (const auto& [master_make, replica_make] : pairs_of_makes()) {
    INFO(master_make << " with replica " << replica_make);
    const Folder a, b;
    const ChildServer master(master_make, a.path(), kQuiet), replica(replica_make, b.path(), kQuiet);
    Connection m = master.connect(), r = replica.connect();
    load(m, "before", "sync");
    load(r, "own", "goes");
    r.ask("replicaof 127.0.0.1 " + std::to_string(master.port()));
    REQUIRE(eventually([&] { return linked(r); }));
    CHECK(r.ask("fcall before 0") == "-READONLY You can't write against a read only replica.\r\n");
    CHECK(r.ask("function list libraryname own") == "*0\r\n");
    CHECK(r.ask("function list libraryname before") == m.ask("function list libraryname before"));
    CHECK(ask(r, {"function", "load", library("refused", "x")}).starts_with("-READONLY"));
    // As commands in the stream.
    load(m, "later", "stream");
    const std::string reader =
        "#!lua name=reader\nredis.register_function{function_name='reader', callback=function(k) return "
        "redis.call('get', k[1]) end, flags={'no-writes'}}";
    REQUIRE(ask(m, {"function", "load", reader}) == "$6\r\nreader\r\n");
    REQUIRE(
        ask(m, {"function", "load",
                "#!lua name=writer\nredis.register_function('writer', function(k, a) redis.call('set', k[1], "
                "a[1]) return redis.call('incr', k[1]) end)"}) == "$6\r\nwriter\r\n");
    CHECK(m.ask("fcall writer 1 k 41") == ":42\r\n");
    REQUIRE(eventually([&] { return r.ask("fcall reader 1 k") == "$2\r\n42\r\n"; }));
    CHECK(r.ask("fcall writer 1 k 1").starts_with("-READONLY"));
    // The link breaks, and what was missed is sent after it.
    r.ask("client kill type master");
    REQUIRE(m.ask("function delete later") == "+OK\r\n");
    REQUIRE(eventually([&] { return linked(r) && r.ask("function list libraryname later") == "*0\r\n"; }));
    CHECK(m.ask("info stats").find("sync_full:1\r\n") != std::string::npos);
    REQUIRE(m.ask("function flush") == "+OK\r\n");
    REQUIRE(eventually([&] { return r.ask("function list") == "*0\r\n"; }));
  }
}

TEST_CASE(
    "a function that never ends is stopped by FUNCTION KILL, not by SCRIPT KILL, and the other way round") {
  const Folder folder;
  Arguments arguments = kQuiet;
  arguments.insert(arguments.end(), {"--busy-reply-threshold", "50"});
  const ChildServer server(our_binary(), folder.path(), arguments);
  Connection runner = server.connect(), other = server.connect();
  CHECK(other.ask("function kill") == "-NOTBUSY No scripts in execution right now.\r\n");
  REQUIRE(ask(other, {"function", "load",
                      "#!lua name=endless\nredis.register_function('endless', function() while true do "
                      "pcall(redis.call, 'ping') end end)\nredis.register_function('dirty', function(k) "
                      "redis.call('set', k[1], 1) while true do end end)"}) == "$7\r\nendless\r\n");
  runner.send_command({"fcall", "endless", "0", "word"});
  REQUIRE(eventually([&] { return other.ask("ping") == kBusyFunction; }));
  CHECK(other.ask("script kill") == kBusyFunction);
  CHECK(ask(other, {"function", "load", library("late", "x")}) == kBusyFunction);
  const std::string stats = other.ask("function stats");
  CHECK(stats.find("$7\r\nendless\r\n$7\r\ncommand\r\n*4\r\n$5\r\nfcall\r\n") != std::string::npos);
  CHECK(other.ask("function kill") == "+OK\r\n");
  CHECK(runner.reply().starts_with(
      "-ERR Script killed by user with SCRIPT KILL... script: endless, on @user_function:"));
  CHECK(other.ask("function stats").starts_with("*4\r\n$14\r\nrunning_script\r\n$-1\r\n"));

  runner.send_command({"eval", "while true do end", "0"});
  REQUIRE(eventually([&] { return other.ask("ping") == kBusyScript; }));
  CHECK(other.ask("function kill") == kBusyScript);
  CHECK(other.ask("function stats") == kBusyScript);
  CHECK(other.ask("script kill") == "+OK\r\n");
  CHECK(runner.reply().starts_with("-ERR Script killed by user with SCRIPT KILL... script: "));

  runner.send_command({"fcall", "dirty", "1", "k"});
  REQUIRE(eventually([&] { return other.ask("ping") == kBusyFunction; }));
  CHECK(other.ask("function kill").starts_with("-UNKILLABLE "));
  other.send_command({"shutdown", "nosave"});
}

TEST_CASE(
    "what is pushed by a busy script is popped by who waits when it ends, and set_repl keeps it from the "
    "file") {
  const Folder folder;
  Arguments arguments = kAppend;
  arguments.insert(arguments.end(), {"--enable-debug-command", "yes", "--busy-reply-threshold", "20"});
  {
    ChildServer server(our_binary(), folder.path(), arguments);
    Connection runner = server.connect(), waiter = server.connect(), other = server.connect();
    waiter.send_command({"blpop", "list", "0"});
    REQUIRE(
        eventually([&] { return other.ask("info clients").find("blocked_clients:1") != std::string::npos; }));
    other.ask("debug set-disable-deny-scripts 1");
    runner.send_command({"eval",
                         "redis.call('lpush', 'list', 'early') "
                         "while not redis.call('client', 'list'):find('name=enough') do end "
                         "redis.call('lpush', 'list', 'late') return 1",
                         "0"});
    REQUIRE(eventually([&] { return other.ask("ping") == kBusyScript; }));
    CHECK(other.ask("hello 2 setname enough")[0] == '*');
    CHECK(runner.reply() == ":1\r\n");
    CHECK(waiter.reply() == "*2\r\n$4\r\nlist\r\n$4\r\nlate\r\n");
    CHECK(ask(other, {"eval",
                      "redis.set_repl(redis.REPL_NONE) redis.call('set', 'none', 1) "
                      "redis.set_repl(redis.REPL_REPLICA) redis.call('set', 'replicas', 1) "
                      "redis.set_repl(redis.REPL_AOF) redis.call('set', 'file', 1)",
                      "0"}) == "$-1\r\n");
    CHECK(other.ask("set after 1") == "+OK\r\n");
    server.kill(9);
    server.wait();
  }
  const ChildServer server(our_binary(), folder.path(), arguments);
  Connection c = server.connect();
  CHECK(c.ask("exists none") == ":0\r\n");
  CHECK(c.ask("exists replicas") == ":0\r\n");
  CHECK(c.ask("exists file") == ":1\r\n");
  CHECK(c.ask("exists after") == ":1\r\n");
}

TEST_CASE("DEBUG RELOAD: the functions of the file replace those of the server, or are merged with them") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), kQuiet);
  Connection c = server.connect();
  load(c, "one", "first");
  CHECK(c.ask("debug reload") == "+OK\r\n");
  load(c, "two", "second");
  CHECK(c.ask("debug reload nosave noflush") ==
        "-ERR Error trying to load the RDB dump, check server logs.\r\n");
  CHECK(c.ask("debug reload nosave noflush merge") == "+OK\r\n");
  CHECK(c.ask("fcall two 0") == "$6\r\nsecond\r\n");
  CHECK(c.ask("debug reload nosave") == "+OK\r\n");
  CHECK(c.ask("fcall one 0") == "$5\r\nfirst\r\n");
  CHECK(c.ask("fcall two 0") == "-ERR Function not found\r\n");
  const std::string memory = c.ask("info memory");
  CHECK(memory.find("number_of_functions:1\r\n") != std::string::npos);
  CHECK(memory.find("number_of_libraries:1\r\n") != std::string::npos);
}

TEST_CASE(
    "a pause of writes holds back what may write, by the flags of scripts and functions, also in EXEC") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), kQuiet);
  Connection reader = server.connect(), writer = server.connect(), control = server.connect();
  REQUIRE(
      ask(control, {"function", "load",
                    "#!lua name=two\nredis.register_function{function_name='reads', flags={'no-writes'}, "
                    "callback=function() return redis.call('get', 'k') end}\n"
                    "redis.register_function('writes', function() return redis.call('incr', 'k') end)"}) ==
      "$3\r\ntwo\r\n");
  REQUIRE(control.ask("set k 1") == "+OK\r\n");
  REQUIRE(writer.ask("multi") == "+OK\r\n");
  REQUIRE(writer.ask("fcall writes 0") == "+QUEUED\r\n");
  REQUIRE(control.ask("client pause 60000 write") == "+OK\r\n");
  CHECK(reader.ask("fcall reads 0") == "$1\r\n1\r\n");
  CHECK(ask(reader, {"eval", "#!lua flags=no-writes\nreturn 1", "0"}) == ":1\r\n");
  REQUIRE(reader.ask("multi") == "+OK\r\n");
  REQUIRE(reader.ask("fcall reads 0") == "+QUEUED\r\n");
  CHECK(reader.ask("exec") == "*1\r\n$1\r\n1\r\n");
  writer.send_command({"exec"});
  reader.send_command({"fcall", "writes", "0"});
  REQUIRE(
      eventually([&] { return control.ask("info clients").find("blocked_clients:2") != std::string::npos; }));
  CHECK(control.ask("get k") == "$1\r\n1\r\n");
  CHECK(control.ask("client unpause") == "+OK\r\n");
  const std::string both = writer.reply() + reader.reply();
  CHECK((both == "*1\r\n:2\r\n:3\r\n" || both == "*1\r\n:3\r\n:2\r\n"));
}
