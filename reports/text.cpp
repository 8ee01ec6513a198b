#include "reports/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "harness/core/value.h"

namespace harness::reporting {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::string formatted(const char* format, int decimals, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, decimals, number);
  return text;
}

/// Calls `each` with every character of the text, one UTF-8 sequence at a time; empty for a stray byte.
template <typename Each>
void for_each_character(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    each(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

bool is_control(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  const bool c1 = character.size() == 2 && byte == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  return byte < 0x20 || byte == 0x7f || c1;
}

/// "\\u202e" for a character that changes the direction of text or cannot be seen; empty for any other.
std::string reordering_shown(std::string_view character) {
  if (character.size() != 3) return {};
  const auto bits = [&](std::size_t i) { return static_cast<unsigned char>(character[i]) & 0x3FU; };
  const unsigned code = (static_cast<unsigned char>(character[0]) & 0x0FU) << 12U | bits(1) << 6U | bits(2);
  const bool strange = (0x200B <= code && code <= 0x200F) || (0x202A <= code && code <= 0x202E) ||
                       (0x2060 <= code && code <= 0x2069) || code == 0xFEFF;
  if (!strange) return {};
  char escape[8];
  std::snprintf(escape, sizeof escape, "\\u%04x", code);
  return escape;
}

}  // namespace

std::string clean_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(
      text, [&](std::string_view character) { out += character.empty() ? kReplacement : character; });
  return out;
}

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for_each_character(text, [&](std::string_view character) {
    if (const std::string shown = reordering_shown(character); !shown.empty())
      out += shown;
    else if (character.empty() || character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf")
      out += kReplacement;
    else if (character == "&")
      out += "&amp;";
    else if (character == "<")
      out += "&lt;";
    else if (character == ">")
      out += "&gt;";
    else if (character == "\"")
      out += "&quot;";
    else if (character == "'")
      out += "&#39;";
    else if (is_control(character) && character != "\n" && character != "\t")
      out += kReplacement;
    else
      out += character;
  });
  return out;
}

std::string terminal_lines(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += terminal_text(text.substr(0, end));
    if (end == text.size()) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string terminal_text(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::string_view character) {
    if (const std::string shown = reordering_shown(character); !shown.empty()) {
      out += shown;
    } else if (character.empty()) {
      out += kReplacement;
    } else if (character == "\n" || character == "\t" || character == "\r") {
      out += ' ';
    } else if (is_control(character)) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(character.back()));
      out += escape;
    } else {
      out += character;
    }
  });
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string counted(std::uint64_t number, std::string_view noun) {
  return grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string seconds(Nanos time, int decimals) {
  return time == kNever ? "never" : formatted("%.*f", decimals, to_seconds(time));
}

std::string duration(Nanos length) {
  return length == kNever ? "never" : duration_ms(to_ms(length));
}

std::string duration_ms(double milliseconds) {
  const double size = std::fabs(milliseconds);
  if (size >= 10'000) return formatted("%.*f", 1, milliseconds / 1000) + " s";
  if (size >= 1'000) return formatted("%.*f", 2, milliseconds / 1000) + " s";
  return formatted("%.*f", size >= 10 || size == 0 ? 0 : size >= 1 ? 1 : 2, milliseconds) + " ms";
}

std::string figure(double number) {
  if (!std::isfinite(number)) return "unknown";
  if (number == std::floor(number) && std::fabs(number) < 1e15) {
    const std::string digits = grouped(static_cast<std::uint64_t>(std::fabs(number)));
    return number < 0 ? "-" + digits : digits;
  }
  std::string text = formatted("%.*f", 3, number);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string ranges_text(const SlotRanges& ranges) {
  std::string out;
  for (const SlotRange& range : ranges) {
    if (!out.empty()) out += ' ';
    out += std::to_string(range.first);
    if (range.last != range.first) out += "-" + std::to_string(range.last);
  }
  return out.empty() ? "none" : out;
}

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t length = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < length ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out += k <= length ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

}  // namespace harness::reporting
