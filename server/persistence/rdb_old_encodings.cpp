#include "server/persistence/rdb_old_encodings.h"

#include <cstdint>

namespace node {

namespace {

/// A listpack counts its bytes in 32 bits; old values that come near it were never small ones.
constexpr std::size_t kLargest = std::size_t{1} << 31;
constexpr std::uint8_t kEnd = 0xFF;

/// Bytes taken from the front; once something was not there all answers are zero and bad() stays.
class Bytes {
 public:
  explicit Bytes(std::string_view in) : in_(in) {}

  bool bad() const { return bad_; }
  std::size_t at() const { return at_; }
  bool at_end() const { return at_ == in_.size(); }

  std::string_view take(std::size_t n) {
    if (in_.size() - at_ < n) bad_ = true;
    if (bad_) return {};
    at_ += n;
    return in_.substr(at_ - n, n);
  }
  std::uint8_t byte() {
    const std::string_view one = take(1);
    return bad_ ? 0 : static_cast<std::uint8_t>(one[0]);
  }
  /// The byte that comes next, which stays.
  std::uint8_t peek() const { return at_end() ? 0 : static_cast<std::uint8_t>(in_[at_]); }
  std::uint64_t little(std::size_t n) {
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < n; ++i) v |= static_cast<std::uint64_t>(byte()) << (8 * i);
    return v;
  }
  std::uint64_t big(std::size_t n) {
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < n; ++i) v = v << 8 | byte();
    return v;
  }
  std::int64_t integer(std::size_t n) {
    const unsigned unused = static_cast<unsigned>(64 - 8 * n);
    return static_cast<std::int64_t>(little(n) << unused) >> unused;
  }

 private:
  std::string_view in_;
  std::size_t at_ = 0;
  bool bad_ = false;
};

/// Encoding and content of one ziplist element; false for an encoding that there is not.
bool read_element(Bytes& in, Listpack& out) {
  const std::uint8_t code = in.byte();
  switch (code >> 6) {
    case 0:
      out.append(in.take(code & 0x3F));
      return !in.bad();
    case 1:
      out.append(in.take(static_cast<std::size_t>(code & 0x3F) << 8 | in.byte()));
      return !in.bad();
    case 2:
      if (code != 0x80) return false;
      out.append(in.take(in.big(4)));
      return !in.bad();
    default:
      break;
  }
  std::size_t size = 0;
  switch (code) {
    case 0xC0:
      size = 2;
      break;
    case 0xD0:
      size = 4;
      break;
    case 0xE0:
      size = 8;
      break;
    case 0xF0:
      size = 3;
      break;
    case 0xFE:
      size = 1;
      break;
    default:
      if (code < 0xF1 || code > 0xFD) return false;
      out.append_integer((code & 0x0F) - 1);
      return true;
  }
  out.append_integer(in.integer(size));
  return !in.bad();
}

}  // namespace

std::optional<Listpack> listpack_of_ziplist(std::string_view bytes) {
  if (bytes.size() > kLargest) return std::nullopt;
  Bytes in(bytes);
  const std::uint64_t total = in.little(4), tail = in.little(4), count = in.little(2);
  if (in.bad() || total != bytes.size()) return std::nullopt;
  Listpack out;
  std::size_t elements = 0, last = in.at(), previous = 0;
  while (!in.at_end() && in.peek() != kEnd) {
    last = in.at();
    const std::uint8_t first = in.byte();
    if ((first < 0xFE ? first : in.little(4)) != previous) return std::nullopt;
    if (!read_element(in, out) || in.bad()) return std::nullopt;
    previous = in.at() - last;
    ++elements;
  }
  if (in.byte() != kEnd || !in.at_end() || tail != last) return std::nullopt;
  if (count != 65535 && count != elements) return std::nullopt;
  return out;
}

std::optional<Listpack> listpack_of_zipmap(std::string_view bytes) {
  if (bytes.size() > kLargest) return std::nullopt;
  Bytes in(bytes);
  const std::uint8_t count = in.byte();
  auto length = [&in]() -> std::size_t {
    const std::uint8_t first = in.byte();
    return first < 0xFE ? first : in.little(4);
  };
  Listpack out;
  std::size_t pairs = 0;
  while (!in.bad() && !in.at_end() && in.peek() != kEnd) {
    const std::string_view field = in.take(length());
    if (in.bad() || in.peek() == kEnd) return std::nullopt;
    const std::size_t size = length();
    const std::uint8_t unused = in.byte();
    const std::string_view value = in.take(size);
    in.take(unused);
    if (in.bad()) return std::nullopt;
    out.append(field);
    out.append(value);
    ++pairs;
  }
  if (in.byte() != kEnd || !in.at_end() || (count < 0xFE && count != pairs)) return std::nullopt;
  return out;
}

}  // namespace node
