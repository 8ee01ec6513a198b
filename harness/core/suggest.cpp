#include "harness/core/suggest.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
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

std::set<std::string_view> words_in(std::string_view name) {
  constexpr std::size_t kShortest = 3;  // "of" and "to" tell nothing
  std::set<std::string_view> words;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('-', begin), name.size());
    if (end - begin >= kShortest) words.insert(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// Names that share a word with the misspelt one: those that begin with its first word, else any of it.
std::string akin(std::string_view misspelt, std::span<const std::string_view> names) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string_view> beginning, sharing;
  const std::string first = std::string(misspelt.substr(0, misspelt.find('-'))) + "-";
  for (const std::string_view name : names) {
    if (first.size() > 3 && name.starts_with(first)) beginning.push_back(name);
    for (const std::string_view word : words_in(name))
      if (words_in(misspelt).contains(word)) {
        sharing.push_back(name);
        break;
      }
  }
  const auto& found = beginning.empty() ? sharing : beginning;
  if (found.empty() || found.size() > kMost) return {};
  std::string text;
  for (std::size_t i = 0; i < found.size(); ++i)
    text += std::string(i == 0                  ? ""
                        : i + 1 == found.size() ? " or "
                                                : ", ") +
            "'" + std::string(found[i]) + "'";
  return " (did you mean " + text + "?)";
}

}  // namespace

std::string suggestion(std::string_view misspelt, std::span<const std::string_view> names) {
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(misspelt.size() / 2, 2) + 1;
  for (const std::string_view name : names) {
    // What somebody began to type counts as nearest.
    const std::size_t distance =
        !misspelt.empty() && name.starts_with(misspelt) ? 0 : edit_distance(misspelt, name);
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest.empty() ? akin(misspelt, names) : " (did you mean '" + std::string(nearest) + "'?)";
}

std::string suggestion_or_all(std::string_view misspelt, std::span<const std::string_view> names) {
  std::string text = suggestion(misspelt, names);
  if (!text.empty() || names.empty()) return text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "; there are " : i + 1 == names.size() ? " and " : ", ") + std::string(names[i]);
  return text;
}

}  // namespace harness
