// CRC-32 as zlib, PNG and Ethernet have it (reflected 0x04C11DB7), for checksums that go on while a file
// grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace harness {

/// The checksum of what had `before` as its own (0: nothing), with `bytes` behind it.
std::uint32_t crc32(std::uint32_t before, std::span<const std::byte> bytes);
inline std::uint32_t crc32(std::uint32_t before, std::string_view text) {
  return crc32(before, std::as_bytes(std::span(text)));
}

}  // namespace harness
