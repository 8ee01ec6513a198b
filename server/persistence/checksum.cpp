#include "server/persistence/checksum.h"

#include <array>
#include <cstring>

namespace node {

namespace {

constexpr std::uint64_t kPolynomial = 0x95ac9329ac4bc9b5ULL;  // 0xad93d23594c935a9, bits reversed

/// tables[k][b]: byte b followed by k zero bytes, so that eight bytes go at a time.
std::array<std::array<std::uint64_t, 256>, 8> make_tables() {
  std::array<std::array<std::uint64_t, 256>, 8> t{};
  for (unsigned b = 0; b < 256; ++b) {
    std::uint64_t crc = b;
    for (int i = 0; i < 8; ++i) crc = crc & 1 ? (crc >> 1) ^ kPolynomial : crc >> 1;
    t[0][b] = crc;
  }
  for (unsigned b = 0; b < 256; ++b)
    for (std::size_t k = 1; k < 8; ++k) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xFF];
  return t;
}

}  // namespace

std::uint64_t crc64(std::uint64_t crc, std::string_view bytes) {
  static const auto tables = make_tables();
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    crc ^= word;
    std::uint64_t next = 0;
    for (unsigned k = 0; k < 8; ++k) next ^= tables[7 - k][(crc >> (8 * k)) & 0xFF];
    crc = next;
  }
  for (; n; ++p, --n) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(*p)) & 0xFF];
  return crc;
}

bool lzf_decompress(std::string_view packed, char* out, std::size_t size) {
  std::size_t in = 0, at = 0;
  while (in < packed.size()) {
    const auto control = static_cast<unsigned char>(packed[in++]);
    if (control < 32) {
      const std::size_t literal = control + 1u;
      if (in + literal > packed.size() || at + literal > size) return false;
      std::memcpy(out + at, packed.data() + in, literal);
      in += literal;
      at += literal;
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) {
      if (in >= packed.size()) return false;
      length += static_cast<unsigned char>(packed[in++]);
    }
    length += 2;
    if (in >= packed.size()) return false;
    const std::size_t distance = ((control & 0x1Fu) << 8 | static_cast<unsigned char>(packed[in++])) + 1u;
    if (distance > at || at + length > size) return false;
    // Byte by byte: the source may overlap what is being written.
    for (; length; --length, ++at) out[at] = out[at - distance];
  }
  return at == size;
}

}  // namespace node
