#include <catch2/catch.hpp>

#include "server/cluster/sim/scenario.h"

using namespace node::cluster;
using namespace node::cluster::sim;

namespace {

/// The first seed of a range whose story breaks a promise; its failure names the promise.
Outcome first_failure(const Plan& plan, std::uint64_t from, std::uint64_t count) {
  Outcome outcome;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    outcome = run_seed(seed, plan);
    if (!outcome.failure.empty()) break;
  }
  return outcome;
}

void check_holds(const Plan& plan, std::uint64_t from, std::uint64_t count) {
  int votes = 0, promotions = 0;
  for (std::uint64_t seed = from; seed < from + count; ++seed) {
    const Outcome outcome = run_seed(seed, plan);
    INFO("repeat: cluster-sim --verbose --count 1 --seed " << seed << " --masters " << plan.masters
                                                           << " --replicas " << plan.replicas_each
                                                           << (plan.admin ? "" : " --no-admin"));
    REQUIRE(outcome.failure == "");
    votes += outcome.votes;
    promotions += outcome.promotions;
  }
  // Stories without elections would prove nothing.
  CHECK(votes > static_cast<int>(count) / 4);
  CHECK(promotions > static_cast<int>(count) / 8);
}

}  // namespace

TEST_CASE("the promises hold under crashes, power cuts, partitions, one-way links and delays") {
  check_holds({.admin = false}, 1, 150);
}

TEST_CASE("the promises hold while an administrator fails over and moves slots too") {
  check_holds({}, 1, 150);
}

TEST_CASE("the promises hold in a larger cluster") {
  check_holds({.masters = 5, .replicas_each = 2, .admin = false}, 1, 15);
}

TEST_CASE("a seed repeats exactly") {
  const Outcome first = run_seed(42, {}), second = run_seed(42, {}), other = run_seed(43, {});
  CHECK(first.fingerprint == second.fingerprint);
  CHECK(first.events == second.events);
  CHECK(first.fingerprint != other.fingerprint);
}

// The alarm works: each broken rule is noticed, and by the promise that it breaks.

TEST_CASE("alarm: a voter that forgets its vote is caught") {
  const Outcome outcome =
      first_failure({.replicas_each = 2, .admin = false, .defects = {node::Defect::kVoteTwice}}, 1, 400);
  INFO(outcome.failure);
  CHECK(outcome.failure.find("voted twice") != std::string::npos);
}

TEST_CASE("alarm: a vote sent before it is durable is caught") {
  const Outcome outcome =
      first_failure({.admin = false, .defects = {node::Defect::kVoteBeforePersist}}, 1, 50);
  INFO(outcome.failure);
  CHECK(outcome.failure.find("would not remember it") != std::string::npos);
}

TEST_CASE("alarm: a vote that is not saved is caught") {
  const Outcome outcome = first_failure({.admin = false, .defects = {node::Defect::kVoteUnsaved}}, 1, 50);
  INFO(outcome.failure);
  CHECK(outcome.failure.find("would not remember it") != std::string::npos);
}

TEST_CASE("alarm: a promotion without a majority is caught") {
  const Outcome outcome =
      first_failure({.admin = false, .defects = {node::Defect::kElectionWithoutMajority}}, 1, 2000);
  INFO(outcome.failure);
  CHECK(outcome.failure.find("both won epoch") != std::string::npos);
}

TEST_CASE("alarm: belief in stale claims is caught") {
  const Outcome outcome = first_failure({.admin = false, .defects = {node::Defect::kStaleClaimWins}}, 1, 200);
  INFO(outcome.failure);
  CHECK(outcome.failure != "");
}

TEST_CASE("alarm: epochs that collide for good are caught") {
  const Outcome outcome = first_failure({.defects = {node::Defect::kCollisionLeft}}, 1, 4000);
  INFO(outcome.failure);
  CHECK(outcome.failure.find("two masters have epoch") != std::string::npos);
}
