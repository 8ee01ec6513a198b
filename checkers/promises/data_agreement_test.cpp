// "data-agreement", and loads whose keys are not stored as texts under the history's own keys.
#include "checkers/promises/data_agreement.h"

#include <catch2/catch.hpp>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/findings_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// Every stored text becomes a structure, or goes under another key.
RunRecord stored_otherwise(std::string_view type, std::string_view suffix) {
  RunRecord run = FailoverRun().finish();
  for (FinalData& data : run.final_data) {
    std::map<std::string, std::string> stored;
    for (const auto& [key, value] : data.values)
      stored["{" + key + "}" + std::string(suffix)] = std::string(type) + " \"f1\" \"" + value + "\"";
    data.values = std::move(stored);
  }
  return run;
}

}  // namespace

TEST_CASE("every key is at its owner, and final reads saw what is stored") {
  RunRecord run = healthy();
  SECTION("good") {
    const CheckResult result = check_data_agreement(run, {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "keys") == 3);
    CHECK(measured(result, "final_reads") == 3);
  }
  SECTION("bad: a key where it does not belong, shown or not") {
    run.final_data[1].values[key_of(0)] = "5";
    CHECK(violates(check_data_agreement(run, {}), "misplaced-key"));
    run.final_data[1].values.erase(key_of(0));
    run.final_data[1].foreign[key_of(0)] = "MOVED 0 10.77.0.4:6379";
    CHECK(violates(check_data_agreement(run, {}), "misplaced-key"));
    // A migration that nobody ended: the key is where ASK leads.
    for (View& view : run.views)
      for (TopologyNode& node : view.topology.nodes)
        if (node.id == run.nodes[1].id) node.importing.push_back(slot_of(key_of(0)));
    CHECK_FALSE(violates(check_data_agreement(run, {}), "misplaced-key"));
  }
  SECTION("bad: the final read saw something else") {
    for (int node : {3, 0}) run.final_data[static_cast<std::size_t>(node)].values[key_of(0)] = "5";
    CHECK(violates(check_data_agreement(run, {}), "final-read-differs"));
  }
  SECTION("what was read is gone since: it may have expired where a clock was set, and nowhere else") {
    for (int node : {3, 0}) run.final_data[static_cast<std::size_t>(node)].values.erase(key_of(0));
    CHECK(violates(check_data_agreement(run, {}), "final-read-differs"));
    run.faults.front().effects.emplace_back().kind = EffectKind::kClock;
    CHECK_FALSE(violates(check_data_agreement(run, {}), "final-read-differs"));
  }
  SECTION("no evidence") {
    run.final_data[4].complete = false;
    CHECK(check_data_agreement(run, {}).valid == Validity::kUnknown);
    run.final_data.clear();
    CHECK(check_data_agreement(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("final reads of what is not stored as a text under its key are not compared") {
  const RunRecord run = stored_otherwise(GENERATE("hash", "set", "list"), "h");
  const CheckResult result = check_data_agreement(run, {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
}

TEST_CASE("a text that one master lost, and data that all nodes lost, are still violations") {
  FailoverRun healthy;
  RunRecord run = healthy.finish();
  SECTION("one key") {
    for (FinalData& data : run.final_data) data.values.erase(key_of(1));
  }
  SECTION("all keys") {
    for (FinalData& data : run.final_data) data.values.clear();
  }
  CHECK(check_data_agreement(run, {}).violations > 0);
}
