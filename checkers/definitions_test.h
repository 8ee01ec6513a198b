// The models that are not about one order of all operations, as subjects (subjects_test.h): a truthful object
// beside the definition. Here the definition is truth(history), which compares everything with everything.
#pragma once

#include <nlohmann/json.hpp>

#include "checkers/subjects_test.h"

namespace harness {

using Operations = std::vector<const Operation*>;

/// The worst verdict of `judge(operations)` over the keys; invalid is worse than unknown.
template <typename Judge>
Validity worst_of_keys(const History& history, Judge judge) {
  std::map<std::uint32_t, Operations> by_key;
  for (const Operation& op : history.operations) by_key[op.key].push_back(&op);
  Validity all = Validity::kValid;
  for (const auto& [key, operations] : by_key) {
    const Validity one = judge(operations);
    if (one == Validity::kInvalid || all == Validity::kValid) all = one;
    if (all == Validity::kInvalid) break;
  }
  return all;
}

inline bool any_ok(const History& history, Function function) {
  return std::any_of(history.operations.begin(), history.operations.end(), [&](const Operation& op) {
    return op.outcome == Outcome::kOk && op.function == function;
  });
}

struct UniqueIdsSubject {
  static constexpr std::string_view kModel = "unique-ids";
  explicit UniqueIdsSubject(Prng&) {}
  Operation propose(Prng&) { return operation(Function::kGenerate); }
  void apply(Operation& op) { op.result = Value::integer(++last_); }
  void lie(Operation& op, Prng& prng) { op.result = Value::integer(prng.between(1, 9)); }
  Validity truth(const History& history) const {
    if (!any_ok(history, Function::kGenerate)) return Validity::kUnknown;
    return worst_of_keys(history, [](const Operations& ops) {
      for (const Operation* a : ops)
        for (const Operation* b : ops)
          if (a != b && a->outcome == Outcome::kOk && b->outcome == Outcome::kOk && a->result == b->result)
            return Validity::kInvalid;
      return Validity::kValid;
    });
  }
  ValueTable values;

 private:
  std::int64_t last_ = 0;
};

struct BankSubject {
  static constexpr std::string_view kModel = "bank";
  explicit BankSubject(Prng& prng) : form_(prng.below(3)) {
    if (prng.chance(0.5)) options.initial = "6";
  }
  Operation propose(Prng& prng) {
    if (prng.chance(0.5)) return operation(Function::kRead);
    const Value parts[] = {Value::integer(prng.between(0, 2)), Value::integer(prng.between(0, 2)),
                           Value::integer(prng.between(1, 2))};
    return operation(Function::kTransfer, values.list(parts));
  }
  void apply(Operation& op) {
    if (op.function == Function::kRead) {
      op.result = written();
      return;
    }
    const auto parts = values.as_list(op.argument);
    std::int64_t& from = balances_[static_cast<std::size_t>(parts[0].as_integer())];
    if (from < parts[2].as_integer()) {
      op.outcome = Outcome::kFail;
      return;
    }
    from -= parts[2].as_integer();
    balances_[static_cast<std::size_t>(parts[1].as_integer())] += parts[2].as_integer();
    op.result = op.argument;
  }
  /// A transfer seen in its middle, or one that never was.
  void lie(Operation& op, Prng& prng) {
    if (op.function != Function::kRead) return;
    const auto truth = balances_;
    const std::size_t account = prng.below(3);
    const std::int64_t amount = prng.between(1, 3);
    balances_[account] -= amount;
    if (prng.chance(0.5)) balances_[(account + 1) % 3] += amount;
    op.result = written();
    balances_ = truth;
  }
  Validity truth(const History& history) const {
    if (!any_ok(history, Function::kRead)) return Validity::kUnknown;
    return worst_of_keys(history, [&](const Operations& ops) {
      std::set<std::int64_t> totals;
      if (!options.initial.empty()) totals.insert(6);
      bool negative = false;
      for (const Operation* op : ops) {
        if (op->function != Function::kRead || op->outcome != Outcome::kOk) continue;
        std::int64_t total = 0;
        const auto json = nlohmann::json::parse(history.values.to_json(op->result));
        for (const auto& entry : json) {
          const auto balance = (entry.is_array() ? entry[1] : entry).get<std::int64_t>();
          total += balance;
          negative |= balance < 0;
        }
        totals.insert(total);
      }
      return negative || totals.size() > 1 ? Validity::kInvalid : Validity::kValid;
    });
  }
  ValueTable values;
  ModelOptions options;

 private:
  /// As a list of balances, a list of pairs, or an object.
  Value written() {
    if (form_ == 2)
      return values.other("{\"a\":" + std::to_string(balances_[0]) + ",\"b\":" +
                          std::to_string(balances_[1]) + ",\"c\":" + std::to_string(balances_[2]) + "}");
    std::vector<Value> entries;
    for (std::size_t account = 0; account < balances_.size(); ++account) {
      const Value pair[] = {Value::integer(static_cast<std::int64_t>(account)),
                            Value::integer(balances_[account])};
      entries.push_back(form_ == 0 ? pair[1] : values.list(pair));
    }
    return values.list(entries);
  }
  std::uint64_t form_;
  std::array<std::int64_t, 3> balances_{2, 2, 2};
};

/// Two groups of registers; each register is written once.
struct LongForkSubject {
  static constexpr std::string_view kModel = "long-fork";
  explicit LongForkSubject(Prng&) {}
  Operation propose(Prng& prng) {
    if (written_ < 5 && prng.chance(0.45)) {
      const std::size_t place = written_++;
      state_.emplace_back();
      return operation(Function::kTxn, txn("w", {place}, {Value::integer(prng.between(1, 3))}));
    }
    std::vector<std::size_t> group =
        prng.chance(0.6) ? std::vector<std::size_t>{0, 1, 2} : std::vector<std::size_t>{3, 4};
    prng.shuffle(group);
    return operation(Function::kTxn, txn("r", group, std::vector<Value>(group.size())));
  }
  void apply(Operation& op) {
    std::vector<Value> micros;
    for (const Value micro : values.as_list(op.argument)) {
      const auto parts = values.as_list(micro);
      Value out[] = {parts[0], parts[1], parts[2]};
      if (values.as_text(parts[0]) == "w") {
        now_[parts[1].bits()] = parts[2];
      } else if (const auto at = now_.find(parts[1].bits()); at != now_.end()) {
        out[2] = at->second;
      }
      micros.push_back(values.list(out));
    }
    op.result = values.list(micros);
  }
  /// Sees one register more, less, or with a wrong value.
  void lie(Operation& op, Prng& prng) {
    std::vector<Value> micros;
    for (const Value micro : values.as_list(op.result)) {
      const auto parts = values.as_list(micro);
      Value out[] = {parts[0], parts[1], parts[2]};
      if (values.as_text(parts[0]) == "r" && prng.chance(0.5)) {
        const auto at = now_.find(parts[1].bits());
        out[2] = !parts[2].is_nil() ? Value{}
                 : at != now_.end() ? at->second
                 : prng.chance(0.2) ? Value::integer(7)
                                    : Value{};
      }
      micros.push_back(values.list(out));
    }
    op.result = values.list(micros);
  }
  /// No two reads of one group saw two writes in opposite orders, and what was seen had been written.
  Validity truth(const History& history) const {
    struct Read {
      std::map<std::uint64_t, Value> seen;
    };
    std::size_t reads = 0;
    const Validity worst = worst_of_keys(history, [&](const Operations& ops) {
      std::map<std::uint64_t, Value> written;
      std::vector<Read> all;
      for (const Operation* op : ops) {
        Read read;
        for (const Value micro :
             history.values.as_list(op->outcome == Outcome::kOk ? op->result : op->argument)) {
          const auto parts = history.values.as_list(micro);
          if (history.values.as_text(parts[0]) == "r")
            read.seen[parts[1].bits()] = parts[2];
          else if (op->outcome != Outcome::kFail)
            written[parts[1].bits()] = parts[2];
        }
        if (op->outcome == Outcome::kOk && !read.seen.empty()) all.push_back(read);
      }
      reads += all.size();
      bool wrong = false;
      for (const Read& a : all)
        for (const auto& [name, value] : a.seen)
          wrong |= !value.is_nil() && (!written.contains(name) || written[name] != value);
      for (const Read& a : all)
        for (const Read& b : all) {
          bool ahead = false, behind = false, one_group = a.seen.size() == b.seen.size();
          for (const auto& [name, value] : a.seen) {
            one_group &= b.seen.contains(name);
            if (!one_group) break;
            ahead |= !value.is_nil() && b.seen.at(name).is_nil();
            behind |= value.is_nil() && !b.seen.at(name).is_nil();
          }
          wrong |= one_group && ahead && behind;
        }
      return wrong ? Validity::kInvalid : Validity::kValid;
    });
    return worst == Validity::kValid && reads == 0 ? Validity::kUnknown : worst;
  }
  ValueTable values;

 private:
  Value txn(const char* f, const std::vector<std::size_t>& places, const std::vector<Value>& contents) {
    std::vector<Value> micros;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Value parts[] = {values.text(f), values.text("x" + std::to_string(places[i])), contents[i]};
      micros.push_back(values.list(parts));
    }
    return values.list(micros);
  }
  std::size_t written_ = 0;
  std::vector<Value> state_;
  std::map<std::uint64_t, Value> now_;
};

/// The four session guarantees at once: some order of a key's versions suits what every process saw and did.
struct SessionSubject {
  static constexpr std::string_view kModel = "session";
  explicit SessionSubject(Prng&) {}
  Operation propose(Prng& prng) {
    return prng.chance(0.5) ? operation(Function::kRead)
                            : operation(Function::kWrite, Value::integer(++last_));
  }
  void apply(Operation& op) {
    if (op.function == Function::kWrite) state_ = op.argument;
    op.result = state_;
  }
  void lie(Operation& op, Prng& prng) {
    if (op.function != Function::kRead) return;
    const std::int64_t value = prng.between(0, last_ + 1);
    op.result = value == 0 ? Value{} : Value::integer(value);
  }
  Validity truth(const History& history) const { return worst_of_keys(history, judge); }
  ValueTable values;

 private:
  static Validity judge(const Operations& ops) {
    std::vector<Value> versions;  // of writes that may have happened
    for (const Operation* op : ops) {
      if (op->function != Function::kWrite || op->outcome == Outcome::kFail) continue;
      if (std::find(versions.begin(), versions.end(), op->argument) != versions.end())
        return Validity::kUnknown;
      versions.push_back(op->argument);
    }
    for (const Operation* op : ops)
      if (op->function == Function::kRead && op->outcome == Outcome::kOk && !op->result.is_nil() &&
          std::find(versions.begin(), versions.end(), op->result) == versions.end())
        return Validity::kInvalid;
    std::sort(versions.begin(), versions.end(), [](Value a, Value b) { return a.bits() < b.bits(); });
    do {
      if (suits(ops, versions)) return Validity::kValid;
    } while (std::next_permutation(versions.begin(), versions.end(),
                                   [](Value a, Value b) { return a.bits() < b.bits(); }));
    return Validity::kInvalid;
  }
  static bool suits(const Operations& ops, const std::vector<Value>& order) {
    const auto place = [&](const Operation* op) {
      const Value version = op->function == Function::kWrite ? op->argument : op->result;
      return version.is_nil() ? -1 : std::find(order.begin(), order.end(), version) - order.begin();
    };
    const auto counts = [](const Operation* op) {
      return op->outcome == Outcome::kOk ||
             (op->outcome == Outcome::kInfo && op->function == Function::kWrite);
    };
    for (std::size_t later = 0; later < ops.size(); ++later)
      for (std::size_t earlier = 0; earlier < later; ++earlier) {
        if (ops[earlier]->process != ops[later]->process || !counts(ops[earlier]) || !counts(ops[later]))
          continue;
        if (place(ops[earlier]) > place(ops[later])) return false;
        if (ops[later]->function == Function::kWrite && place(ops[earlier]) == place(ops[later]))
          return false;
      }
    return true;
  }
  Value state_;
  std::int64_t last_ = 0;
};

/// Jepsen's total-queue: what went in came out.
struct TotalQueueSubject : QueueSubject {
  static constexpr std::string_view kModel = "total-queue";
  explicit TotalQueueSubject(Prng& prng) : QueueSubject(prng) {}
  struct Counts {
    std::int64_t lost = 0, unexpected = 0, duplicated = 0, recovered = 0;
  };
  Validity truth(const History& history) const {
    return worst_of_keys(history, [](const Operations& ops) {
      const Counts counts = count(ops);
      std::int64_t indeterminate = 0;
      for (const Operation* op : ops)
        indeterminate += op->function == Function::kDequeue && op->outcome == Outcome::kInfo;
      if (counts.unexpected > 0 || counts.lost > indeterminate) return Validity::kInvalid;
      return counts.lost > 0 ? Validity::kUnknown : Validity::kValid;
    });
  }
  static Counts count(const Operations& ops) {
    std::multiset<std::uint64_t> attempts, acknowledged, out;
    for (const Operation* op : ops) {
      if (op->function == Function::kEnqueue && op->outcome != Outcome::kFail)
        attempts.insert(op->argument.bits());
      if (op->function == Function::kEnqueue && op->outcome == Outcome::kOk)
        acknowledged.insert(op->argument.bits());
      if (op->function == Function::kDequeue && op->outcome == Outcome::kOk && !op->result.is_nil())
        out.insert(op->result.bits());
    }
    std::set<std::uint64_t> names(attempts.begin(), attempts.end());
    names.insert(out.begin(), out.end());
    const auto of = [](const std::multiset<std::uint64_t>& bag, std::uint64_t name) {
      return static_cast<std::int64_t>(bag.count(name));
    };
    Counts counts;
    for (const std::uint64_t name : names) {
      const std::int64_t taken = of(out, name), tried = of(attempts, name), sure = of(acknowledged, name);
      counts.lost += std::max<std::int64_t>(sure - taken, 0);
      if (tried == 0) counts.unexpected += taken;
      if (tried > 0) counts.duplicated += std::max<std::int64_t>(taken - tried, 0);
      counts.recovered += std::max<std::int64_t>(std::min(taken, tried) - sure, 0);
    }
    return counts;
  }
};

/// What the subject's model says of a history: its own truth(), or whether some order is allowed.
template <typename Subject>
Validity truth_of(Subject& subject, const History& history) {
  if constexpr (requires { subject.truth(history); })
    return subject.truth(history);
  else
    return linearizable_by_definition(subject, history) ? Validity::kValid : Validity::kInvalid;
}

}  // namespace harness
