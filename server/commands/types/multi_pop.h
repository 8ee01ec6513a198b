/// What LMPOP, BLMPOP, ZMPOP and BZMPOP share: [timeout] numkeys key … END [COUNT n].
#pragma once

#include <optional>

#include "server/commands/types/handlers.h"

namespace node {

struct MultiPop {
  std::int64_t deadline_ms = 0;  ///< of those that block
  std::size_t first_key = 0,
              end = 0;  ///< the keys are words first_key … end - 1; the word `end` says from which end
  std::size_t count = 1;
};

/// Nothing when the words are wrong; the error is then replied. `is_end(at)` says whether that word names an
/// end, and replies an error if not.
template <typename IsEnd>
std::optional<MultiPop> parse_multi_pop(Call& c, std::size_t numkeys_at, bool blocks, IsEnd is_end) {
  MultiPop pop;
  if (blocks && !blocking_deadline(c, 1, pop.deadline_ms)) return std::nullopt;
  const auto numkeys = c.integer_in(numkeys_at, 1, INT64_MAX, "ERR numkeys should be greater than 0");
  if (!numkeys) return std::nullopt;
  pop.first_key = numkeys_at + 1;
  pop.end = pop.first_key + static_cast<std::size_t>(*numkeys);
  if (static_cast<std::uint64_t>(*numkeys) > c.argc() || pop.end >= c.argc()) {
    c.syntax_error();
    return std::nullopt;
  }
  if (!is_end(pop.end)) return std::nullopt;
  if (pop.end + 1 == c.argc()) return pop;
  if (pop.end + 3 != c.argc() || !c.is(pop.end + 1, "count")) {
    c.syntax_error();
    return std::nullopt;
  }
  const auto count = c.integer_in(pop.end + 2, 1, INT64_MAX, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  pop.count = static_cast<std::size_t>(*count);
  return pop;
}

}  // namespace node
