// For tests only: every kind of data that the documented verdict knows, as it behaves on one sound node.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/object_data_test.h"

namespace harness::testing {

inline Value list_of(const std::vector<int>& elements, ValueTable& values) {
  std::vector<Value> list;
  for (const int element : elements) list.push_back(Value::integer(element));
  return values.list(list);
}

class RegisterData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.5)) return make_read(call, values);
    call.function = Function::kWrite;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable&) override {
    auto& own = contents[call.key];
    if (call.writes) {
      own = {call.value};
      call.result = call.argument;
    } else {
      call.result = own.empty() ? Value{} : Value::integer(own.back());
    }
  }
};

/// As a register, sometimes removed, which is a write of its own that reads show as nothing.
class GroupData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.5)) return make_read(call, values);
    call.function = prng.chance(0.15) ? Function::kRemove : Function::kWrite;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable&) override {
    auto& own = contents[call.key];
    if (call.function == Function::kWrite) own = {call.value};
    if (call.function == Function::kRemove) own.clear();
    call.result = call.writes ? call.argument : own.empty() ? Value{} : Value::integer(own.back());
  }
  /// Of a group that is absent nobody knows why; that its removal was lost shows its last value.
  bool shows_loss(const Call& lost, const std::vector<Call*>&, const std::vector<Call*>& heir) override {
    const auto last = std::find_if(heir.rbegin(), heir.rend(),
                                   [&](const Call* call) { return call->writes && call->key == lost.key; });
    return lost.function == Function::kRemove && last != heir.rend() && (*last)->function == Function::kWrite;
  }
  bool shows_survival(const Call& kept, const std::vector<Call*>&) override {
    return kept.function == Function::kWrite;
  }
};

/// Keys that are written once; half of them live for a second.
class ExpiryData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (call.value == 1) written_.clear(), stays_.clear(), next_final_ = 0;
    if (prng.chance(0.6) && !written_.empty()) {
      call.function = Function::kRead;
      call.key = written_[prng.below(written_.size())];
      return;
    }
    call.key = "{" + call.key + "}." + std::to_string(call.value);
    call.function = Function::kWrite;
    call.writes = true;
    const bool stays = prng.chance(0.5);
    call.argument = list_of(stays ? std::vector{call.value} : std::vector{call.value, 1'000}, values);
    written_.push_back(call.key);
    if (stays) stays_.insert(call.key);
  }
  void make_read(Call& call, ValueTable&) override {
    call.function = Function::kRead;
    call.key = written_[next_final_++ % written_.size()];
  }
  int final_reads() const override { return 500; }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    call.result = call.argument;
    if (call.writes) {
      own = {call.value};
      if (values.as_list(call.argument).size() > 1) own.push_back(static_cast<int>(call.executed) + 1'001);
      return;
    }
    const bool there = !own.empty() && (own.size() == 1 || call.executed < own[1]);
    call.result = there ? Value::integer(own[0]) : Value{};
  }
  bool shows_loss(const Call& lost, const std::vector<Call*>&, const std::vector<Call*>&) override {
    return stays_.contains(lost.key);
  }
  bool shows_survival(const Call& kept, const std::vector<Call*>&) override {
    return stays_.contains(kept.key);
  }

 private:
  std::vector<std::string> written_;
  std::set<std::string> stays_;
  std::size_t next_final_ = 0;
};

class SetData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kAdd;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    if (call.writes) {
      own.push_back(call.value);
      call.result = call.argument;
    } else {
      auto sorted = own;
      std::sort(sorted.begin(), sorted.end());
      call.result = list_of(sorted, values);
    }
  }
};

/// A set that sometimes loses an element for good.
class RemovableSetData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (call.value == 1) offered_.clear();
    if (prng.chance(0.4)) return make_read(call, values);
    call.writes = true;
    auto& own = offered_[call.key];
    if (!own.empty() && prng.chance(0.2)) {
      call.function = Function::kRemove;
      call.argument = Value::integer(own.back());
      own.pop_back();
      return;
    }
    call.function = Function::kAdd;
    call.argument = Value::integer(call.value);
    own.push_back(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    call.result = call.argument;
    if (call.function == Function::kAdd) {
      own.push_back(call.value);
    } else if (call.function == Function::kRemove) {
      call.refused = std::erase(own, static_cast<int>(call.argument.as_integer())) == 0;
      if (call.refused) call.result = {};
    } else {
      auto sorted = own;
      std::sort(sorted.begin(), sorted.end());
      call.result = list_of(sorted, values);
    }
  }
  bool shows_loss(const Call& lost, const std::vector<Call*>& stream,
                  const std::vector<Call*>& heir) override {
    const auto has = [&](const std::vector<Call*>& calls, Function function, Value element) {
      return std::any_of(calls.begin(), calls.end(), [&](const Call* call) {
        return call->function == function && call->key == lost.key && call->argument == element;
      });
    };
    if (lost.function == Function::kRemove) return has(heir, Function::kAdd, lost.argument);
    // Somebody may have taken it from the old master, or tried to.
    const auto& left = offered_[lost.key];
    return !has(stream, Function::kRemove, lost.argument) &&
           std::find(left.begin(), left.end(), lost.value) != left.end();
  }
  bool shows_survival(const Call& kept, const std::vector<Call*>&) override {
    const auto& left = offered_[kept.key];
    return kept.function == Function::kAdd && std::find(left.begin(), left.end(), kept.value) != left.end();
  }

 private:
  std::map<std::string, std::vector<int>> offered_;  // and not removed
};

/// As a set, by other functions, and read in order.
class EntriesData : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kEnqueue;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    if (call.writes) own.push_back(call.value);
    call.result = call.writes ? call.argument : list_of(own, values);
  }
};

class AwaitedEntriesData final : public EntriesData {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    EntriesData::draw(call, prng, values);
    if (call.function == Function::kEnqueue) call.function = Function::kAdd;
  }
};

class CounterData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kIncr;
    call.writes = true;
    call.argument = Value::integer(prng.between(1, 3));
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable&) override {
    auto& own = contents[call.key];
    if (call.writes) own.push_back(static_cast<int>(call.argument.as_integer()));
    const int count = std::accumulate(own.begin(), own.end(), 0);
    call.result = own.empty() ? Value{} : Value::integer(count);
  }
};

/// First in, first out: whoever takes an element writes, too.
class QueueData : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kEnqueue;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override {
    call.function = Function::kDequeue;
    call.writes = true;
  }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    if (call.function == Function::kEnqueue) {
      own.push_back(call.value);
      call.result = enqueued(call, own, values);
      return;
    }
    const auto first = next(own);
    call.result = first == own.end() ? Value{} : Value::integer(*first);
    if (first != own.end()) own.erase(first);
  }
  int final_reads() const override { return 150; }
  /// An element that nobody got, or one that somebody got and that is there again.
  bool shows_loss(const Call& lost, const std::vector<Call*>& stream,
                  const std::vector<Call*>& heir) override {
    const auto gives = [&](const Call* call, Value element) {
      return call->function == Function::kDequeue && call->key == lost.key && call->result == element;
    };
    if (lost.function == Function::kEnqueue)
      return std::none_of(stream.begin(), stream.end(),
                          [&](const Call* call) { return gives(call, Value::integer(lost.value)); });
    return std::any_of(heir.begin(), heir.end(), [&](const Call* call) {
      return call->function == Function::kEnqueue && call->key == lost.key &&
             Value::integer(call->value) == lost.result;
    });
  }
  bool shows_survival(const Call& kept, const std::vector<Call*>& heir) override {
    return kept.function == Function::kEnqueue &&
           std::none_of(heir.begin(), heir.end(), [&](const Call* call) {
             return call->function == Function::kDequeue && call->result == Value::integer(kept.value);
           });
  }

 protected:
  virtual std::vector<int>::iterator next(std::vector<int>& own) { return own.begin(); }
  virtual Value enqueued(const Call& call, const std::vector<int>& own, ValueTable& values) {
    return list_of({call.value, static_cast<int>(own.size())}, values);
  }
};

/// The lowest rank first; a value's rank is its last digit.
class PriorityQueueData final : public QueueData {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    QueueData::draw(call, prng, values);
    if (call.function == Function::kEnqueue) call.argument = list_of({call.value, call.value % 10}, values);
  }

 private:
  std::vector<int>::iterator next(std::vector<int>& own) override {
    return std::min_element(own.begin(), own.end(), [](int a, int b) { return a % 10 < b % 10; });
  }
  Value enqueued(const Call& call, const std::vector<int>&, ValueTable&) override { return call.argument; }
};

/// Two accounts of 1000, between which the sign of each entry says how an amount went.
class BankData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kTransfer;
    call.writes = true;
    const int from = static_cast<int>(prng.below(2));
    call.argument = list_of({from, 1 - from, static_cast<int>(prng.between(1, 5))}, values);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    own.resize(3);  // what each account gained, and the state
    if (!call.writes) {
      const std::vector<Value> all = {list_of({0, 1000 + own[0]}, values),
                                      list_of({1, 1000 + own[1]}, values), list_of({own[2]}, values)};
      call.result = values.list(all);
      return;
    }
    const auto [from, to, amount] = parts(call, values);
    own[from] -= amount;
    own[to] += amount;
    ++own[2];
    call.result = list_of(
        {static_cast<int>(from), static_cast<int>(to), amount, 1000 + own[from], 1000 + own[to], own[2]},
        values);
    halves_[call.value] = {from, amount};
  }
  bool apply_half(const Call& call, Contents& contents) override {
    auto& own = contents[call.key];
    own.resize(3);
    own[halves_.at(call.value).first] -= halves_.at(call.value).second;
    ++own[2];
    return true;
  }

 private:
  static std::tuple<std::size_t, std::size_t, int> parts(const Call& call, const ValueTable& values) {
    const auto told = values.as_list(call.argument);
    return {static_cast<std::size_t>(told[0].as_integer()), static_cast<std::size_t>(told[1].as_integer()),
            static_cast<int>(told[2].as_integer())};
  }
  std::map<int, std::pair<std::size_t, int>> halves_;  // by the call's number: of what n1 applied
};

/// Two registers of one slot, which most transactions read and write both. Contents: their values, and the
/// state.
class RegistersData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    make(call, values, "w", Value::integer(call.value));
    call.writes = true;
  }
  void make_read(Call& call, ValueTable& values) override { make(call, values, "r", Value{}); }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    own.resize(3);
    std::vector<Value> steps;
    for (std::size_t i = 0; i < 2; ++i) {
      if (call.writes) own[i] = call.value;
      const Value seen = own[i] == 0 ? Value{} : Value::integer(own[i]);
      steps.push_back(step(values, call.writes ? "w" : "r", call, static_cast<int>(i), seen));
    }
    if (call.writes) ++own[2];
    const Value state[] = {values.text("state"), Value::integer(own[2])};
    steps.push_back(values.list(state));
    call.result = values.list(steps);
  }
  bool apply_half(const Call& call, Contents& contents) override {
    auto& own = contents[call.key];
    own.resize(3);
    own[0] = call.value;
    ++own[2];
    return true;
  }

 private:
  static Value step(ValueTable& values, const char* what, const Call& call, int which, Value value) {
    const Value parts[] = {values.text(what), values.text("{" + call.key + "}." + std::to_string(which)),
                           value};
    return values.list(parts);
  }
  static void make(Call& call, ValueTable& values, const char* what, Value value) {
    call.function = Function::kTxn;
    const Value both[] = {step(values, what, call, 0, value), step(values, what, call, 1, value)};
    call.argument = values.list(both);
  }
};

class IdentifierData final : public Data {
 public:
  void draw(Call& call, Prng&, ValueTable& values) override { make_read(call, values); }
  void make_read(Call& call, ValueTable&) override {
    call.function = Function::kGenerate;
    call.writes = true;
  }
  void apply(Call& call, Contents& contents, ValueTable&) override {
    auto& own = contents[call.key];
    own.push_back(1);
    call.result = Value::integer(static_cast<int>(own.size()));
  }
};

/// Transactions on two lists of one slot.
class ListData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kTxn;
    call.writes = true;
    const Value first[] = {values.text("append"), values.text(list(call, 0)), Value::integer(call.value)};
    const Value second[] = {values.text("append"), values.text(list(call, 1)), Value::integer(call.value)};
    const Value both[] = {values.list(first), values.list(second)};
    call.argument = values.list(both);
  }
  void make_read(Call& call, ValueTable& values) override {
    call.function = Function::kTxn;
    const Value first[] = {values.text("r"), values.text(list(call, 0)), Value{}};
    const Value second[] = {values.text("r"), values.text(list(call, 1)), Value{}};
    const Value both[] = {values.list(first), values.list(second)};
    call.argument = values.list(both);
  }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    call.result = call.argument;
    if (call.writes) {
      contents[list(call, 0)].push_back(call.value);
      contents[list(call, 1)].push_back(call.value);
      return;
    }
    std::vector<Value> steps;
    for (int i = 0; i < 2; ++i) {
      const Value step[] = {values.text("r"), values.text(list(call, i)),
                            list_of(contents[list(call, i)], values)};
      steps.push_back(values.list(step));
    }
    call.result = values.list(steps);
  }
  bool apply_half(const Call& call, Contents& contents) override {
    contents[list(call, 0)].push_back(call.value);
    return true;
  }
  std::string history_key(const Call&) const override { return ""; }

 private:
  static std::string list(const Call& call, int which) {
    return "{" + call.key + "}." + std::to_string(which);
  }
};

inline std::unique_ptr<Data> data_of(const std::string& object) {
  if (object == "set") return std::make_unique<SetData>();
  if (object == "counter") return std::make_unique<CounterData>();
  if (object == "list-append") return std::make_unique<ListData>();
  if (object == "removable set") return std::make_unique<RemovableSetData>();
  if (object == "awaited-entries") return std::make_unique<AwaitedEntriesData>();
  if (object == "stream-entries") return std::make_unique<EntriesData>();
  if (object == "queue" || object == "stream-group") return std::make_unique<QueueData>();
  if (object == "priority-queue") return std::make_unique<PriorityQueueData>();
  if (object == "bank") return std::make_unique<BankData>();
  if (object == "rw-register") return std::make_unique<RegistersData>();
  if (object == "unique-ids") return std::make_unique<IdentifierData>();
  if (object == "group") return std::make_unique<GroupData>();
  if (object == "expiry") return std::make_unique<ExpiryData>();
  return std::make_unique<RegisterData>();
}

inline std::vector<std::string> object_kinds() {
  return {"register", "set",        "counter",      "list-append",  "queue",          "priority-queue",
          "bank",     "unique-ids", "rw-register",  "stream-group", "stream-entries", "awaited-entries",
          "group",    "expiry",     "removable set"};
}

/// The documented verdict of a run whose operations are all of this kind.
inline CheckResult judge_object(const RunRecord& run, const std::string& kind) {
  std::vector<std::uint32_t> operations(run.history.operations.size());
  std::iota(operations.begin(), operations.end(), 0U);
  return check_object(run, {}, *find_object(kind == "removable set" ? "set" : kind), operations);
}

}  // namespace harness::testing
