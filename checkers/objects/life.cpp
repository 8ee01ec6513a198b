#include "checkers/objects/life.h"

#include <algorithm>

#include "checkers/objects/token_index.h"

namespace harness {
namespace {
constexpr std::uint64_t kDeaths = std::uint64_t{1} << 63;  // apart from keys
}  // namespace

LifeObject::LifeObject(const History& history) : Object(history) {
  words_.token = [this](Token token) { return token_text(token); };
  words_.ends = [this](Token token) { return (at(token).of & kDeaths) != 0 ? at(token).what : kNothing; };
  words_.gone = [this](Token token, Nanos by) {
    const Nanos removed = at(token).removed;
    return removed != kNever && removed <= by;
  };
  words_.removes = [this](const Operation& op) { return removes(op); };
}

Token LifeObject::enter(std::uint64_t of, std::uint64_t what) {
  const auto hash = [](std::uint64_t a, std::uint64_t b) { return spread(spread(a) ^ b); };
  const std::uint32_t known = index_.find(
      hash(of, what), [&](std::uint32_t id) { return entries_[id].of == of && entries_[id].what == what; });
  if (known != IdIndex::kNone) return known + 1;
  entries_.push_back({of, what, kNever});
  index_.insert(hash(of, what), static_cast<std::uint32_t>(entries_.size() - 1),
                [&](std::uint32_t id) { return hash(entries_[id].of, entries_[id].what); });
  return entries_.size();
}

Token LifeObject::birth(const Operation& op, Value element) {
  return enter(op.key, element.bits());
}

Token LifeObject::death(const Operation& op, Token birth) {
  return enter(kDeaths | op.invoke_event, birth);
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
  if (const Token birth = words_.ends(token); birth != kNothing) return "the removal of " + token_text(birth);
  return history_.values.to_json(Value::from_bits(entry.what));
}

}  // namespace harness
