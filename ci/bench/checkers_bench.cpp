// How fast the checkers are (Google Benchmark): every row of the table in the project's goals. The figures
// that matter are rates (operations a second) and bytes an operation; wall clocks of shared machines wander,
// so compare ratios.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "checkers/models.h"
#include "checkers/models/counter.h"
#include "checkers/models/queue.h"
#include "checkers/models/register.h"
#include "checkers/models/set.h"
#include "harness/core/edn.h"
#include "harness/core/journal.h"
#include "harness/core/jsonl.h"
#include "harness/core/prng.h"
#include "harness/verbs/file_check.h"

// The heap is watched at its door: mallinfo tells where it stands, not how high it stood.
static std::atomic<bool> heap_watched = false;
static std::atomic<std::int64_t> heap_now = 0, heap_most = 0;

void* operator new(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  if (heap_watched) {
    const auto now = heap_now += static_cast<std::int64_t>(malloc_usable_size(block));
    if (now > heap_most) heap_most = now;  // threads may lose a little of it
  }
  return block;
}
void operator delete(void* block) noexcept {
  if (heap_watched && block != nullptr) heap_now -= static_cast<std::int64_t>(malloc_usable_size(block));
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  operator delete(block);
}

namespace harness {
namespace {

/// A closed loop of clients over registers, in virtual time: half writes, unique values a key.
struct Shape {
  std::size_t operations = 1'000'000;
  int clients = 10;
  std::uint64_t keys = 100;
  double info = 0;
  bool stale = false;       // one stale read at 99 %
  std::int64_t values = 0;  // 0: unique; else so many different ones
  bool cas = false;
};

struct Client {
  Operation op;
  Nanos effect = 0;
  std::int32_t process = 0;
  Nanos ready = 0;
};

/// Operations take effect at a random moment of their interval, in order of that moment.
History closed_loop(const Shape& shape) {
  Prng prng(1);
  History history;
  for (std::uint64_t k = 0; k < shape.keys; ++k) history.keys.intern("r" + std::to_string(k));
  std::vector<Operation> ops(shape.operations);
  std::vector<Nanos> ready(static_cast<std::size_t>(shape.clients), 0);
  std::vector<std::int32_t> process(ready.size());
  std::int32_t next_process = shape.clients;
  for (std::size_t c = 0; c < process.size(); ++c) process[c] = static_cast<std::int32_t>(c);
  std::vector<std::pair<Nanos, std::uint32_t>> effects;
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    const std::size_t c = prng.below(ready.size());
    Operation& op = ops[i];
    op.process = process[c];
    op.invoked = ready[c] + prng.between(1, 1000);
    op.completed = op.invoked + prng.between(1000, 100'000);
    ready[c] = op.completed + 1;
    op.key = static_cast<std::uint32_t>(prng.below(shape.keys));
    op.outcome = Outcome::kOk;
    const std::uint64_t kind = prng.below(shape.cas ? 3 : 2);
    op.function = kind == 0 ? Function::kRead : kind == 1 ? Function::kWrite : Function::kCas;
    if (prng.chance(shape.info)) {
      op.outcome = Outcome::kInfo;
      process[c] = next_process++;
    }
    effects.emplace_back(prng.between(op.invoked, op.completed), i);
  }
  std::sort(effects.begin(), effects.end());
  std::vector<Value> state(shape.keys), before(shape.keys);
  std::vector<std::int64_t> next(shape.keys, 0);
  std::size_t done = 0;
  for (const auto& [when, i] : effects) {
    Operation& op = ops[i];
    ++done;
    if (op.function == Function::kRead) {
      if (op.outcome == Outcome::kOk) op.result = state[op.key];
      if (shape.stale && done > shape.operations * 99 / 100 && op.outcome == Outcome::kOk &&
          !before[op.key].is_nil()) {
        op.result = Value::integer(1);
        done = 0;
      }
      continue;
    }
    const Value value =
        Value::integer(shape.values == 0 ? ++next[op.key] : prng.between(0, shape.values - 1));
    if (op.function == Function::kCas) {
      const Value expected =
          prng.chance(0.5) ? state[op.key] : Value::integer(prng.between(0, shape.values - 1));
      const Value pair[] = {expected, value};
      op.argument = history.values.list(pair);
      if (state[op.key] != expected && op.outcome == Outcome::kOk) op.outcome = Outcome::kFail;
      if (state[op.key] == expected) state[op.key] = value;
    } else {
      op.argument = value;
      before[op.key] = state[op.key];
      state[op.key] = value;
    }
    if (op.outcome == Outcome::kOk) op.result = op.argument;
  }
  std::stable_sort(ops.begin(), ops.end(),
                   [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  std::vector<std::pair<Nanos, std::uint32_t>> events;
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    events.emplace_back(ops[i].invoked, i * 2);
    events.emplace_back(ops[i].completed, i * 2 + 1);
  }
  std::sort(events.begin(), events.end());
  for (std::uint32_t e = 0; e < events.size(); ++e) {
    Operation& op = ops[events[e].second / 2];
    (events[e].second % 2 == 0 ? op.invoke_event : op.complete_event) = e;
  }
  history.operations = std::move(ops);
  history.events = events.size();
  return history;
}

void report(benchmark::State& state, std::size_t operations) {
  state.counters["ops"] =
      benchmark::Counter(static_cast<double>(operations), benchmark::Counter::kIsIterationInvariantRate);
}

/// How far the heap grew while `work` ran, at its highest.
template <typename Work>
double heap_peak(Work work) {
  heap_now = heap_most = 0;
  heap_watched = true;
  work();
  heap_watched = false;
  return static_cast<double>(heap_most.load());
}

void unique_register(benchmark::State& state) {
  Shape shape;
  shape.clients = static_cast<int>(state.range(0));
  shape.info = static_cast<double>(state.range(1)) / 100;
  shape.stale = state.range(2) != 0;
  shape.keys = static_cast<std::uint64_t>(state.range(3));
  const History history = closed_loop(shape);
  for (auto _ : state) {
    const CheckResult result = check_linearizable_register(history, {});
    if ((result.valid == Validity::kInvalid) != shape.stale) state.SkipWithError("a wrong verdict");
  }
  report(state, shape.operations);
}
BENCHMARK(unique_register)
    ->ArgNames({"clients", "info%", "stale", "keys"})
    ->ArgsProduct({{5, 25, 100}, {0, 5}, {0, 1}, {100}})
    ->Args({10, 0, 0, 1})
    ->Args({10, 0, 0, 10'000})
    ->Unit(benchmark::kMillisecond);

std::vector<std::byte> journal_of(const History& source) {
  std::vector<std::byte> bytes(kJournalSlot);
  JournalSum sum;
  const auto put = [&](JournalSlot slot, std::string_view payload = {}) {
    const auto more = std::as_bytes(std::span(payload));
    sum.add(slot, more);
    bytes.insert(bytes.end(), slot.begin(), slot.end());
    bytes.insert(bytes.end(), more.begin(), more.end());
    bytes.resize(padded_to_slots(bytes.size()));
  };
  for (std::uint32_t k = 0; k < source.keys.size(); ++k) {
    const std::string_view key = source.keys.text(k);
    put(encode_definition(JournalTable::kKey, k, static_cast<std::uint32_t>(key.size())), key);
  }
  for_each_event(source, [&](const Operation& op, EventType type, Nanos time, Value value) {
    Event event;
    event.time = time;
    event.value = value;
    event.process = op.process;
    event.key = op.key;
    event.type = type;
    event.function = op.function;
    put(encode_event(event));
  });
  const JournalSlot header = sum.header();
  std::copy(header.begin(), header.end(), bytes.begin());
  return bytes;
}

enum Form { kJsonl, kJournal, kEdn };

/// A history in a file that goes with the object.
class TemporaryHistory {
 public:
  TemporaryHistory(const History& history, Form form) {
    static constexpr const char* kNames[] = {"jsonl", "journal", "edn"};
    path_ = std::filesystem::temp_directory_path() /
            ("checkers-bench-" + std::to_string(::getpid()) + "." + kNames[form]);
    std::ofstream out(path_, std::ios::binary);
    if (form == kJournal) {
      const auto bytes = journal_of(history);
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    } else {
      out << (form == kJsonl ? write_jsonl(history) : write_edn(history));
    }
  }
  ~TemporaryHistory() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// `harness check FILE`, without the process around it. bytes/op: the heap at its highest, beyond the file,
/// which is mapped.
void file_to_verdict(benchmark::State& state) {
  const auto form = static_cast<Form>(state.range(0));
  Shape shape;
  shape.keys = static_cast<std::uint64_t>(state.range(1));
  shape.stale = state.range(2) != 0;
  const TemporaryHistory file(closed_loop(shape), form);
  FileCheckOptions options;
  options.threads = static_cast<unsigned>(state.range(3));
  options.screening = state.range(4) != 0;
  const auto check = [&] {
    const HistoryFile history(file.path());
    const FileChecked checked = check_history_file(history, *find_model("register"), options);
    if (checked.result.valid != (shape.stale ? Validity::kInvalid : Validity::kValid))
      state.SkipWithError(checked.result.explanation.c_str());
  };
  for (auto _ : state) check();
  report(state, shape.operations);
  state.counters["bytes/op"] = heap_peak(check) / static_cast<double>(shape.operations);
}
BENCHMARK(file_to_verdict)
    ->ArgNames({"form", "keys", "stale", "threads", "screening"})
    ->ArgsProduct({{kJsonl, kJournal}, {100, 10'000}, {0, 1}, {1}, {1}})
    ->ArgsProduct({{kJsonl}, {100, 10'000}, {0}, {2}, {1}})
    ->ArgsProduct({{kJsonl, kJournal}, {100}, {0}, {1}, {0}})
    ->Args({kEdn, 100, 0, 1, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void general_search(benchmark::State& state) {
  Shape shape;
  shape.operations = static_cast<std::size_t>(state.range(0));
  shape.clients = static_cast<int>(state.range(1));
  shape.keys = 1;
  shape.values = 5;
  shape.cas = true;
  shape.info = static_cast<double>(state.range(2)) / 100;
  const History history = closed_loop(shape);
  ModelOptions options;
  options.failed_cas_observed = state.range(3) != 0;
  for (auto _ : state) {
    const CheckResult result = check_linearizable_register(history, options);
    if (result.valid != Validity::kValid) state.SkipWithError(result.explanation.c_str());
  }
  report(state, shape.operations);
}
BENCHMARK(general_search)
    ->ArgNames({"operations", "clients", "info%", "failed cas observed"})
    ->Args({200, 5, 1, 1})
    ->Args({1000, 10, 1, 1})
    ->Args({100'000, 5, 0, 0})
    ->Args({100'000, 100, 0, 0})
    ->Unit(benchmark::kMillisecond);

/// Adds with now and then a read of the whole set (here: of the last ones, so that reads do not dominate).
void set_model(benchmark::State& state) {
  History history;
  std::vector<Value> elements;
  Nanos now = 0;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    Operation op;
    op.invoked = now;
    op.completed = now + 15;
    now += 10;
    op.process = static_cast<std::int32_t>(i % 2);
    op.outcome = Outcome::kOk;
    op.invoke_event = i * 2;
    op.complete_event = i * 2 + 1;
    if (i == 999'999) {
      op.invoked = now + 100;
      op.completed = now + 200;
      op.function = Function::kRead;
      op.result = history.values.list(elements);
    } else {
      op.function = Function::kAdd;
      op.argument = op.result = Value::integer(i);
      elements.push_back(op.argument);
    }
    history.operations.push_back(op);
  }
  for (auto _ : state)
    if (check_set(history, {}).valid != Validity::kValid) state.SkipWithError("a wrong verdict");
  report(state, history.operations.size());
}
BENCHMARK(set_model)->Unit(benchmark::kMillisecond);

History increments() {
  History history;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    Operation op;
    op.invoked = i * 10;
    op.completed = i * 10 + 15;
    op.process = static_cast<std::int32_t>(i % 2);
    op.outcome = Outcome::kOk;
    op.function = Function::kIncr;
    op.argument = Value::integer(1);
    op.result = Value::integer(i + 1);
    op.invoke_event = i * 2;
    history.operations.push_back(op);
  }
  return history;
}
void counter_model(benchmark::State& state) {
  const History history = increments();
  for (auto _ : state)
    if (check_counter(history, {}).valid != Validity::kValid) state.SkipWithError("a wrong verdict");
  report(state, history.operations.size());
}
BENCHMARK(counter_model)->Unit(benchmark::kMillisecond);

void queue_model(benchmark::State& state) {
  History history = increments();
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    Operation& op = history.operations[i];
    op.function = i % 2 == 0 ? Function::kEnqueue : Function::kDequeue;
    op.argument = i % 2 == 0 ? Value::integer(i / 2) : Value{};
    op.result = Value::integer(i / 2);
  }
  for (auto _ : state)
    if (check_queue(history, {}).valid != Validity::kValid) state.SkipWithError("a wrong verdict");
  report(state, history.operations.size());
}
BENCHMARK(queue_model)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace harness

BENCHMARK_MAIN();
