// Groups of keys of slots that move, and the answers of single nodes: on a real cluster, and by hand with
// each answer that is wrong in a slot's state.
#include <catch2/catch.hpp>
#include <numeric>

#include "checkers/promises/migration_rules.h"
#include "checkers/promises/record_builder_test.h"
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

CheckResult judge(const Asked& asked, bool open = true) {
  RecordBuilder b;
  b.observe_until(4'000);
  b.end(3'500, 3'600, 3'900);
  RunRecord run = b.finish();
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
  Operation op;
  op.function = Function::kOther;
  op.key = history.keys.intern(key);
  op.node = static_cast<std::uint16_t>(
      history.nodes.intern(run.nodes[static_cast<std::size_t>(asked.node - 1)].name));
  op.invoked = 2'000 * kMillisecond;
  op.completed = 2'001 * kMillisecond;
  op.outcome = Outcome::kOk;
  const Value question[] = {history.values.text(asked.command), Value::integer(asked.node)};
  op.argument = history.values.list(question);
  std::vector<Value> told = {history.values.text(asked.answer)};
  if (asked.named > 0)
    told.push_back(
        Value::integer(history.nodes.intern(run.nodes[static_cast<std::size_t>(asked.named - 1)].name)));
  op.result = history.values.list(told);
  history.operations.push_back(op);
  CheckResult result;
  result.valid = Validity::kValid;
  const Analysis analysis(run);
  check_migrating(analysis, {static_cast<std::uint32_t>(history.operations.size() - 1)}, result);
  for (const auto& [name, value] : result.measured)
    if (name == "answers_judged") CHECK(value == 1);
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
  CHECK(judge(asked).violations == 0);
}

TEST_CASE("what a slot's state does not ask for is told") {
  const Asked asked = GENERATE(Asked{"get", 1, "nil"}, Asked{"get", 1, "moved", 2}, Asked{"get", 1, "ask", 3},
                               Asked{"mget", 1, "some"}, Asked{"mget", 1, "nils"}, Asked{"get", 2, "value"},
                               Asked{"get", 2, "nil"}, Asked{"get", 2, "ask", 1}, Asked{"get", 2, "moved", 3},
                               Asked{"asking-get", 2, "moved", 1}, Asked{"asking-mget", 2, "some"});
  CAPTURE(asked.command, asked.node, asked.answer);
  CHECK(judge(asked).violations == 1);
}

TEST_CASE("a slot that nobody moves is served by its owner, and by nobody else") {
  CHECK(judge({"get", 1, "nil"}, false).violations == 0);
  CHECK(judge({"get", 3, "moved", 1}, false).violations == 0);
  const Asked asked =
      GENERATE(Asked{"get", 1, "ask", 2}, Asked{"mget", 1, "tryagain"}, Asked{"get", 3, "value"},
               Asked{"asking-get", 3, "nil"}, Asked{"get", 3, "moved", 2});
  CAPTURE(asked.command, asked.node, asked.answer);
  CHECK(judge(asked, false).violations == 1);
}
