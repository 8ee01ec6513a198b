#include "harness/compare/bisection.h"

#include <algorithm>
#include <cmath>

#include "harness/core/check.h"

namespace harness {

Bisection::Bisection(std::size_t count) : trials_(count, Trial::kUntried), bad_(count - 1) {
  CHECK_THAT_HOLDS(count > 0, "one of the revisions is bad");
  trials_.back() = Trial::kBad;
}

std::optional<std::size_t> Bisection::next() const {
  const double middle = (static_cast<double>(first_) + static_cast<double>(bad_) - 1) / 2;
  std::optional<std::size_t> nearest;
  const auto distance = [&](std::size_t i) { return std::fabs(static_cast<double>(i) - middle); };
  for (std::size_t i = first_; i < bad_; ++i)
    if (trials_[i] == Trial::kUntried && (!nearest || distance(i) < distance(*nearest))) nearest = i;
  return nearest;
}

void Bisection::mark(std::size_t revision, Trial trial) {
  trials_[revision] = trial;
  if (trial == Trial::kGood) first_ = std::max(first_, revision + 1);
  if (trial == Trial::kBad) bad_ = std::min(bad_, revision);
}

std::vector<std::size_t> Bisection::suspects() const {
  std::vector<std::size_t> out;
  for (std::size_t i = first_; i <= bad_; ++i) out.push_back(i);
  return out;
}

std::size_t passes_for_good(std::size_t failed, std::size_t runs, double doubt) {
  const double rate = (static_cast<double>(failed) + 1) / (static_cast<double>(runs) + 2);
  return static_cast<std::size_t>(std::ceil(std::log(doubt) / std::log(1 - rate)));
}

}  // namespace harness
