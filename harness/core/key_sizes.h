// How much of a history belongs to each key: one pass over its events that keeps none of them, to decide what
// fits into memory together.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/core/history.h"

namespace harness {

struct KeySize {
  std::uint64_t value_bytes = 0;  // of texts, lists and others, as the history's table will hold them
  std::uint32_t operations = 0;
};

/// A place for each key, in order of first appearance, and one for operations without a key.
class KeyPlaces {
 public:
  static std::size_t of(std::uint32_t key) { return key == kNoKey ? 0 : static_cast<std::size_t>(key) + 1; }
  static std::uint32_t key(std::size_t place) {
    return place == 0 ? kNoKey : static_cast<std::uint32_t>(place - 1);
  }
};

/// What a value of an event adds to the history's table. A completion that repeats what was invoked adds
/// nothing.
std::size_t kept_bytes(const Event& event, const ValueTable& values);

/// Takes every event and keeps sizes alone, by KeyPlaces. Refuses what HistoryBuilder would refuse.
class KeySizes final : public EventSink {
 public:
  HistoryTables& tables() override { return tables_; }
  void take(const EventBatch& batch) override;

  const std::vector<KeySize>& sizes() const { return sizes_; }
  std::size_t operations() const { return operations_; }
  /// Whether some increment returned something else than its amount: then all return counts
  /// (checkers/counter.h).
  bool increments_return_counts() const { return increments_return_counts_; }

 private:
  struct Open {
    Value argument;  // integers only
    std::uint32_t key;
    Function function;
  };
  void invoke(const Event& event, std::size_t line);
  const Open& complete(const Event& event, std::size_t line);
  KeySize& size_of(std::uint32_t key);

  HistoryTables tables_;
  OpenOperations open_;
  std::vector<Open> pool_;
  std::vector<std::uint32_t> free_;  // places in the pool
  std::vector<KeySize> sizes_ = std::vector<KeySize>(1);
  std::size_t operations_ = 0;
  bool increments_return_counts_ = false;
};

/// About how many bytes the texts of a table take.
std::size_t names_bytes(const StringTable& names);

}  // namespace harness
