#include "reports/allowed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace harness::reporting {
namespace {

struct CountedType {
  const char* type;
  const char* figure;  // of a check's measures
};
constexpr CountedType kCounted[] = {{"lost-write", "lost_writes"}, {"stale-read", "stale_reads"}};

std::optional<std::size_t> figure_of(const CheckResult& check, const std::string& name) {
  const auto found = std::ranges::find(check.measured, name, &Measures::value_type::first);
  return found == check.measured.end() ? std::nullopt
                                       : std::optional(static_cast<std::size_t>(found->second));
}

/// The counts of those types that the check counted whole; how many more these are than the listed ones.
std::size_t take_figures(const CheckResult& check, std::size_t unlisted,
                         std::map<std::string, std::size_t>& types, std::map<std::string, bool>& whole) {
  std::size_t taken = 0;
  for (const auto& [type, figure] : kCounted) {
    const auto number = figure_of(check, figure);
    // Violations are in the figure too: then it does not tell how many are allowed.
    if (!number || check.violations > 0) continue;
    const std::size_t listed = types.contains(type) ? types.at(type) : 0;
    if (*number < listed || taken + *number - listed > unlisted) continue;
    taken += *number - listed;
    if (*number > 0) types[type] = *number;
    whole[type] = true;
  }
  return taken;
}

}  // namespace

std::size_t allowed_unlisted(const CheckResult& check) {
  const auto listed = static_cast<std::size_t>(std::ranges::count_if(
      check.anomalies, [](const Anomaly& one) { return one.allowed && one.known.empty(); }));
  return check.allowed - std::min(check.allowed, listed);
}

std::vector<TypeCount> allowed_types(const CheckResult& check) {
  std::map<std::string, std::size_t> types;
  for (const Anomaly& anomaly : check.anomalies)
    if (anomaly.allowed && anomaly.known.empty()) ++types[anomaly.type];
  std::size_t unlisted = allowed_unlisted(check);
  if (unlisted > 0) {
    std::map<std::string, bool> whole;
    unlisted -= take_figures(check, unlisted, types, whole);
    std::vector<std::string> left;
    for (const auto& [type, count] : types)
      if (!whole.contains(type)) left.push_back(type);
    if (unlisted > 0 && left.size() == 1) types[left.front()] += std::exchange(unlisted, 0);
  }
  std::vector<TypeCount> counts;
  for (const auto& [type, count] : types) counts.push_back({type, count});
  if (unlisted > 0) counts.push_back({"", unlisted});
  return counts;
}

}  // namespace harness::reporting
