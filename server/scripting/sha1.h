/// SHA-1 (FIPS 180-4), the name of a script.
#pragma once

#include <string>
#include <string_view>

namespace node {

/// 40 lower-case hexadecimal digits.
std::string sha1_hex(std::string_view bytes);

}  // namespace node
