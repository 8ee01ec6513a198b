#include "server/keyspace/listpack.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr std::uint32_t kHeader = 6;
constexpr std::uint8_t kTerminator = 0xFF;
constexpr std::size_t kCountUnknown = 0xFFFF;

std::uint8_t* allocate(std::uint8_t* old, std::size_t n) {
  void* p = std::realloc(old, n);
  if (!p) throw std::bad_alloc();
  return static_cast<std::uint8_t*>(p);
}

std::uint64_t load_le(const std::uint8_t* p, int n) {
  std::uint64_t v = 0;
  for (int i = 0; i < n; ++i) v |= static_cast<std::uint64_t>(p[i]) << (8 * i);
  return v;
}

void store_le(std::uint8_t* p, std::uint64_t v, int n) {
  for (int i = 0; i < n; ++i) p[i] = static_cast<std::uint8_t>(v >> (8 * i));
}

/// Head bytes before a string's text; header 0 when the byte starts no known encoding.
struct Shape {
  std::uint32_t header = 0;
  std::uint64_t payload = 0;
  std::uint64_t size() const { return header + payload; }
};

/// `room`: bytes that may be read at p.
Shape shape_of(const std::uint8_t* p, std::size_t room) {
  const std::uint8_t b = p[0];
  if (b < 0x80) return {1, 0};
  if (b < 0xC0) return {1, b & 0x3Fu};
  if (b < 0xE0) return {1, 1};
  if (b < 0xF0) return room < 2 ? Shape{} : Shape{2, ((b & 0x0Fu) << 8) | p[1]};
  switch (b) {
    case 0xF0:
      return room < 5 ? Shape{} : Shape{5, load_le(p + 1, 4)};
    case 0xF1:
      return {1, 2};
    case 0xF2:
      return {1, 3};
    case 0xF3:
      return {1, 4};
    case 0xF4:
      return {1, 8};
    default:
      return {};
  }
}

int back_length_size(std::uint64_t n) {
  int size = 1;
  while (n >= 128 && size < 5) {
    n >>= 7;
    ++size;
  }
  return size;
}

/// The groups are written high first; every byte but the first has its top bit set, since it is read
/// backwards.
void put_back_length(std::string& out, std::uint64_t n) {
  const int size = back_length_size(n);
  for (int i = size - 1; i >= 0; --i) {
    const auto group = static_cast<std::uint8_t>((n >> (7 * i)) & 127);
    out.push_back(static_cast<char>(i == size - 1 ? group : group | 128));
  }
}

void encode_integer(std::string& out, std::int64_t v) {
  auto put = [&](std::uint8_t head, int bytes) {
    out.push_back(static_cast<char>(head));
    for (int i = 0; i < bytes; ++i)
      out.push_back(static_cast<char>(static_cast<std::uint64_t>(v) >> (8 * i)));
  };
  if (v >= 0 && v <= 127) return put(static_cast<std::uint8_t>(v), 0);
  if (v >= -4096 && v <= 4095) {
    const auto u = static_cast<std::uint32_t>(v & 0x1FFF);
    out.push_back(static_cast<char>(0xC0 | (u >> 8)));
    out.push_back(static_cast<char>(u & 0xFF));
    return;
  }
  if (v >= INT16_MIN && v <= INT16_MAX) return put(0xF1, 2);
  if (v >= -(1 << 23) && v < (1 << 23)) return put(0xF2, 3);
  if (v >= INT32_MIN && v <= INT32_MAX) return put(0xF3, 4);
  put(0xF4, 8);
}

void encode_string(std::string& out, std::string_view s) {
  if (s.size() < 64) {
    out.push_back(static_cast<char>(0x80 | s.size()));
  } else if (s.size() < 4096) {
    out.push_back(static_cast<char>(0xE0 | (s.size() >> 8)));
    out.push_back(static_cast<char>(s.size() & 0xFF));
  } else {
    out.push_back(static_cast<char>(0xF0));
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(s.size() >> (8 * i)));
  }
  out.append(s);
}

void encode(std::string& out, std::string_view value) {
  out.clear();
  if (const auto number = parse_integer(value))
    encode_integer(out, *number);
  else
    encode_string(out, value);
  put_back_length(out, out.size());
}

std::string& scratch() {
  thread_local std::string buffer;
  return buffer;
}

}  // namespace

std::string Listpack::Element::str() const {
  char digits[24];
  return std::string(view(digits));
}

std::string_view Listpack::Element::view(char* digits) const {
  if (text) return {text, size};
  return {digits, write_integer(digits, integer)};
}

bool Listpack::Element::equals(std::string_view other) const {
  if (text) return std::string_view(text, size) == other;
  char digits[24];
  return view(digits) == other;
}

Listpack::Listpack() : bytes_(allocate(nullptr, kHeader + 1)) {
  set_total(kHeader + 1);
  set_count(0);
  bytes_[kHeader] = kTerminator;
}

Listpack::Listpack(const Listpack& other) : bytes_(allocate(nullptr, other.total())) {
  std::memcpy(bytes_, other.bytes_, other.total());
}

Listpack& Listpack::operator=(Listpack other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Listpack::~Listpack() {
  std::free(bytes_);
}

std::uint32_t Listpack::total() const {
  return static_cast<std::uint32_t>(load_le(bytes_, 4));
}
void Listpack::set_total(std::uint32_t total) {
  store_le(bytes_, total, 4);
}
void Listpack::set_count(std::size_t count) {
  store_le(bytes_ + 4, std::min(count, kCountUnknown), 2);
}

std::size_t Listpack::size() const {
  const auto stored = static_cast<std::size_t>(load_le(bytes_ + 4, 2));
  if (stored != kCountUnknown) return stored;
  std::size_t n = 0;
  for (Position at = first(); at; at = next(at)) ++n;
  return n;
}

std::optional<Listpack> Listpack::from_bytes(std::string_view raw) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(raw.data());
  if (raw.size() < kHeader + 1 || load_le(p, 4) != raw.size() || p[raw.size() - 1] != kTerminator)
    return std::nullopt;
  const std::size_t end = raw.size() - 1;
  std::size_t at = kHeader, count = 0;
  while (at < end) {
    const Shape shape = shape_of(p + at, end - at);
    if (shape.header == 0 || shape.size() > end - at) return std::nullopt;
    const int back = back_length_size(shape.size());
    if (shape.size() + static_cast<std::size_t>(back) > end - at) return std::nullopt;
    std::string expected;
    put_back_length(expected, shape.size());
    if (std::memcmp(expected.data(), p + at + shape.size(), expected.size()) != 0) return std::nullopt;
    at += shape.size() + static_cast<std::size_t>(back);
    ++count;
  }
  const std::size_t stored = load_le(p + 4, 2);
  if (stored != kCountUnknown && stored != count) return std::nullopt;
  Listpack pack;
  pack.bytes_ = allocate(pack.bytes_, raw.size());
  std::memcpy(pack.bytes_, raw.data(), raw.size());
  return pack;
}

std::uint32_t Listpack::span_of(Position at) const {
  const std::uint64_t n = shape_of(bytes_ + at, total() - at).size();
  return static_cast<std::uint32_t>(n) + static_cast<std::uint32_t>(back_length_size(n));
}

Listpack::Position Listpack::next(Position at) const {
  const Position following = at + span_of(at);
  return bytes_[following] == kTerminator ? kEnd : following;
}

Listpack::Position Listpack::previous(Position at) const {
  if (at == kHeader) return kEnd;
  std::uint64_t n = 0;
  Position p = at - 1;
  for (int shift = 0; shift < 35; shift += 7, --p) {
    n |= static_cast<std::uint64_t>(bytes_[p] & 127) << shift;
    if (!(bytes_[p] & 128)) break;
  }
  return static_cast<Position>(at - n - static_cast<std::uint64_t>(back_length_size(n)));
}

Listpack::Position Listpack::last() const {
  return empty() ? kEnd : previous(total() - 1);
}

Listpack::Position Listpack::seek(std::int64_t index) const {
  const auto count = static_cast<std::int64_t>(size());
  if (index < 0) index += count;
  if (index < 0 || index >= count) return kEnd;
  if (index > count / 2) {
    Position at = last();
    for (std::int64_t i = count - 1; i > index; --i) at = previous(at);
    return at;
  }
  Position at = first();
  while (index--) at = next(at);
  return at;
}

Listpack::Element Listpack::get(Position at) const {
  const std::uint8_t* p = bytes_ + at;
  const std::uint8_t b = p[0];
  Element e;
  auto extend = [&](int bytes) {
    const int unused = 64 - 8 * bytes;
    e.integer = static_cast<std::int64_t>(load_le(p + 1, bytes) << unused) >> unused;
  };
  if (b < 0x80) {
    e.integer = b;
  } else if (b >= 0xC0 && b < 0xE0) {
    const std::uint32_t u = ((b & 0x1Fu) << 8) | p[1];
    e.integer = u >= 4096 ? static_cast<std::int64_t>(u) - 8192 : static_cast<std::int64_t>(u);
  } else if (b == 0xF1) {
    extend(2);
  } else if (b == 0xF2) {
    extend(3);
  } else if (b == 0xF3) {
    extend(4);
  } else if (b == 0xF4) {
    extend(8);
  } else {
    const Shape shape = shape_of(p, total() - at);
    e.text = reinterpret_cast<const char*>(p + shape.header);
    e.size = static_cast<std::uint32_t>(shape.payload);
  }
  return e;
}

void Listpack::splice(std::uint32_t offset, std::uint32_t removed, std::string_view encoded,
                      std::int64_t count_change) {
  const std::uint32_t old_total = total();
  const auto added = static_cast<std::uint32_t>(encoded.size());
  const std::uint32_t new_total = old_total - removed + added;
  if (new_total > old_total) bytes_ = allocate(bytes_, new_total);
  std::memmove(bytes_ + offset + added, bytes_ + offset + removed, old_total - offset - removed);
  if (added) std::memcpy(bytes_ + offset, encoded.data(), added);
  if (new_total < old_total) bytes_ = allocate(bytes_, new_total);
  set_total(new_total);
  const std::size_t stored = load_le(bytes_ + 4, 2);
  if (stored != kCountUnknown) set_count(stored + static_cast<std::size_t>(count_change));
}

void Listpack::insert_at(std::uint32_t offset, std::string_view value) {
  encode(scratch(), value);
  splice(offset, 0, scratch(), 1);
}

void Listpack::append_integer(std::int64_t value) {
  std::string& encoded = scratch();
  encoded.clear();
  encode_integer(encoded, value);
  put_back_length(encoded, encoded.size());
  splice(total() - 1, 0, encoded, 1);
}

void Listpack::append(const Batch& batch) {
  splice(total() - 1, 0, batch.bytes_, static_cast<std::int64_t>(batch.count_));
}

void Listpack::Batch::add(std::string_view value) {
  encode(scratch(), value);
  bytes_ += scratch();
  ++count_;
}

void Listpack::Batch::add_integer(std::int64_t value) {
  const std::size_t before = bytes_.size();
  encode_integer(bytes_, value);
  put_back_length(bytes_, bytes_.size() - before);
  ++count_;
}

void Listpack::insert_after(Position at, std::string_view value) {
  insert_at(at + span_of(at), value);
}

void Listpack::replace(Position at, std::string_view value) {
  encode(scratch(), value);
  splice(at, span_of(at), scratch(), 0);
}

void Listpack::replace_integer(Position at, std::int64_t value) {
  std::string& encoded = scratch();
  encoded.clear();
  encode_integer(encoded, value);
  put_back_length(encoded, encoded.size());
  const std::uint32_t span = span_of(at);
  if (encoded.size() == span)
    std::memcpy(bytes_ + at, encoded.data(), span);
  else
    splice(at, span, encoded, 0);
}

Listpack::Position Listpack::erase(Position at) {
  splice(at, span_of(at), {}, -1);
  return bytes_[at] == kTerminator ? kEnd : at;
}

void Listpack::erase_range(std::int64_t from, std::size_t count) {
  const Position start = seek(from);
  if (!start || !count) return;
  Position stop = start;
  std::size_t gone = 0;
  while (gone < count && bytes_[stop] != kTerminator) {
    stop += span_of(stop);
    ++gone;
  }
  splice(start, stop - start, {}, -static_cast<std::int64_t>(gone));
}

Listpack::Position Listpack::find(Position at, std::string_view value, int skip) const {
  const auto number = parse_integer(value);
  for (int until = 0; at; at = next(at)) {
    if (until-- > 0) continue;
    until = skip;
    const Element e = get(at);
    if (e.text ? !number && std::string_view(e.text, e.size) == value : number && *number == e.integer)
      return at;
    // A foreign pack may hold digits as text.
    if (e.text && number && std::string_view(e.text, e.size) == value) return at;
  }
  return kEnd;
}

std::size_t Listpack::cost(std::string_view value) {
  return value.size() + 11;
}

}  // namespace node
