#include "checkers/objects/list_append.h"

#include <unordered_map>

#include "checkers/objects/token_index.h"
#include "checkers/objects/token_slice.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

class ListAppendObject final : public Object {
 public:
  explicit ListAppendObject(const History& history) : Object(history) {
    words_.token = [this](Token token) { return token_text(token); };
    words_.part = [this](Token token) { return elements_[token - 1].list; };
    words_.removed = [](Token) { return false; };
    words_.ordered = true;
  }

  bool takes(const Operation& op) const override {
    return op.function == Function::kTxn && op.argument.kind() == Value::Kind::kList &&
           !history_.values.as_list(op.argument).empty();
  }
  bool several(const Operation& op) const override { return op.function == Function::kTxn; }

  /// The slot, since all keys of a transaction share it.
  std::uint32_t instance(const Operation& op) override {
    const auto steps = history_.values.as_list(op.argument);
    const Value key = step(steps.front()).key;
    const std::uint32_t list = list_of(key);
    const std::uint32_t slot = slots_[list];
    sample_.try_emplace(slot, list);
    return slot;
  }
  std::string instance_name(std::uint32_t instance) const override {
    return std::string(hash_tag(lists_[sample_.at(instance)]));
  }
  std::string_view key_of(std::uint32_t instance) const override { return lists_[sample_.at(instance)]; }

  void read(const Operation& op, Effects& effects) override { read(op, effects, true); }
  void read_writes(const Operation& op, Effects& effects) override { read(op, effects, false); }
  std::unique_ptr<Slice> slice() override { return std::make_unique<TokenSlice>(history_, words_); }
  std::string token_text(Token token) const override {
    const Element& element = elements_[token - 1];
    return history_.values.to_json(element.value) + " in " + lists_[element.list];
  }

 private:
  void read(const Operation& op, Effects& effects, bool elements) {
    effects.clear();
    const bool ok = op.outcome == Outcome::kOk && op.result.kind() == Value::Kind::kList;
    for (const Value each : history_.values.as_list(ok ? op.result : op.argument)) {
      const Step s = step(each);
      const std::uint32_t list = list_of(s.key);
      if (s.append) {
        effects.writes.push_back(token_of(list, s.value));
      } else if (ok) {
        const std::size_t begin = effects.sees.size();
        if (elements && s.value.kind() == Value::Kind::kList)
          for (const Value element : history_.values.as_list(s.value))
            effects.sees.push_back(token_of(list, element));
        effects.looks.push_back({list, begin, effects.sees.size()});
      }
    }
    effects.observes = !effects.looks.empty();
  }
  struct Step {
    bool append = false;
    Value key;
    Value value;
  };
  struct Element {
    std::uint32_t list = 0;
    Value value;
  };
  /// ["append", k, v] or ["r", k, v]; anything else reads as a read of nothing.
  Step step(Value value) const {
    if (value.kind() != Value::Kind::kList) return {};
    const auto parts = history_.values.as_list(value);
    if (parts.size() != 3 || parts[0].kind() != Value::Kind::kText) return {};
    return {history_.values.as_text(parts[0]) == "append", parts[1], parts[2]};
  }
  std::uint32_t list_of(Value key) {
    const auto [found, added] = list_ids_.try_emplace(key.bits(), static_cast<std::uint32_t>(lists_.size()));
    if (added) {
      lists_.push_back(key.kind() == Value::Kind::kText ? std::string(history_.values.as_text(key))
                                                        : history_.values.to_json(key));
      slots_.push_back(static_cast<std::uint32_t>(slot_of(lists_.back())));
    }
    return found->second;
  }
  Token token_of(std::uint32_t list, Value value) {
    const auto hash = [](std::uint32_t of, Value what) { return spread(what.bits() ^ spread(of)); };
    const std::uint32_t known = index_.find(hash(list, value), [&](std::uint32_t id) {
      return elements_[id].list == list && elements_[id].value == value;
    });
    if (known != IdIndex::kNone) return known + 1;
    elements_.push_back({list, value});
    index_.insert(hash(list, value), static_cast<std::uint32_t>(elements_.size() - 1),
                  [&](std::uint32_t id) { return hash(elements_[id].list, elements_[id].value); });
    return elements_.size();
  }

  TokenSlice::Words words_;
  std::vector<std::string> lists_;
  std::vector<std::uint32_t> slots_;  // of each list
  std::unordered_map<std::uint64_t, std::uint32_t> list_ids_;
  std::unordered_map<std::uint32_t, std::uint32_t> sample_;  // slot -> a list in it
  IdIndex index_;                                            // of elements
  std::vector<Element> elements_;                            // by token - 1
};

}  // namespace

std::unique_ptr<Object> make_list_append_object(const History& history) {
  return std::make_unique<ListAppendObject>(history);
}

}  // namespace harness
