#include "harness/scenario/known_list.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "checkers/known.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/toml_section.h"

namespace harness {
namespace {

/// "logs/unexpected-exit": checker and anomaly.
KnownViolation violation_from(const Section& section, const std::string& word) {
  const std::size_t slash = word.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == word.size())
    section.refuse("violations", "'" + word + "' must be CHECKER/ANOMALY, as in logs/unexpected-exit");
  KnownViolation known;
  known.check = word.substr(0, slash);
  known.anomaly = word.substr(slash + 1);
  if (const std::string why = problem_with_anomaly(known.anomaly); !why.empty())
    section.refuse("violations", why);
  return known;
}

KnownEntry read_entry(Section section) {
  KnownEntry entry;
  std::vector<std::string> violations, builds;
  KnownViolation common;
  section.read_names("scenarios", entry.scenarios);
  section.read_names("violations", violations);
  section.read_names("builds", builds);
  section.read("reason", common.reason);
  section.read_day("until", common.until);
  section.done();
  if (violations.empty()) section.refuse("", "[[known]] knows nothing: give it 'violations'");
  if (builds.empty()) builds.emplace_back();
  for (const std::string& word : violations)
    for (const std::string& build : builds) {
      KnownViolation known = violation_from(section, word);
      known.reason = common.reason;
      known.builds = build;
      known.until = common.until;
      entry.violations.push_back(std::move(known));
    }
  entry.place = section.place();
  return entry;
}

}  // namespace

std::vector<KnownEntry> parse_known(std::string_view toml, const std::string& source) {
  const toml::parse_result parsed = toml::parse(toml, source);
  if (!parsed)
    throw UsageError(place_of(source, parsed.error().source()) + std::string(parsed.error().description()));
  Section root(parsed.table(), source, "");
  std::vector<KnownEntry> list;
  for (Section& section : root.tables("known")) list.push_back(read_entry(section));
  root.done();
  return list;
}

std::vector<KnownEntry> load_known(const std::string& name_or_file) {
  std::vector<std::string_view> names;
  for (const BundledKnownList& bundled : bundled_known_lists()) {
    if (bundled.name == name_or_file) return parse_known(bundled.toml, name_or_file + ".toml");
    names.push_back(bundled.name);
  }
  std::error_code error;
  if (std::filesystem::path(name_or_file).extension() != ".toml" ||
      !std::filesystem::is_regular_file(name_or_file, error))
    throw UsageError("unknown list of known violations '" + name_or_file + "'" +
                     suggestion(name_or_file, names) + ": give a bundled one (ci/known) or a .toml file");
  return parse_known(text_of_file(name_or_file, "list of known violations"), name_or_file);
}

void add_known(const std::vector<KnownEntry>& list, Scenario& scenario) {
  const auto means = [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), scenario.plan.scenario.c_str(), 0) == 0;
  };
  for (const KnownEntry& entry : list) {
    if (!entry.scenarios.empty() && std::ranges::none_of(entry.scenarios, means)) continue;
    for (const KnownViolation& known : entry.violations) {
      scenario.places["known." + std::to_string(scenario.plan.known.size())] = entry.place;
      scenario.plan.known.push_back(known);
    }
  }
}

}  // namespace harness
