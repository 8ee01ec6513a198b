// What each release of Redis (3.0 to 8) and Valkey (7.2 to 9) has of what a run may need: the capability
// profile of a build, by its version.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "harness/builds/flavor.h"

namespace harness {

/// How a server itself tells that it has a feature.
enum class FeatureProbe {
  kCommand,     // COMMAND INFO knows the name
  kSubcommand,  // "CLUSTER SHARDS": CLUSTER HELP, or COMMAND INFO of "CLUSTER|SHARDS", knows it
  kDirective,   // CONFIG GET answers for the name
  kInfoField,   // INFO has the field
  kSections,    // INFO takes several sections
};

struct FeatureEntry {
  Feature feature;
  std::string_view name;
  std::string_view description;
  std::optional<Version> redis;   // the first release that has it; none: no release has
  std::optional<Version> valkey;  // Valkey's first was 7.2, which had all that Redis 7.2 has
  FeatureProbe probe;
  std::string_view probed;  // what the probe names
  std::string_view source;  // where the versions are from
};

std::span<const FeatureEntry> features();
const FeatureEntry& entry_of(Feature feature);

/// A release whose own answers were compared with the table by the test "a server has what its profile says".
/// All others go by the documents that the table names.
struct TriedRelease {
  FlavorKind kind;
  Version version;
};
std::span<const TriedRelease> tried_releases();

std::string text_of(const Version& version);  // "7.0.15"
/// "since Redis 7.0.0, Valkey 7.2.0": for lists.
std::string since(const FeatureEntry& entry);

}  // namespace harness
