/// SHA-256, as FIPS 180-4 defines it: in hexadecimal, the form in which ACL shows passwords.
#pragma once

#include <string>
#include <string_view>

namespace node {

std::string sha256_hex(std::string_view text);

}  // namespace node
