#include "checkers/objects/expiry.h"

#include <unordered_map>

#include "checkers/objects/register_slice.h"

namespace harness {
namespace {

class ExpiryObject final : public Object {
 public:
  using Object::Object;
  Shape shape() const override { return Shape::kLast; }
  bool takes(const Operation& op) const override {
    if (op.key == kNoKey) return false;
    const bool looks =
        op.function == Function::kRead || op.function == Function::kGet || op.function == Function::kOther;
    return looks || (op.function == Function::kWrite && !value_of(op).is_nil());
  }
  void times_are_uncertain() override { times_certain_ = false; }
  /// The first moment at which the key may be gone because its time is up.
  void prepare(const Operation& op) override {
    if (op.function != Function::kWrite || op.outcome == Outcome::kFail) return;
    const auto parts = history_.values.as_list(op.argument);
    if (parts.size() > 1 && parts[1].is_integer())
      expires_[op.key] = op.invoked + from_ms(parts[1].as_integer());
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function == Function::kWrite) {
      effects.writes.push_back(value_of(op).bits());
      return;
    }
    if (op.outcome != Outcome::kOk || op.function != Function::kRead) return;  // a replica may lag
    if (op.result.is_nil() && may_be_over(op)) return;
    effects.observes = true;
    effects.sees.push_back(op.result.bits());
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<RegisterSlice>(history_); }
  std::string token_text(Token token) const override {
    return history_.values.to_json(Value::from_bits(token));
  }

 private:
  bool may_be_over(const Operation& op) const {
    const auto expires = expires_.find(op.key);
    return expires != expires_.end() && (!times_certain_ || op.completed >= expires->second);
  }
  static Nanos from_ms(std::int64_t ms) { return ms * 1'000'000; }
  Value value_of(const Operation& op) const {
    if (op.argument.kind() != Value::Kind::kList) return {};
    const auto parts = history_.values.as_list(op.argument);
    return parts.empty() ? Value{} : parts[0];
  }
  std::unordered_map<std::uint32_t, Nanos> expires_;  // by key
  bool times_certain_ = true;
};

}  // namespace

std::unique_ptr<Object> make_expiry_object(const History& history) {
  return std::make_unique<ExpiryObject>(history);
}

}  // namespace harness
