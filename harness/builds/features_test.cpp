// The capability profiles: by themselves, and against the answers of the server under test.
#include "harness/builds/features.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

Flavor flavor_of(std::string_view output) {
  Flavor flavor;
  REQUIRE(parse_version(output, flavor));
  return flavor;
}

std::string all_text(const Reply& reply) {
  std::string text = reply.text + "\n";
  for (const Reply& element : reply.elements) text += all_text(element);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

Reply ask(Connection& connection, const Command& command) {
  const auto reply = connection.call(command);
  REQUIRE(static_cast<bool>(reply));
  return *reply;
}

/// Whether the server itself says that it has the feature.
bool answers(Connection& connection, const FeatureEntry& entry) {
  const std::string name(entry.probed);
  switch (entry.probe) {
    case FeatureProbe::kCommand:
      return ask(connection, {"COMMAND", "INFO", name}).elements.at(0).elements.size() > 1;
    case FeatureProbe::kSubcommand:
      return all_text(ask(connection, {"CLUSTER", "HELP"})).find(name) != std::string::npos;
    case FeatureProbe::kDirective:
      return !ask(connection, {"CONFIG", "GET", name}).elements.empty();
    case FeatureProbe::kInfoField:
      return ask(connection, {"INFO", "all"}).text.find("\n" + name + ":") != std::string::npos;
    case FeatureProbe::kSections:
      return !ask(connection, {"INFO", "server", "replication"}).is_error();
  }
  return false;
}

}  // namespace

TEST_CASE("a feature is there from its first release on") {
  CHECK_FALSE(flavor_of("Redis server v=6.2.14 x").has(Feature::kDebugGate));
  CHECK_FALSE(flavor_of("Redis server v=6.2.14 x").has(Feature::kSlotRanges));
  CHECK(flavor_of("Redis server v=7.0.0 x").has(Feature::kDebugGate));
  CHECK(flavor_of("Valkey server v=7.2.5 x").has(Feature::kDebugGate));
  CHECK_FALSE(flavor_of("Redis server v=3.0.7 x").has(Feature::kProtectedMode));
  CHECK(flavor_of("Redis server v=3.2.13 x").has(Feature::kProtectedMode));
  CHECK_FALSE(flavor_of("Redis server v=8.0.6 x").has(Feature::kSlotMigration));
  CHECK(flavor_of("Valkey server v=9.0.0 x").has(Feature::kSlotMigration));
}

TEST_CASE("the profiles are in order of time, each with a source, and no name twice") {
  const auto table = features();
  CHECK(std::ranges::is_sorted(table, {}, [](const FeatureEntry& entry) {
    return entry.redis.value_or(entry.valkey.value_or(Version{}));
  }));
  for (const FeatureEntry& entry : table) {
    CAPTURE(entry.name);
    CHECK(std::ranges::count(table, entry.name, &FeatureEntry::name) == 1);
    CHECK(&entry_of(entry.feature) == &entry);
    CHECK_FALSE(entry.source.empty());
    CHECK((entry.redis || entry.valkey));
    CHECK((!entry.valkey || *entry.valkey >= Version{7, 2, 0}));
  }
  CHECK(since(entry_of(Feature::kDualChannel)) == "since Valkey 8.0.0, in no Redis");
}

TEST_CASE("a server has what its profile says, no more and no less") {
  TestSandbox bottle;
  Cluster cluster(*bottle.sandbox, bottle.options(3, 0));
  cluster.start();
  const Node& node = cluster.node(0);
  auto connection = node.connect({2000ms, 2000ms});
  REQUIRE(static_cast<bool>(connection));
  const Flavor flavor = node.flavor();
  for (const FeatureEntry& entry : features()) {
    CAPTURE(flavor.version_text, entry.name);
    CHECK(answers(*connection, entry) == flavor.has(entry.feature));
  }
}
