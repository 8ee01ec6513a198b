/// A sequence of byte strings and integers in one block of memory, in the public listpack format of the Redis
/// dump file (version 10), so that what is in memory can be saved, sent and loaded as it is.
///
/// Layout: u32 total bytes, u16 element count (65535: unknown), elements, 0xFF. An element is an encoding
/// byte, its payload and, for walking backwards, its own length in 7-bit groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace node {

class Listpack {
 public:
  /// A place in the pack: a byte offset. Any change of the pack invalidates positions behind it.
  using Position = std::uint32_t;
  static constexpr Position kEnd = 0;

  /// An element as it is stored: an integer when the text was one.
  struct Element {
    const char* text = nullptr;  ///< null: an integer
    std::uint32_t size = 0;
    std::int64_t integer = 0;
    std::string str() const;
    /// The element as text; `scratch` (24 bytes) holds an integer's digits.
    std::string_view view(char* scratch) const;
    bool equals(std::string_view other) const;
  };

  Listpack();
  Listpack(const Listpack& other);
  Listpack(Listpack&& other) noexcept : bytes_(other.bytes_) { other.bytes_ = nullptr; }
  Listpack& operator=(Listpack other) noexcept;
  ~Listpack();

  /// Adopts foreign bytes after a full check of every length in them; null when they are no valid listpack.
  static std::optional<Listpack> from_bytes(std::string_view bytes);
  std::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_), total()}; }

  std::uint32_t total() const;
  std::size_t size() const;
  bool empty() const { return total() == 7; }

  Position first() const { return bytes_[6] == 0xFF ? kEnd : 6; }
  Position last() const;
  Position next(Position at) const;
  Position previous(Position at) const;
  /// Index from the front, or from the back when negative; kEnd when outside.
  Position seek(std::int64_t index) const;
  Element get(Position at) const;

  /// Elements encoded ahead, so that the pack grows once for all of them.
  class Batch {
   public:
    void add(std::string_view value);
    void add_integer(std::int64_t value);

   private:
    friend class Listpack;
    std::string bytes_;
    std::size_t count_ = 0;
  };

  void append(std::string_view value) { insert_at(total() - 1, value); }
  void append_integer(std::int64_t value);
  void append(const Batch& batch);
  void prepend(std::string_view value) { insert_at(6, value); }
  void insert_before(Position at, std::string_view value) { insert_at(at, value); }
  void insert_after(Position at, std::string_view value);
  void replace(Position at, std::string_view value);
  void replace_integer(Position at, std::int64_t value);
  /// Returns the position of what followed, or kEnd.
  Position erase(Position at);
  void erase_range(std::int64_t from, std::size_t count);

  /// The first position from `at` on, visiting every (skip+1)th, whose element equals `value`.
  Position find(Position at, std::string_view value, int skip) const;

  /// Bytes that `value` would add.
  static std::size_t cost(std::string_view value);

 private:
  void insert_at(std::uint32_t offset, std::string_view value);
  void splice(std::uint32_t offset, std::uint32_t removed, std::string_view encoded,
              std::int64_t count_change);
  void set_total(std::uint32_t total);
  void set_count(std::size_t count);
  std::uint32_t span_of(Position at) const;

  std::uint8_t* bytes_;
};

}  // namespace node
