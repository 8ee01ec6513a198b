// Messages on a real cluster: what is recorded, that the rules find it sound, and what they say of the same
// history with one answer changed.
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <set>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/message_rules.h"
#include "workloads/test_support.h"

using namespace harness;
using harness::testing::measured;

namespace {

CheckResult by_rule(const History& history, const std::vector<FaultRecord>& faults = {}) {
  RunRecord run;
  run.history = history;
  run.faults = faults;
  for (const char* name : {"n1", "n2", "n3"}) run.nodes.emplace_back().name = name;
  std::vector<std::uint32_t> operations(history.operations.size());
  std::iota(operations.begin(), operations.end(), 0U);
  CheckResult result;
  result.valid = Validity::kValid;
  const Analysis analysis(run);
  check_messages(analysis, operations, result);
  return result;
}

std::set<std::string> types(const CheckResult& result) {
  std::set<std::string> found;
  for (const Anomaly& anomaly : result.anomalies) found.insert(anomaly.type);
  return found;
}

/// A history by hand: one channel, a publisher at n1, a subscriber at n2.
struct Told {
  History history;

  Operation& add(Function function, int process, const char* node, double from, double until) {
    Operation op;
    op.function = function;
    op.process = process;
    op.key = history.keys.intern("c");
    op.node = static_cast<std::uint16_t>(history.nodes.intern(node));
    op.invoked = static_cast<Nanos>(from * kMillisecond);
    op.completed = static_cast<Nanos>(until * kMillisecond);
    op.outcome = Outcome::kOk;
    history.operations.push_back(op);
    return history.operations.back();
  }
  Operation& publish(int message, double from, double until) {
    Operation& op = add(Function::kPublish, 1, "n1", from, until);
    op.argument = Value::integer(message);
    op.result = Value::integer(1);
    return op;
  }
  void look(const std::vector<int>& messages, double from, double until, const char* end = nullptr) {
    std::vector<Value> values;
    for (const int message : messages) values.push_back(Value::integer(message));
    std::vector<Value> parts = {Value::integer(1), history.values.list(values)};
    if (end != nullptr) parts.push_back(history.values.text(end));
    Operation& op = add(Function::kReceive, 2, "n2", from, until);
    op.result = history.values.list(parts);
  }
};

FaultRecord fault_of(EffectKind kind, double from, double until) {
  FaultRecord fault;
  Effect effect;
  effect.kind = kind;
  fault.effects.push_back(effect);
  fault.heals = true;
  fault.requested = fault.active = static_cast<Nanos>(from * kMillisecond);
  fault.healed = static_cast<Nanos>(until * kMillisecond);
  return fault;
}

}  // namespace

TEST_CASE("messages come once and in order to every subscription, by the bus and within a shard") {
  const std::string workload = GENERATE("pubsub", "shard-pubsub");
  OnCluster channels(workload, {{"keys", 3}, {"life", 300}, {"wait", 5}});
  const History history = channels.load(20000);
  const CheckResult result = by_rule(history);
  INFO(result.explanation << (result.anomalies.empty() ? "" : result.anomalies.front().explanation));
  CHECK(result.valid == Validity::kValid);
  CHECK(result.anomalies.empty());
  CHECK(measured(result, "messages") > 500);
  CHECK(measured(result, "deliveries") > 500);
  CHECK(measured(result, "subscriptions") > 3);
  std::set<std::string_view> at;
  for (const Operation& op : history.operations)
    if (op.function == Function::kReceive) at.insert(history.node_text(op));
  CHECK(at.size() > 1);
}

TEST_CASE("messages come once and in order to who subscribed by a pattern, at any node") {
  OnCluster channels("pubsub", {{"keys", 3}, {"life", 300}, {"wait", 5}, {"patterns", 1}});
  const History history = channels.load(20000);
  const CheckResult result = by_rule(history);
  INFO(result.explanation << (result.anomalies.empty() ? "" : result.anomalies.front().explanation));
  CHECK(result.valid == Validity::kValid);
  CHECK(measured(result, "deliveries") > 500);
  const auto by_pattern = std::ranges::count_if(history.operations, [&](const Operation& op) {
    return op.function == Function::kReceive && op.outcome == Outcome::kOk &&
           history.values.as_list(op.argument).size() == 3;
  });
  CHECK(by_pattern > 100);
}

TEST_CASE("a message that is doubled, invented, refused, early or out of order is told") {
  Told sound;
  sound.look({}, 0, 1);
  sound.publish(1, 2, 3);
  sound.publish(2, 4, 5);
  sound.publish(3, 6, 7);
  sound.look({1, 2}, 8, 9);
  sound.look({3}, 10, 11);
  CHECK(by_rule(sound.history).anomalies.empty());

  Told twice = sound;
  twice.look({3}, 12, 13);
  CHECK(types(by_rule(twice.history)) == std::set<std::string>{"received-twice"});
  CHECK(by_rule(twice.history, {fault_of(EffectKind::kBus, 1, 12)}).anomalies.empty());
  Told invented = sound;
  invented.look({9}, 12, 13);
  CHECK(types(by_rule(invented.history)) == std::set<std::string>{"never-published"});
  Told refused = sound;
  refused.history.operations[3].outcome = Outcome::kFail;
  CHECK(types(by_rule(refused.history)) == std::set<std::string>{"failed-publish-received"});
  Told early = sound;
  early.publish(4, 20, 21);
  early.history.operations.back().process = 3;
  early.look({4}, 14, 15);
  CHECK(types(by_rule(early.history)) == std::set<std::string>{"received-before-published"});
  Told overtaken;
  overtaken.look({}, 0, 1);
  overtaken.publish(1, 2, 3);
  overtaken.publish(2, 4, 5);
  overtaken.look({2, 1}, 8, 9);
  CHECK(types(by_rule(overtaken.history)) == std::set<std::string>{"message-overtaken"});
  CHECK(by_rule(overtaken.history, {fault_of(EffectKind::kStopped, 1, 4)}).anomalies.empty());
}

TEST_CASE("a message that is lost, and a subscription that dies, are told only when nothing happened") {
  Told lost;
  lost.look({}, 0, 1);
  lost.publish(1, 2, 3);
  lost.look({1}, 4, 5);
  lost.publish(2, 6, 7);
  lost.look({}, 8, 9);
  CHECK(by_rule(lost.history).anomalies.empty());  // it may still come
  lost.look({}, 3000, 3001);
  const CheckResult result = by_rule(lost.history);
  CHECK(types(result) == std::set<std::string>{"message-lost"});
  CHECK(measured(result, "missed") == 1);
  CHECK(by_rule(lost.history, {fault_of(EffectKind::kCut, 5, 8)}).anomalies.empty());
  Told never = lost;  // nothing ever came this way: perhaps the nodes do not know each other
  never.history.operations[2].result = never.history.operations[0].result;
  CHECK(by_rule(never.history).anomalies.empty());

  for (const char* end : {"closed", "unsubscribed"}) {
    Told died;
    died.look({}, 0, 1);
    died.look({}, 100, 101, end);
    CHECK(types(by_rule(died.history)) == std::set<std::string>{"subscription-died"});
    CHECK(by_rule(died.history, {fault_of(EffectKind::kMembership, 50, 60)}).anomalies.empty());
  }
}
