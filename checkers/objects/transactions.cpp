#include "checkers/objects/transactions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "checkers/objects/counted_slice.h"

namespace harness {
namespace {

struct Micro {
  bool write = false;
  std::uint64_t name = 0;  // bits of the register's name
  Value value;
};

/// What an acknowledged transaction told.
struct ToldMicros {
  std::int64_t state = 0;
  std::vector<Micro> micros;
};

/// A value of the state, and who told of it.
struct Known {
  Value value;
  std::uint32_t id = kNoOperation;
};
using Registers = std::map<std::uint64_t, Known>;

bool is_named(const History& history, Value value, std::string_view name) {
  return value.kind() == Value::Kind::kText && history.values.as_text(value) == name;
}

/// The micro-operations of a list; nothing when one of them is none. `state`: of a last ["state", n].
std::optional<std::vector<Micro>> micros_of(const History& history, Value list, std::int64_t* state) {
  if (list.kind() != Value::Kind::kList) return std::nullopt;
  std::vector<Micro> micros;
  for (const Value each : history.values.as_list(list)) {
    if (each.kind() != Value::Kind::kList) return std::nullopt;
    const auto parts = history.values.as_list(each);
    if (parts.size() == 2 && state != nullptr && is_named(history, parts[0], "state") &&
        parts[1].is_integer()) {
      *state = parts[1].as_integer();
      continue;
    }
    const bool write = parts.size() == 3 && is_named(history, parts[0], "w");
    if (parts.size() != 3 || (!write && !is_named(history, parts[0], "r"))) return std::nullopt;
    micros.push_back({write, parts[1].bits(), parts[2]});
  }
  return micros;
}

std::optional<ToldMicros> micros_told_by(const History& history, const Operation& op) {
  if (op.outcome != Outcome::kOk) return std::nullopt;
  ToldMicros told;
  told.state = -1;
  auto micros = micros_of(history, op.result, &told.state);
  if (!micros || told.state < 0) return std::nullopt;
  told.micros = std::move(*micros);
  return told;
}

std::int64_t step_of(const History& history, const Operation& op) {
  const auto micros = micros_of(history, op.argument, nullptr);
  return micros && std::any_of(micros->begin(), micros->end(), [](const Micro& each) { return each.write; })
             ? 1
             : 0;
}

/// Whose a value is: by register and value.
struct Writers {
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> maybe;   // it may have taken effect
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> failed;  // it surely has not
};

class TransactionsSlice final : public CountedSlice {
 public:
  TransactionsSlice(const History& history, const Writers& writers)
      : CountedSlice(history, [&history](const Operation& op) { return step_of(history, op); }),
        writers_(writers) {}

  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override {
    CountedSlice::observe(id, operation, effects);
    told_.push_back({id, !effects.writes.empty(), *micros_told_by(history_, operation)});
  }

  std::vector<Conflict> conflicts(std::size_t limit) override {
    std::vector<Conflict> found;
    check_origins(found, limit);
    if (found.empty()) check_whole(found, limit);
    if (found.empty()) found = CountedSlice::conflicts(limit);
    sort();
    if (found.empty()) replay(found);
    return found;
  }

  std::string contradicts(const Slice& predecessor, std::vector<std::uint32_t>& operations) const override {
    std::string why = CountedSlice::contradicts(predecessor, operations);
    if (!why.empty() || told_.empty() || uncertain_steps() > 0) return why;
    const Transaction& first = told_.front();
    const std::int64_t start = first.told.state - (first.writes ? 1 : 0);
    const Registers before = static_cast<const TransactionsSlice&>(predecessor).at_state(start);
    Registers now = before;
    std::vector<Conflict> found;
    apply(first, now, "held in that state with its predecessor", found);
    if (found.empty()) return {};
    operations = found.front().operations;
    return found.front().text;
  }

 private:
  struct Transaction {
    std::uint32_t id = 0;
    bool writes = false;
    ToldMicros told;
  };

  /// What was read had been written, by a transaction that did not fail.
  void check_origins(std::vector<Conflict>& found, std::size_t limit) const {
    for (const Transaction& each : told_)
      for (const Micro& micro : each.told.micros) {
        if (found.size() >= limit) return;
        if (micro.write || micro.value.is_nil()) continue;
        const std::pair which{micro.name, micro.value.bits()};
        const auto writer = writers_.maybe.find(which);
        if (writer != writers_.maybe.end()) {
          if (history_.operations[writer->second].invoked > history_.operations[each.id].completed)
            clash("read-before-write", text_of(micro) + " was read before it was sent",
                  {writer->second, each.id}, found);
          continue;
        }
        const auto failed = writers_.failed.find(which);
        if (failed == writers_.failed.end())
          clash("never-written", text_of(micro) + " was read, which nobody ever wrote", {each.id}, found);
        else
          clash("failed-write-read", text_of(micro) + " was read, whose write had failed",
                {failed->second, each.id}, found);
      }
  }

  /// Who sees one write of a transaction sees its others, or what came later.
  void check_whole(std::vector<Conflict>& found, std::size_t limit) const {
    for (const Transaction& each : told_)
      for (const Micro& seen : each.told.micros) {
        if (found.size() >= limit) return;
        const std::uint32_t writer = writer_of(seen);
        if (seen.write || writer == kNoOperation || writer == each.id) continue;
        for (const auto& [name, value] : last_writes(writer))
          for (const Micro& other : each.told.micros)
            if (!other.write && other.name == name && other.value.bits() != value &&
                writer_of(other) != each.id && surely_older(other, writer, seen.name))
              clash("torn-transaction",
                    text_of(seen) + " was read, and not what the same transaction wrote beside it, but " +
                        text_of(other),
                    {writer, each.id}, found);
      }
  }
  std::uint32_t writer_of(const Micro& micro) const {
    const auto writer = writers_.maybe.find({micro.name, micro.value.bits()});
    return micro.value.is_nil() || writer == writers_.maybe.end() ? kNoOperation : writer->second;
  }
  /// By register: what it held after the transaction.
  std::map<std::uint64_t, std::uint64_t> last_writes(std::uint32_t id) const {
    std::map<std::uint64_t, std::uint64_t> last;
    const auto micros = micros_of(history_, history_.operations[id].argument, nullptr);
    for (const Micro& micro : *micros)
      if (micro.write) last[micro.name] = micro.value.bits();
    return last;
  }
  /// Whether the value stood there before the transaction, or only in its midst: its writer ended before the
  /// transaction began, or would have replaced what it wrote to the register beside.
  bool surely_older(const Micro& seen, std::uint32_t transaction, std::uint64_t beside) const {
    const std::uint32_t writer = writer_of(seen);
    return writer == kNoOperation || writer == transaction ||
           history_.operations[writer].precedes(history_.operations[transaction]) ||
           last_writes(writer).contains(beside);
  }

  /// By state; of one state the transaction that made it comes before those that only saw it.
  void sort() {
    std::stable_sort(told_.begin(), told_.end(), [](const Transaction& a, const Transaction& b) {
      if (a.told.state != b.told.state) return a.told.state < b.told.state;
      return a.writes && !b.writes;
    });
  }

  /// Goes from state to state, and holds what each transaction read against what was written before.
  void replay(std::vector<Conflict>& found) const {
    Registers now;
    std::int64_t state = 0;
    for (const Transaction& each : told_) {
      if (each.told.state != state + (each.writes ? 1 : 0)) now.clear();
      state = each.told.state;
      apply(each, now, "held by what was told before", found);
      if (!found.empty()) return;
    }
  }

  /// What is known of the registers in a state that this span made or saw.
  Registers at_state(std::int64_t wanted) const {
    Registers now;
    std::int64_t state = 0;
    for (const Transaction& each : told_) {
      if (each.told.state > wanted) break;
      if (each.told.state != state + (each.writes ? 1 : 0)) now.clear();
      state = each.told.state;
      std::vector<Conflict> ignored;  // those of the predecessor are its own
      apply(each, now, "", ignored);
    }
    return state == wanted ? now : Registers{};
  }

  void apply(const Transaction& each, Registers& now, const std::string& how,
             std::vector<Conflict>& found) const {
    for (const Micro& micro : each.told.micros) {
      const auto held = now.find(micro.name);
      if (!micro.write && held != now.end() && held->second.value != micro.value) {
        clash("torn-transaction",
              text_of(micro) + " was read in state " + std::to_string(each.told.state) + ", and " +
                  history_.values.to_json(held->second.value) + " is what it " + how,
              {held->second.id, each.id}, found);
        return;
      }
      now[micro.name] = {micro.value, each.id};
    }
  }

  std::string text_of(const Micro& micro) const {
    return history_.values.to_json(micro.value) + " of " +
           std::string(history_.values.as_text(Value::from_bits(micro.name)));
  }

  const Writers& writers_;
  std::vector<Transaction> told_;
};

class TransactionsObject final : public Object {
 public:
  using Object::Object;
  bool tokens_repeat() const override { return true; }
  bool takes(const Operation& op) const override {
    if (op.key == kNoKey || op.function != Function::kTxn) return false;
    if (!micros_of(history_, op.argument, nullptr)) return false;
    return op.outcome != Outcome::kOk || micros_told_by(history_, op).has_value();
  }
  void prepare(const Operation& op) override {
    const auto micros = micros_of(history_, op.argument, nullptr);
    const auto id = static_cast<std::uint32_t>(&op - history_.operations.data());
    auto& writers = op.outcome == Outcome::kFail ? writers_.failed : writers_.maybe;
    for (const Micro& micro : *micros)
      if (micro.write) writers.try_emplace({micro.name, micro.value.bits()}, id);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    const auto told = micros_told_by(history_, op);
    if (!told) return;
    effects.observes = true;
    const bool writes = step_of(history_, op) > 0;
    if (writes) effects.writes.push_back(CountedSlice::token_of(told->state));
    effects.sees.push_back(CountedSlice::token_of(told->state - (writes ? 1 : 0)));
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<TransactionsSlice>(history_, writers_); }
  std::string token_text(Token token) const override {
    return "the state " + std::to_string(CountedSlice::count_of(token));
  }

 private:
  Writers writers_;
};

}  // namespace

std::unique_ptr<Object> make_rw_register_object(const History& history) {
  return std::make_unique<TransactionsObject>(history);
}

}  // namespace harness
