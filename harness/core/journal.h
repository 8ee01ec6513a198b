// The store's own form of a history: an append-only file of 32-byte slots, written while the run goes on, so
// that a harness killed at any moment leaves a history that can still be checked.
//
//   header   "HISTORY2" and twice where the journal ends (8 bytes) and the checksum of all up to there (4)
//   event    tag 1: type, function, check, process, time, value, key, node, error: one slot
//   define   tag 2: a text, value or list that later slots refer to by number: one slot and its payload's
//   end      tag 0 (the file is grown ahead with zeros), or the end of the file
//
// Integers are little-endian. The tag is written after the rest of its record, so a torn record reads as
// the end. The header's two ends are written in turn, after each record, and stand in the same mapped memory:
// whatever is lost or changed of what they count is known, also when the writer was killed. The check of a
// record is the low byte of the CRC-32 of all records up to it (checks as zeros): it tells where the damage
// begins. Journals of earlier releases begin with "RCHJRNL1" and have zeros for both. Definitions are
// numbered per kind, densely from 0, in the order in which they stand, and precede their use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "harness/core/history.h"

namespace harness {

inline constexpr std::size_t kJournalSlot = 32;
inline constexpr std::string_view kJournalMagic = "HISTORY2";
inline constexpr std::string_view kOldJournalMagic = "RCHJRNL1";

/// The kinds of definitions.
enum class JournalTable : std::uint8_t { kKey, kNode, kError, kText, kOther, kList };

using JournalSlot = std::array<std::byte, kJournalSlot>;

/// What the writer of a journal knows of it: where it ends, and the checksum up to there.
class JournalSum {
 public:
  /// Gives the first slot of a record its check, and counts the record. `payload`: of a definition, without
  /// its padding.
  void add(JournalSlot& slot, std::span<const std::byte> payload = {});
  /// The header of the journal as it is now.
  JournalSlot header() const;
  std::uint64_t end() const { return marks_[newest_].end; }
  std::uint32_t sum() const { return marks_[newest_].sum; }

 private:
  struct Mark {
    std::uint64_t end = kJournalSlot;
    std::uint32_t sum = 0;
  };
  std::array<Mark, 2> marks_;
  std::size_t newest_ = 0;
};

JournalSlot encode_event(const Event& event);
/// The first slot of a definition; `length` bytes of payload follow, padded with zeros to whole slots.
JournalSlot encode_definition(JournalTable table, std::uint32_t number, std::uint32_t length);
constexpr std::size_t padded_to_slots(std::size_t length) {
  return (length + kJournalSlot - 1) / kJournalSlot * kJournalSlot;
}

/// Reads a journal back, up to its first torn or missing record. Throws HistoryError (line: slot number) when
/// the bytes are no journal, not those that were written, or a record contradicts an earlier one.
History read_journal(std::span<const std::byte> bytes);
/// The same as a stream. False when `keep_reading` ended it.
bool read_journal(std::span<const std::byte> bytes, EventSink& sink, const KeepReading& keep_reading);

}  // namespace harness
