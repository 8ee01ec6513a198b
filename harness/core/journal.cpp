#include "harness/core/journal.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/crc32.h"

namespace harness {
namespace {

static_assert(std::endian::native == std::endian::little, "the journal is written as the machine holds it");

enum Tag : std::uint8_t { kTagEnd = 0, kTagEvent = 1, kTagDefinition = 2 };

/// The layout of an event's slot.
struct EventSlot {
  std::uint8_t tag;
  std::uint8_t type;
  std::uint8_t function;
  std::uint8_t check;
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
  std::uint8_t unused;
  std::uint8_t check;
  std::uint32_t number;
  std::uint32_t length;
  std::uint8_t padding[20];
};
static_assert(sizeof(DefinitionSlot) == kJournalSlot);

constexpr std::size_t kCheckAt = 3;  // in the first slot of every record
static_assert(offsetof(EventSlot, check) == kCheckAt && offsetof(DefinitionSlot, check) == kCheckAt);

constexpr std::size_t kMarkSize = 12;  // an end and a checksum, as the header has them

/// The checksum with one more record: its first slot, without a check, and the payload with its padding.
std::uint32_t sum_with(std::uint32_t before, JournalSlot slot, std::span<const std::byte> payload) {
  static constexpr JournalSlot kPadding{};
  slot[kCheckAt] = std::byte{0};
  const std::uint32_t sum = crc32(crc32(before, slot), payload);
  return crc32(sum, std::span(kPadding).first(padded_to_slots(payload.size()) - payload.size()));
}

/// What is read is what was written: every record against its check, and the whole against the header's two
/// ends. Journals of earlier releases have neither.
class Verification {
 public:
  explicit Verification(std::span<const std::byte> bytes)
      : wanted_(std::memcmp(bytes.data(), kJournalMagic.data(), kJournalMagic.size()) == 0) {
    if (!wanted_) return;
    // A journal that still grows changes under the reader.
    JournalSlot header, again;
    do {
      std::memcpy(header.data(), bytes.data(), header.size());
      std::memcpy(again.data(), bytes.data(), again.size());
    } while (header != again);
    for (std::size_t i = 0; i < marks_.size(); ++i) {
      const std::byte* mark = header.data() + kJournalMagic.size() + i * kMarkSize;
      std::memcpy(&marks_[i].end, mark, 8);
      std::memcpy(&marks_[i].sum, mark + 8, 4);
    }
    pass(kJournalSlot);
  }

  /// `slot`: the number of the record's first one. Throws HistoryError when the record was changed.
  void take(std::span<const std::byte> record, std::size_t slot) {
    if (!wanted_) return;
    JournalSlot first;
    std::memcpy(first.data(), record.data(), first.size());
    sum_ = sum_with(sum_, first, record.subspan(kJournalSlot));
    if (std::to_integer<std::uint8_t>(first[kCheckAt]) != (sum_ & 255))
      throw HistoryError(slot, "is not as it was written (its checksum differs): the journal is damaged");
    pass(slot * kJournalSlot + record.size());
  }

  void end(std::size_t slot) const {
    if (!wanted_) return;
    for (const Mark& mark : marks_)
      if (!mark.met)
        throw HistoryError(slot, "the journal is damaged: it ends here, or is another, and " +
                                     std::to_string(mark.end) + " bytes were written");
  }

 private:
  struct Mark {
    std::uint64_t end = 0;
    std::uint32_t sum = 0;
    bool met = false;
  };

  void pass(std::size_t end) {
    for (Mark& mark : marks_) mark.met = mark.met || (mark.end == end && mark.sum == sum_);
  }

  const bool wanted_;
  std::uint32_t sum_ = 0;
  std::array<Mark, 2> marks_;
};

template <typename Slot>
JournalSlot as_slot(const Slot& slot) {
  return std::bit_cast<JournalSlot>(slot);
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

/// Hands the events on in batches. Definitions of values are only noted where they stand, and read when an
/// event refers to them: a sink that wants few values needs memory for few.
class JournalReader {
 public:
  JournalReader(std::span<const std::byte> bytes, EventSink& sink)
      : bytes_(bytes), sink_(sink), tables_(sink.tables()), verification_(bytes) {
    events_.reserve(kBatch);
    slots_.reserve(kBatch);
  }

  bool read(const KeepReading& keep_reading) {
    while (at_ + kJournalSlot <= bytes_.size()) {
      const auto tag = static_cast<std::uint8_t>(bytes_[at_]);
      if (tag == kTagEnd) break;
      if (tag == kTagEvent) {
        read_event();
        if (events_.size() < kBatch) continue;
        hand_on();
        if (!keep_reading(at_)) return false;
      } else if (tag != kTagDefinition) {
        throw HistoryError(slot(), "an unknown tag: the journal is damaged");
      } else if (!read_definition()) {
        break;  // torn: the payload was never written whole
      }
    }
    verification_.end(slot());
    hand_on();
    return keep_reading(at_);
  }

 private:
  static constexpr std::size_t kBatch = 4096;
  static constexpr int kDepthMax = 64;  // of lists in lists

  std::size_t slot() const { return at_ / kJournalSlot; }

  /// Every reference of an event must have been defined: a journal is a file, and files are untrusted.
  void read_event() {
    verification_.take(bytes_.subspan(at_, kJournalSlot), slot());
    EventSlot read;
    std::memcpy(&read, bytes_.data() + at_, sizeof read);
    Event event = decode(read);
    const bool fine = (event.key == kNoKey || event.key < tables_.keys.size()) &&
                      (event.node == kNoNode || event.node < tables_.nodes.size()) &&
                      (event.error == kNoError || event.error < tables_.errors.size()) &&
                      event.type <= EventType::kInfo && event.function <= kLastFunction && event.process >= 0;
    if (!fine) refuse_reference();
    if (!event.value.is_nil() && !event.value.is_integer()) event.value = resolve(event.value, 0);
    if (events_.empty()) first_slot_ = slot();
    events_.push_back(event);
    slots_.push_back(static_cast<std::uint32_t>(slot() - first_slot_));
    at_ += kJournalSlot;
  }

  [[noreturn]] void refuse_reference() const {
    throw HistoryError(slot(), "refers to something that the journal does not define");
  }

  /// A value of the file as one of the batch's table.
  Value resolve(Value value, int depth) {
    if (value.is_nil() || value.is_integer()) return value;
    const std::vector<std::size_t>* places = places_of(value.kind());
    const std::size_t number = value.bits() >> 3;
    if (places == nullptr || number >= places->size() || depth > kDepthMax) refuse_reference();
    if (const auto known = resolved_.find(value.bits()); known != resolved_.end()) return known->second;
    DefinitionSlot definition;
    std::memcpy(&definition, bytes_.data() + (*places)[number], sizeof definition);
    const auto payload = bytes_.subspan((*places)[number] + kJournalSlot, definition.length);
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    const Value out = value.kind() == Value::Kind::kText    ? values_.text(text)
                      : value.kind() == Value::Kind::kOther ? values_.other(text)
                                                            : resolve_list(payload, number, depth);
    resolved_.emplace(value.bits(), out);
    return out;
  }
  Value resolve_list(std::span<const std::byte> payload, std::size_t number, int depth) {
    std::vector<Value> elements;
    for (std::size_t at = 0; at + 8 <= payload.size(); at += 8) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, payload.data() + at, 8);
      const Value element = Value::from_bits(bits);
      // A list holds only what was defined before it, never itself.
      if (element.kind() == Value::Kind::kList && (bits >> 3) >= number) refuse_reference();
      elements.push_back(resolve(element, depth + 1));
    }
    return values_.list(elements);
  }
  const std::vector<std::size_t>* places_of(Value::Kind kind) const {
    switch (kind) {
      case Value::Kind::kText:
        return &texts_;
      case Value::Kind::kOther:
        return &others_;
      case Value::Kind::kList:
        return &lists_;
      default:
        return nullptr;
    }
  }

  /// False when it was cut.
  bool read_definition() {
    DefinitionSlot read;
    std::memcpy(&read, bytes_.data() + at_, sizeof read);
    const std::size_t room = padded_to_slots(read.length);
    if (room > bytes_.size() - at_ - kJournalSlot) return false;
    verification_.take(bytes_.subspan(at_, kJournalSlot + room), slot());
    if (read.table > static_cast<std::uint8_t>(JournalTable::kList))
      throw HistoryError(slot(), "a definition of an unknown kind: the journal is damaged");
    if (define(static_cast<JournalTable>(read.table), read.length) != read.number)
      throw HistoryError(slot(), "a definition out of order: the journal is damaged");
    at_ += kJournalSlot + room;
    return true;
  }

  /// The number that the definition at hand gets.
  std::size_t define(JournalTable table, std::size_t length) {
    const auto payload = bytes_.subspan(at_ + kJournalSlot, length);
    const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
    const auto note = [&](std::vector<std::size_t>& places) {
      places.push_back(at_);
      return places.size() - 1;
    };
    switch (table) {
      case JournalTable::kKey:
        return tables_.keys.intern(text);
      case JournalTable::kNode:
        return tables_.nodes.intern(text);
      case JournalTable::kError:
        return tables_.errors.intern(text);
      case JournalTable::kText:
        return note(texts_);
      case JournalTable::kOther:
        return note(others_);
      case JournalTable::kList:
        return note(lists_);
    }
    return static_cast<std::size_t>(-1);
  }

  void hand_on() {
    if (events_.empty()) return;
    sink_.take({events_, values_, slots_, first_slot_});
    events_.clear();
    slots_.clear();
    if (resolved_.empty()) return;
    resolved_.clear();
    values_ = {};
  }

  const std::span<const std::byte> bytes_;
  EventSink& sink_;
  HistoryTables& tables_;
  Verification verification_;
  std::size_t at_ = kJournalSlot;
  std::vector<Event> events_;
  std::vector<std::uint32_t> slots_;
  std::size_t first_slot_ = 0;
  ValueTable values_;  // of the batch
  std::unordered_map<std::uint64_t, Value> resolved_;
  std::vector<std::size_t> texts_, others_, lists_;  // where they are defined, by number
};

}  // namespace

void JournalSum::add(JournalSlot& slot, std::span<const std::byte> payload) {
  const Mark& before = marks_[newest_];
  const Mark now{before.end + kJournalSlot + padded_to_slots(payload.size()),
                 sum_with(before.sum, slot, payload)};
  slot[kCheckAt] = static_cast<std::byte>(now.sum & 255);
  newest_ = 1 - newest_;
  marks_[newest_] = now;
}

JournalSlot JournalSum::header() const {
  JournalSlot slot{};
  std::memcpy(slot.data(), kJournalMagic.data(), kJournalMagic.size());
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    std::byte* mark = slot.data() + kJournalMagic.size() + i * kMarkSize;
    std::memcpy(mark, &marks_[i].end, 8);
    std::memcpy(mark + 8, &marks_[i].sum, 4);
  }
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

bool read_journal(std::span<const std::byte> bytes, EventSink& sink, const KeepReading& keep_reading) {
  const auto begins_with = [&](std::string_view magic) {
    return bytes.size() >= kJournalSlot && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
  };
  if (!begins_with(kJournalMagic) && !begins_with(kOldJournalMagic))
    throw HistoryError(0,
                       "not a history journal (it does not begin with " + std::string(kJournalMagic) + ")");
  return JournalReader(bytes, sink).read(keep_reading);
}

History read_journal(std::span<const std::byte> bytes) {
  HistoryBuilder builder;
  builder.reserve(bytes.size() / kJournalSlot / 2);
  read_journal(bytes, builder, [](std::size_t) { return true; });
  return builder.finish();
}

}  // namespace harness
