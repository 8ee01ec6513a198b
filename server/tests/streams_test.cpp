/// Streams beside redis-server 7.0: random commands, clients that wait, and what is propagated of it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>

#include "server/keyspace/hash.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// Times, which differ from server to server, made alike: every run of 13 digits, with the number behind a
/// dash (an id that was generated).
std::string without_times(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end - i == 13) {
      out += "<time>";
      if (end < text.size() && text[end] == '-')
        while (++end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) {
        }
    } else if (end == i) {
      out += text[end++];
    } else {
      out.append(text, i, end - i);
    }
    i = end;
  }
  return out;
}

/// Without what we tell replicas and redis 7.0 does not: the positions of groups (redis#12898), the consumers
/// that a read made without handing them an entry (redis#14963), and the transactions that hold them.
std::string without_extras(const std::string& file) {
  static const std::regex told(
      "\\*7\r\n\\$6\r\nXGROUP\r\n\\$5\r\nSETID\r\n(\\$[0-9]+\r\n[^\r]*\r\n){5}|"
      "\\*5\r\n\\$6\r\nXGROUP\r\n\\$14\r\nCREATECONSUMER\r\n(\\$[0-9]+\r\n[^\r]*\r\n){3}|"
      "\\*1\r\n\\$[45]\r\n(MULTI|EXEC|multi|exec)\r\n");
  return std::regex_replace(file, told, "");
}

/// XINFO STREAM FULL without what a group has read, without its consumers that hold no entry, and without
/// their number.
std::string without_lost(const std::string& reply) {
  static const std::regex lost(
      "(entries-read|lag)\r\n(:-?[0-9]+|\\$-1|_)\r\n|"
      "\\*8\r\n\\$4\r\nname\r\n\\$[0-9]+\r\n[^\r]*\r\n\\$9\r\nseen-time\r\n:[^\r]*\r\n"
      "\\$9\r\npel-count\r\n:0\r\n\\$7\r\npending\r\n\\*0\r\n|"
      "consumers\r\n\\*[0-9]+\r\n");
  return std::regex_replace(reply, lost, "");
}

/// Without what groups have read and are behind: our node counts as later releases do (redis#10569, #13338,
/// #13473, #13958).
std::string without_counts(const std::string& reply) {
  static const std::regex counts("(entries-read|lag)\r\n(:-?[0-9]+|\\$-1|_)\r\n");
  return std::regex_replace(reply, counts, "");
}

/// Our node and redis-server, with an append-only file each, asked the same.
class Pair {
 public:
  Pair()
      : ours_(our_binary(), our_folder_.path(), arguments()),
        stock_(stock_binary(), stock_folder_.path(), arguments()),
        a_(ours_.connect()),
        b_(stock_.connect()) {}

  void ask_both(const std::string& line) {
    INFO(line);
    const std::string mine = a_.ask(line), theirs = b_.ask(line);
    CHECK(without_counts(without_times(mine)) == without_counts(without_times(theirs)));
  }
  const ChildServer& ours() const { return ours_; }
  const ChildServer& stock() const { return stock_; }

  /// The commands that were propagated until now.
  void compare_files() {
    ask_both("set end 1");
    const std::string mine = increment(our_folder_), theirs = increment(stock_folder_);
    CHECK(mine.size() > 100);
    CHECK(without_extras(without_times(mine)) == without_extras(without_times(theirs)));
  }
  /// After a load. What a group has read is lost in redis 7.0's file (redis#12898), not in ours; so are its
  /// consumers that hold no entry (redis#14963).
  void ask_both_but_lost(const std::string& line) {
    INFO(line);
    CHECK(without_lost(without_times(a_.ask(line))) == without_lost(without_times(b_.ask(line))));
  }

 private:
  static std::vector<std::string> arguments() {
    return {"--save", "", "--appendonly", "yes", "--appendfsync", "no", "--enable-debug-command", "yes"};
  }
  static std::string increment(const Folder& folder) {
    for (const auto& file : std::filesystem::directory_iterator(folder.path() + "/appendonlydir"))
      if (file.path().string().ends_with(".incr.aof")) {
        std::ifstream in(file.path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
      }
    return "";
  }

  Folder our_folder_, stock_folder_;
  ChildServer ours_, stock_;
  Connection a_, b_;
};

bool no_redis() {
  if (!stock_binary().empty()) return false;
  WARN("SKIPPED: redis-server is not installed: nothing to compare with");
  return true;
}

/// Commands on few keys, groups, consumers and ids, so that they meet.
class Commands {
 public:
  explicit Commands(std::uint64_t seed) : rng_(seed) {}

  std::string next() {
    switch (rng_.below(24)) {
      case 0:
        return "xdel " + key() + " " + id() + " " + id();
      case 1:
        return "xtrim " + key() + bound();
      case 2:
        return "xgroup create " + key() + " " + group() + " " + id() + (rng_.below(2) ? " mkstream" : "") +
               (rng_.below(4) ? "" : " entriesread 3");
      case 3:
        return rng_.below(4) ? "xinfo groups " + key() : "xgroup destroy " + key() + " " + group();
      case 4:
        return std::string(rng_.below(3) ? "xgroup createconsumer " : "xgroup delconsumer ") + key() + " " +
               group() + " " + consumer();
      case 5:
        return "xgroup setid " + key() + " " + group() + " " + id();
      case 6:
      case 7:
      case 8:
        return "xreadgroup group " + group() + " " + consumer() + count() + (rng_.below(5) ? "" : " noack") +
               " streams " + key() + " " + (rng_.below(4) ? ">" : id());
      case 9:
        return "xack " + key() + " " + group() + " " + id() + " " + id() + " " + id();
      case 10:
        return "xclaim " + key() + " " + group() + " " + consumer() + idle() + id() + " " + id() + claim();
      case 11:
        return "xautoclaim " + key() + " " + group() + " " + consumer() + idle() + id() + count() +
               (rng_.below(3) ? "" : " justid");
      case 12:
        return "xpending " + key() + " " + group();
      case 13:
        return "xrange " + key() + " " + id() + " +" + count();
      case 14:
        return "xrevrange " + key() + " (" + id() + " " + id();
      case 15:
        return "xread" + count() + " streams " + key() + " " + key() + " " + id() + " " + id();
      case 16:
        return "xinfo stream " + key() + " full count 0";
      case 17:
        return rng_.below(8) ? "xinfo stream " + key() : "xsetid " + key() + " " + id();
      case 18:
        return rng_.below(6) ? "xlen " + key() : "copy " + key() + " " + key() + " replace";
      default:
        return "xadd " + key() + (rng_.below(6) ? "" : bound()) + " " +
               std::to_string(clock_ += rng_.below(2)) +
               (rng_.below(4) ? "-*" : "-" + std::to_string(rng_.below(50))) + " field " +
               std::to_string(rng_.below(300)) + (rng_.below(4) ? "" : " other value");
    }
  }

 private:
  std::string key() { return "stream" + std::to_string(rng_.below(3)); }
  std::string group() { return "group" + std::to_string(rng_.below(2)); }
  std::string consumer() { return "consumer" + std::to_string(rng_.below(3)); }
  std::string id() {
    return std::to_string(clock_ - std::min(clock_, rng_.below(30))) + "-" + std::to_string(rng_.below(5));
  }
  std::string count() { return rng_.below(2) ? " count " + std::to_string(1 + rng_.below(4)) : ""; }
  std::string idle() { return rng_.below(5) ? " 0 " : " 100000000 "; }
  std::string claim() {
    std::string options;
    if (rng_.below(3) == 0) options += " force";
    if (rng_.below(3) == 0) options += " justid";
    if (rng_.below(4) == 0) options += " retrycount " + std::to_string(rng_.below(9));
    if (rng_.below(4) == 0) options += " time 1600000000000";
    if (rng_.below(4) == 0) options += " lastid " + id();
    return options;
  }
  std::string bound() {
    const std::string how = rng_.below(2) ? " ~ " : " = ";
    const std::string limit =
        how == " ~ " && rng_.below(3) == 0 ? " limit " + std::to_string(rng_.below(20)) : "";
    return (rng_.below(2) ? " maxlen" + how + std::to_string(rng_.below(60)) : " minid" + how + id()) + limit;
  }

  node::Random rng_;
  std::uint64_t clock_ = 1;
};

}  // namespace

TEST_CASE("random commands on streams: redis-server's replies, and its append-only file") {
  if (no_redis()) return;
  const char* given = std::getenv("HARNESS_TEST_SEED");
  const std::uint64_t first = given ? std::stoull(given) : 1;
  for (std::uint64_t seed = first; seed < first + 3; ++seed) {
    INFO("HARNESS_TEST_SEED=" << seed);
    Pair both;
    both.ask_both("config set stream-node-max-entries " + std::to_string(3 * (seed % 5)));
    Commands commands(seed);
    for (int step = 0; step < 2500; ++step) both.ask_both(commands.next());
    both.ask_both("debug digest");
    both.compare_files();
    // And what was written is what was there.
    both.ask_both("debug loadaof");
    for (const char* key : {"stream0", "stream1", "stream2"})
      both.ask_both_but_lost("xinfo stream " + std::string(key) + " full count 0");
    both.ask_both("debug digest");
  }
}

namespace {

/// Clients that wait, then commands of another one; at the end those that still wait are unblocked.
struct Scene {
  std::string name;
  std::vector<std::string> before, waiting, then;
};

const std::vector<Scene> kScenes = {
    {"data comes",
     {},
     {"xread block 0 streams s $", "xread count 1 block 0 streams t s $ 0"},
     {"xadd s 1-1 f v"}},
    {"older data does not count",
     {"xadd s 5-1 f v"},
     {"xread block 0 streams s $", "xread block 0 streams s 7"},
     {"xadd s 6-1 f v", "xadd s 8-1 f v"}},
    {"one key of several, though more come at once",
     {},
     {"xread block 0 streams s t $ $"},
     {"multi", "xadd t 1-1 f v", "xadd t 1-2 f v", "xadd s 1-1 f v", "exec"}},
    {"added and deleted at once",
     {},
     {"xread block 0 streams s $"},
     {"multi", "xadd s 1-1 f v", "xdel s 1-1", "exec"}},
    {"a key of another type", {}, {"xread block 0 streams s $"}, {"set s 1", "del s", "xadd s 1-1 f v"}},
    {"the stream goes and comes back",
     {"xadd s 5-1 f v"},
     {"xread block 0 streams s $"},
     {"del s", "xadd s 4-1 f v", "xadd s 6-1 f v"}},
    {"three of a group",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a count 1 block 0 streams s >", "xreadgroup group g b count 1 block 0 streams s >",
      "xreadgroup group g c count 1 block 0 streams s >"},
     {"xadd s 1-1 f v", "xadd s 1-2 f v"}},
    {"the first of a group takes all",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >", "xreadgroup group g b noack block 0 streams s >"},
     {"multi", "xadd s 1-1 f v", "xadd s 1-2 f v", "exec", "xadd s 1-3 f v"}},
    {"the group goes",
     {"xgroup create s g $ mkstream", "xgroup create s h $"},
     {"xreadgroup group g a block 0 streams s >", "xreadgroup group h a block 0 streams s >"},
     {"xgroup destroy s g"}},
    {"the stream goes",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >", "xread block 0 streams s $"},
     {"del s"}},
    {"the stream is overwritten",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >", "xread block 0 streams s $"},
     {"set s 1"}},
    {"the stream is replaced in a transaction",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >"},
     {"multi", "del s", "sadd s a", "exec"}},
    {"the stream is replaced by one without the group",
     {"xgroup create s g $ mkstream", "xadd t 1-1 f v"},
     {"xreadgroup group g a block 0 streams s >"},
     {"rename t s"}},
    {"the stream is replaced by one with news",
     {"xgroup create s g $ mkstream", "xgroup create t g $ mkstream", "xadd t 1-1 f v"},
     {"xreadgroup group g a block 0 streams s >"},
     {"rename t s"}},
    {"the stream expires",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >"},
     {"pexpire s 1", "debug sleep 0.01", "exists s"}},
    {"all goes",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >", "xread block 0 streams s $"},
     {"flushall"}},
    {"the database goes",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >"},
     {"flushdb"}},
    {"the database is swapped for an empty one",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >"},
     {"swapdb 0 1", "swapdb 0 1"}},
    {"an acknowledgement or a deletion is no news",
     {"xadd s 1-1 f v", "xgroup create s g 0", "xreadgroup group g a streams s >"},
     {"xreadgroup group g b block 0 streams s >", "xread block 0 streams s $"},
     {"xack s g 1-1", "xdel s 1-1", "xgroup setid s g 0", "xadd s 2-1 f v"}},
    {"the time runs out",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 1 streams s >", "xread block 1 streams s $"},
     {}},
    {"moved within a script",
     {"xgroup create s g $ mkstream"},
     {"xreadgroup group g a block 0 streams s >"},
     {"eval \"redis.call('xadd', 's', '1-1', 'f', 'v') redis.call('xadd', 's', '1-2', 'f', 'v')\" 0"}},
    {"a list's client and a stream's on one key",
     {},
     {"blpop s 0", "xread block 0 streams s $"},
     {"xadd s 1-1 f v", "del s", "rpush s x"}},
};

/// The replies of the waiting clients, and how many of them had to be unblocked.
std::vector<std::string> play(const ChildServer& server, const Scene& scene, int resp) {
  std::vector<std::string> seen;
  Connection control = server.connect();
  control.ask("flushall");
  for (const std::string& line : scene.before) seen.push_back(control.ask(line));
  std::vector<std::unique_ptr<Connection>> clients;
  std::vector<std::string> ids;
  for (const std::string& line : scene.waiting) {
    clients.push_back(std::make_unique<Connection>(server.port()));
    clients.back()->ask("hello " + std::to_string(resp));
    ids.push_back(clients.back()->ask("client id").substr(1));
    clients.back()->send(line + "\r\n");
    // It waits, or its time ran out already.
    const bool soon = line.find("block 1 ") != std::string::npos;
    const std::string blocked = "blocked_clients:" + std::to_string(clients.size());
    if (!soon)
      REQUIRE(eventually([&] { return control.ask("info clients").find(blocked) != std::string::npos; }));
    else
      seen.push_back(clients.back()->reply());
  }
  for (const std::string& line : scene.then) seen.push_back(control.ask(line));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (scene.waiting[i].find("block 1 ") != std::string::npos) continue;
    seen.push_back(control.ask("client unblock " + ids[i].substr(0, ids[i].size() - 2)));
    seen.push_back(scene.waiting[i] + " -> " + clients[i]->reply());
  }
  for (const char* key : {"s", "t"})
    seen.push_back(control.ask("xinfo stream " + std::string(key) + " full"));
  for (std::string& reply : seen) reply = without_times(reply);
  return seen;
}

}  // namespace

TEST_CASE(
    "clients that wait for streams are answered as redis-server answers them, and it is propagated alike") {
  if (no_redis()) return;
  Pair both;
  for (const int resp : {2, 3})
    for (const Scene& scene : kScenes) {
      INFO(scene.name << ", RESP" << resp);
      CHECK(play(both.ours(), scene, resp) == play(both.stock(), scene, resp));
    }
  both.compare_files();
}

TEST_CASE("who reads in a group of a stream that expires is told without anybody touching it") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  Connection control = server.connect(), waiting = server.connect();
  control.ask("xgroup create s g $ mkstream");
  waiting.send_command({"xreadgroup", "group", "g", "a", "block", "0", "streams", "s", ">"});
  REQUIRE(
      eventually([&] { return control.ask("info clients").find("blocked_clients:1") != std::string::npos; }));
  control.ask("pexpire s 200");
  CHECK(waiting.reply() == "-UNBLOCKED the stream key no longer exists\r\n");
}

TEST_CASE("keyspace events of streams are those of redis-server") {
  if (no_redis()) return;
  Pair both;
  Connection a = both.ours().connect(), b = both.stock().connect();
  for (Connection* c : {&a, &b}) c->ask("psubscribe __keyevent@*");
  both.ask_both("config set notify-keyspace-events KEA");
  int events = 0;
  const std::vector<std::pair<std::string, int>> lines = {
      {"xadd s 1-1 f v", 1},
      {"xadd s maxlen 1 2-1 f v", 2},
      {"xadd s 3-1 f v", 1},
      {"xgroup create s g 0", 1},
      {"xgroup create t g 0 mkstream", 1},
      {"xgroup setid s g 0", 1},
      {"xreadgroup group g a count 1 streams s >", 1},
      {"xgroup createconsumer s g b", 1},
      {"xclaim s g c 0 2-1", 1},
      {"xautoclaim s g d 0 0", 1},
      {"xdel s 2-1", 1},
      {"xtrim s maxlen 0", 1},
      {"xsetid s 9-9", 1},
      {"xgroup delconsumer s g a", 1},
      {"xgroup destroy s g", 1},
      {"del s", 1},
  };
  for (const auto& [line, count] : lines) {
    both.ask_both(line);
    for (int i = 0; i < count; ++i, ++events) {
      INFO(line);
      CHECK(a.reply(2000) == b.reply(2000));
    }
  }
  CHECK(events == 17);
}
