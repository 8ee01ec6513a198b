#include "checkers/objects/group.h"

#include <unordered_map>

#include "checkers/objects/register.h"
#include "checkers/objects/register_slice.h"

namespace harness {
namespace {

class GroupObject final : public Object {
 public:
  using Object::Object;
  Shape shape() const override { return Shape::kLast; }
  bool takes(const Operation& op) const override {
    switch (op.function) {
      case Function::kRead:
      case Function::kGet:
      case Function::kWrite:
      case Function::kRemove:
      case Function::kPut:
      case Function::kOther:  // the set-up
        return op.key != kNoKey;
      default:
        return false;
    }
  }
  bool several(const Operation&) const override { return true; }
  void prepare(const Operation& op) override {
    if (op.function != Function::kRemove || op.outcome == Outcome::kFail) return;
    const auto [first, added] = removed_.try_emplace(op.key, op.invoked);
    if (!added) first->second = std::min(first->second, op.invoked);
  }
  /// A read that shows different values says nothing here: that is a violation of its own.
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function == Function::kGet || op.function == Function::kOther) return;
    if (op.function != Function::kRead) {
      effects.writes.push_back(op.argument.bits());
      return;
    }
    if (op.outcome != Outcome::kOk || op.result.kind() == Value::Kind::kList) return;
    const auto removed = removed_.find(op.key);
    if (op.result.is_nil() && removed != removed_.end() && removed->second <= op.completed) return;
    effects.observes = true;
    effects.sees.push_back(op.result.bits());
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<RegisterSlice>(history_); }
  std::string token_text(Token token) const override {
    return history_.values.to_json(Value::from_bits(token));
  }

 private:
  std::unordered_map<std::uint32_t, Nanos> removed_;  // by key: when somebody first tried
};

/// Everything but "get" is the register's own.
class ReplicatedRegisterObject final : public Object {
 public:
  explicit ReplicatedRegisterObject(const History& history)
      : Object(history), plain_(make_register_object(history)) {}
  Shape shape() const override { return Shape::kLast; }
  bool takes(const Operation& op) const override {
    return plain_->takes(op) || (op.function == Function::kGet && op.key != kNoKey);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function != Function::kGet) plain_->read(op, effects);
  }
  std::unique_ptr<Slice> slice() override { return plain_->slice(); }
  std::string token_text(Token token) const override { return plain_->token_text(token); }

 private:
  std::unique_ptr<Object> plain_;
};

}  // namespace

std::unique_ptr<Object> make_group_object(const History& history) {
  return std::make_unique<GroupObject>(history);
}

std::unique_ptr<Object> make_replicated_register_object(const History& history) {
  return std::make_unique<ReplicatedRegisterObject>(history);
}

}  // namespace harness
