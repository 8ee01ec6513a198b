#include "checkers/objects/set.h"

#include <algorithm>
#include <unordered_set>

#include "checkers/objects/life.h"
#include "checkers/objects/token_slice.h"

namespace harness {
namespace {

/// A set from which elements are removed: each comes once and goes once.
class RemovableSet final : public LifeObject {
 public:
  using LifeObject::LifeObject;
  bool takes(const Operation& op) const override {
    return op.key != kNoKey && (op.function == Function::kAdd || op.function == Function::kRead ||
                                op.function == Function::kRemove);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function == Function::kAdd) {
      effects.writes.push_back(birth(op, op.argument));
    } else if (op.function == Function::kRemove) {
      const bool there = op.outcome == Outcome::kOk;
      effects.observes = there || (op.outcome == Outcome::kFail && op.error == kNoError);
      if (there) {
        effects.sees.push_back(birth(op, op.argument));
        effects.writes.push_back(death(op, effects.sees.front()));
      } else if (effects.observes) {
        effects.lacks.push_back(birth(op, op.argument));
      }
    } else if (op.outcome == Outcome::kOk) {
      effects.observes = true;
      effects.looks.push_back({});
      if (op.result.kind() != Value::Kind::kList) return;
      for (const Value element : history_.values.as_list(op.result))
        effects.sees.push_back(birth(op, element));
    }
  }

 private:
  Token removes(const Operation& op) override {
    return op.function == Function::kRemove ? birth(op, op.argument) : kNothing;
  }
};

class SetObject : public Object {
 public:
  explicit SetObject(const History& history, Function add = Function::kAdd) : Object(history), add_(add) {
    words_.token = [this](Token token) { return token_text(token); };
    words_.part = [](Token) { return 0U; };
    words_.removed = [](Token) { return false; };
  }
  bool takes(const Operation& op) const override {
    return op.key != kNoKey && (op.function == add_ || op.function == Function::kRead);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function == add_) {
      effects.writes.push_back(op.argument.bits());
    } else if (op.outcome == Outcome::kOk) {
      effects.observes = true;
      if (op.result.kind() != Value::Kind::kList) return;
      for (const Value element : history_.values.as_list(op.result)) effects.sees.push_back(element.bits());
    }
  }
  void read_writes(const Operation& op, Effects& effects) override {
    if (op.function == add_) return read(op, effects);
    effects.clear();
    effects.observes = op.outcome == Outcome::kOk;
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<TokenSlice>(history_, words_); }
  std::string token_text(Token token) const override {
    return history_.values.to_json(Value::from_bits(token));
  }

 protected:
  TokenSlice::Words words_;

 private:
  Function add_;
};

/// Entries of a stream, which reads show in their order.
class EntriesObject final : public SetObject {
 public:
  EntriesObject(const History& history, Function add) : SetObject(history, add) { words_.ordered = true; }
};

}  // namespace

std::unique_ptr<Object> make_set_object(const History& history) {
  std::unordered_set<std::uint32_t> sets;
  for (const Operation& op : history.operations)
    if (op.function == Function::kAdd) sets.insert(op.key);
  const bool removes = std::any_of(
      history.operations.begin(), history.operations.end(),
      [&](const Operation& op) { return op.function == Function::kRemove && sets.contains(op.key); });
  if (removes) return std::make_unique<RemovableSet>(history);
  return std::make_unique<SetObject>(history);
}

std::unique_ptr<Object> make_entries_object(const History& history) {
  return std::make_unique<EntriesObject>(history, Function::kEnqueue);
}

std::unique_ptr<Object> make_awaited_entries_object(const History& history) {
  return std::make_unique<EntriesObject>(history, Function::kAdd);
}

}  // namespace harness
