#include "workloads/keys.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "harness/sandbox/namespace_test_support.h"

using namespace harness;

namespace {

const std::vector<SlotRanges> kShards = {
    {{0, 5460}}, {{5461, 10922}}, {{10923, 16000}, {16002, 16383}}, {{16001, 16001}}};

struct Keys {
  explicit Keys(WorkloadOptions options, std::vector<SlotRanges> shards = kShards)
      : recorder(folder.path / "history.journal", clock),
        set({recorder, options, std::move(shards), 0, 1}, "r") {}
  ScratchFolder folder;
  RunClock clock;
  Recorder recorder;
  KeySet set;
};

WorkloadOptions with(int keys, int hot_keys, double hot_share) {
  WorkloadOptions options;
  options.keys = keys;
  options.hot_keys = hot_keys;
  options.hot_share = hot_share;
  return options;
}

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
    CHECK(text.starts_with("r"));
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
