#include "harness/core/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace harness {
namespace {

/// Levenshtein distance: insertions, deletions and replacements.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string suggestion(std::string_view misspelt, std::span<const std::string_view> names) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(misspelt.size() / 2, 2) + 1;
  for (const std::string_view name : names) {
    // What somebody began to type counts as near.
    const std::size_t distance =
        !misspelt.empty() && name.starts_with(misspelt) ? 1 : edit_distance(misspelt, name);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest.empty() ? std::string{} : " (did you mean '" + std::string(nearest) + "'?)";
}

std::string suggestion_or_all(std::string_view misspelt, std::span<const std::string_view> names) {
  std::string text = suggestion(misspelt, names);
  if (!text.empty() || names.empty()) return text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "; there are " : i + 1 == names.size() ? " and " : ", ") + std::string(names[i]);
  return text;
}

}  // namespace harness
