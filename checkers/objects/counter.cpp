#include "checkers/objects/counter.h"

#include "checkers/objects/counted_slice.h"

namespace harness {
namespace {

std::int64_t increment_of(const Operation& op) {
  return op.function == Function::kIncr ? op.argument.as_integer() : 0;
}

class CounterObject final : public Object {
 public:
  using Object::Object;
  bool tokens_repeat() const override { return true; }
  bool takes(const Operation& op) const override {
    if (op.key == kNoKey) return false;
    if (op.function == Function::kRead) return op.outcome != Outcome::kOk || is_count(op.result);
    return op.function == Function::kIncr && op.argument.is_integer() && op.argument.as_integer() > 0 &&
           (op.outcome != Outcome::kOk || op.result.is_integer());
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.outcome != Outcome::kOk) return;
    effects.observes = true;
    const std::int64_t count = op.result.is_integer() ? op.result.as_integer() : 0;
    if (op.function == Function::kRead) {
      effects.sees.push_back(CountedSlice::token_of(count));
    } else {
      effects.writes.push_back(CountedSlice::token_of(count));
      effects.sees.push_back(CountedSlice::token_of(count - op.argument.as_integer()));
    }
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<CountedSlice>(history_, increment_of); }
  std::string token_text(Token token) const override {
    return "the count " + std::to_string(CountedSlice::count_of(token));
  }

 private:
  static bool is_count(Value value) { return value.is_nil() || value.is_integer(); }
};

}  // namespace

std::unique_ptr<Object> make_counter_object(const History& history) {
  return std::make_unique<CounterObject>(history);
}

}  // namespace harness
