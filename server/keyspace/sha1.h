/// SHA-1 (FIPS 180-4): the name of a script, and DEBUG DIGEST.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace node {

std::array<std::uint8_t, 20> sha1(std::string_view bytes);
/// 40 lower-case hexadecimal digits.
std::string sha1_hex(std::string_view bytes);

}  // namespace node
