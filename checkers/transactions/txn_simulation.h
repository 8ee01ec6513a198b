// For tests and benchmarks: clients against a store that is strictly serializable, so that what they see is
// free of anomalies until somebody tampers with it.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "checkers/transactions/txn_notation.h"
#include "harness/core/prng.h"

namespace harness {

struct Simulation {
  std::size_t transactions = 100;
  int processes = 5;
  std::uint64_t mops_max = 3;  // each transaction has 1 … mops_max
  bool full_length = false;    // or exactly mops_max
  std::uint64_t active_keys = 3;
  std::int64_t writes_per_key = 32;  // then the key is retired and a new one begins
  double write_share = 0.5;
  double info_share = 0;
  double fail_share = 0;
  bool lists = true;
};

/// Transactions in order of invocation; each takes effect whole at one moment between invocation and
/// completion. Writes on a key are 1, 2, 3, …; a failed one's are in no read, an info one's in later reads
/// half the time.
inline std::vector<NotedTxn> simulate(const Simulation& options, Prng& random) {
  struct Planned {
    NotedTxn txn;
    Nanos effect;
    bool effective;
  };
  std::vector<Planned> plan;
  std::vector<Nanos> free_at(static_cast<std::size_t>(options.processes), 0);
  std::vector<int> process_id(free_at.size());
  for (std::size_t i = 0; i < process_id.size(); ++i) process_id[i] = static_cast<int>(i);
  int next_process = options.processes;
  for (std::size_t i = 0; i < options.transactions; ++i) {
    const std::size_t lane = random.below(free_at.size());
    Planned planned{{}, 0, true};
    planned.txn.name = "T" + std::to_string(i + 1);
    planned.txn.process = process_id[lane];
    planned.txn.invoked = free_at[lane] + static_cast<Nanos>(1 + random.below(20));
    planned.effect = planned.txn.invoked + static_cast<Nanos>(random.below(20));
    planned.txn.completed = planned.effect + static_cast<Nanos>(1 + random.below(20));
    free_at[lane] = planned.txn.completed;
    const double luck = random.unit();
    if (luck < options.info_share) {
      planned.txn.outcome = Outcome::kInfo;
      planned.effective = random.chance(0.5);
      process_id[lane] = next_process++;
    } else if (luck < options.info_share + options.fail_share) {
      planned.txn.outcome = Outcome::kFail;
      planned.effective = false;
    }
    plan.push_back(std::move(planned));
  }
  std::ranges::stable_sort(plan, {}, &Planned::effect);

  std::map<std::string, std::vector<std::int64_t>> state;
  std::map<std::string, std::int64_t> written;
  std::vector<std::string> keys;
  std::uint64_t keys_made = 0;
  const auto new_key = [&] { return "k" + std::to_string(keys_made++); };
  for (std::uint64_t i = 0; i < options.active_keys; ++i) keys.push_back(new_key());
  for (Planned& planned : plan) {
    const std::uint64_t count = options.full_length ? options.mops_max : 1 + random.below(options.mops_max);
    auto scratch = planned.effective ? std::map<std::string, std::vector<std::int64_t>>{} : state;
    auto& view = planned.effective ? state : scratch;  // what does not take effect only sees itself
    for (std::uint64_t m = 0; m < count; ++m) {
      const std::size_t slot = random.below(keys.size());
      const std::string key = keys[slot];
      if (random.chance(options.write_share)) {
        const std::int64_t value = ++written[key];
        std::vector<std::int64_t>& held = view[key];
        if (!options.lists) held.clear();
        held.push_back(value);
        planned.txn.mops.push_back({options.lists ? 'a' : 'w', key, {value}, false});
        if (value >= options.writes_per_key) keys[slot] = new_key();
      } else {
        const auto at = view.find(key);
        std::vector<std::int64_t> seen = at == view.end() ? std::vector<std::int64_t>{} : at->second;
        const bool null = !options.lists && seen.empty();
        planned.txn.mops.push_back({'r', key, std::move(seen), null});
      }
    }
  }
  std::ranges::stable_sort(plan, {}, [](const Planned& planned) { return planned.txn.invoked; });
  std::vector<NotedTxn> txns;
  for (Planned& planned : plan) txns.push_back(std::move(planned.txn));
  return txns;
}

}  // namespace harness
