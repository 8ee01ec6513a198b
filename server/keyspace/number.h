/// Numbers as the protocol writes and reads them: strict integers, doubles as %.17g, and the long doubles of
/// INCRBYFLOAT.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace node {

/// Decimal digits with an optional minus: no spaces, no plus, no leading zeros, within 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<std::uint64_t> parse_unsigned(std::string_view text);

/// A double as strtod reads it, whole text, no surrounding space, not NaN. "inf" and "-inf" are numbers.
std::optional<double> parse_double(std::string_view text);
std::optional<long double> parse_long_double(std::string_view text);

/// %.17g, integers without an exponent, "inf" and "-inf".
std::string format_double(double value);
/// %.17Lf without trailing zeros, as INCRBYFLOAT stores it.
std::string format_long_double(long double value);

/// Writes the digits of value; returns the length. `out` holds 20 characters at least.
inline std::size_t write_integer(char* out, std::int64_t value) {
  return static_cast<std::size_t>(std::to_chars(out, out + 24, value).ptr - out);
}

}  // namespace node
