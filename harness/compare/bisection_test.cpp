#include "harness/compare/bisection.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace harness {
namespace {

/// Tries until the answer is there; counts the tries.
std::size_t search(Bisection& bisection, std::size_t first_bad, std::size_t skipped = SIZE_MAX) {
  std::size_t tries = 0;
  while (const auto revision = bisection.next()) {
    ++tries;
    bisection.mark(*revision, *revision == skipped     ? Trial::kSkipped
                              : *revision >= first_bad ? Trial::kBad
                                                       : Trial::kGood);
  }
  return tries;
}

TEST_CASE("The first bad revision is found in the logarithm of their number, wherever it is") {
  for (const std::size_t count : {1, 2, 3, 12, 100})
    for (std::size_t first_bad = 0; first_bad < count; ++first_bad) {
      CAPTURE(count, first_bad);
      Bisection bisection(count);
      const std::size_t tries = search(bisection, first_bad);
      CHECK(bisection.suspects() == std::vector<std::size_t>{first_bad});
      CHECK(static_cast<double>(tries) <= std::ceil(std::log2(static_cast<double>(count))));
    }
}

TEST_CASE("A revision that cannot be tried is gone around, beside the first bad one both are suspects") {
  Bisection around(12);
  search(around, 7, 2);
  CHECK(around.suspects() == std::vector<std::size_t>{7});
  Bisection beside(12);
  search(beside, 7, 6);
  CHECK(beside.suspects() == std::vector<std::size_t>{6, 7});
  CHECK(Bisection(3).suspects() == std::vector<std::size_t>{0, 1, 2});  // nothing was tried yet
  CHECK(beside.left() == 2);
  CHECK(beside.trial(6) == Trial::kSkipped);
}

TEST_CASE("The seldomer a violation, the more runs without it make a revision good") {
  CHECK(passes_for_good(3, 3) == 3);   // 0.2 ^ 3 < 0.01
  CHECK(passes_for_good(1, 4) == 12);  // (2/3) ^ 12 < 0.01
  CHECK(passes_for_good(1, 9) > passes_for_good(1, 4));
  CHECK(passes_for_good(3, 3, 0.3) == 1);
}

}  // namespace
}  // namespace harness
