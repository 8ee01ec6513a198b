/// HyperLogLog against its own definition: the dense form against an array of registers, the sparse against
/// the dense, the estimate against the truth, and any bytes at all.
#include "server/keyspace/hyperloglog.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "server/keyspace/hash.h"

using namespace node;

TEST_CASE("hyperloglog: registers do not touch their neighbours") {
  Random rng(3);
  std::string dense = hll::make();
  REQUIRE(hll::make_dense(dense));
  hll::Registers model{};
  for (int i = 0; i < 200000; ++i) {
    const std::size_t at = rng.below(hll::kRegisters);
    const auto level = static_cast<std::uint8_t>(rng.below(64));
    const bool higher = level > model[at];
    REQUIRE((hll::raise(dense, at, level, 3000) == hll::Raised::yes) == higher);
    if (higher) model[at] = level;
  }
  for (std::size_t i = 0; i < hll::kRegisters; ++i) REQUIRE(hll::dense_register(dense, i) == model[i]);
  CHECK(dense.size() == hll::kDenseSize);
  CHECK(hll::estimate(dense) == hll::estimate(model));
}

TEST_CASE("hyperloglog: sparse and dense agree, and are near the truth") {
  Random rng(5);
  std::string sparse = hll::make(), dense = hll::make();
  REQUIRE(hll::make_dense(dense));
  bool was_dense = false;
  for (std::uint64_t n = 1; n <= 30000; ++n) {
    const std::string element = std::to_string(rng.next());
    CHECK(hll::add(sparse, element, 3000) == hll::add(dense, element, 3000));
    const bool look = n < 100 || n % 977 == 0;
    if (!look) continue;
    const bool is_sparse = hll::form_of(sparse) == hll::Form::sparse;
    was_dense |= !is_sparse;
    CHECK_FALSE((is_sparse && was_dense));
    if (is_sparse) CHECK(sparse.size() <= 3000);
    const auto estimate = hll::estimate(sparse);
    REQUIRE(estimate);
    CHECK(estimate == hll::estimate(dense));
    CHECK(std::abs(static_cast<double>(*estimate) - static_cast<double>(n)) <=
          0.0082 * 5 * static_cast<double>(n) + 2);
  }
  CHECK(was_dense);
}

TEST_CASE("hyperloglog: the kept estimate goes stale and comes back") {
  std::string value = hll::make();
  CHECK(hll::cached(value) == 0);
  hll::add(value, "a", 3000);
  CHECK_FALSE(hll::cached(value));
  hll::keep_estimate(value, 123456789012);
  CHECK(hll::cached(value) == 123456789012);
  hll::forget_estimate(value);
  CHECK_FALSE(hll::cached(value));
}

TEST_CASE("hyperloglog: any bytes behind the header are read or refused, never more than they are") {
  Random rng(11);
  int whole = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string value = hll::make();
    if (rng.below(2)) {
      for (std::uint64_t n = rng.below(40); n-- > 0;) hll::add(value, std::to_string(rng.next()), 3000);
      value[hll::kHeader + rng.below(value.size() - hll::kHeader)] = static_cast<char>(rng.next());
    } else {
      value.resize(hll::kHeader);
      for (std::uint64_t n = rng.below(60); n-- > 0;) value += static_cast<char>(rng.next());
    }
    REQUIRE(hll::recognised(value));
    const bool fits = hll::estimate(value).has_value();
    ++(fits ? whole : refused);
    hll::Registers max{};
    CHECK(hll::merge_into(max, value) == fits);
    hll::describe(value);
    std::string dense = value;
    CHECK(hll::make_dense(dense) == fits);
    CHECK((fits || dense == value));
    for (int i = 0; i < 20; ++i) {
      const hll::Raised raised = hll::add(value, std::to_string(rng.next()), rng.below(2) ? 3000 : 20);
      if (fits) CHECK(raised != hll::Raised::corrupt);
    }
  }
  CHECK(whole > 100);
  CHECK(refused > 100);
}
