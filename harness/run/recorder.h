// The recorder journals a history while it happens, so that the history so far survives whatever becomes of
// the harness.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/clock.h"
#include "harness/core/history.h"
#include "harness/core/journal.h"
#include "harness/core/time.h"

namespace harness {

/// Appends events to a memory-mapped journal (harness/core/journal.h). Thread-safe. Space is allocated ahead,
/// so that a full disk is an EnvironmentError from here and not a signal in the middle of a write; what was
/// recorded until then stays readable.
class Recorder {
 public:
  /// Throws EnvironmentError when the file cannot be made.
  Recorder(const std::filesystem::path& file, const RunClock& clock);
  ~Recorder();  // cuts the file to what was written
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// Numbers for keys, nodes and errors, and values that do not fit in one word. The same text always
  /// gives the same number.
  std::uint32_t key(std::string_view text);
  std::string key_text(std::uint32_t key) const;
  std::uint16_t node(std::string_view text);
  std::uint16_t error(std::string_view text);
  Value text(std::string_view text);
  Value list(std::span<const Value> elements);
  /// The elements of a list that this recorder made.
  std::vector<Value> elements(Value list) const;

  /// Both stamp the time themselves, under the lock that orders the journal: an invocation before its request
  /// is sent, a completion after its reply was received.
  Nanos invoke(const Operation& op);
  Nanos complete(const Operation& op);

  std::uint64_t events() const { return events_; }
  std::uint64_t operations_ok() const { return completed_[0]; }
  std::uint64_t operations_failed() const { return completed_[1]; }
  std::uint64_t operations_info() const { return completed_[2]; }

 private:
  std::byte* reserve(std::size_t bytes);
  void grow(std::size_t bytes);
  void map_header();
  void append_event(Event event);
  void write(JournalSlot slot, std::span<const std::byte> payload);
  void append_definition(JournalTable table, std::uint32_t number, std::span<const std::byte> payload);
  Nanos append(const Operation& op, EventType type, Value value);

  const std::filesystem::path file_;
  const RunClock& clock_;
  mutable std::mutex mutex_;
  int descriptor_ = -1;
  std::byte* window_ = nullptr;   // the mapped part of the file
  std::size_t window_begin_ = 0;  // its offset in the file
  std::size_t window_size_ = 0;
  std::size_t end_ = 0;          // of what was written
  std::byte* header_ = nullptr;  // the file's first page, mapped
  JournalSum sum_;
  History tables_;
  // Written under the lock, read without it by the progress line.
  std::atomic<std::uint64_t> events_{0};
  std::array<std::atomic<std::uint64_t>, 3> completed_{};  // by Outcome
};

}  // namespace harness
