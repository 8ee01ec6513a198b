#include "harness/compare/difference.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/compare/figure_text.h"

namespace harness {
namespace {

using Catch::Contains;

const ViolationKind kLost{"register", "lost-write"};
const ViolationKind kTwice{"votes", "vote-twice"};
const ViolationKind kLate{"failover", "failover-late"};

RunSummary summary(const std::string& id, const std::string& verdict, int exit_code,
                   std::vector<ViolationKind> kinds) {
  RunSummary run;
  run.id = id;
  run.verdict = verdict;
  run.exit_code = exit_code;
  for (const ViolationKind& kind : kinds) run.violations[kind] = {2, "Something \x1b[31mred\x1b[0m"};
  run.figures.resize(figure_kinds().size());
  return run;
}

TEST_CASE("Violations of two runs are new, ongoing or resolved, and only new ones are a regression") {
  const RunSummary before = summary("a", "fail", 1, {kLost, kLate});
  const RunSummary after = summary("b", "fail", 1, {kLost, kTwice});
  const Difference difference{before, after, true};
  CHECK(new_violations(difference).count(kTwice) == 1);
  CHECK(new_violations(difference).size() == 1);
  CHECK(ongoing_violations(difference).count(kLost) == 1);
  CHECK(resolved_violations(difference).count(kLate) == 1);
  CHECK(exit_code_of(difference) == 1);
  CHECK(exit_code_of({after, after, true}) == 0);
  const std::string text = difference_text(difference);
  CHECK_THAT(text, Contains("new       votes: vote-twice   2") &&
                       Contains("ongoing   register: lost-write") &&
                       Contains("resolved  failover: failover-late") && !Contains("\x1b"));
  const nlohmann::json json = nlohmann::json::parse(json_text(difference_json(difference)));
  CHECK(json["new"][0]["check"] == "votes");
  CHECK(json["resolved"].size() == 1);
  CHECK(json["same_plan"] == true);
}

TEST_CASE("A run that cannot conclude, or that the environment ended, is no pass") {
  const RunSummary pass = summary("a", "pass", 0, {});
  CHECK(exit_code_of({pass, summary("b", "unknown", 4, {}), true}) == 4);
  CHECK(exit_code_of({summary("b", "unknown", 4, {}), pass, true}) == 0);
  CHECK(exit_code_of({pass, summary("b", "error", 3, {}), true}) == 3);
}

TEST_CASE("Checks are told when their answer differs, figures when one of the runs has them") {
  RunSummary before = summary("a", "pass", 0, {});
  RunSummary after = summary("b", "unknown", 4, {});
  before.checks = {{"register", Validity::kValid, 0}, {"views", Validity::kValid, 0}, {"gone", {}, 0}};
  after.checks = {{"register", Validity::kValid, 3}, {"views", Validity::kValid, 0}};
  for (std::size_t i = 0; i < figure_kinds().size(); ++i)
    if (figure_kinds()[i].name == "rate") {
      before.figures[i] = 5000;
      after.figures[i] = 4000;
    } else if (figure_kinds()[i].name == "failover-elected") {
      after.figures[i] = 1900;
    }
  before.seconds.acknowledged = {5000, 5001, 5002, 4999};
  after.seconds.acknowledged = {4000, 4001, 4002, 3999};
  const Difference difference{before, after, false};
  const std::string text = difference_text(difference);
  CHECK_THAT(text, Contains("register  ok  ok, 3 allowed") && !Contains("views") && Contains("gone") &&
                       Contains("plan      another") &&
                       Contains("5,000/s  4,000/s  -1,000/s  -20 %  by the second -1,00") &&
                       Contains("failover: fault to promotion  -        1.90 s"));
  const nlohmann::json json = difference_json(difference);
  CHECK(json["checks"][0]["changed"] == true);
  CHECK(json["checks"][1]["changed"] == false);
  CHECK(json["checks"][2]["after"].is_null());
}

TEST_CASE("Figures have their unit, sign and share, a table's columns are as wide as their letters") {
  const FigureKind& ms = figure_kinds()[0];
  CHECK(signed_text(ms, -520) == "-520 ms");
  CHECK(interval_text(ms, {470, 1.0 / 0.0}) == "+470 ms to ?");
  CHECK(percent_text(-31, 100) == "-31 %");
  CHECK(percent_text(5, 0).empty());
  CHECK(percent_text(-0.1, 100) == "0 %");
  CHECK(figure_text(ms, {}) == "-");
  CHECK(table_text({{"ä", "b"}, {"ccc", "d", ""}}, 1) == " ä    b\n ccc  d\n");
}

}  // namespace
}  // namespace harness
