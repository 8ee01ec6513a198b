/// The data structures against the obvious models: random operations from one seed, compared at every step.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/keyspace/database.h"
#include "server/keyspace/intset.h"
#include "server/keyspace/number.h"

using namespace node;

namespace {
std::string word(Random& rng, std::uint64_t range) {
  const std::uint64_t n = rng.below(range);
  return n % 3 == 0 ? std::to_string(static_cast<std::int64_t>(n * n) - 5000)
                    : "w" + std::string(n % 70, 'x') + std::to_string(n);
}
std::vector<std::string> all(const Listpack& p) {
  std::vector<std::string> out;
  for (auto at = p.first(); at; at = p.next(at)) out.push_back(p.get(at).str());
  return out;
}
}  // namespace

TEST_CASE("numbers: only what the protocol calls an integer is one") {
  CHECK(parse_integer("-9223372036854775808") == INT64_MIN);
  CHECK(parse_integer("9223372036854775807") == INT64_MAX);
  for (const char* no : {"", "-", "-0", "01", "+1", " 1", "1 ", "9223372036854775808", "1a", "0x1"})
    CHECK_FALSE(parse_integer(no));
  CHECK(format_double(0.1) == "0.10000000000000001");
  CHECK(format_double(3) == "3");
  CHECK_FALSE(parse_double("nan"));
  CHECK(format_long_double(10.5L + 0.1L) == "10.6");
}

TEST_CASE("listpack: as a vector of strings") {
  Random rng(7);
  Listpack pack;
  std::vector<std::string> model;
  for (int i = 0; i < 3000; ++i) {
    const std::size_t at = model.empty() ? 0 : rng.below(model.size());
    const auto where = model.empty() ? Listpack::kEnd : pack.seek(static_cast<std::int64_t>(at));
    const std::string value = word(rng, 300);
    switch (rng.below(model.size() > 60 ? 6 : 4)) {
      case 0:
        pack.append(value);
        model.push_back(value);
        break;
      case 1:
        pack.prepend(value);
        model.insert(model.begin(), value);
        break;
      case 2:
        if (where)
          pack.insert_before(where, value), model.insert(model.begin() + static_cast<long>(at), value);
        break;
      case 3:
        if (where) pack.replace(where, value), model[at] = value;
        break;
      default:
        if (where) pack.erase(where), model.erase(model.begin() + static_cast<long>(at));
    }
    REQUIRE(all(pack) == model);
    REQUIRE(pack.size() == model.size());
    const auto again = Listpack::from_bytes(pack.bytes());
    REQUIRE(again);
    const auto found = pack.find(pack.first(), value, 0);
    REQUIRE((found != Listpack::kEnd) == (std::find(model.begin(), model.end(), value) != model.end()));
  }
}

TEST_CASE("listpack: foreign bytes are checked") {
  Listpack pack;
  pack.append("hello");
  pack.append("12345");
  const std::string good(pack.bytes());
  for (std::size_t i = 0; i < good.size(); ++i) {
    CHECK_FALSE(Listpack::from_bytes(good.substr(0, i)));
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      // Accepted or not, walking it must stay inside.
      if (const auto p = Listpack::from_bytes(bad)) CHECK(all(*p).size() == p->size());
    }
  }
}

TEST_CASE("sets, hashes, sorted sets and lists behave as the standard containers") {
  Random rng(11);
  Set set;
  HashMap hash;
  Zset zset;
  List list;
  std::set<std::string> set_model;
  std::map<std::string, std::string> hash_model;
  std::map<std::string, double> zset_model;
  std::vector<std::string> list_model;
  char digits[24];
  for (int i = 0; i < 20000; ++i) {
    const std::string m = word(rng, 900);
    const double score = static_cast<double>(rng.below(50)) / 4;
    if (rng.below(3)) {
      REQUIRE(set.insert(m) == set_model.insert(m).second);
      REQUIRE(hash.set(m, std::to_string(i)) == hash_model.insert_or_assign(m, std::to_string(i)).second);
      REQUIRE(zset.set(m, score) == zset_model.insert_or_assign(m, score).second);
      list.push(m, i % 2 == 0);
      list_model.insert(i % 2 == 0 ? list_model.begin() : list_model.end(), m);
    } else {
      REQUIRE(set.erase(m) == (set_model.erase(m) == 1));
      REQUIRE(hash.erase(m) == (hash_model.erase(m) == 1));
      REQUIRE(zset.erase(m) == (zset_model.erase(m) == 1));
      if (!list_model.empty()) {
        REQUIRE(list.pop(i % 2 == 0) == (i % 2 == 0 ? list_model.front() : list_model.back()));
        list_model.erase(i % 2 == 0 ? list_model.begin() : list_model.end() - 1);
      }
    }
    REQUIRE(set.contains(m) == set_model.contains(m));
    REQUIRE(hash.get(m, digits).has_value() == hash_model.contains(m));
    REQUIRE(list.size() == list_model.size());
    if (i % 500) continue;
    std::vector<std::pair<double, std::string>> order, seen;
    for (const auto& [name, s] : zset_model) order.emplace_back(s, name);
    std::sort(order.begin(), order.end());
    zset.for_each([&](std::string_view name, double s) { return seen.emplace_back(s, name), true; });
    REQUIRE(seen == order);
    for (std::size_t r = 0; r < order.size(); r += 17) REQUIRE(zset.rank(order[r].second) == r);
    std::vector<std::string> elements;
    if (!list_model.empty())
      list.for_range(0, list.size() - 1,
                     [&](const Listpack::Element& e) { return elements.push_back(e.str()), true; });
    REQUIRE(elements == list_model);
  }
}

TEST_CASE("a scan returns every key that stays, while the table grows and shrinks") {
  KeyspaceState state;
  Database db(0, state, nullptr);
  for (int i = 0; i < 1000; ++i) db.set_text("stays:" + std::to_string(i), "v");
  std::set<std::string> seen;
  std::uint64_t cursor = 0;
  int step = 0;
  do {
    cursor = db.scan(cursor, [&](Entry& e) { seen.emplace(e.key()); });
    // The table doubles several times, then shrinks.
    for (int i = 0; i < 200; ++i) {
      const std::string key = "comes:" + std::to_string(step < 40 ? step * 200 + i : (step - 40) * 200 + i);
      step < 40 ? db.set_text(key, "v") : static_cast<void>(db.remove(key));
    }
    ++step;
  } while (cursor && step < 100000);
  REQUIRE(cursor == 0);
  for (int i = 0; i < 1000; ++i) REQUIRE(seen.contains("stays:" + std::to_string(i)));
}

TEST_CASE("expiry: lazy, active, kept over overwrites in place, hidden on replicas") {
  KeyspaceState state;
  state.now_ms = 1000;
  Database db(0, state, nullptr);
  db.set_text("k", "short");
  db.set_expiry(*db.lookup("k"), 2000);
  db.set_text("k", "now a longer value that needs another block", true);
  CHECK(db.expiry(*db.lookup("k")) == 2000);
  state.now_ms = 2000;
  CHECK(db.lookup("k") != nullptr);
  state.now_ms = 2001;
  state.keep_expired = true;
  CHECK(db.lookup("k") == nullptr);
  CHECK(db.size() == 1);
  state.keep_expired = false;
  CHECK(db.lookup("k") == nullptr);
  CHECK(db.size() == 0);
  for (int i = 0; i < 100; ++i) {
    db.set_text("e" + std::to_string(i), "v");
    db.set_expiry(*db.lookup("e" + std::to_string(i)), 3000);
  }
  state.now_ms = 4000;
  CHECK(db.expire_some(20, [] { return false; }) == 100);
  CHECK(db.size() == 0);
}
