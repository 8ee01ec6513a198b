// The keys of a workload: spread evenly over the shards, a few of them hot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/run/workload.h"

namespace harness {

class KeySet {
 public:
  /// Names are prefix0, prefix1, … in the order in which they fall into the shards, dealt in turn.
  KeySet(const WorkloadSetup& setup, std::string_view prefix);

  std::size_t size() const { return texts_.size(); }
  /// A key's index; the hot ones are the first.
  std::size_t draw(Prng& prng) const;
  /// The recorder's number of the i-th key, and the text behind such a number.
  std::uint32_t number(std::size_t i) const { return numbers_[i]; }
  const std::string& text(std::uint32_t number) const { return texts_[index_.at(number)]; }

 private:
  std::vector<std::string> texts_;
  std::vector<std::uint32_t> numbers_;
  std::unordered_map<std::uint32_t, std::size_t> index_;
  std::size_t hot_;
  double hot_share_;
};

}  // namespace harness
