// The search for the first bad one of a row of revisions, of which the last is bad and what comes before the
// first is good. Pure; whoever tries a revision tells what came of it.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace harness {

enum class Trial { kUntried, kGood, kBad, kSkipped };  // kSkipped: it could not be tried

class Bisection {
 public:
  /// REQUIRES: count > 0. The last one counts as bad.
  explicit Bisection(std::size_t count);

  /// The revision to try: the untried one that is nearest to the middle of those that may be the first bad
  /// one. Nothing: the answer is there.
  std::optional<std::size_t> next() const;
  void mark(std::size_t revision, Trial trial);

  /// Those that may be the first bad one by what was tried so far: the last of them is bad, the ones before
  /// were not tried, or could not be. One alone is the answer.
  std::vector<std::size_t> suspects() const;
  Trial trial(std::size_t revision) const { return trials_[revision]; }
  /// How many are between the last good one and the first bad one, that one included.
  std::size_t left() const { return bad_ + 1 - first_; }

 private:
  std::vector<Trial> trials_;
  std::size_t first_ = 0;  // the one after the last that is known to be good
  std::size_t bad_;        // the first that is known to be bad
};

/// How many runs without the violation make a revision good, when a bad one showed it in `failed` of `runs`:
/// were it bad, so many would pass with a chance of at most `doubt` (by Laplace's rule of succession, since a
/// few runs tell the rate roughly).
std::size_t passes_for_good(std::size_t failed, std::size_t runs, double doubt = 0.01);

}  // namespace harness
