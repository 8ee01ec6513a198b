#include "harness/core/journal.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace harness;

namespace {

void append(std::vector<std::byte>& bytes, const JournalSlot& slot) {
  bytes.insert(bytes.end(), slot.begin(), slot.end());
}

void define(std::vector<std::byte>& bytes, JournalTable table, std::uint32_t number, std::string_view text) {
  append(bytes, encode_definition(table, number, static_cast<std::uint32_t>(text.size())));
  const auto payload = std::as_bytes(std::span(text));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes.resize(padded_to_slots(bytes.size()));
}

Event event(Nanos time, EventType type, Value value) {
  Event e;
  e.time = time;
  e.process = 7;
  e.type = type;
  e.function = Function::kWrite;
  e.key = 0;
  e.value = value;
  return e;
}

std::vector<std::byte> sample() {
  std::vector<std::byte> bytes;
  append(bytes, encode_journal_header());
  define(bytes, JournalTable::kKey, 0, "a key longer than one slot of thirty-two bytes");
  define(bytes, JournalTable::kText, 0, "");
  append(bytes, encode_event(event(10, EventType::kInvoke, ValueTable().text(""))));
  append(bytes, encode_event(event(20, EventType::kOk, ValueTable().text(""))));
  return bytes;
}

}  // namespace

TEST_CASE("a journal reads back as it was written") {
  const History history = read_journal(sample());
  REQUIRE(history.operations.size() == 1);
  CHECK(history.key_text(history.operations[0]) == "a key longer than one slot of thirty-two bytes");
  CHECK(history.values.as_text(history.operations[0].argument).empty());
  CHECK(history.operations[0].completed == 20);
  CHECK(history.operations[0].outcome == Outcome::kOk);
}

TEST_CASE("a journal cut anywhere reads up to the cut") {
  const auto whole = sample();
  for (std::size_t size = kJournalSlot; size <= whole.size(); ++size) {
    const History history = read_journal(std::span(whole).first(size));
    CHECK(history.operations.size() == (size >= whole.size() - kJournalSlot ? 1 : 0));
    if (size < whole.size() && !history.operations.empty())
      CHECK(history.operations[0].outcome == Outcome::kInfo);
  }
  auto grown = whole;
  grown.resize(grown.size() + 4096);
  CHECK(read_journal(grown).operations.size() == 1);
}

TEST_CASE("what is not a journal, or refers to nothing, is refused") {
  CHECK_THROWS_AS(read_journal({}), HistoryError);
  auto bytes = sample();
  bytes[0] = std::byte{'x'};
  CHECK_THROWS_AS(read_journal(bytes), HistoryError);
  std::vector<std::byte> undefined;
  append(undefined, encode_journal_header());
  append(undefined, encode_event(event(1, EventType::kInvoke, {})));
  CHECK_THROWS_AS(read_journal(undefined), HistoryError);
}
