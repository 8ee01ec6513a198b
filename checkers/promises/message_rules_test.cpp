// Messages on a record by hand: those that had to come because the nodes were connected, and subscriptions
// that must not outlive their slot. workloads/messages_test.cpp has the other rules, on real histories.
#include "checkers/promises/message_rules.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// One channel; a publisher, and a subscriber at some node from 1 s on.
struct Channel {
  RecordBuilder b;

  void publish(int message, double from, int node) {
    b.operation(10, Function::kPublish, key_of(0), Value::integer(message), Value::integer(1),
                {from, from + 1}, node);
  }
  void look(double from, int node, const std::vector<int>& messages = {}) {
    std::vector<Value> values;
    for (const int message : messages) values.push_back(Value::integer(message));
    const Value parts[] = {Value::integer(1), b.values().list(values)};
    b.operation(11, Function::kReceive, key_of(0), {}, b.values().list(parts), {from, from + 1}, node);
  }
  CheckResult judged(LoadRule rule) {
    b.observe_until(9'000);
    return by_rule(rule, b.finish());
  }
};

}  // namespace

TEST_CASE("the first message comes, too, where the nodes were connected") {
  Channel channel;
  channel.b.observe_until(5'000);
  channel.look(1'000, 2);
  channel.publish(1, 2'000, 3);
  SECTION("bad: it never came") {
    channel.look(5'000, 2);
    CHECK(has(channel.judged(check_messages), "message-lost"));
  }
  SECTION("good: it came") {
    channel.look(5'000, 2, {1});
    CHECK(channel.judged(check_messages).violations == 0);
  }
  SECTION("not told: the sender showed no link to the subscriber's node") {
    for (View& view : channel.b.run.views)
      if (view.node == 2)
        for (TopologyNode& line : view.topology.nodes) line.link_up = false;
    channel.look(5'000, 2);
    CHECK(channel.judged(check_messages).violations == 0);
  }
  SECTION("not told: something happened") {
    channel.b.fault("pause", 6, 1'900, 1'910, 2'000, 2'010);
    channel.look(5'000, 2);
    CHECK(channel.judged(check_messages).violations == 0);
  }
}

TEST_CASE("a subscription to a shard channel does not outlive the slot at its node") {
  Channel channel;
  channel.b.observe_until(2'000);
  channel.look(1'000, 1);
  SECTION("bad: the slot is another master's since long") {
    channel.b.move_slot(slot_of(key_of(0)), 1, 2);
    channel.look(5'000, 1);
    CHECK(has(channel.judged(check_shard_messages), "subscription-kept"));
  }
  SECTION("good: of channels that are no shard's") {
    channel.b.move_slot(slot_of(key_of(0)), 1, 2);
    channel.look(5'000, 1);
    CHECK(channel.judged(check_messages).violations == 0);
  }
  SECTION("good: it has perhaps not been told yet") {
    channel.b.move_slot(slot_of(key_of(0)), 1, 2);
    channel.look(2'900, 1);
    CHECK(channel.judged(check_shard_messages).violations == 0);
  }
  SECTION("good: the slot is where it was, also for a replica") {
    channel.look(5'000, 1);
    channel.look(5'100, 4);
    CHECK(channel.judged(check_shard_messages).violations == 0);
  }
  SECTION("bad: at a replica of the shard that had it") {
    channel.b.move_slot(slot_of(key_of(0)), 1, 2);
    channel.look(1'500, 4);
    channel.look(5'000, 4);
    CHECK(has(channel.judged(check_shard_messages), "subscription-kept"));
  }
  SECTION("not judged: at a replica that was given to another master") {
    channel.look(1'500, 4);
    channel.b.give(4, 2);
    channel.look(5'000, 4);
    CHECK(channel.judged(check_shard_messages).violations == 0);
  }
}
