#include "checkers/objects/messages.h"

#include "checkers/objects/token_slice.h"

namespace harness {
namespace {

class MessagesObject final : public Object {
 public:
  using Object::Object;
  bool takes(const Operation& op) const override {
    return op.key != kNoKey && (op.function == Function::kPublish || op.function == Function::kReceive);
  }
  void read(const Operation&, Effects& effects) override { effects.clear(); }
  std::unique_ptr<Slice> slice() override { return std::make_unique<TokenSlice>(history_, words_); }
  std::string token_text(Token token) const override { return std::to_string(token); }

 private:
  TokenSlice::Words words_;
};

class CommandsObject final : public Object {
 public:
  using Object::Object;
  bool takes(const Operation& op) const override {
    return op.key != kNoKey && op.function == Function::kOther;
  }
  void read(const Operation&, Effects& effects) override { effects.clear(); }
  std::unique_ptr<Slice> slice() override { return std::make_unique<TokenSlice>(history_, words_); }
  std::string token_text(Token token) const override { return std::to_string(token); }

 private:
  TokenSlice::Words words_;
};

}  // namespace

std::unique_ptr<Object> make_commands_object(const History& history) {
  return std::make_unique<CommandsObject>(history);
}

std::unique_ptr<Object> make_messages_object(const History& history) {
  return std::make_unique<MessagesObject>(history);
}

}  // namespace harness
