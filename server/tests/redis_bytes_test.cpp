/// Values whose bytes are an algorithm's choice, beside redis-server: the same random commands to both, and
/// then the same bytes on both sides, whichever way they travel.
#include <catch2/catch.hpp>

#include "server/keyspace/hash.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// Ours and redis-server, both with payloads uncompressed.
struct Pair {
  Folder our_folder, stock_folder;
  std::vector<std::string> arguments{"--save", "", "--appendonly", "no", "--rdbcompression", "no"};
  ChildServer our_server{our_binary(), our_folder.path(), arguments};
  ChildServer stock_server{stock_binary(), stock_folder.path(), arguments};
  Connection ours = our_server.connect(), stock = stock_server.connect();

  std::string both(const std::vector<std::string>& words) {
    ours.send_command(words);
    stock.send_command(words);
    const std::string mine = ours.reply();
    INFO(words[0] << " " << words[1]);
    CHECK(mine == stock.reply());
    return mine;
  }
};

/// The text of a bulk reply.
std::string text_of(const std::string& reply) {
  const std::size_t head = reply.find("\r\n");
  REQUIRE((reply[0] == '$' && head != std::string::npos));
  return reply.substr(head + 2, reply.size() - head - 4);
}

/// Whether the last run of a sparse sketch lacks its second byte: redis reads what happens to lie behind it.
bool ends_within_run(const std::string& sketch) {
  std::size_t at = 16;
  while (at < sketch.size()) at += (sketch[at] & 0xC0) == 0x40 ? 2 : 1;
  return at > sketch.size() && sketch.size() >= 16;
}

bool no_stock() {
  if (!stock_binary().empty()) return false;
  WARN("redis-server is not installed: nothing to compare with");
  return true;
}

}  // namespace

TEST_CASE("sketches hold redis' bytes after any adds, and move both ways") {
  if (no_stock()) return;
  Pair pair;
  node::Random rng(20261122);
  for (int round = 0; round < 12; ++round) {
    const std::string key = "h" + std::to_string(round);
    pair.both(
        {"config", "set", "hll-sparse-max-bytes", std::to_string(rng.below(2) ? 3000 : rng.below(900))});
    // Some stay sparse, some turn dense.
    const std::uint64_t adds = rng.below(2) ? rng.below(60) : 200;
    for (std::uint64_t i = 0; i < adds; ++i) {
      std::vector<std::string> words{"pfadd", key};
      for (std::uint64_t n = rng.below(20); n-- > 0;) words.push_back(std::to_string(rng.below(5000)));
      pair.both(words);
      if (rng.below(20) == 0) pair.both({"pfcount", key});
    }
    pair.both({"pfmerge", "all", key, "h" + std::to_string(rng.below(12))});
    pair.both({"dump", "all"});
    const std::string payload = text_of(pair.both({"dump", key}));
    // What one wrote the other goes on with.
    pair.ours.send_command({"restore", "moved", "0", payload, "replace"});
    pair.stock.send_command({"restore", "moved", "0", payload, "replace"});
    CHECK(pair.ours.reply() == "+OK\r\n");
    CHECK(pair.stock.reply() == "+OK\r\n");
    pair.both({"pfadd", "moved", "one more"});
    pair.both({"pfcount", "moved"});
    pair.both({"pfcount", "moved", "all"});
    pair.both({"dump", "moved"});
  }
}

TEST_CASE("broken sketches are refused as redis refuses them") {
  if (no_stock()) return;
  Pair pair;
  node::Random rng(7);
  int refused = 0;
  for (int round = 0; round < 400; ++round) {
    pair.both({"del", "h", "g"});
    std::vector<std::string> words{"pfadd", "h"};
    for (std::uint64_t n = rng.below(100); n-- > 0;) words.push_back(std::to_string(rng.next()));
    pair.both(words);
    if (rng.below(3) == 0) pair.both({"pfdebug", "todense", "h"});
    std::string value = text_of(pair.both({"get", "h"}));
    for (std::uint64_t n = rng.below(3) + 1; n-- > 0;) {
      const std::size_t at =
          rng.below(2) ? rng.below(std::min<std::size_t>(value.size(), 20)) : rng.below(value.size());
      value[at] = static_cast<char>(rng.next());
    }
    if (rng.below(4) == 0) value.resize(rng.below(value.size()));
    if (rng.below(4) == 0) value += std::string(rng.below(4), static_cast<char>(rng.next()));
    if (ends_within_run(value)) value += '\0';
    pair.both({"set", "h", value});
    refused += pair.both({"pfcount", "h"})[0] == '-';
    pair.both({"pfmerge", "g", "h"});
    pair.both({"pfadd", "h", "a", "b", "c"});
    pair.both({"pfdebug", "decode", "h"});
    pair.both({"get", "h"});
    pair.both({"pfdebug", "todense", "h"});
    pair.both({"get", "h"});
    pair.both({"get", "g"});
  }
  CHECK(refused > 50);
  CHECK(pair.both({"ping", "alive"}) == "$5\r\nalive\r\n");
}

TEST_CASE("places are found where and in the order in which redis finds them") {
  if (no_stock()) return;
  Pair pair;
  node::Random rng(11);
  auto real = [&](double low, double high) {
    return std::to_string(low + (high - low) * static_cast<double>(rng.below(1000000)) / 1e6);
  };
  std::size_t answered = 0;
  for (int round = 0; round < 20; ++round) {
    pair.both({"del", "places", "t"});
    // A small region, so that there is something to find; sometimes near a pole or the date line.
    const bool everywhere = rng.below(3) == 0;
    const double east = everywhere ? 0 : -175 + static_cast<double>(rng.below(350));
    const double north = everywhere ? 0 : -80 + static_cast<double>(rng.below(160));
    auto longitude = [&] { return everywhere ? real(-180, 180) : real(east - 5, east + 5); };
    auto latitude = [&] { return everywhere ? real(-85, 85) : real(north - 5, north + 5); };
    for (int n = 0; n < 300; ++n)
      pair.both({"geoadd", "places", longitude(), latitude(), "m" + std::to_string(rng.below(1000))});
    for (int n = 0; n < 60; ++n) {
      std::vector<std::string> words{"geosearch", "places"};
      auto add = [&](std::initializer_list<std::string> more) { words.insert(words.end(), more); };
      add({"fromlonlat", longitude(), latitude()});
      const double far = everywhere ? 20000 : 900;
      if (rng.below(2))
        add({"byradius", real(0, far), "km"});
      else
        add({"bybox", real(0, 2 * far), real(0, far), "mi"});
      if (rng.below(2)) add({rng.below(2) ? "asc" : "desc"});
      if (rng.below(3) == 0) add({"count", std::to_string(1 + rng.below(20))});
      if (words.end()[-2] == "count" && rng.below(2)) add({"any"});
      add({"withcoord", "withdist", "withhash"});
      answered += pair.both(words).size();
    }
    pair.both({"geosearchstore", "t", "places", "frommember", "m1", "byradius", "300", "mi", "storedist"});
    pair.both({"zrange", "t", "0", "-1", "withscores"});
    pair.both({"zrange", "places", "0", "-1", "withscores"});
  }
  CHECK(answered > 100000);
}
