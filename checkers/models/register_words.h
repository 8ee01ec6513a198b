// The findings of the register's algorithms in plain words.
#pragma once

#include <cstdint>
#include <span>

#include "checkers/common/findings.h"
#include "harness/core/history.h"

namespace harness {

/// A run of operations that must stand together (a cluster or a chain of them): its write, what returned
/// first (F) and what was invoked last (S). All index History::operations; 0xffffffff: the first value of the
/// register, which has neither write nor F.
struct BlockEnds {
  std::uint32_t writer;
  std::uint32_t first_returned;
  std::uint32_t last_invoked;
};

/// A read of a value that no write made, or only a failed one.
void report_unwritten_read(const History& history, std::uint32_t read, Findings& findings);
/// A read that returned before the write of its value was invoked.
void report_future_read(const History& history, std::uint32_t read, std::uint32_t writer, Findings& findings);
/// Each of two blocks has something that returned before something of the other began.
void report_block_conflict(const History& history, const BlockEnds& a, const BlockEnds& b,
                           Findings& findings);
/// `later` must come after `earlier` in any order, but returned before it was invoked.
void report_inverted(const History& history, std::uint32_t earlier, std::uint32_t later,
                     const std::string& why, Findings& findings);

}  // namespace harness
