// A history that is checked in parts, each with all operations of some of its keys: the answers joined into
// the one that the whole history would have got.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/verdict.h"

namespace harness {

/// Violations are counted over all parts; of the anomalies the earliest are kept (Findings::kListed).
/// Measures are added up, those that end in _max take the greatest. One part without an answer leaves the
/// whole unknown, unless another part has a violation.
class JoinedParts {
 public:
  void add(CheckResult part);
  /// What was not checked, and how to have it checked.
  void unknown(const std::string& why);
  void measure(std::string name, double value) { joined_.measured.emplace_back(std::move(name), value); }
  /// How it was decided.
  void note(std::string text) { notes_.push_back(std::move(text)); }

  /// `operations`: of the whole history. `valid_words`: said when no part was added.
  CheckResult finish(std::size_t operations, const std::string& valid_words);

 private:
  void keep_earliest();

  CheckResult joined_;
  std::string valid_words_;
  std::vector<std::string> notes_;
};

}  // namespace harness
