// --cross-check: the general search (spec_search.h) decides each object beside the fast algorithm. It shares
// nothing with that but the history, so a disagreement is an error of ours, and ends the program.
#pragma once

#include <algorithm>
#include <span>
#include <string>

#include "checkers/search/spec_search.h"
#include "harness/core/check.h"

namespace harness {

class CrossCheck {
 public:
  CrossCheck(const History& history, const ModelOptions& options) : history_(history), options_(options) {}

  bool wanted() const { return options_.cross_check; }

  /// REQUIRES: `ops` are what the fast algorithm looked at, in order of invocation.
  template <typename Spec>
  void compare(const Spec& spec, std::span<const SpecOp<Spec>> ops, bool fast_found_violation) {
    if (ops.empty()) return;
    Budget budget = options_.budget;
    // A step may copy a state as long as the history, so the search gets fewer of them the longer that is.
    const std::uint64_t affordable = kWork / (ops.size() + 100);
    budget.steps = budget.steps == 0 ? affordable : std::min(budget.steps, affordable);
    conclude(search_spec(spec, history_, ops, budget).result.outcome, fast_found_violation,
             history_.operations[ops.front().operation].key);
  }

  /// Aborts when the two disagree.
  void conclude(SearchOutcome searched, bool fast_found_violation, std::uint32_t key) {
    if (searched == SearchOutcome::kOutOfBudget) {
      ++given_up_;
      return;
    }
    ++agreed_;
    CHECK_THAT_HOLDS((searched == SearchOutcome::kImpossible) == fast_found_violation,
                     "the fast algorithm and the general search disagree" + of_key(history_, key));
  }

  /// Says what was compared.
  void note(Findings& findings) const {
    if (!wanted()) return;
    std::string text = "Cross-checked by the general search: " + std::to_string(agreed_) +
                       (agreed_ == 1 ? " object agrees" : " objects agree");
    if (given_up_ > 0) text += ", " + std::to_string(given_up_) + " would have taken too long";
    findings.note(text + ".");
  }

 private:
  static constexpr std::uint64_t kWork = 50'000'000;
  const History& history_;
  const ModelOptions& options_;
  std::size_t agreed_ = 0;
  std::size_t given_up_ = 0;
};

}  // namespace harness
