#include "workloads/keys.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/sandbox/namespace_test_support.h"

using namespace harness;

namespace {

const std::vector<SlotRanges> kShards = {
    {{0, 5460}}, {{5461, 10922}}, {{10923, 16000}, {16002, 16383}}, {{16001, 16001}}};

Parameters with(int keys, int hot_keys, double hot_share, int uses = 1) {
  return Parameters(nlohmann::json{{"keys", keys},
                                   {"hot-keys", hot_keys},
                                   {"hot-share", hot_share},
                                   {"uses", uses},
                                   {"once", 0.5},
                                   {"once-keys", 40}});
}

struct Keys {
  explicit Keys(Parameters options, std::vector<SlotRanges> shards = kShards)
      : recorder(folder.path / "history.journal", clock),
        setup{recorder, options, "r:", std::move(shards), 1, 2},
        set(setup, "k") {}
  ScratchFolder folder;
  RunClock clock;
  Recorder recorder;
  WorkloadSetup setup;
  KeySet set;
};

/// The share of draws that fell on the first `hot` keys.
double hot_share(const KeySet& set, std::size_t hot) {
  constexpr int kDraws = 20'000;
  Prng prng(1);
  int hits = 0;
  for (int i = 0; i < kDraws; ++i) {
    const std::size_t key = set.draw(prng);
    REQUIRE(key < set.size());
    hits += key < hot;
  }
  return static_cast<double>(hits) / kDraws;
}

}  // namespace

TEST_CASE("every shard gets its turn, one of a single slot too") {
  const Keys keys(with(10, 0, 0));
  REQUIRE(keys.set.size() == 10);
  std::set<std::string> texts;
  for (std::size_t i = 0; i < keys.set.size(); ++i) {
    const std::string& text = keys.set.text(keys.set.number(i));
    CHECK(text.starts_with("r:k"));
    CHECK(texts.insert(text).second);
    const SlotRanges& shard = kShards[i % kShards.size()];
    CHECK(std::ranges::any_of(shard, [&](const SlotRange& range) { return range.contains(slot_of(text)); }));
  }
}

TEST_CASE("keys are the same in every group and every run") {
  const Keys one(with(20, 3, 0.2));
  const Keys two(with(20, 5, 0.9));
  for (std::size_t i = 0; i < 20; ++i)
    CHECK(one.set.text(one.set.number(i)) == two.set.text(two.set.number(i)));
}

TEST_CASE("hot keys get their share, no more and no less") {
  CHECK(hot_share(Keys(with(60, 3, 0.2)).set, 3) == Approx(0.2).margin(0.02));
  CHECK(hot_share(Keys(with(60, 1, 0.9)).set, 1) == Approx(0.9).margin(0.02));
  CHECK(hot_share(Keys(with(60, 3, 0)).set, 3) == 0);
  CHECK(hot_share(Keys(with(10, 0, 0.5)).set, 5) == Approx(0.5).margin(0.02));   // none is hot
  CHECK(hot_share(Keys(with(10, 10, 0.5)).set, 5) == Approx(0.5).margin(0.02));  // nor when all are
  CHECK(hot_share(Keys(with(4, 99, 0.5)).set, 4) == 1);
}

TEST_CASE("every key is drawn") {
  const Keys keys(with(60, 3, 0.2));
  Prng prng(1);
  std::set<std::size_t> seen;
  for (int i = 0; i < 5000; ++i) seen.insert(keys.set.draw(prng));
  CHECK(seen.size() == 60);
}

TEST_CASE("a key that was used so many times is followed by another of its slot") {
  const Keys keys(with(4, 0, 0, 3));
  RollingKeys rolling(keys.setup, "s", "uses");
  CHECK(rolling.size() == 4);
  const std::uint32_t first = rolling.current(2);
  for (int i = 0; i < 3; ++i) CHECK(rolling.use(2) == first);
  const std::uint32_t second = rolling.use(2);
  CHECK(second != first);
  CHECK(rolling.current(2) == second);
  CHECK(slot_of(rolling.text(second)) == slot_of(rolling.text(first)));
  CHECK(rolling.size() == 5);
  CHECK(rolling.number(4) == second);
}

TEST_CASE("keys of one write are given out once, so many, and each share has its own") {
  const Keys keys(with(4, 0, 0));
  OnceKeys once(keys.setup, "o");
  Prng prng(1);
  std::set<std::string> texts;
  int turns = 0;
  for (int i = 0; i < 4000; ++i) {
    turns += once.turn(prng);
    Operation op;
    const bool is_new = once.next(op, prng);
    const std::string& text = once.text(op.key);
    CHECK(texts.insert(text).second == is_new);
    CHECK((text.back() - '0') % 2 == 1);  // the second share of two
  }
  CHECK(turns == Approx(2000).epsilon(0.1));
  CHECK(texts.size() == 20);  // 40 by two shares
}

TEST_CASE("values are dealt: no two shares have one in common") {
  const Keys keys(with(5, 0, 0));
  std::set<std::int64_t> values;
  for (int share = 0; share < 2; ++share) {
    WorkloadSetup setup = keys.setup;
    setup.share = share;
    FreshValues fresh(setup);
    for (int i = 0; i < 3; ++i) CHECK(values.insert(fresh.next().as_integer()).second);
  }
  CHECK(values == std::set<std::int64_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("final reads are dealt: every key once over the shares, a share's own keys by it alone") {
  const Keys keys(with(5, 0, 0));
  std::multiset<std::uint32_t> read;
  for (int share = 0; share < 2; ++share) {
    WorkloadSetup setup = keys.setup;
    setup.share = share;
    OnceKeys once(setup, "o");
    once.fresh();
    once.fresh();
    FinalReads reads(setup, keys.set, once);
    while (const auto op = reads.next()) read.insert(op->key);
  }
  CHECK(read.size() == 9);
  CHECK(std::set<std::uint32_t>(read.begin(), read.end()).size() == 9);
}
