// The store's own form of a history: an append-only file of 32-byte slots, written while the run goes on, so
// that a harness killed at any moment leaves a history that can still be checked.
//
//   header   "RCHJRNL1" and 24 zero bytes
//   event    tag 1: type, function, process, time, value, key, node, error: one slot
//   define   tag 2: a text, value or list that later slots refer to by number: one slot and its payload's
//   end      tag 0 (the file is grown ahead with zeros), or the end of the file
//
// Integers are little-endian. The tag is written after the rest of its record, so a torn record reads as
// the end. Definitions are numbered per kind, densely from 0, in the order in which they stand, and precede
// their use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "harness/core/history.h"

namespace harness {

inline constexpr std::size_t kJournalSlot = 32;
inline constexpr std::string_view kJournalMagic = "RCHJRNL1";

/// The kinds of definitions.
enum class JournalTable : std::uint8_t { kKey, kNode, kError, kText, kOther, kList };

using JournalSlot = std::array<std::byte, kJournalSlot>;

JournalSlot encode_journal_header();
JournalSlot encode_event(const Event& event);
/// The first slot of a definition; `length` bytes of payload follow, padded with zeros to whole slots.
JournalSlot encode_definition(JournalTable table, std::uint32_t number, std::uint32_t length);
constexpr std::size_t padded_to_slots(std::size_t length) {
  return (length + kJournalSlot - 1) / kJournalSlot * kJournalSlot;
}

/// Reads a journal back, up to its first torn or missing record. Throws HistoryError (line: slot number) when
/// the bytes are no journal, or a record contradicts an earlier one.
History read_journal(std::span<const std::byte> bytes);
/// The same as a stream. False when `keep_reading` ended it.
bool read_journal(std::span<const std::byte> bytes, EventSink& sink, const KeepReading& keep_reading);

}  // namespace harness
