// list-append and rw-register: transactions a second (items_per_second) on one core, and bytes a transaction
// beyond the History (bytes_per_txn, the peak of what the check itself allocated).
#include <benchmark/benchmark.h>

#include <map>
#include <tuple>

#include "checkers/transactions/transactions.h"
#include "checkers/transactions/txn_simulation.h"
#include "ci/bench/counted_heap.h"

namespace {

using namespace harness;

enum class Fault { kNone, kStaleRead };

const History& history_for(bool lists, std::size_t transactions, int processes, Fault fault) {
  static std::map<std::tuple<bool, std::size_t, int, Fault>, History> made;
  const auto key = std::tuple{lists, transactions, processes, fault};
  if (const auto found = made.find(key); found != made.end()) return found->second;
  Simulation simulation;
  simulation.transactions = transactions;
  simulation.processes = processes;
  simulation.full_length = true;
  simulation.active_keys = 10;
  simulation.lists = lists;
  simulation.info_share = 0.001;
  Prng random(7);
  std::vector<NotedTxn> txns = simulate(simulation, random);
  if (fault == Fault::kStaleRead) {
    for (std::size_t i = txns.size() * 99 / 100; i < txns.size(); ++i) {
      const auto read = std::ranges::find_if(
          txns[i].mops, [](const auto& mop) { return mop.values.size() > 8 && mop.kind == 'r'; });
      if (txns[i].mops.size() != 3 || read == txns[i].mops.end() || txns[i].outcome != Outcome::kOk) continue;
      read->values.resize(2);
      break;
    }
  }
  return made.emplace(key, history_of(txns, lists)).first->second;
}

void run(benchmark::State& state, bool lists, Fault fault) {
  const auto transactions = static_cast<std::size_t>(state.range(0));
  const History& history = history_for(lists, transactions, static_cast<int>(state.range(1)), fault);
  ModelOptions options;
  options.wfr_keys = true;
  options.linearizable_keys = true;
  std::size_t peak = 0;
  for (auto _ : state) {
    const std::size_t before = live_bytes;
    peak_bytes = before;
    const CheckResult result =
        lists ? check_list_append(history, options) : check_rw_register(history, options);
    if ((result.valid == Validity::kValid) != (fault == Fault::kNone)) state.SkipWithError("wrong verdict");
    peak = std::max(peak, peak_bytes - before);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(transactions) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["bytes_per_txn"] = static_cast<double>(peak) / static_cast<double>(transactions);
}

void list_append_valid(benchmark::State& state) {
  run(state, true, Fault::kNone);
}
void list_append_stale_read(benchmark::State& state) {
  run(state, true, Fault::kStaleRead);
}
void rw_register_valid(benchmark::State& state) {
  run(state, false, Fault::kNone);
}

}  // namespace

BENCHMARK(list_append_valid)
    ->Args({100'000, 10})
    ->Args({1'000'000, 10})
    ->Args({1'000'000, 100})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(list_append_stale_read)->Args({1'000'000, 10})->Unit(benchmark::kMillisecond);
BENCHMARK(rw_register_valid)->Args({1'000'000, 10})->Unit(benchmark::kMillisecond);

BENCHMARK_MAIN();
