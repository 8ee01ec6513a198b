#include "harness/core/json_bytes.h"

#include <charconv>

namespace harness {
namespace {

using Json = nlohmann::json;

bool is_utf8(std::string_view text) {
  // The strict dump is the one judge: what it takes is read back as the same bytes.
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

}  // namespace

Json bytes_json(std::string_view bytes) {
  if (is_utf8(bytes)) return bytes;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  return {{"hex", hex}};
}

std::string bytes_from(const Json& j) {
  if (j.is_string()) return j.get<std::string>();
  const auto hex = j.at("hex").get<std::string>();
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace harness
