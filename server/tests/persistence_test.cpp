/// What is on disk: exchanged with redis-server both ways, and whole after kill -9 at any moment.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// One value of every type and encoding that travels.
const std::vector<std::string> kFill = {"set int 12345",
                                        "set negative -7",
                                        "set text hello",
                                        "set wide 9223372036854775807",
                                        "rpush list a b 1 -500 70000 c",
                                        "sadd ints 1 2 300000",
                                        "sadd words a b c",
                                        "hset small f v n 42",
                                        "zadd ranks 1 a 2.5 b -3 c inf d",
                                        "set dies soon ex 100000",
                                        "setbit bits 1000 1",
                                        "xadd stream 1-1 f v g 42",
                                        "xadd stream 1-2 other v",
                                        "xadd stream 5-18446744073709551615 f v g w",
                                        "xdel stream 1-2",
                                        "xgroup create stream group 0",
                                        "xgroup create stream unread $",
                                        "xreadgroup group group alice count 1 streams stream >",
                                        "xreadgroup group group bob streams stream >",
                                        "xgroup createconsumer stream group idle",
                                        "xclaim stream group bob 0 1-1 time 1600000000000 retrycount 7",
                                        "xgroup create empty_stream group $ mkstream",
                                        "xgroup setid empty_stream group 9-9 entriesread 4"};

void fill(Connection& c) {
  for (const std::string& line : kFill) REQUIRE(c.ask(line)[0] != '-');
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    c.ask("rpush long element:" + n + std::string(50, 'x'));
    c.ask("sadd many member:" + n);
    c.ask("hset wide_hash field:" + n + " value:" + n);
    c.ask("zadd wide_zset " + n + ".25 member:" + n);
    c.ask("xadd long_stream " + n + "-1 number " + n + " text element:" + n + (i % 7 ? "" : " more x"));
  }
  // Long and repetitive: redis writes it compressed.
  c.ask("set compressible " + std::string(5000, 'z'));
  c.ask("xgroup create long_stream group 0");
  c.ask("xreadgroup group group alice count 300 streams long_stream >");
  c.ask("xreadgroup group group bob count 300 streams long_stream >");
  c.ask("xtrim long_stream maxlen ~ 800");
}

const std::vector<std::string> kLook = {"get int",
                                        "get negative",
                                        "get text",
                                        "get wide",
                                        "lrange list 0 -1",
                                        "smembers ints",
                                        "sort words alpha",
                                        "hgetall small",
                                        "zrange ranks 0 -1 withscores",
                                        "get dies",
                                        "get bits",
                                        "lrange long 0 -1",
                                        "sort many alpha",
                                        "hget wide_hash field:77",
                                        "hlen wide_hash",
                                        "zrange wide_zset 0 -1 withscores",
                                        "get compressible",
                                        "object encoding ints",
                                        "object encoding wide_hash",
                                        "object encoding wide_zset",
                                        "object encoding small",
                                        "type stream",
                                        "xrange stream - +",
                                        "xinfo stream stream",
                                        "xpending stream group",
                                        "xinfo stream empty_stream",
                                        "xinfo stream long_stream",
                                        "xpending long_stream group",
                                        "dbsize"};

/// What a dump file keeps, but replayed commands do not: when consumers were seen, how much groups have read.
const std::vector<std::string> kLookExactly = {"xinfo stream stream full", "xinfo groups stream",
                                               "xinfo stream empty_stream full",
                                               "xinfo stream long_stream full count 0"};

using Arguments = std::vector<std::string>;
const Arguments kSnapshot = {"--save", "3600 1", "--appendonly", "no"};
const Arguments kAppend = {"--save", "", "--appendonly", "yes", "--appendfsync", "always"};

std::vector<std::string> look(Connection& c, const Arguments& arguments) {
  std::vector<std::string> seen;
  for (const std::string& line : kLook) seen.push_back(line + " -> " + c.ask(line));
  if (arguments == kSnapshot)
    for (const std::string& line : kLookExactly) seen.push_back(line + " -> " + c.ask(line));
  return seen;
}

/// Filled by one server, read by another from the same folder.
void exchange(const std::string& writer, const std::string& reader, const Arguments& arguments) {
  const Folder folder;
  std::vector<std::string> before;
  {
    ChildServer server(writer, folder.path(), arguments);
    Connection c = server.connect();
    fill(c);
    if (arguments == kAppend) {
      REQUIRE(c.ask("bgrewriteaof")[0] == '+');
      c.ask("set after rewrite");
    }
    before = look(c, arguments);
    c.send_command({"shutdown"});
    REQUIRE(server.wait() == 0);
  }
  const ChildServer server(reader, folder.path(), arguments);
  Connection c = server.connect();
  CHECK(look(c, arguments) == before);
  const std::string ttl = c.ask("ttl dies");
  CHECK(std::stoi(ttl.substr(1)) > 99000);
}

}  // namespace

TEST_CASE("our snapshot and append-only file are read by ourselves") {
  exchange(our_binary(), our_binary(), kSnapshot);
  exchange(our_binary(), our_binary(), kAppend);
}

TEST_CASE("files are exchanged with redis-server 7.0 both ways") {
  const std::string stock = stock_binary();
  if (stock.empty()) {
    WARN("redis-server is not installed");
    return;
  }
  SECTION("snapshot, ours to redis") {
    exchange(our_binary(), stock, kSnapshot);
  }
  SECTION("snapshot, redis to ours") {
    exchange(stock, our_binary(), kSnapshot);
  }
  SECTION("append-only file, ours to redis") {
    exchange(our_binary(), stock, kAppend);
  }
  SECTION("append-only file, redis to ours") {
    exchange(stock, our_binary(), kAppend);
  }
}

TEST_CASE("DUMP payloads are equal and restore on the other side") {
  if (stock_binary().empty()) return;
  const Folder a, b;
  const ChildServer ours(our_binary(), a.path(), kSnapshot), stock(stock_binary(), b.path(), kSnapshot);
  Connection us = ours.connect(), them = stock.connect();
  fill(us);
  fill(them);
  for (const std::string key :
       {"int", "list", "ints", "words", "small", "ranks", "long", "many", "wide_hash", "wide_zset",
        "compressible", "bits", "stream", "empty_stream", "long_stream"}) {
    INFO(key);
    auto payload = [&](Connection& c) {
      const std::string reply = c.ask("dump " + key);
      const std::size_t head = reply.find("\r\n") + 2;
      return reply.substr(head, reply.size() - head - 2);
    };
    us.send_command({"restore", "from_them", "0", payload(them), "replace"});
    CHECK(us.reply() == "+OK\r\n");
    them.send_command({"restore", "from_us", "0", payload(us), "replace"});
    CHECK(them.reply() == "+OK\r\n");
    CHECK(us.ask("object encoding from_them") == us.ask("object encoding " + key));
    if (key.find("stream") == std::string::npos) continue;
    CHECK(us.ask("xinfo stream from_them full count 0") == them.ask("xinfo stream " + key + " full count 0"));
    CHECK(them.ask("xinfo stream from_us full count 0") == us.ask("xinfo stream " + key + " full count 0"));
    // MIGRATE moves them so.
    const auto moves = [&](Connection& from, Connection& to, const ChildServer& target,
                           const std::string& name) {
      REQUIRE(from.ask("copy " + key + " " + name) == ":1\r\n");
      const std::string before = from.ask("xinfo stream " + name + " full count 0");
      CHECK(from.ask("migrate 127.0.0.1 " + std::to_string(target.port()) + " " + name + " 0 5000") ==
            "+OK\r\n");
      CHECK(from.ask("exists " + name) == ":0\r\n");
      CHECK(to.ask("xinfo stream " + name + " full count 0") == before);
    };
    moves(us, them, stock, key + "_to_them");
    moves(them, us, ours, key + "_to_us");
  }
}

TEST_CASE("kill -9 loses nothing that appendfsync always acknowledged") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), kAppend);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    Connection c = server.connect();
    REQUIRE(c.ask("get counter") == (acknowledged
                                         ? "$" + std::to_string(std::to_string(acknowledged).size()) +
                                               "\r\n" + std::to_string(acknowledged) + "\r\n"
                                         : "$-1\r\n"));
    // A rewrite runs meanwhile, so that the kill may hit any of its steps.
    c.ask("bgrewriteaof");
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50 + 60 * round);
    while (std::chrono::steady_clock::now() < end) {
      REQUIRE(c.ask("incr counter")[0] == ':');
      ++acknowledged;
    }
    server.kill(SIGKILL);
    server.wait();
    server.start();
  }
  CHECK(acknowledged > 0);
}

namespace {

/// The last increment of the append-only file.
std::filesystem::path increment_of(const std::string& folder) {
  for (const auto& file : std::filesystem::directory_iterator(folder + "/appendonlydir"))
    if (file.path().string().ends_with(".incr.aof")) return file.path();
  return {};
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a tail torn at any byte is cut off when aof-load-truncated says so, and refused when not") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), kAppend);
  Connection c = server.connect();
  for (int i = 0; i < 3; ++i) c.ask("set k" + std::to_string(i) + " v");
  const std::filesystem::path file = increment_of(folder.path());
  const auto whole = std::filesystem::file_size(file);
  // The last record is a transaction: it goes as one.
  c.ask("eval \"redis.call('set','x','1') redis.call('set','y','2')\" 0");
  server.kill(SIGKILL);
  server.wait();
  const std::string bytes = text_of(file);
  for (std::uintmax_t size = whole + 1; size < bytes.size(); ++size) {
    INFO("cut after " << size << " of " << bytes.size() << " bytes");
    std::ofstream(file, std::ios::binary) << bytes.substr(0, size);
    if (size % 7 == 0) {
      server.launch({"--aof-load-truncated", "no"});
      const int status = server.wait();
      CHECK(WIFEXITED(status));
      CHECK(WEXITSTATUS(status) == 1);
      CHECK(text_of(folder.path() + "/log").find("Unexpected end of file reading the append only file") !=
            std::string::npos);
      CHECK(std::filesystem::file_size(file) == size);
    }
    server.start();
    CHECK(server.connect().ask("dbsize") == ":3\r\n");
    server.kill(SIGKILL);
    server.wait();
    CHECK(std::filesystem::file_size(file) == whole);
  }
  server.start();
  CHECK(server.connect().ask("set k9 v") == "+OK\r\n");
}

TEST_CASE("bytes that are no command are refused whatever aof-load-truncated says") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), kAppend);
  server.connect().ask("set k v");
  server.kill(SIGKILL);
  server.wait();
  std::ofstream(increment_of(folder.path()), std::ios::binary | std::ios::app) << "!!! not a command\r\n";
  server.launch();
  const int status = server.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(text_of(folder.path() + "/log").find("Bad file format reading the append only file") !=
        std::string::npos);
}
