// A key of a kv store whose values show how they came to be: every text put or appended is there once, and
// none begins another, so that a value can be taken apart in one way alone. Then each get shows the order of
// all appends since the last put, and an append that a get shows is a compare-and-set from the value before
// it to the value behind it. So the key is a register with chains (chains.h), decided without a search.
//
// An append that no get shows came after every get of its value, like a write that nobody read.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "checkers/common/findings.h"
#include "checkers/models/register_key.h"

namespace harness {

struct KvOp {
  enum class Kind : std::uint8_t { kGet, kPut, kAppend };
  std::uint32_t operation = 0;  // index in History::operations
  Kind kind = Kind::kGet;
  std::string_view text;  // read, put or appended
};

/// False when a text repeats, is empty or begins another one: nothing was reported then, and the search has
/// to decide. REQUIRES: `ops` are of one key, in order of invocation, without what proves nothing.
bool check_kv_chains(const History& history, std::span<const KvOp> ops, std::string_view initial,
                     Findings& findings);

}  // namespace harness
