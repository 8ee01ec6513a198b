// Violations that whoever runs the scenarios lives with: a list of its own, apart from the scenarios. A
// scenario that shows a public bug fails where the bug is; a night that has such builds tells it as known.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/scenario.h"

namespace harness {

/// One [[known]] of a list.
struct KnownEntry {
  std::vector<std::string> scenarios;      // names or patterns; empty: every scenario
  std::vector<KnownViolation> violations;  // each of its violations on each of its builds
  std::string place;                       // "file:3:1: "
};

/// A bundled list, or a .toml file. Throws UsageError with file, line and column.
std::vector<KnownEntry> load_known(const std::string& name_or_file);
std::vector<KnownEntry> parse_known(std::string_view toml, const std::string& source);

/// Adds what applies to the scenario, by its name, to what it knows itself.
void add_known(const std::vector<KnownEntry>& list, Scenario& scenario);

struct BundledKnownList {
  std::string_view name;
  std::string_view folder;
  std::string_view toml;
};
std::span<const BundledKnownList> bundled_known_lists();

}  // namespace harness
