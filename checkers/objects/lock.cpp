#include "checkers/objects/lock.h"

#include "checkers/objects/counted_slice.h"

namespace harness {
namespace {

std::int64_t acquisitions_in(const Operation& op) {
  return op.function == Function::kAcquire ? 1 : 0;
}

class LockObject final : public Object {
 public:
  using Object::Object;
  bool tokens_repeat() const override { return true; }
  bool takes(const Operation& op) const override {
    if (op.key == kNoKey) return false;
    if (op.function == Function::kRelease) return true;
    if (op.function == Function::kRead)
      return op.outcome != Outcome::kOk || op.result.is_nil() || op.result.is_integer();
    return op.function == Function::kAcquire && (op.outcome != Outcome::kOk || token_of(op) >= 0);
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.outcome != Outcome::kOk || op.function == Function::kRelease) return;
    effects.observes = true;
    if (op.function == Function::kRead) {
      effects.sees.push_back(CountedSlice::token_of(op.result.is_integer() ? op.result.as_integer() : 0));
      return;
    }
    effects.writes.push_back(CountedSlice::token_of(token_of(op)));
    effects.sees.push_back(CountedSlice::token_of(token_of(op) - 1));
  }
  std::unique_ptr<Slice> slice() override {
    return std::make_unique<CountedSlice>(history_, acquisitions_in);
  }
  std::string token_text(Token token) const override {
    return "the fencing token " + std::to_string(CountedSlice::count_of(token));
  }

 private:
  /// -1: the answer holds none.
  std::int64_t token_of(const Operation& op) const {
    if (op.result.kind() != Value::Kind::kList) return -1;
    const auto told = history_.values.as_list(op.result);
    return told.size() == 2 && told[1].is_integer() ? told[1].as_integer() : -1;
  }
};

}  // namespace

std::unique_ptr<Object> make_lock_object(const History& history) {
  return std::make_unique<LockObject>(history);
}

}  // namespace harness
