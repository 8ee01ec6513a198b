#include "harness/core/journal.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "harness/core/crc32.h"

using namespace harness;

namespace {

/// A journal as a writer leaves it: the records, and the header of their sum.
class Written {
 public:
  void add(JournalSlot slot, std::string_view payload = {}) {
    sum_.add(slot, std::as_bytes(std::span(payload)));
    bytes_.insert(bytes_.end(), slot.begin(), slot.end());
    const auto more = std::as_bytes(std::span(payload));
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    bytes_.resize(padded_to_slots(bytes_.size()));
  }
  void define(JournalTable table, std::uint32_t number, std::string_view text) {
    add(encode_definition(table, number, static_cast<std::uint32_t>(text.size())), text);
  }
  std::vector<std::byte> bytes() const {
    std::vector<std::byte> all(bytes_);
    const JournalSlot header = sum_.header();
    std::copy(header.begin(), header.end(), all.begin());
    return all;
  }

 private:
  JournalSum sum_;
  std::vector<std::byte> bytes_ = std::vector<std::byte>(kJournalSlot);
};

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

Written sample_writer() {
  Written journal;
  journal.define(JournalTable::kKey, 0, "a key longer than one slot of thirty-two bytes");
  journal.define(JournalTable::kText, 0, "");
  journal.add(encode_event(event(10, EventType::kInvoke, ValueTable().text(""))));
  journal.add(encode_event(event(20, EventType::kOk, ValueTable().text(""))));
  return journal;
}

std::vector<std::byte> sample() {
  return sample_writer().bytes();
}

/// As releases before checksums wrote it.
std::vector<std::byte> old_sample() {
  auto bytes = sample();
  std::fill_n(bytes.begin(), kJournalSlot, std::byte{0});
  std::memcpy(bytes.data(), kOldJournalMagic.data(), kOldJournalMagic.size());
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

TEST_CASE("an old journal cut anywhere reads up to the cut") {
  const auto whole = old_sample();
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
  Written undefined;
  undefined.add(encode_event(event(1, EventType::kInvoke, {})));
  CHECK_THROWS_AS(read_journal(undefined.bytes()), HistoryError);
}

TEST_CASE("a journal that was cut, zeroed or changed anywhere is refused") {
  const auto whole = sample();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_THROWS_AS(read_journal(std::span(whole).first(size)), HistoryError);
    auto zeroed = whole;
    std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(size), zeroed.end(), std::byte{0});
    if (zeroed != whole) CHECK_THROWS_AS(read_journal(zeroed), HistoryError);
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = whole;
      flipped[size] ^= std::byte(1 << bit);
      CHECK_THROWS_AS(read_journal(flipped), HistoryError);
    }
  }
}

TEST_CASE("a killed writer's last record may not be counted yet, a journal that grows reads on") {
  Written journal = sample_writer();
  const auto before = journal.bytes();
  journal.add(encode_event(event(30, EventType::kInvoke, {})));
  journal.add(encode_event(event(40, EventType::kOk, {})));
  auto grown = journal.bytes();
  std::copy_n(before.begin(), kJournalSlot, grown.begin());
  CHECK(read_journal(grown).operations.size() == 2);
  grown.resize(grown.size() + 4096);  // allocated ahead
  CHECK(read_journal(grown).operations.size() == 2);
  CHECK(read_journal(Written().bytes()).operations.empty());
}

TEST_CASE("CRC-32 is zlib's, in one piece and in several") {
  CHECK(crc32(0, "123456789") == 0xCBF43926U);
  CHECK(crc32(0, "") == 0);
  const std::string text(100, 'x');
  for (std::size_t at = 0; at <= text.size(); ++at)
    CHECK(crc32(crc32(0, text.substr(0, at)), text.substr(at)) == crc32(0, text));
}
