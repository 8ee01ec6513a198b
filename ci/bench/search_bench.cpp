// The general search on logs of a compare-and-set register as Jepsen's etcd tests record them: few values, so
// that they repeat, indeterminate operations, failed compare-and-sets as evidence. Operations a second, and
// bytes an operation: the peak of what the check itself allocated, which no other row of the benches counts.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "checkers/models.h"
#include "ci/bench/counted_heap.h"
#include "harness/core/prng.h"

namespace harness {
namespace {

struct Log {
  std::size_t operations;
  int clients;
  double info;   // share of indeterminate operations
  bool invalid;  // one read at 80 % lies
};

/// A closed loop of clients over one register of the values 0 … 4.
History etcd_log(const Log& log, std::uint64_t seed) {
  struct Client {
    Operation op;
    Nanos effect = 0;
    bool lost = false;
  };
  Prng prng(seed);
  History history;
  std::vector<Nanos> ready(static_cast<std::size_t>(log.clients), 0);
  std::vector<Client> all;
  for (std::size_t i = 0; i < log.operations; ++i) {
    Nanos& free_at = ready[prng.below(ready.size())];
    Client c;
    c.op.invoked = free_at + prng.between(1, 1000);
    c.op.completed = c.op.invoked + prng.between(1000, 100'000);
    c.effect = prng.between(c.op.invoked, c.op.completed);
    free_at = c.op.completed + 1;
    c.lost = prng.chance(log.info);
    constexpr Function kFunctions[] = {Function::kRead, Function::kWrite, Function::kCas};
    c.op.function = kFunctions[prng.below(3)];
    const Value values[] = {Value::integer(prng.between(0, 4)), Value::integer(prng.between(0, 4))};
    if (c.op.function == Function::kWrite) c.op.argument = values[0];
    if (c.op.function == Function::kCas) c.op.argument = history.values.list(values);
    all.push_back(c);
  }
  std::sort(all.begin(), all.end(), [](const Client& a, const Client& b) { return a.effect < b.effect; });
  Value state;
  std::size_t lie_in = log.invalid ? log.operations * 4 / 5 : log.operations * 2;
  for (Client& c : all) {
    c.op.outcome = c.lost ? Outcome::kInfo : Outcome::kOk;
    if (lie_in > 0) --lie_in;
    if (c.op.function == Function::kRead) {
      if (!c.lost) c.op.result = state;
      if (!c.lost && lie_in == 0) {
        c.op.result = Value::integer(state.is_integer() ? (state.as_integer() + 2) % 5 : 3);
        lie_in = log.operations * 2;
      }
    } else if (c.op.function == Function::kWrite) {
      state = c.op.argument;
    } else {
      const auto pair = history.values.as_list(c.op.argument);
      if (pair[0] == state)
        state = pair[1];
      else if (!c.lost)
        c.op.outcome = Outcome::kFail;
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Client& a, const Client& b) { return a.op.invoked < b.op.invoked; });
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    all[i].op.process = static_cast<std::int32_t>(i);
    all[i].op.invoke_event = i;
    history.operations.push_back(all[i].op);
  }
  return history;
}

void check_logs(benchmark::State& state, const std::vector<History>& logs, bool failed_cas_observed) {
  ModelOptions options;
  options.failed_cas_observed = failed_cas_observed;
  std::size_t operations = 0, peak = 0;
  for (const History& log : logs) operations += log.operations.size();
  for (auto _ : state)
    for (const History& log : logs) {
      const std::size_t before = live_bytes;
      peak_bytes = before;
      const CheckResult result = find_model("cas-register")->check(log, options);
      if (result.valid == Validity::kUnknown) state.SkipWithError(result.explanation.c_str());
      peak = std::max(peak, (peak_bytes - before) / log.operations.size());
    }
  state.SetItemsProcessed(static_cast<std::int64_t>(operations) *
                          static_cast<std::int64_t>(state.iterations()));
  state.counters["bytes/op"] = static_cast<double>(peak);
}

/// 100 logs of 100 to 1000 operations by 5 clients; every third one lies.
void etcd_logs(benchmark::State& state) {
  std::vector<History> logs;
  for (std::uint64_t i = 0; i < 100; ++i)
    logs.push_back(etcd_log({100 + i * 9, 5, static_cast<double>(state.range(0)) / 100, i % 3 == 0}, i + 1));
  check_logs(state, logs, true);
}
BENCHMARK(etcd_logs)->ArgName("info%")->Arg(0)->Arg(2)->Arg(5)->Unit(benchmark::kMillisecond);

/// One long valid log.
void long_log(benchmark::State& state) {
  const std::vector<History> logs = {etcd_log(
      {100'000, static_cast<int>(state.range(0)), static_cast<double>(state.range(1)) / 1000, false}, 1)};
  check_logs(state, logs, state.range(2) != 0);
}
BENCHMARK(long_log)
    ->ArgNames({"clients", "info‰", "failed cas observed"})
    ->Args({5, 0, 1})
    ->Args({5, 1, 1})
    ->Args({25, 0, 1})
    ->Args({100, 0, 0})
    ->Unit(benchmark::kMillisecond);

/// 2,000 gets and appends of many clients on 10 keys of a kv store; of an invalid one an append is lost.
History kv_log(int clients, bool invalid) {
  Prng prng(1);
  History history;
  constexpr std::size_t kOperations = 2000;
  std::vector<Nanos> ready(static_cast<std::size_t>(clients), 0);
  std::vector<std::pair<Nanos, Operation>> all;  // with the time of their effect
  for (std::size_t i = 0; i < kOperations; ++i) {
    Nanos& free_at = ready[prng.below(ready.size())];
    Operation op;
    op.process = static_cast<std::int32_t>(&free_at - ready.data());
    op.key = history.keys.intern("k" + std::to_string(prng.below(10)));
    op.invoked = free_at + prng.between(1, 1000);
    op.completed = op.invoked + prng.between(1000, 100'000);
    op.function = prng.chance(0.5) ? Function::kGet : Function::kAppend;
    if (op.function == Function::kAppend) op.argument = history.values.text("x " + std::to_string(i) + " y");
    free_at = op.completed + 1;
    all.emplace_back(prng.between(op.invoked, op.completed), op);
  }
  std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
  std::vector<std::string> state(10);
  bool to_lose = invalid;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Operation& op = all[i].second;
    if (op.function == Function::kGet) {
      op.result = history.values.text(state[op.key]);
    } else if (to_lose && i >= kOperations * 6 / 10) {
      to_lose = false;
    } else {
      state[op.key] += history.values.as_text(op.argument);
    }
  }
  std::ranges::sort(all, {}, [](const auto& one) { return one.second.invoked; });
  for (auto& [effect, op] : all) {
    op.invoke_event = static_cast<std::uint32_t>(history.operations.size());
    op.outcome = Outcome::kOk;
    history.operations.push_back(op);
  }
  return history;
}

void kv_appends(benchmark::State& state) {
  const History history = kv_log(static_cast<int>(state.range(0)), state.range(1) != 0);
  for (auto _ : state) {
    const CheckResult result = find_model("kv")->check(history, {});
    if ((result.valid == Validity::kInvalid) != (state.range(1) != 0)) state.SkipWithError("a wrong verdict");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(history.operations.size()) *
                          static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(kv_appends)
    ->ArgNames({"clients", "lost append"})
    ->ArgsProduct({{10, 50, 200}, {0, 1}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace harness

BENCHMARK_MAIN();
