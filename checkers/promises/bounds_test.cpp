#include "checkers/promises/bounds.h"

#include <catch2/catch.hpp>

using namespace harness;

TEST_CASE("bounds follow the node timeout that the cluster ran with") {
  ClusterConfig config;
  config.node_timeout_ms = 1000;
  const Bounds fast = bounds_of({"redis", "redis", "7.0.15", "", ""}, config);
  CHECK(fast.recovery_derived == 3 * kSecond);
  CHECK(fast.minority_writes == 1600 * kMillisecond);
  CHECK(fast.lost_election == 5 * kSecond);
  CHECK(fast.vote_spacing == 2 * kSecond);
  config.node_timeout_ms = 30'000;
  const Bounds slow = bounds_of({"redis", "redis", "7.0.15", "", ""}, config);
  CHECK(slow.recovery_derived == 61 * kSecond);
  CHECK(slow.recovery_spec == 32 * kSecond);
  CHECK(slow.lost_election == 121 * kSecond);
}

TEST_CASE("what a build promises depends on its flavor and version") {
  const ClusterConfig config;
  CHECK(bounds_of({"", "valkey", "8.0.3", "", ""}, config).vote_spacing > 0);
  CHECK(bounds_of({"", "valkey", "9.1.2", "", ""}, config).vote_spacing == 0);
  CHECK(bounds_of({"", "redis", "8.0.2", "", ""}, config).vote_spacing > 0);
  CHECK_FALSE(bounds_of({"", "valkey", "8.1.1", "", ""}, config).forces_votes);
  CHECK_FALSE(bounds_of({"", "valkey", "9.0.3", "", ""}, config).forces_votes);
  CHECK(bounds_of({"", "valkey", "9.0.3", "", ""}, config).vote_spacing == 0);
  CHECK(bounds_of({"", "valkey", "9.1.2", "", ""}, config).forces_votes);
  CHECK_FALSE(bounds_of({"", "redis", "7.0.15", "", ""}, config).forces_votes);
  RunInfo mixed;
  mixed.server = {"", "redis", "7.0.15", "", ""};
  CHECK(bounds_of(mixed).vote_spacing > 0);
  mixed.peers = {{"", "valkey", "9.1.2", "", ""}};  // a mixed cluster promises what all of its builds promise
  CHECK(bounds_of(mixed).vote_spacing == 0);
  CHECK(bounds_of(mixed).forces_votes);
  CHECK(version_number("8.1.1") == 8'001'001);
  CHECK(version_number("10.0") > version_number("9.9.9"));
  CHECK(version_number("unstable") == 0);
}
