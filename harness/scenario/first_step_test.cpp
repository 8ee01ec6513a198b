// Steps that act on the cluster as it was created, and what cannot be done to that.
#include "harness/scenario/first_step.h"

#include <catch2/catch.hpp>

#include "harness/core/check.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/scenario.h"

using namespace harness;
using Catch::Contains;

namespace {

/// Three masters n1 to n3 with a replica each, n4 to n6, and a spare n7.
std::string refusal(const std::string& steps) {
  try {
    draw(parse_scenario("[cluster]\nmasters = 3\nreplicas = 1\nspare = 1\n" + steps, "s.toml"), 7);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

std::string step(const std::string& fault, const std::string& target, const std::string& with = "") {
  return "[[step]]\nfault = \"" + fault + "\"\ntarget = \"" + target + "\"\n" +
         (with.empty() ? "" : "[step.with]\n" + with + "\n");
}

}  // namespace

TEST_CASE("slots that cannot go where they are sent are refused before the run") {
  CHECK_THAT(refusal(step("move-slots", "n1", "to = \"n1\"")),
             Contains("s.toml:7:") && Contains("n1 has the slots already"));
  CHECK_THAT(refusal(step("move-slots", "master-of-slot 0", "to = \"n1\"")),
             Contains("has the slots already"));
  CHECK_THAT(refusal(step("move-slots", "n1", "to = \"n5\"")), Contains("n5 is a replica of n2 then"));
  CHECK_THAT(refusal(step("move-slots", "n4", "to = \"n1\"")), Contains("n4 is a replica of n1 then"));
  CHECK_THAT(refusal(step("move-slots", "n1", "to = \"n7\"")), Contains("n7 is no member then"));
  CHECK_THAT(refusal(step("migrate-then-kill", "n2", "to = \"n2\"")), Contains("has the slots already"));
  CHECK(refusal(step("move-slots", "n1", "to = \"n2\"")).empty());
  CHECK(refusal(step("move-slots", "random-master", "to = \"n2\"")).empty());
}

TEST_CASE("a master with replicas cannot be forgotten by them, nor take over from itself, nor be a replica") {
  for (const char* target : {"n1", "master-of-slot 0", "random-master", "masters"}) {
    CAPTURE(target);
    CHECK_THAT(refusal(step("forget-and-meet", target)), Contains("refuse to forget their master"));
  }
  CHECK(refusal(step("forget-and-meet", "n4")).empty());
  CHECK(refusal(step("forget-and-meet", "random-replica")).empty());
  CHECK_THAT(refusal(step("manual-failover", "n1")), Contains("n1 is a master then"));
  CHECK(refusal(step("manual-failover", "n4")).empty());
  CHECK_THAT(refusal(step("replicate", "n1")), Contains("n1 is a master with slots"));
  CHECK_THAT(refusal(step("replicate", "n4", "of = \"n5\"")), Contains("n5 is no master then"));
  CHECK(refusal(step("replicate", "n4", "of = \"n2\"")).empty());
}

TEST_CASE("what an earlier step may have changed is not judged beforehand") {
  const std::string move = step("move-slots", "n1", "to = \"n5\"");
  CHECK(refusal(step("manual-failover", "n5") + move).empty());
  CHECK(refusal("[[step]]\ncommand = \"CLUSTER FAILOVER\"\non = \"n5\"\n" + move).empty());
  CHECK(refusal(move + step("manual-failover", "n5") + "since = \"start\"\n").empty());
  // Waits change nothing, and what waits for the step comes behind it.
  CHECK_THAT(refusal("[[step]]\nwait = \"settled\"\n" + move), Contains("n5 is a replica"));
  CHECK_THAT(refusal(move + step("manual-failover", "n5")), Contains("n5 is a replica"));
}
