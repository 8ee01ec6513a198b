#include "checkers/objects/unique_ids.h"

#include "checkers/objects/counted_slice.h"

namespace harness {
namespace {

std::int64_t one(const Operation&) {
  return 1;
}

class UniqueIdsObject final : public Object {
 public:
  using Object::Object;
  bool tokens_repeat() const override { return true; }
  bool takes(const Operation& op) const override {
    return op.key != kNoKey && op.function == Function::kGenerate &&
           (op.outcome != Outcome::kOk || op.result.is_integer());
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.outcome != Outcome::kOk) return;
    effects.observes = true;
    effects.writes.push_back(CountedSlice::token_of(op.result.as_integer()));
    effects.sees.push_back(CountedSlice::token_of(op.result.as_integer() - 1));
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<CountedSlice>(history_, one); }
  std::string token_text(Token token) const override {
    return "the identifier " + std::to_string(CountedSlice::count_of(token));
  }
};

}  // namespace

std::unique_ptr<Object> make_unique_ids_object(const History& history) {
  return std::make_unique<UniqueIdsObject>(history);
}

}  // namespace harness
