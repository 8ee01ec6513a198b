// A seed promises the same schedule and the same offered operations on every machine: the numbers are
// written down.
#include "harness/core/prng.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

using namespace harness;

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

std::vector<std::uint64_t> first(Prng prng, std::size_t count) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(prng.next());
  return numbers;
}

}  // namespace

// From a second implementation of xoshiro256** and splitmix64, in Python; the one of seed 0 begins as the
// reference implementations do.
TEST_CASE("a seed gives the same numbers on every machine") {
  CHECK(first(Prng(0), 4) == std::vector<std::uint64_t>{0x99ec5f36cb75f2b4, 0xbf6e1f784956452a,
                                                        0x1a5f849d4933e6e0, 0x6aa594f1262d2d2c});
  CHECK(first(Prng(42), 4) == std::vector<std::uint64_t>{0x15780b2e0c2ec716, 0x6104d9866d113a7e,
                                                         0xae17533239e499a1, 0xecb8ad4703b360a1});
  CHECK(first(Prng(kMax), 4) == std::vector<std::uint64_t>{0x8f5520d52a7ead08, 0xc476a018caa1802d,
                                                           0x81de31c0d260469e, 0xbf658d7e065f3c2f});
}

TEST_CASE("what is made of the numbers is the same everywhere, too") {
  Prng small(7);
  std::vector<std::uint64_t> digits;
  for (int i = 0; i < 12; ++i) digits.push_back(small.below(10));
  CHECK(digits == std::vector<std::uint64_t>{7, 2, 8, 9, 9, 8, 0, 1, 4, 1, 5, 7});

  Prng large(7);
  for (const std::uint64_t expected : {6461677535414237997u, 7744196453246319819u, 9049029322324588832u})
    CHECK(large.below((std::uint64_t{1} << 63) | 1) == expected);

  Prng fractions(7);
  for (const double expected : {0x1.66b1f5ee9df2ep-1, 0x1.1d70f6593d20ap-2, 0x1.ade3a6932a58fp-1})
    CHECK(fractions.unit() == expected);

  Prng order(7);
  std::vector<int> items{0, 1, 2, 3, 4, 5, 6, 7};
  order.shuffle(items);
  CHECK(items == std::vector<int>{6, 0, 2, 3, 4, 7, 1, 5});
}

TEST_CASE("streams split by name and number, whatever was drawn before") {
  const Prng seed(42);
  CHECK(seed.split("operations", 0).next() == 0x128a78b3fae08e71);
  CHECK(seed.split("operations", 1).next() == 0xeadcb69df20b1540);
  CHECK(seed.split("targets").next() == 0x4431f8a023933734);
  CHECK(seed.split("schedule").next() == 0xd0d2ee02525c0c74);

  Prng drawn(42);
  for (int i = 0; i < 1000; ++i) drawn.next();
  CHECK(first(drawn.split("targets"), 8) == first(seed.split("targets"), 8));
  CHECK(first(seed.split("a"), 8) == first(seed.split("a", 0), 8));
}

TEST_CASE("split streams share no number with each other or with their origin") {
  const Prng seed(1);
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  const auto take = [&](Prng prng) {
    for (const std::uint64_t number : first(prng, 100)) {
      seen.insert(number);
      ++drawn;
    }
  };
  take(seed);
  for (std::uint64_t number = 0; number < 50; ++number) {
    take(seed.split("operations", number));
    take(seed.split("schedule", number));
    take(seed.split("schedule", number).split("operations"));
  }
  CHECK(seen.size() == drawn);  // 64 bits: a single collision would be a wonder
}

TEST_CASE("below() stays in its bounds and favours nobody") {
  Prng prng(3);
  for (const std::uint64_t bound : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{16384}, kMax})
    for (int i = 0; i < 1000; ++i) REQUIRE(prng.below(bound) < bound);

  constexpr int kDraws = 100'000;
  std::array<int, 10> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts[prng.below(counts.size())];
  for (const int count : counts) {  // 10,000 each, standard deviation 95
    CHECK(count > 9'500);
    CHECK(count < 10'500);
  }

  // Two thirds of 2^64: a remainder would come up with the lower half twice as often.
  const std::uint64_t bound = kMax / 3 * 2;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) low += prng.below(bound) < bound / 2;
  CHECK(low > 49'000);
  CHECK(low < 51'000);
}

TEST_CASE("between() includes both ends, up to the ends of the type") {
  Prng prng(4);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(prng.between(-2, 2));
  CHECK(seen == std::set<std::int64_t>{-2, -1, 0, 1, 2});
  CHECK(prng.between(5, 5) == 5);
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  int negative = 0;
  for (int i = 0; i < 1000; ++i) negative += prng.between(kLow, kHigh) < 0;
  CHECK(negative > 400);
  CHECK(negative < 600);
}

TEST_CASE("unit() is from 0 to below 1, and chance() is as likely as it says") {
  Prng prng(5);
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double x = prng.unit();
    REQUIRE(x >= 0);
    REQUIRE(x < 1);
    hits += prng.chance(0.2);
  }
  CHECK(hits > 19'500);
  CHECK(hits < 20'500);
  CHECK_FALSE(prng.chance(0));
  CHECK(prng.chance(1));
}
