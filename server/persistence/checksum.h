/// CRC-64 (Jones polynomial, reflected), which ends dump files and DUMP payloads.
#pragma once

#include <cstdint>
#include <string_view>

namespace node {

std::uint64_t crc64(std::uint64_t crc, std::string_view bytes);

/// LZF, as dump files compress strings. False when the input is no LZF of exactly `size` bytes.
bool lzf_decompress(std::string_view packed, char* out, std::size_t size);

}  // namespace node
