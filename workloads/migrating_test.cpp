// Groups of keys of slots that move, and the answers of single nodes: on a real cluster, and by hand with
// each answer that is wrong in a slot's state.
#include <catch2/catch.hpp>
#include <numeric>

#include "checkers/promises/falsified_run_test.h"
#include "checkers/promises/migration_rules.h"
#include "workloads/judged_test_support.h"
#include "workloads/test_support.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// A slot that n1 sends to n2 from 1 s on: what a node answers for it at 2 s.
struct Asked {
  const char* command;
  int node;
  const char* answer;
  int named = 0;  // by a redirection; 0: nobody
};

CheckResult judge(const std::vector<Asked>& all, bool open = true, bool late = false, bool heir = false) {
  RecordBuilder b;
  b.observe_until(4'000);
  b.end(3'500, 3'600, 3'900);
  RunRecord run = b.finish();
  if (heir)  // n4 has the slots of n1 already
    for (View& view : run.views) std::swap(line_of(view, id(1)).slots, line_of(view, id(4)).slots);
  const std::string key = key_of(0);
  const auto setslot = [&](int node, const char* state, int other) {
    CommandRecord command;
    command.words = {"CLUSTER", "SETSLOT", std::to_string(slot_of(key)), state,
                     run.nodes[static_cast<std::size_t>(other - 1)].id};
    command.node = node - 1;
    command.time = 1'000 * kMillisecond;
    command.replied = 1'001 * kMillisecond;
    command.answered = true;
    run.commands.push_back(command);
  };
  if (open) setslot(2, "IMPORTING", 1), setslot(1, "MIGRATING", 2);
  History& history = run.history;
  for (std::size_t i = 0; i < run.nodes.size(); ++i) history.nodes.intern(run.nodes[i].name);
  std::vector<std::uint32_t> operations;
  for (const Asked& asked : all) {
    Operation op;
    op.function = Function::kOther;
    op.key = history.keys.intern(key);
    op.node = static_cast<std::uint16_t>(
        history.nodes.intern(run.nodes[static_cast<std::size_t>(asked.node - 1)].name));
    op.invoked = (2'000 + 10 * static_cast<Nanos>(operations.size())) * kMillisecond;
    op.completed = op.invoked + kMillisecond;
    op.outcome = Outcome::kOk;
    const Value question[] = {history.values.text(asked.command), Value::integer(asked.node)};
    op.argument = history.values.list(question);
    std::vector<Value> told = {history.values.text(asked.answer)};
    if (asked.named > 0)
      told.push_back(
          Value::integer(history.nodes.intern(run.nodes[static_cast<std::size_t>(asked.named - 1)].name)));
    op.result = history.values.list(told);
    operations.push_back(static_cast<std::uint32_t>(history.operations.size()));
    history.operations.push_back(op);
  }
  // The last look at every node that the slot is as it was: one that was sent before the last answer.
  if (late) {
    const Nanos last = history.operations.back().completed + kMicrosecond;
    for (View& view : run.views) view.end = std::min(view.end, last);
    std::erase_if(run.offsets, [&](const OffsetSample& sample) { return sample.time > last; });
  }
  CheckResult result;
  result.valid = Validity::kValid;
  const Analysis analysis(run);
  check_migrating(analysis, operations, result);
  for (const auto& [name, value] : result.measured)
    if (name == "answers_judged" && !heir) CHECK(value == (late ? 0.0 : static_cast<double>(all.size())));
  return result;
}

}  // namespace

TEST_CASE("groups on a real cluster are whole, and each node says where a slot is") {
  OnCluster groups("migrating");
  const History history = groups.load(6000);
  CHECK(conflicts("group", history).empty());
  std::size_t moved = 0, served = 0;
  for (const Operation& op : history.operations) {
    if (op.function != Function::kOther || op.outcome != Outcome::kOk) continue;
    const auto told = history.values.as_list(op.result);
    const auto answer = history.values.as_text(told[0]);
    moved += answer == "moved" && told.size() == 2;
    served += answer == "value" || answer == "values" || answer == "nil" || answer == "nils";
  }
  CHECK(moved > 100);
  CHECK(served > 100);
}

TEST_CASE("what a slot's state asks for is right") {
  const Asked asked = GENERATE(
      Asked{"get", 1, "value"}, Asked{"get", 1, "ask", 2}, Asked{"mget", 1, "tryagain"},
      Asked{"mget", 1, "values"}, Asked{"get", 2, "moved", 1}, Asked{"asking-get", 2, "nil"},
      Asked{"asking-mget", 2, "tryagain"}, Asked{"asking-mget", 2, "values"}, Asked{"get", 1, "clusterdown"});
  CAPTURE(asked.command, asked.node, asked.answer);
  CHECK(judge({asked}).violations == 0);
}

TEST_CASE("what a slot's state does not ask for is told") {
  const Asked asked = GENERATE(Asked{"get", 1, "nil"}, Asked{"get", 1, "moved", 2}, Asked{"get", 1, "ask", 3},
                               Asked{"mget", 1, "some"}, Asked{"mget", 1, "nils"}, Asked{"get", 2, "value"},
                               Asked{"get", 2, "nil"}, Asked{"get", 2, "ask", 1}, Asked{"get", 2, "moved", 3},
                               Asked{"asking-get", 2, "moved", 1}, Asked{"asking-mget", 2, "some"});
  CAPTURE(asked.command, asked.node, asked.answer);
  CHECK(judge({asked}).violations == 1);
}

TEST_CASE("a slot that nobody moves is served by its owner, and by nobody else") {
  CHECK(judge({{"get", 1, "nil"}}, false).violations == 0);
  CHECK(judge({{"get", 3, "moved", 1}}, false).violations == 0);
  const Asked asked =
      GENERATE(Asked{"get", 1, "ask", 2}, Asked{"mget", 1, "tryagain"}, Asked{"get", 3, "value"},
               Asked{"asking-get", 3, "nil"}, Asked{"get", 3, "moved", 2});
  CAPTURE(asked.command, asked.node, asked.answer);
  CHECK(judge({asked}, false).violations == 1);
}

TEST_CASE(
    "the heir of a source goes on with the migration or does not know of it, and the target names the heir") {
  const auto violations = [](const Asked& asked) { return judge({asked}, true, false, true).violations; };
  CHECK(violations({"get", 4, "ask", 2}) == 0);
  CHECK(violations({"get", 4, "value"}) == 0);
  CHECK(violations({"get", 2, "moved", 4}) == 0);
  CHECK(violations({"get", 2, "moved", 1}) == 1);
  CHECK(violations({"get", 2, "value"}) == 1);
}

TEST_CASE("a look that was sent before an answer came does not prove what the slot was then") {
  CHECK(judge({{"get", 1, "moved", 2}}).violations == 1);
  CHECK(judge({{"get", 1, "moved", 2}}, true, true).violations == 0);
}

TEST_CASE("a key that the source has sent away does not come back to it") {
  SECTION("bad") {
    const Asked again = GENERATE(Asked{"get", 1, "value"}, Asked{"mget", 1, "values"});
    const CheckResult result = judge({{"get", 1, "ask", 2}, again});
    CHECK(result.violations == 1);
    CHECK(result.anomalies.front().type == "key-at-both");
  }
  SECTION("good: in this order, another key of the group, or perhaps another") {
    CHECK(judge({{"get", 1, "value"}, {"get", 1, "ask", 2}}).violations == 0);
    CHECK(judge({{"mget", 1, "ask", 2}, {"get", 1, "value"}}).violations == 0);
    CHECK(judge({{"get", 1, "ask", 2}, {"asking-get", 2, "value"}}).violations == 0);
    CHECK(judge({{"mget", 1, "tryagain"}, {"mget", 1, "values"}}).violations == 0);
  }
}
