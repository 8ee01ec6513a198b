#include "checkers/objects/register.h"

#include "checkers/objects/register_slice.h"

namespace harness {
namespace {

/// Reads a register's operation as tokens, which are the values themselves.
void read_register(const History& history, const Operation& op, Effects& effects) {
  effects.clear();
  const bool ok = op.outcome == Outcome::kOk;
  switch (op.function) {
    case Function::kRead:
      effects.observes = ok;
      if (ok) effects.sees.push_back(op.result.bits());
      return;
    case Function::kWrite:
      effects.writes.push_back(op.argument.bits());
      return;
    case Function::kCas:
      break;
    default:
      return;
  }
  if (op.argument.kind() != Value::Kind::kList) return;
  const auto pair = history.values.as_list(op.argument);
  if (pair.size() != 2) return;
  if (op.outcome == Outcome::kFail && op.result.kind() == Value::Kind::kList) {
    // It did nothing, and says what stood there instead: a read, whose own value was never written.
    const auto told = history.values.as_list(op.result);
    if (told.size() == 3) {
      effects.observes = true;
      effects.sees.push_back(told[2].bits());
    }
  }
  if (!effects.observes || ok) effects.writes.push_back(pair[1].bits());
  effects.observes = effects.observes || ok;
  if (ok) effects.sees.push_back(pair[0].bits());
}

class RegisterObject final : public Object {
 public:
  using Object::Object;
  Shape shape() const override { return Shape::kLast; }
  bool takes(const Operation& op) const override {
    return is_register_function(op.function) && op.key != kNoKey;
  }
  void read(const Operation& op, Effects& effects) override { read_register(history_, op, effects); }
  std::unique_ptr<Slice> slice() override { return std::make_unique<RegisterSlice>(history_); }
  std::string token_text(Token token) const override {
    return history_.values.to_json(Value::from_bits(token));
  }
};

}  // namespace

std::unique_ptr<Object> make_register_object(const History& history) {
  return std::make_unique<RegisterObject>(history);
}

bool is_register_function(Function function) {
  return function == Function::kRead || function == Function::kWrite || function == Function::kCas;
}

void RegisterSlice::observe(std::uint32_t id, const Operation& operation, const Effects& effects) {
  for (const Token token : effects.sees) {
    zones_.observe(id, operation, Value::from_bits(token));
    for (const Token next : effects.writes)
      zones_.replace(id, Value::from_bits(token), Value::from_bits(next));
  }
}

std::vector<Conflict> RegisterSlice::conflicts(std::size_t limit) {
  std::vector<Conflict> found;
  for (const ZoneConflict& conflict : zones_.conflicts(limit))
    found.push_back({"", conflict_text(history_, conflict), conflict.operations});
  return found;
}

std::uint32_t RegisterSlice::began_without(Token token) const {
  for (const Zone& zone : zones_.all())
    if (zone.touched && zone.writer == Mark::Writer::kElsewhere && zone.token != token) return zone.last_op;
  return kNoOperation;
}

std::string conflict_text(const History& history, const ZoneConflict& conflict) {
  const std::string earlier = history.values.to_json(conflict.earlier);
  const std::string later = history.values.to_json(conflict.later);
  std::string text;
  switch (conflict.kind) {
    case ZoneConflict::Kind::kOrder:
      text = earlier + " was observed although " + later + " had replaced it";
      break;
    case ZoneConflict::Kind::kCasOrder:
      text = earlier + " was still observed after the value " + later +
             ", which a compare-and-set put in its place";
      break;
    case ZoneConflict::Kind::kDoubleCas:
      text = "two compare-and-sets both replaced the value " + earlier;
      break;
    case ZoneConflict::Kind::kCasCycle:
      text = "compare-and-sets follow each other in a ring through " + earlier + " and " + later;
      break;
  }
  for (std::size_t i = 0; i < conflict.operations.size(); ++i)
    text += (i == 0 ? ": " : "; ") + history.describe(history.operations[conflict.operations[i]]);
  return text;
}

}  // namespace harness
