// The inner words of this folder stand in harness::reporting, apart from those that checkers have of the same
// name.
//
// Words and figures as every report writes them, and the escapes that keep what came from the cluster text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/core/slot.h"
#include "harness/core/time.h"

namespace harness::reporting {

/// Valid UTF-8: every byte that does not belong to a sequence becomes U+FFFD.
std::string clean_utf8(std::string_view text);

/// Text for XML 1.0 and HTML, in elements and in quoted attributes: cleaned, & < > " ' escaped, and
/// characters that XML forbids (control characters, U+FFFE, U+FFFF) replaced by U+FFFD. Those that reorder or
/// hide text are shown as \uNNNN.
std::string escape_xml(std::string_view text);

/// Text for a terminal: cleaned, control characters shown as \xNN, so that nothing from the cluster moves the
/// cursor or changes a colour; so are characters that reorder or hide text, as \uNNNN. Line breaks become
/// spaces.
std::string terminal_text(std::string_view text);
/// The same, with its line breaks.
std::string terminal_lines(std::string_view text);

/// 412008 -> "412,008"
std::string grouped(std::uint64_t number);
/// "1 write", "3 writes" (the plural adds an s)
std::string counted(std::uint64_t number, std::string_view noun);
/// Seconds of run time with the given decimals: "41.204".
std::string seconds(Nanos time, int decimals = 3);
/// A length of time in the unit a person would choose: "0.4 ms", "173 ms", "2.35 s".
std::string duration(Nanos length);
/// The same, from milliseconds.
std::string duration_ms(double milliseconds);
/// A figure without trailing zeros: 4 -> "4", 1.25 -> "1.25".
std::string figure(double number);
/// "0-5460 10923", or "none".
std::string ranges_text(const SlotRanges& ranges);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace harness::reporting
