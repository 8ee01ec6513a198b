#include "checkers/objects/one_master.h"

#include <unordered_map>

namespace harness {

std::vector<Conflict> conflicts_on_one_master(const History& history, Object& object,
                                              const std::vector<std::uint32_t>& operations) {
  constexpr std::size_t kMost = 3;
  const auto slice = object.slice();
  std::unordered_map<Token, std::uint32_t> writer;
  Effects effects;
  for (const std::uint32_t id : operations) {
    const Operation& op = history.operations[id];
    if (op.outcome == Outcome::kFail) continue;
    object.read(op, effects);
    for (const Token token : effects.writes) {
      writer.try_emplace(token, id);
      if (op.outcome == Outcome::kOk) slice->write(id, op, token, Mark::Writer::kHere);
    }
  }
  for (const std::uint32_t id : operations) {
    const Operation& op = history.operations[id];
    object.read(op, effects);
    if (effects.observes) {
      // Where tokens repeat, each slice knows its own.
      for (const Token token : effects.sees)
        if (const auto by = writer.find(token);
            by != writer.end() && !object.tokens_repeat() && slice->find(token) == nullptr)
          slice->write(by->second, history.operations[by->second], token, Mark::Writer::kUncertain);
      slice->observe(id, op, effects);
    } else if (op.outcome == Outcome::kInfo) {
      slice->uncertain(id, op);
    }
  }
  return slice->conflicts(kMost);
}

}  // namespace harness
