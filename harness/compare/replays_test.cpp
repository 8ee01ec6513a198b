#include "harness/compare/replays.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace harness {
namespace {

using Catch::Contains;

CheckResult invalid(const std::string& name, std::vector<Anomaly> anomalies) {
  CheckResult check;
  check.name = name;
  check.valid = Validity::kInvalid;
  for (const Anomaly& anomaly : anomalies) ++(anomaly.allowed ? check.allowed : check.violations);
  check.anomalies = std::move(anomalies);
  return check;
}

Anomaly anomaly(const std::string& type, bool allowed = false) {
  Anomaly anomaly;
  anomaly.type = type;
  anomaly.headline = "An acknowledged write was lost";
  anomaly.allowed = allowed;
  return anomaly;
}

Replay failed(const ViolationKind& kind) {
  return {"id", "store/id", "fail", 1, {{kind, {1, "words"}}}};
}

TEST_CASE("A run's violations are counted by checker and anomaly type, without what is allowed") {
  RunVerdict verdict;
  verdict.checks.push_back(
      invalid("register", {anomaly("lost-write"), anomaly("lost-write"), anomaly("stale-read", true)}));
  CheckResult allowed = invalid("views", {anomaly("lies", true)});
  allowed.valid = Validity::kValid;
  verdict.checks.push_back(allowed);
  const Violations violations = violations_of(verdict);
  REQUIRE(violations.size() == 1);
  CHECK(to_string(violations.begin()->first) == "register: lost-write");
  CHECK(violations.begin()->second.count == 2);
  CHECK(violations.begin()->second.headline == "An acknowledged write was lost");
}

TEST_CASE("A check that is invalid without a listed anomaly is a kind of its own") {
  CheckResult check = invalid("votes", {});
  check.violations = 3;
  check.explanation = "more than are listed";
  RunVerdict verdict;
  verdict.checks = {check};
  CHECK(violations_of(verdict).at({"votes", ""}).count == 3);
}

TEST_CASE("Replays count the same kind, other kinds, and leave out what the environment broke") {
  const ViolationKind same{"register", "lost-write"};
  const ViolationKind other{"votes", "vote-twice"};
  Replays replays("first", {{same, {1, "words"}}});
  replays.add(failed(same));
  replays.add({"id", "store/id", "pass", 0, {}});
  replays.add(failed(other));
  replays.add({"id", "store/id", "error", 3, {}});
  CHECK(replays.judged() == 3);
  CHECK(replays.came_back() == 1);
  const std::string text = replays_text(replays);
  CHECK_THAT(text, Contains("came back   1 of 3 (33 %, 95 % interval 6 to 79 %)   register: lost-write"));
  CHECK_THAT(text, Contains("other       1 of 3") && Contains("votes: vote-twice"));
  CHECK_THAT(text, Contains("errors      1, not counted"));
  const nlohmann::json json = nlohmann::json::parse(replays_json(replays).dump());
  CHECK(json["violations"][0]["came_back"] == 1);
  CHECK(json["violations"][0]["of"] == 3);
  CHECK(json["violations"][0]["interval"][0].get<double>() == Approx(0.0615).margin(0.0005));
  CHECK(json["others"][0]["anomaly"] == "vote-twice");
  CHECK(json["runs"].size() == 4);
  CHECK(json["times"] == 4);
}

TEST_CASE("Of a run without a violation the replays that passed are told") {
  Replays replays("first", {});
  replays.add({"id", "store/id", "pass", 0, {}});
  CHECK(replays.came_back() == 0);
  CHECK_THAT(replays_text(replays), Contains("passed      1 of 1"));
}

}  // namespace
}  // namespace harness
