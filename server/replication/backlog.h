// The last bytes of the replication stream, addressed by their offsets: what a partial resynchronisation is
// served from, and what replicas that are still loading will be sent.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace node::replication {

/// Offsets count the stream's bytes from 1: after n bytes the end() is n, and the next byte has offset n + 1.
class Backlog {
 public:
  explicit Backlog(std::size_t capacity) : capacity_(capacity) {}

  /// Empty, with nothing before the byte after `end_offset`.
  void reset(std::int64_t end_offset);
  void append(std::string_view bytes);
  /// Drops what is older than the capacity, but nothing from offset `pinned` on (a replica still needs it).
  void trim(std::int64_t pinned);
  void set_capacity(std::size_t capacity) { capacity_ = capacity; }

  std::int64_t first() const { return first_; }  // offset of the oldest byte held
  std::int64_t end() const {
    return first_ + static_cast<std::int64_t>(size_) - 1;
  }  // offset of the newest byte
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  /// A replica that wants the stream from `offset` on can be served: offset is held, or is the next byte.
  bool covers(std::int64_t offset) const { return offset >= first_ && offset <= end() + 1; }
  /// The bytes from `offset` to the end, at most `max`. REQUIRES: covers(offset).
  std::string read(std::int64_t offset, std::size_t max = std::string::npos) const;

 private:
  static constexpr std::size_t kChunk = 16 * 1024;

  std::size_t capacity_;
  std::int64_t first_ = 1;
  std::size_t size_ = 0;
  std::size_t skipped_ = 0;  // bytes of chunks_.front() that are dropped already
  std::deque<std::string> chunks_;
};

}  // namespace node::replication
