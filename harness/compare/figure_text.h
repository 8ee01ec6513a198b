// Figures as comparisons write them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/compare/figures.h"
#include "harness/compare/statistics.h"

namespace harness {

/// "2.35 s", "0.07 ms", "4,981/s"; "-" when it was not measured.
std::string figure_text(const FigureKind& kind, std::optional<double> value);
/// With its sign: "+0.52 s", "-790/s".
std::string signed_text(const FigureKind& kind, double difference);
/// "+0.47 s to +0.58 s"; an end that nobody knows is "?".
std::string interval_text(const FigureKind& kind, const Interval& interval);
/// "+12 %"; nothing when there is no share of it.
std::string percent_text(double difference, double of);

/// As it is printed: indented, and whole even when bytes of the cluster are no UTF-8.
std::string json_text(const nlohmann::ordered_json& json);

/// Columns padded to their widest cell, two spaces between; no space at the ends of lines.
std::string table_text(const std::vector<std::vector<std::string>>& rows, std::size_t indent);

}  // namespace harness
