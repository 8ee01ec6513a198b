// The general search for a linearization: Wing & Gong (1993) with the memo of Lowe (2017), one object at a
// time (Horn & Kroening's P-compositionality, 2015). The model is a template parameter.
//
// Exact reductions, each argued where it stands:
//  - operations that cannot change the state are placed as soon as the state allows them (absorb);
//  - of several enabled operations with the same effect only the one that must return first is tried;
//  - an indeterminate operation is kept off the list; the model names those whose effect may help now, and
//    the earliest invoked one of an effect stands for all of them;
//  - a state that a waiting operation needs and nobody can produce any more ends the branch.
// A configuration is remembered as a 128-bit hash (16 bytes) of the placed operations and the state, kept
// incrementally. Two configurations with one hash would hide a branch: with 10^9 configurations the odds are
// below 10^-20, which is accepted and said here.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "checkers/common/budget.h"
#include "checkers/search/config_set.h"
#include "harness/core/time.h"

namespace harness {

/// A model's state, dense from 0, as the model numbers them.
using SearchState = std::uint32_t;
inline constexpr SearchState kNoState = 0xffffffff;

/// An operation as the search sees it. `effect` numbers what it does: operations with one effect are
/// interchangeable but for their intervals. deadline kNever: indeterminate, it may also never happen.
struct SearchOp {
  Nanos invoked;
  Nanos deadline;
  std::uint32_t effect;
};

enum class SearchOutcome : std::uint8_t { kLinearizable, kImpossible, kOutOfBudget };

struct SearchResult {
  SearchOutcome outcome = SearchOutcome::kLinearizable;
  std::uint64_t steps = 0;
  std::size_t bytes = 0;             // of remembered configurations
  std::string ran_out;               // of kOutOfBudget: which budget
  SearchState state = 0;             // the state after the longest prefix that could be placed
  std::size_t placed = 0;            // its length, of the operations that must happen
  std::vector<std::uint32_t> stuck;  // operations that were open then and could not be placed
  Nanos reached = 0;  // what was invoked later was not enabled in any order, though dead() may know of it
};

/// REQUIRES of Model:
///   SearchState initial() const
///   SearchState step(SearchState, effect)      the next state, or kNoState
///   bool pure(effect)                          never changes the state
///   SearchState wants(effect)                  the one state it can be placed in, or kNoState when several
///   void placed(effect, op), removed(...)      bookkeeping for dead(), in the order of a stack
///   bool dead(SearchState left)                after leaving a state: can the rest still be placed?
///   bool viable(SearchState after, each)       can the open operations still find their states?
///   std::size_t bytes()                        that the model itself holds
///   bool must_be_observed()                    an indeterminate effect may be skipped when the very next
///                                              placed operation does not depend on the state it made
///   for_useful(state, for_each_enabled, observe, emit)
///                                              effects of indeterminate operations that may help now
template <typename Model>
class Search {
 public:
  /// REQUIRES: `ops` are in order of `invoked`.
  Search(Model& model, std::span<const SearchOp> ops, std::uint32_t effects, const Budget& budget)
      : model_(model),
        ops_(ops),
        budget_(budget),
        best_of_effect_(effects, kNone),
        spare_(effects),
        spare_used_(effects, 0) {
    link();
  }

  SearchResult run() {
    state_ = model_.initial();
    settle();
    if (remaining_ == 0) return finish(SearchOutcome::kLinearizable);
    open_frame();
    note_progress();
    while (!frames_.empty()) {
      if (out_of_budget()) return finish(SearchOutcome::kOutOfBudget);
      Frame& frame = frames_.back();
      if (frame.next == choices_.size()) {
        choices_.resize(frame.first);
        frames_.pop_back();
        continue;
      }
      if (trail_.size() > frame.trail) {
        undo_to(frame.trail);
        scan();
      }
      const std::uint32_t choice = choices_[frame.next++];
      ++result_.steps;
      if (!advance(choice)) continue;
      settle();
      if (remaining_ == 0) return finish(SearchOutcome::kLinearizable);
      note_progress();
      if (!seen_.insert(hash_low_ ^ mix(state_ * 2ULL + observe_),
                        hash_high_ + mix(~(state_ * 2ULL + observe_))))
        continue;
      open_frame();
    }
    return finish(SearchOutcome::kImpossible);
  }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  struct Frame {
    std::uint32_t trail;  // length of the trail when this choice was reached
    std::size_t first;    // of choices_: its candidates, up to those of the next frame
    std::size_t next;     // the one to try next
  };
  struct Step {
    std::uint32_t op;
    SearchState before;
    bool observe_before;
  };
  struct Candidate {
    Nanos urgency;
    std::uint32_t op;
  };

  static std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  bool optional(std::uint32_t op) const { return ops_[op].deadline == kNever; }

  void link() {
    const auto n = static_cast<std::uint32_t>(ops_.size());
    next_.assign(n + 1, n);
    prev_.assign(n + 1, n);
    next_due_.assign(n + 1, n);
    prev_due_.assign(n + 1, n);
    std::vector<std::uint32_t> due;
    std::uint32_t last = n;
    for (std::uint32_t i = 0; i < n; ++i) {
      if (optional(i)) {
        spare_[ops_[i].effect].push_back(i);
        continue;
      }
      next_[last] = i;
      prev_[i] = last;
      last = i;
      due.push_back(i);
    }
    next_[last] = n;
    prev_[n] = last;
    std::stable_sort(due.begin(), due.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return ops_[a].deadline < ops_[b].deadline; });
    last = n;
    for (const std::uint32_t i : due) {
      next_due_[last] = i;
      prev_due_[i] = last;
      last = i;
    }
    next_due_[last] = n;
    prev_due_[n] = last;
    remaining_ = due.size();
    required_ = due.size();
  }

  /// The time by which the next operation must have returned: whatever is invoked later is not enabled.
  Nanos frontier() const {
    const std::uint32_t first = next_due_[ops_.size()];
    return first == ops_.size() ? kNever : ops_[first].deadline;
  }

  void place(std::uint32_t op, SearchState after) {
    trail_.push_back({op, state_, observe_});
    state_ = after;
    const std::uint64_t token = optional(op) ? ~static_cast<std::uint64_t>(ops_[op].effect) : op;
    hash_low_ += mix(token);
    hash_high_ += mix(token ^ 0x5851f42d4c957f2dULL);
    model_.placed(ops_[op].effect, op);
    if (optional(op)) {
      ++spare_used_[ops_[op].effect];
      return;
    }
    --remaining_;
    next_[prev_[op]] = next_[op];
    prev_[next_[op]] = prev_[op];
    next_due_[prev_due_[op]] = next_due_[op];
    prev_due_[next_due_[op]] = prev_due_[op];
  }

  void undo_to(std::size_t length) {
    while (trail_.size() > length) {
      const Step step = trail_.back();
      trail_.pop_back();
      const std::uint32_t op = step.op;
      state_ = step.before;
      observe_ = step.observe_before;
      const std::uint64_t token = optional(op) ? ~static_cast<std::uint64_t>(ops_[op].effect) : op;
      hash_low_ -= mix(token);
      hash_high_ -= mix(token ^ 0x5851f42d4c957f2dULL);
      model_.removed(ops_[op].effect, op);
      if (optional(op)) {
        --spare_used_[ops_[op].effect];
        continue;
      }
      ++remaining_;
      next_[prev_[op]] = op;
      prev_[next_[op]] = op;
      next_due_[prev_due_[op]] = op;
      prev_due_[next_due_[op]] = op;
    }
  }

  /// Places every enabled operation that cannot change the state and fits it (placing it now never hurts:
  /// it could be moved here from any later place), and gathers the other enabled ones.
  void settle() {
    enabled_.clear();
    bool observed = false;
    const auto end = static_cast<std::uint32_t>(ops_.size());
    for (std::uint32_t op = next_[end]; op != end && ops_[op].invoked <= frontier();) {
      const std::uint32_t following = next_[op];
      if (model_.pure(ops_[op].effect) && model_.step(state_, ops_[op].effect) != kNoState) {
        place(op, state_);
        observed = true;
      } else {
        enabled_.push_back(op);
      }
      op = following;
    }
    if (observed) observe_ = false;
  }

  /// The enabled operations after an undo; nothing can be absorbed there.
  void scan() {
    enabled_.clear();
    const auto end = static_cast<std::uint32_t>(ops_.size());
    for (std::uint32_t op = next_[end]; op != end && ops_[op].invoked <= frontier(); op = next_[op])
      enabled_.push_back(op);
  }

  /// A choice between all candidates of the current configuration, the most urgent first. Operations of one
  /// effect are interchangeable, so the one that must return first stands for all (swapping them in a
  /// linearization keeps it one), and a required one before an indeterminate one.
  void open_frame() {
    candidates_.clear();
    for (const std::uint32_t op : enabled_) {
      std::uint32_t& best = best_of_effect_[ops_[op].effect];
      if (best == kNone || ops_[op].deadline < ops_[best].deadline) best = op;
    }
    for (const std::uint32_t op : enabled_) {
      const std::uint32_t effect = ops_[op].effect;
      if (best_of_effect_[effect] != op || model_.pure(effect)) continue;
      if (observe_ && model_.wants(effect) != state_) continue;
      offer(op);
    }
    const Nanos limit = frontier();
    const auto each_enabled = [&](auto visit) {
      for (const std::uint32_t op : enabled_) visit(ops_[op].effect);
    };
    model_.for_useful(state_, each_enabled, observe_, [&](std::uint32_t effect) {
      const auto& spare = spare_[effect];
      if (spare_used_[effect] >= spare.size() || best_of_effect_[effect] != kNone) return;
      const std::uint32_t op = spare[spare_used_[effect]];
      if (ops_[op].invoked <= limit) {
        best_of_effect_[effect] = op;
        offered_spares_.push_back(effect);
        offer(op);
      }
    });
    for (const std::uint32_t op : enabled_) best_of_effect_[ops_[op].effect] = kNone;
    for (const std::uint32_t effect : offered_spares_) best_of_effect_[effect] = kNone;
    offered_spares_.clear();
    std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
      return a.urgency != b.urgency ? a.urgency < b.urgency : a.op < b.op;
    });
    frames_.push_back({static_cast<std::uint32_t>(trail_.size()), choices_.size(), choices_.size()});
    for (const Candidate& candidate : candidates_) choices_.push_back(candidate.op);
  }

  /// A candidate is as urgent as its own return, or as that of an open operation waiting for its state.
  void offer(std::uint32_t op) {
    const SearchState after = model_.step(state_, ops_[op].effect);
    if (after == kNoState) return;
    Nanos urgency = ops_[op].deadline;
    if (after != state_)
      for (const std::uint32_t other : enabled_)
        if (other != op && ops_[other].deadline < urgency && model_.wants(ops_[other].effect) == after)
          urgency = ops_[other].deadline;
    candidates_.push_back({urgency, op});
  }

  bool advance(std::uint32_t op) {
    const SearchState left = state_;
    const SearchState after = model_.step(state_, ops_[op].effect);
    place(op, after);
    observe_ = optional(op) && model_.must_be_observed();
    if (left == after) return true;
    return !model_.dead(left) && model_.viable(after, [&](auto visit) {
      for (const std::uint32_t open : enabled_)
        if (open != op) visit(ops_[open].effect);
    });
  }

  void note_progress() {
    result_.reached = std::max(result_.reached, frontier());
    const std::size_t placed = required_ - remaining_;
    if (placed < result_.placed || (placed == result_.placed && !result_.stuck.empty())) return;
    result_.placed = placed;
    result_.state = state_;
    result_.stuck = enabled_;
  }

  bool out_of_budget() {
    if (budget_.steps != 0 && result_.steps >= budget_.steps) {
      result_.ran_out = "steps";
      return true;
    }
    if ((result_.steps & 1023) != 0) return false;
    if (budget_.memory_bytes != 0 && seen_.bytes() + model_.bytes() > budget_.memory_bytes) {
      result_.ran_out = "memory";
      return true;
    }
    if (budget_.cancelled != nullptr && budget_.cancelled()) {
      result_.ran_out = "time";
      return true;
    }
    return false;
  }

  SearchResult finish(SearchOutcome outcome) {
    result_.outcome = outcome;
    result_.bytes = seen_.bytes() + model_.bytes();
    return std::move(result_);
  }

  Model& model_;
  std::span<const SearchOp> ops_;
  const Budget& budget_;
  // Required operations not yet placed, in order of invocation and of deadline: lists that give an operation
  // back its place on undo (Knuth's dancing links). Index ops_.size() is the head.
  std::vector<std::uint32_t> next_, prev_, next_due_, prev_due_;
  std::vector<std::uint32_t> best_of_effect_;      // scratch of open_frame()
  std::vector<std::vector<std::uint32_t>> spare_;  // indeterminate operations by effect, by invocation
  std::vector<std::uint32_t> spare_used_;
  std::vector<std::uint32_t> offered_spares_;
  std::vector<std::uint32_t> enabled_;
  std::vector<Candidate> candidates_;
  std::vector<Step> trail_;
  std::vector<Frame> frames_;
  std::vector<std::uint32_t> choices_;  // of all frames, each one's behind those of the frame before
  ConfigSet seen_;
  SearchState state_ = 0;
  bool observe_ = false;  // the state was made by an indeterminate effect that nobody has observed yet
  std::size_t remaining_ = 0;
  std::size_t required_ = 0;
  std::uint64_t hash_low_ = 0, hash_high_ = 0;
  SearchResult result_;
};

}  // namespace harness
