// What a nodes.conf that was damaged before a server took it excuses, and what it does not.
#include "checkers/damaged_views.h"

#include <catch2/catch.hpp>

#include "checkers/judge.h"
#include "checkers/promises/falsified_run_test.h"

using namespace harness;
using namespace harness::testing;
using Catch::Matchers::Contains;

namespace {

/// n1 dies at 10 s and starts again at 16 s; in the end n6 does not answer.
RunRecord disagreeing() {
  RunRecord run = healthy();
  View silent;
  silent.node = 5;
  silent.end = run.info.end;
  silent.begin = silent.end - 3 * kSecond;
  silent.reachable = false;
  run.views.push_back(silent);
  return run;
}

/// n1's nodes.conf is damaged at `ms`.
void damage_views(RunRecord& run, int ms) {
  FaultRecord fault;
  fault.requested = ms * kMillisecond;
  fault.nodes = {0};
  Effect effect;
  effect.kind = EffectKind::kDisk;
  effect.nodes = {0};
  effect.excuses.lost_views = true;
  fault.effects = {effect};
  run.faults.push_back(fault);
}

CheckResult roles_check(const RunRecord& run) {
  const std::string_view names[] = {"role-convergence"};
  return judge(run, {}, names).checks.front();
}

}  // namespace

TEST_CASE("what nodes show after a server took a damaged nodes.conf is a doubt that names the server") {
  RunRecord run = disagreeing();
  REQUIRE(roles_check(run).violations > 0);
  damage_views(run, 12'000);
  const CheckResult result = roles_check(run);
  CHECK(result.valid == Validity::kUnknown);
  CHECK(result.violations == 0);
  CHECK_THAT(result.explanation, Contains("server n1 took a nodes.conf that was damaged"));
}

TEST_CASE("a damaged nodes.conf that no server took excuses nothing") {
  RunRecord run = disagreeing();
  SECTION("damaged when the server had read it for the last time") {
    damage_views(run, 30'000);
  }
  SECTION("the server ended before it answered anybody") {
    damage_views(run, 12'000);
    std::erase_if(run.views, [](const View& view) { return view.node == 0 && view.begin > 12 * kSecond; });
  }
  CHECK(roles_check(run).valid == Validity::kInvalid);
}
