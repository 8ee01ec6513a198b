#include "checkers/objects/life.h"

#include <algorithm>

namespace harness {
namespace {
constexpr std::uint64_t kDeaths = std::uint64_t{1} << 63;  // apart from keys
}  // namespace

LifeObject::LifeObject(const History& history) : Object(history) {
  words_.token = [this](Token token) { return token_text(token); };
  words_.ends = [this](Token token) { return at(token).ends; };
  words_.gone = [this](Token token, Nanos by) {
    const Nanos removed = at(token).removed;
    return removed != kNever && removed <= by;
  };
  words_.removes = [this](const Operation& op) { return removes(op); };
}

Token LifeObject::enter(std::uint64_t a, std::uint64_t b, Entry entry) {
  const auto [found, added] = tokens_.try_emplace({a, b}, entries_.size() + 1);
  if (added) entries_.push_back(entry);
  return found->second;
}

Token LifeObject::birth(const Operation& op, Value element) {
  return enter(op.key, element.bits(), {element, kNothing, kNever});
}

Token LifeObject::death(const Operation& op, Token birth) {
  return enter(kDeaths | op.invoke_event, birth, {Value{}, birth, kNever});
}

void LifeObject::prepare(const Operation& op) {
  if (op.outcome == Outcome::kFail) return;
  const Token token = removes(op);
  if (token == kNothing || token == kAnyToken) return;
  Nanos& removed = entries_[token - 1].removed;
  removed = std::min(removed, op.invoked);
}

std::string LifeObject::token_text(Token token) const {
  const Entry& entry = at(token);
  if (entry.ends != kNothing) return "the removal of " + token_text(entry.ends);
  return history_.values.to_json(entry.element);
}

}  // namespace harness
