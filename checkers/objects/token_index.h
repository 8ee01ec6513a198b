// Where a token stands in a table of things that each have one: 8 bytes a slot, the tokens stay in the table.
#pragma once

#include <cstdint>

#include "checkers/objects/slice.h"
#include "harness/core/value.h"

namespace harness {

/// Spreads numbers that lie close together over all bits (the finalizer of MurmurHash3).
constexpr std::uint64_t spread(std::uint64_t bits) {
  bits = (bits ^ bits >> 33) * 0xff51afd7ed558ccdULL;
  bits = (bits ^ bits >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return bits ^ bits >> 33;
}

class TokenIndex {
 public:
  static constexpr std::uint32_t kNone = IdIndex::kNone;

  /// The place of the token in `table`, whose elements have a member `token`; or kNone.
  template <typename Table>
  std::uint32_t find(Token token, const Table& table) const {
    return index_.find(spread(token), [&](std::uint32_t id) { return table[id].token == token; });
  }
  /// The table's last element is new here. REQUIRES: its token is not there.
  template <typename Table>
  void add_last(const Table& table) {
    index_.insert(spread(table.back().token), static_cast<std::uint32_t>(table.size() - 1),
                  [&](std::uint32_t id) { return spread(table[id].token); });
  }

 private:
  IdIndex index_;
};

}  // namespace harness
