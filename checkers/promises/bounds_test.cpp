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

TEST_CASE("where the node timeout is changed, the bounds are those of either value") {
  RunRecord run;
  run.info.server = {"redis", "redis", "7.0.15", "", ""};
  run.info.config.node_timeout_ms = 1500;
  FaultRecord set;
  set.effects = {Effect{}};
  set.effects.front().kind = EffectKind::kConfig;
  set.effects.front().detail = "cluster-node-timeout 2500";
  run.faults = {set};
  const Bounds raised = bounds_of(run);
  CHECK(raised.recovery_derived == 6 * kSecond);
  CHECK(raised.needless_derived == 750 * kMillisecond);
  CHECK(raised.vote_spacing == 3 * kSecond);
  run.faults.front().effects.front().detail = "cluster-node-timeout 500";
  CHECK(bounds_of(run).recovery_derived == 4 * kSecond);
  CHECK(bounds_of(run).needless_derived == 250 * kMillisecond);
  run.faults.front().effects.front().detail = "maxmemory 2500";
  CHECK(bounds_of(run).recovery_derived == 4 * kSecond);
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

TEST_CASE("bounds: a cron that runs seldom delays each step of a failover") {
  RunRecord run;
  run.info.config.node_timeout_ms = 1500;
  const Nanos usual = bounds_of(run).grace;
  run.plan.cluster.directives["hz"] = "50";
  CHECK(bounds_of(run).grace == usual);
  run.plan.cluster.nodes["n4"].directives["hz"] = "1";
  CHECK(bounds_of(run).grace == usual + 4 * 900 * kMillisecond);
}
