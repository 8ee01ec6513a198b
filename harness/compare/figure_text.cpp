#include "harness/compare/figure_text.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/text.h"

namespace harness {
namespace {

/// How many columns it takes: bytes that continue a UTF-8 sequence take none.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Without its sign.
std::string size_text(const FigureKind& kind, double size) {
  if (kind.unit == "ms") return reporting::duration_ms(size);
  if (kind.unit == "bytes") return reporting::figure(std::round(size / 1e5) / 10) + " MB";
  return reporting::grouped(static_cast<std::uint64_t>(std::llround(size))) + "/s";
}

}  // namespace

std::string figure_text(const FigureKind& kind, std::optional<double> value) {
  return value ? size_text(kind, *value) : "-";
}

std::string signed_text(const FigureKind& kind, double difference) {
  if (!std::isfinite(difference)) return "?";
  return (difference < 0 ? "-" : "+") + size_text(kind, std::fabs(difference));
}

std::string interval_text(const FigureKind& kind, const Interval& interval) {
  return signed_text(kind, interval.low) + " to " + signed_text(kind, interval.high);
}

std::string percent_text(double difference, double of) {
  if (of == 0 || !std::isfinite(difference)) return {};
  const long percent = std::lround(100 * difference / of);
  return (percent > 0 ? "+" : "") + std::to_string(percent) + " %";
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string table_text(const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace harness
