// For tests only: what transactions may have done, by trying every order of them, and random histories to try
// it on.
#pragma once

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "checkers/common/random_history_test.h"
#include "checkers/transactions/transactions.h"
#include "checkers/transactions/txn_simulation.h"

namespace harness {

/// One seed for all the cases of a run.
inline std::uint64_t run_seed() {
  static const std::uint64_t seed = random_seed();
  return seed;
}

using State = std::map<std::string, std::vector<std::int64_t>>;

/// Runs a transaction on a state. False: a read of an ok transaction did not see what the state holds.
inline bool execute(const NotedTxn& txn, State& state, bool lists) {
  for (const NotedTxn::Mop& mop : txn.mops) {
    std::vector<std::int64_t>& held = state[mop.key];
    if (mop.kind == 'r') {
      if (txn.outcome == Outcome::kOk && held != mop.values) return false;
      continue;
    }
    if (!lists) held.clear();
    held.push_back(mop.values[0]);
  }
  return true;
}

enum class Order { kFree, kSession, kRealtime };

inline bool must_precede(const NotedTxn& a, const NotedTxn& b, Order order) {
  if (order == Order::kFree || a.outcome != Outcome::kOk || a.completed > b.invoked) return false;
  const bool strictly = a.completed < b.invoked;
  return (order == Order::kRealtime && strictly) || a.process == b.process;
}

/// Tries every order of the ok transactions and of any info ones.
class BruteForce {
 public:
  BruteForce(const std::vector<NotedTxn>& txns, bool lists) : txns_(txns), lists_(lists) {}

  bool serializable(Order order) {
    order_ = order;
    return extend(0, {});
  }

  /// Generalized snapshot isolation: in some order of commits, each transaction reads some earlier state and
  /// nobody in between committed a write of a key it writes.
  bool snapshot_isolated() {
    std::vector<State> states = {{}};
    std::vector<std::size_t> committed;
    return commit_next(0, states, committed);
  }

 private:
  bool finished(unsigned done) const {
    for (std::size_t i = 0; i < txns_.size(); ++i)
      if (txns_[i].outcome == Outcome::kOk && (done >> i & 1) == 0) return false;
    return true;
  }

  bool extend(unsigned done, const State& state) {
    if (finished(done)) return true;
    for (std::size_t i = 0; i < txns_.size(); ++i) {
      if ((done >> i & 1) != 0 || txns_[i].outcome == Outcome::kFail) continue;
      const auto waits_for = [&](std::size_t j) {
        return (done >> j & 1) == 0 && must_precede(txns_[j], txns_[i], order_);
      };
      bool ready = true;
      for (std::size_t j = 0; j < txns_.size(); ++j) ready = ready && !waits_for(j);
      State next = state;
      if (ready && execute(txns_[i], next, lists_) && extend(done | 1U << i, next)) return true;
    }
    return false;
  }

  bool writes(std::size_t txn, const std::string& key) const {
    return std::ranges::any_of(txns_[txn].mops,
                               [&](const auto& mop) { return mop.kind != 'r' && mop.key == key; });
  }

  bool commit_next(unsigned done, std::vector<State>& states, std::vector<std::size_t>& committed) {
    if (finished(done)) return true;
    for (std::size_t i = 0; i < txns_.size(); ++i) {
      if ((done >> i & 1) != 0 || txns_[i].outcome == Outcome::kFail) continue;
      for (std::size_t snapshot = states.size(); snapshot-- > 0;) {
        // states[s] is the state after the first s commits.
        if (snapshot < committed.size()) {
          const std::size_t between = committed[snapshot];
          const bool conflict = std::ranges::any_of(
              txns_[i].mops, [&](const auto& mop) { return mop.kind != 'r' && writes(between, mop.key); });
          if (conflict) break;
        }
        State own = states[snapshot];
        if (!execute(txns_[i], own, lists_)) continue;
        State next = states.back();
        for (const auto& mop : txns_[i].mops)
          if (mop.kind != 'r') next[mop.key] = own[mop.key];
        states.push_back(std::move(next));
        committed.push_back(i);
        const bool possible = commit_next(done | 1U << i, states, committed);
        states.pop_back();
        committed.pop_back();
        if (possible) return true;
        break;  // an older snapshot would leave the same state behind
      }
    }
    return false;
  }

  const std::vector<NotedTxn>& txns_;
  bool lists_;
  Order order_ = Order::kFree;
};

/// A store of uncertain isolation: each transaction reads from a state that may be old, and its writes may be
/// interleaved with others'. Lists only grow, so that orders of versions are mostly sound.
inline std::vector<NotedTxn> random_history(Prng& random, bool lists, bool complete) {
  Simulation simulation;
  simulation.transactions = 2 + random.below(complete ? 4 : 5);
  simulation.processes = static_cast<int>(1 + random.below(4));
  simulation.active_keys = 1 + random.below(3);
  simulation.lists = lists;
  simulation.info_share = complete ? 0 : 0.1;
  simulation.fail_share = 0.1;
  std::vector<NotedTxn> txns = simulate(simulation, random);

  // Execute them again, micro-operation by micro-operation, in a random interleaving with random staleness.
  std::vector<std::pair<std::size_t, std::size_t>> schedule;
  const bool atomic = random.chance(0.4);
  const bool in_order = random.chance(0.5);
  std::vector<std::size_t> order(txns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!in_order) random.shuffle(order);
  for (std::size_t i : order)
    for (std::size_t m = 0; m < txns[i].mops.size(); ++m) schedule.emplace_back(i, m);
  if (!atomic)
    for (std::size_t swaps = random.below(12); swaps > 0; --swaps) {
      const std::size_t at = random.below(schedule.size() > 1 ? schedule.size() - 1 : 1);
      if (at + 1 < schedule.size() && schedule[at].first != schedule[at + 1].first)
        std::swap(schedule[at], schedule[at + 1]);
    }
  State state;
  std::map<std::string, std::vector<std::vector<std::int64_t>>> past;
  const double staleness = random.chance(0.5) ? 0.2 : 0;
  const bool dirty = random.chance(0.2);
  for (const auto& [i, m] : schedule) {
    NotedTxn& txn = txns[i];
    NotedTxn::Mop& mop = txn.mops[m];
    const bool takes_effect = txn.outcome == Outcome::kOk ||
                              (txn.outcome == Outcome::kInfo && txn.completed % 2 == 0) ||
                              (txn.outcome == Outcome::kFail && dirty);
    if (mop.kind == 'r') {
      mop.values = state[mop.key];
      const auto& older = past[mop.key];
      if (!older.empty() && random.chance(staleness)) mop.values = older[random.below(older.size())];
      mop.null = !lists && mop.values.empty();
    } else if (takes_effect) {
      past[mop.key].push_back(state[mop.key]);
      if (!lists) state[mop.key].clear();
      state[mop.key].push_back(mop.values[0]);
    }
  }
  if (complete) {
    NotedTxn last;
    last.name = "last";
    last.process = 99;
    for (const NotedTxn& txn : txns) last.invoked = std::max(last.invoked, txn.completed + 1);
    last.completed = last.invoked + 1;
    for (const auto& [key, value] : state)
      if (!value.empty()) last.mops.push_back({'r', key, value, false});
    if (!last.mops.empty()) txns.push_back(last);
  }
  return txns;
}

inline std::string text_of(const std::vector<NotedTxn>& txns) {
  std::string text;
  for (const NotedTxn& txn : txns) {
    text += txn.name + " p" + std::to_string(txn.process) + " " + std::string(to_string(txn.outcome)) + " @" +
            std::to_string(txn.invoked) + "-" + std::to_string(txn.completed) + ":";
    for (const NotedTxn::Mop& mop : txn.mops) {
      text += std::string(" ") + mop.kind + mop.key + "[";
      for (std::int64_t value : mop.values) text += " " + std::to_string(value);
      text += "]";
    }
    text += "\n";
  }
  return text;
}

inline CheckResult check(const std::vector<NotedTxn>& txns, bool lists, const std::string& consistency) {
  ModelOptions options;
  options.consistency = {consistency};
  const History history = history_of(txns, lists);
  return lists ? check_list_append(history, options) : check_rw_register(history, options);
}

}  // namespace harness
