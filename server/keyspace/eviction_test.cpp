/// Eviction against what the policies promise: who goes first, who never goes, and how use is counted.
#include "server/keyspace/eviction.h"

#include <catch2/catch.hpp>

using namespace node;

namespace {

/// Puts the tracking back as it was.
struct Tracked {
  explicit Tracked(bool frequency) { access_tracking.frequency = frequency; }
  ~Tracked() { access_tracking = {}; }
};

struct World {
  KeyspaceState state;
  std::vector<std::unique_ptr<Database>> databases;
  Random rng{42};

  explicit World(Database::SlotOf slots = nullptr) {
    state.now_ms = 1700000000000;
    for (int i = 0; i < (slots ? 1 : 3); ++i)
      databases.push_back(std::make_unique<Database>(i, state, slots));
  }
  Database& of(int n) { return *databases[static_cast<std::size_t>(n) % databases.size()]; }

  /// Evicts `n` keys and counts those whose name begins with `prefix`.
  int evicted(Eviction& eviction, int n, std::string_view prefix) {
    int counted = 0;
    for (int i = 0; i < n; ++i) {
      const auto victim = eviction.next(databases, state.now_ms, rng);
      REQUIRE(victim);
      REQUIRE(databases[victim->database]->remove(victim->key));
      counted += victim->key.starts_with(prefix);
    }
    return counted;
  }
};

Eviction chosen(std::string_view policy) {
  Eviction eviction;
  eviction.choose(EvictionPolicy::named(policy), 5);
  return eviction;
}

int some_slot(std::string_view key) {
  return static_cast<int>(hash_bytes(key) % 16384);
}

}  // namespace

TEST_CASE("eviction: LRU takes those that were used long ago, in one table or one a slot") {
  for (const Database::SlotOf slots : {Database::SlotOf{nullptr}, Database::SlotOf{some_slot}}) {
    World world(slots);
    for (int i = 0; i < 1000; ++i) world.of(i).set_text("old" + std::to_string(i), "value");
    world.state.now_ms += 3600 * 1000;
    for (int i = 0; i < 1000; ++i) world.of(i).set_text("new" + std::to_string(i), "value");
    // Read again: young again.
    for (int i = 0; i < 100; ++i) CHECK(world.of(i).read("old" + std::to_string(i)));
    Eviction eviction = chosen("allkeys-lru");
    CHECK(world.evicted(eviction, 600, "old") > 570);
    int read_ones = 0;
    for (int i = 0; i < 100; ++i) read_ones += world.of(i).contains("old" + std::to_string(i));
    CHECK(read_ones > 80);
  }
}

TEST_CASE("eviction: LFU takes those that are seldom used") {
  const Tracked frequency(true);
  World world;
  for (int i = 0; i < 400; ++i) world.of(i).set_text((i % 2 ? "busy" : "idle") + std::to_string(i), "value");
  for (int round = 0; round < 50; ++round)
    for (int i = 1; i < 400; i += 2) world.of(i).read("busy" + std::to_string(i));
  Eviction eviction = chosen("allkeys-lfu");
  CHECK(world.evicted(eviction, 150, "idle") > 140);
}

TEST_CASE("eviction: volatile policies spare keys without an expiry, and end when no other is left") {
  for (const std::string policy : {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}) {
    const Tracked frequency(policy == "volatile-lfu");
    World world;
    for (int i = 0; i < 300; ++i) {
      const std::string key = (i % 3 ? "kept" : "volatile") + std::to_string(i);
      world.of(i).set_text(key, "value");
      if (i % 3 == 0) world.of(i).set_expiry(*world.of(i).lookup(key), world.state.now_ms + 1000 * (i + 1));
    }
    Eviction eviction = chosen(policy);
    CHECK(world.evicted(eviction, 100, "volatile") == 100);
    CHECK_FALSE(eviction.next(world.databases, world.state.now_ms, world.rng));
    std::size_t left = 0;
    for (const auto& d : world.databases) left += d->size();
    CHECK(left == 200);
  }
}

TEST_CASE("eviction: TTL takes those that end soonest") {
  World world;
  for (int i = 0; i < 400; ++i) {
    const std::string key = (i % 2 ? "soon" : "late") + std::to_string(i);
    world.of(0).set_text(key, "value");
    world.of(0).set_expiry(*world.of(0).lookup(key), world.state.now_ms + (i % 2 ? 1000 : 1000000) + i);
  }
  Eviction eviction = chosen("volatile-ttl");
  CHECK(world.evicted(eviction, 150, "soon") > 140);
}

TEST_CASE("eviction: at random every key may go, and noeviction none is") {
  World world;
  for (int i = 0; i < 200; ++i) world.of(i).set_text("k" + std::to_string(i), "value");
  Eviction eviction = chosen("allkeys-random");
  CHECK(world.evicted(eviction, 200, "k") == 200);
  CHECK_FALSE(eviction.next(world.databases, world.state.now_ms, world.rng));
  CHECK_FALSE(EvictionPolicy::named("noeviction").evicts());
}

TEST_CASE("access: the counter rises ever more slowly, and falls with the minutes") {
  const Tracked frequency(true);
  const std::int64_t now = 1700000000000;
  std::uint32_t accessed = access::first(now);
  CHECK(access::count(accessed, now) == access::kFirstCount);
  for (int i = 0; i < 100; ++i) accessed = access::again(accessed, now);
  const std::uint32_t hundred = access::count(accessed, now);
  for (int i = 0; i < 10000; ++i) accessed = access::again(accessed, now);
  const std::uint32_t many = access::count(accessed, now);
  CHECK(hundred > access::kFirstCount);
  CHECK(hundred < 30);
  CHECK(many > hundred);
  CHECK(many < 100);
  CHECK(access::count(accessed, now + 3 * 60000) == many - 3);
  CHECK(access::count(accessed, now + 1000ll * 60000) == 0);
  access_tracking.decay_minutes = 0;
  CHECK(access::count(accessed, now + 1000ll * 60000) == many);
}
