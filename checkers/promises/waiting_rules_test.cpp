// Commands that wait: whom WAIT may count, and who must not be left waiting.
#include "checkers/promises/waiting_rules.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/load_rules.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n4 follows n1; from 3 s to 5 s something acts on n4 or on the link between the two.
struct Waits {
  RecordBuilder b;

  void write(double from, double until, int replicas) {
    const Value told[] = {Value::integer(7), Value::integer(replicas)};
    b.operation(10, Function::kWrite, key_of(0), Value::integer(7), b.values().list(told), {from, until}, 1);
  }
  bool untrue(const Effect& effect) {
    b.observe_until(8'000);
    FaultRecord& fault = b.fault("any", 4, 2'990, 3'000, 5'000, 5'010);
    fault.effects = {effect};
    return has(by_rule(check_wait_replies, b.finish()), "untrue-wait");
  }
};

Effect stopped(int node) {
  Effect effect;
  effect.kind = EffectKind::kStopped;
  effect.nodes = {node - 1};
  return effect;
}

Effect cut(const std::string& from, const std::string& to) {
  Effect effect;
  effect.kind = EffectKind::kCut;
  effect.links = {{from, to}};
  return effect;
}

/// A client blocks at n1 for 500 ms from 1 s on, in vain.
struct Blocks {
  RecordBuilder b;

  void push(int element, Span when, int node = 1) {
    const Value told[] = {Value::integer(element), Value::integer(1)};
    b.operation(11, Function::kEnqueue, key_of(0), Value::integer(element), b.values().list(told), when,
                node);
  }
  void pop(int element, Span when, Outcome outcome = Outcome::kOk) {
    const Value got = outcome == Outcome::kOk ? Value::integer(element) : Value{};
    b.operation(12, Function::kDequeue, key_of(0), {}, got, when, 1, outcome);
  }
  bool kept_waiting() {
    b.operation(10, Function::kDequeue, key_of(0), Value::integer(500), {}, {1'000, 1'502}, 1);
    b.observe_until(8'000);
    return has(by_rule(check_blocked_clients, b.finish()), "blocked-beside-element");
  }
};

}  // namespace

TEST_CASE("WAIT counts no replica that was stopped or cut off from before the write until the answer") {
  Waits waits;
  SECTION("bad: the only replica was stopped") {
    waits.write(3'500, 3'600, 1);
    CHECK(waits.untrue(stopped(4)));
  }
  SECTION("bad: the stream could not reach it") {
    waits.write(3'500, 3'600, 1);
    CHECK(waits.untrue(cut("n1", "n4")));
  }
  SECTION("bad: its word could not come back") {
    waits.write(3'500, 3'600, 1);
    CHECK(waits.untrue(cut("n4", "n1")));
  }
  SECTION("good: it counted none") {
    waits.write(3'500, 3'600, 0);
    CHECK_FALSE(waits.untrue(stopped(4)));
  }
  SECTION("good: the write was sent before") {
    waits.write(2'995, 3'600, 1);
    CHECK_FALSE(waits.untrue(stopped(4)));
  }
  SECTION("good: the answer came when it was over") {
    waits.write(3'500, 5'005, 1);
    CHECK_FALSE(waits.untrue(stopped(4)));
  }
  SECTION("good: another shard's replica was stopped") {
    waits.write(3'500, 3'600, 1);
    CHECK_FALSE(waits.untrue(stopped(5)));
  }
  SECTION("good: the bus alone was cut") {
    waits.write(3'500, 3'600, 1);
    Effect bus = cut("n1", "n4");
    bus.traffic = Traffic::kBusPort;
    CHECK_FALSE(waits.untrue(bus));
  }
}

TEST_CASE("WAIT counts no replica that was dead") {
  RecordBuilder b;
  b.observe_until(3'000);
  b.crash(4, 9);
  const Value told[] = {Value::integer(7), Value::integer(1)};
  b.operation(10, Function::kWrite, key_of(0), Value::integer(7), b.values().list(told), {3'500, 3'600}, 1);
  b.observe_until(8'000);
  CHECK(has(by_rule(check_wait_replies, b.finish()), "untrue-wait"));
}

TEST_CASE("who waits for a key of a slot that goes elsewhere is redirected within a second") {
  RecordBuilder b;
  b.observe_until(2'000);
  const auto waited = [&](Span when) {
    b.operation(10, Function::kDequeue, key_of(0), Value::integer(3'000), {}, when, 1);
    b.observe_until(8'000);
    return has(by_rule(check_blocked_clients, b.finish()), "waited-elsewhere");
  };
  SECTION("bad: it waits for its whole time-out") {
    b.move_slot(slot_of(key_of(0)), 1, 2);
    CHECK(waited({1'500, 4'500}));
  }
  SECTION("bad: its master has become a replica") {
    b.promote(4, 7);
    b.demote(1, 4);
    CHECK(waited({1'500, 4'500}));
  }
  SECTION("good: it was told, or its time was over, within a second") {
    b.move_slot(slot_of(key_of(0)), 1, 2);
    CHECK_FALSE(waited({0, 3'000}));
  }
  SECTION("good: its node serves the slot all the time") {
    CHECK_FALSE(waited({1'500, 4'500}));
  }
  SECTION("not judged: the node stood still") {
    b.move_slot(slot_of(key_of(0)), 1, 2);
    b.fault("pause", 1, 1'600, 1'610, 4'300, 4'310);
    CHECK_FALSE(waited({1'500, 4'500}));
  }
}

TEST_CASE("who waits at a master that becomes a replica is told so, and not redirected later") {
  RecordBuilder b;
  b.observe_until(2'000);
  b.promote(4, 7);
  b.demote(1, 4);
  b.observe_until(8'000);
  const auto kept = [&](Span when, int node, Outcome outcome = Outcome::kOk) {
    b.operation(10, Function::kDequeue, key_of(0), Value::integer(3'000), {}, when, node, outcome);
    return has(by_rule(check_blocked_clients, b.finish()), "kept-blocked-at-demotion");
  };
  SECTION("bad: its heir answered, to which it was redirected") {
    CHECK(kept({1'500, 5'500}, 4));
  }
  SECTION("good: it was told") {
    CHECK_FALSE(kept({1'500, 2'110}, 1, Outcome::kFail));
  }
  SECTION("good: this release redirects") {
    b.run.info.server.flavor = "valkey";
    b.run.info.server.version = "9.1.2";
    CHECK_FALSE(kept({1'500, 5'500}, 4));
  }
  SECTION("good: it came when the master was about to change, and had perhaps to wait for that") {
    CHECK_FALSE(kept({1'900, 5'500}, 4));
  }
  SECTION("good: something had begun before it was sent") {
    b.fault("pause", 1, 1'400, 1'410, 1'900, 1'910);
    CHECK_FALSE(kept({1'500, 5'500}, 4));
  }
  SECTION("bad: something began while it waited") {
    FaultRecord& fault = b.fault("manual-failover", 4, 1'900, 1'910);
    fault.effects = {Effect{}};
    fault.effects[0].kind = EffectKind::kHandover;
    fault.effects[0].nodes = {3};
    CHECK(kept({1'500, 5'500}, 4));
  }
}

TEST_CASE("who blocks is not left to wait beside an element") {
  Blocks blocks;
  SECTION("bad: it stays there") {
    blocks.push(5, {1'200, 1'201});
    CHECK(blocks.kept_waiting());
  }
  SECTION("bad: somebody who came later took it") {
    blocks.push(5, {1'200, 1'201});
    blocks.pop(5, {1'300, 1'301});
    CHECK(blocks.kept_waiting());
  }
  SECTION("good: somebody had asked before it came") {
    blocks.push(5, {1'200, 1'201});
    blocks.pop(5, {1'100, 1'202});
    CHECK_FALSE(blocks.kept_waiting());
  }
  SECTION("good: it was gone before the client waited") {
    blocks.push(5, {900, 901});
    blocks.pop(5, {950, 951});
    CHECK_FALSE(blocks.kept_waiting());
  }
  SECTION("good: it came when the time was up") {
    blocks.push(5, {1'490, 1'501});
    CHECK_FALSE(blocks.kept_waiting());
  }
  SECTION("not told: a call without an answer may have taken it") {
    blocks.push(5, {1'200, 1'201});
    blocks.pop(5, {1'150, 1'900}, Outcome::kInfo);
    CHECK_FALSE(blocks.kept_waiting());
  }
  SECTION("not judged: a fault acts on its master") {
    blocks.push(5, {1'200, 1'201});
    blocks.b.fault("pause", 1, 1'100, 1'110, 1'400, 1'410);
    CHECK_FALSE(blocks.kept_waiting());
  }
  SECTION("bad: a fault acts on another one") {
    blocks.push(5, {1'200, 1'201});
    blocks.b.fault("pause", 2, 1'100, 1'110, 1'400, 1'410);
    CHECK(blocks.kept_waiting());
  }
  SECTION("not judged: another master has it") {
    blocks.push(5, {1'200, 1'201}, 2);
    CHECK_FALSE(blocks.kept_waiting());
  }
}
