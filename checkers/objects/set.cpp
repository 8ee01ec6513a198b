#include "checkers/objects/set.h"

#include "checkers/objects/token_slice.h"

namespace harness {
namespace {

class SetObject final : public Object {
 public:
  explicit SetObject(const History& history) : Object(history) {
    words_.token = [this](Token token) { return token_text(token); };
    words_.part = [](Token) { return 0U; };
    words_.removed = [](Token) { return false; };
  }
  bool takes(const Operation& op) const override {
    return op.key != kNoKey && (op.function == Function::kAdd || op.function == Function::kRead);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.function == Function::kAdd) {
      effects.writes.push_back(op.argument.bits());
    } else if (op.outcome == Outcome::kOk) {
      effects.observes = true;
      if (op.result.kind() != Value::Kind::kList) return;
      for (const Value element : history_.values.as_list(op.result)) effects.sees.push_back(element.bits());
    }
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<TokenSlice>(history_, words_); }
  std::string token_text(Token token) const override {
    return history_.values.to_json(Value::from_bits(token));
  }

 private:
  TokenSlice::Words words_;
};

}  // namespace

std::unique_ptr<Object> make_set_object(const History& history) {
  return std::make_unique<SetObject>(history);
}

}  // namespace harness
