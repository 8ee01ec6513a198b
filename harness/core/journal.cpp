#include "harness/core/journal.h"

#include <bit>
#include <cstring>
#include <string>

namespace harness {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is written as the machine holds it");

enum Tag : std::uint8_t { kTagEnd = 0, kTagEvent = 1, kTagDefinition = 2 };

/// The layout of an event's slot.
struct EventSlot {
  std::uint8_t tag;
  std::uint8_t type;
  std::uint8_t function;
  std::uint8_t unused;
  std::int32_t process;
  std::int64_t time;
  std::uint64_t value;
  std::uint32_t key;
  std::uint16_t node;
  std::uint16_t error;
};
static_assert(sizeof(EventSlot) == kJournalSlot);

/// The layout of a definition's first slot.
struct DefinitionSlot {
  std::uint8_t tag;
  std::uint8_t table;
  std::uint16_t unused;
  std::uint32_t number;
  std::uint32_t length;
  std::uint8_t padding[20];
};
static_assert(sizeof(DefinitionSlot) == kJournalSlot);

template <typename Slot>
JournalSlot as_slot(const Slot& slot) {
  return std::bit_cast<JournalSlot>(slot);
}

/// Enters a definition into the tables; the number it got there must be the one the file claims.
std::uint32_t define(History& history, JournalTable table, std::span<const std::byte> payload) {
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  switch (table) {
    case JournalTable::kKey:
      return history.keys.intern(text);
    case JournalTable::kNode:
      return history.nodes.intern(text);
    case JournalTable::kError:
      return history.errors.intern(text);
    case JournalTable::kText:
      return static_cast<std::uint32_t>(history.values.text(text).bits() >> 3);
    case JournalTable::kOther:
      return static_cast<std::uint32_t>(history.values.other(text).bits() >> 3);
    case JournalTable::kList: {
      std::vector<Value> elements;
      for (std::size_t at = 0; at + 8 <= payload.size(); at += 8) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, payload.data() + at, 8);
        elements.push_back(Value::from_bits(bits));
      }
      return static_cast<std::uint32_t>(history.values.list(elements).bits() >> 3);
    }
  }
  return kNoKey;
}

Event decode(const EventSlot& slot) {
  Event event;
  event.time = slot.time;
  event.value = Value::from_bits(slot.value);
  event.process = slot.process;
  event.key = slot.key;
  event.type = static_cast<EventType>(slot.type);
  event.function = static_cast<Function>(slot.function);
  event.node = slot.node;
  event.error = slot.error;
  return event;
}

/// Every reference of an event must have been defined: a journal is a file, and files are untrusted.
void require_defined(const History& history, const Event& event, std::size_t slot) {
  const bool fine = (event.key == kNoKey || event.key < history.keys.size()) &&
                    (event.node == kNoNode || event.node < history.nodes.size()) &&
                    (event.error == kNoError || event.error < history.errors.size()) &&
                    event.type <= EventType::kInfo && event.function <= Function::kOther &&
                    history.values.contains(event.value);
  if (!fine) throw HistoryError(slot, "refers to something that the journal does not define");
}

}  // namespace

JournalSlot encode_journal_header() {
  JournalSlot slot{};
  std::memcpy(slot.data(), kJournalMagic.data(), kJournalMagic.size());
  return slot;
}

JournalSlot encode_event(const Event& event) {
  EventSlot slot{};
  slot.tag = kTagEvent;
  slot.type = static_cast<std::uint8_t>(event.type);
  slot.function = static_cast<std::uint8_t>(event.function);
  slot.process = event.process;
  slot.time = event.time;
  slot.value = event.value.bits();
  slot.key = event.key;
  slot.node = event.node;
  slot.error = event.error;
  return as_slot(slot);
}

JournalSlot encode_definition(JournalTable table, std::uint32_t number, std::uint32_t length) {
  DefinitionSlot slot{};
  slot.tag = kTagDefinition;
  slot.table = static_cast<std::uint8_t>(table);
  slot.number = number;
  slot.length = length;
  return as_slot(slot);
}

History read_journal(std::span<const std::byte> bytes) {
  if (bytes.size() < kJournalSlot ||
      std::memcmp(bytes.data(), kJournalMagic.data(), kJournalMagic.size()) != 0)
    throw HistoryError(0,
                       "not a history journal (it does not begin with " + std::string(kJournalMagic) + ")");
  HistoryBuilder builder;
  History& tables = builder.tables();
  std::size_t at = kJournalSlot;
  while (at + kJournalSlot <= bytes.size()) {
    const std::size_t number = at / kJournalSlot;
    const auto tag = static_cast<std::uint8_t>(bytes[at]);
    if (tag == kTagEnd) break;
    if (tag == kTagEvent) {
      EventSlot slot;
      std::memcpy(&slot, bytes.data() + at, sizeof slot);
      const Event event = decode(slot);
      require_defined(tables, event, number);
      builder.add(event, number);
      at += kJournalSlot;
      continue;
    }
    if (tag != kTagDefinition) throw HistoryError(number, "an unknown tag: the journal is damaged");
    DefinitionSlot slot;
    std::memcpy(&slot, bytes.data() + at, sizeof slot);
    at += kJournalSlot;
    const std::size_t room = padded_to_slots(slot.length);
    if (room > bytes.size() - at) break;  // torn: the payload was never written whole
    if (slot.table > static_cast<std::uint8_t>(JournalTable::kList))
      throw HistoryError(number, "a definition of an unknown kind: the journal is damaged");
    if (define(tables, static_cast<JournalTable>(slot.table), bytes.subspan(at, slot.length)) != slot.number)
      throw HistoryError(number, "a definition out of order: the journal is damaged");
    at += room;
  }
  return builder.finish();
}

}  // namespace harness
