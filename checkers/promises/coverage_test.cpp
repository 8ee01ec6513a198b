// "coverage": what the run reached, by what its nodes and its views tell.
#include "checkers/promises/coverage.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/reached.h"
#include "checkers/promises/record_builder_test.h"
#include "harness/core/coverage.h"

using namespace harness;
using namespace harness::testing;

namespace {

RunRecord with_statistics() {
  RecordBuilder b;
  b.observe_until(3'000);
  b.end(2'000, 2'100, 2'500);
  RunRecord run = b.finish();
  FinalView view;
  view.replication =
      "# Replication\r\nrole:master\r\n# Commandstats\r\ncmdstat_get:calls=5,usec=9,usec_per_call=1.80\r\n"
      "cmdstat_cluster|nodes:calls=2,usec=9\r\ncmdstat_set:calls=0,usec=0\r\n# Errorstats\r\n"
      "errorstat_MOVED:count=3\r\n";
  run.final_views = {view, view};
  return run;
}

}  // namespace

TEST_CASE("commands and errors are counted over all nodes, and what was never called is not covered") {
  RunRecord run = with_statistics();
  CommandRecord step;
  step.words = {"Object", "ENCODING", "k"};
  step.answered = step.refused = true;
  step.reply = "ERR no such key";
  run.commands.push_back(step);
  const Coverage coverage = coverage_of(run);
  CHECK(coverage.commands ==
        std::map<std::string, std::uint64_t>{{"get", 10}, {"cluster|nodes", 4}, {"object", 1}});
  CHECK(coverage.errors == std::map<std::string, std::uint64_t>{{"MOVED", 6}, {"ERR", 1}});
}

TEST_CASE("states are told where the record can tell them, and coverage without evidence does not apply") {
  RunRecord run = with_statistics();
  const CheckResult quiet = check_coverage(run, {});
  CHECK(quiet.valid == Validity::kValid);
  CHECK(measured(quiet, "commands") == 2);
  CHECK(measured(quiet, "state_failover") == 0);
  CHECK(measured(quiet, "state_node-failing") == 0);
  REQUIRE(!run.views.empty());
  REQUIRE(run.views.back().topology.nodes.size() > 1);
  run.views.back().topology.nodes[1].flags |= kFlagPfail;
  run.views.back().topology.nodes[0].migrating.push_back(7);
  const CheckResult reached = check_coverage(run, {});
  CHECK(measured(reached, "state_node-failing") == 1);
  CHECK(measured(reached, "state_open-slot") == 1);
  run.views.clear();
  run.final_views.clear();
  const CheckResult nothing = check_coverage(run, {});
  CHECK(nothing.valid == Validity::kNotApplicable);
  CHECK(measured(nothing, "state_failover") == -1);
  for (const ReachedState& state : reached_states(run))
    if (state.name == "node-failing") CHECK_FALSE(state.reached.has_value());
}
