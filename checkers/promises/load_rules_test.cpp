// The rules of workloads across a failover: what a loss window allows, and what it does not.
#include "checkers/promises/load_rules.h"

#include <catch2/catch.hpp>

#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"
#include "checkers/promises/waiting_rules.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n1 is lost at 10 s, n4 takes over at 12.4 s.
struct Locks : FailoverRun {
  void grant(int process, int owner, int token, Span when, int node) {
    const Value asked[] = {Value::integer(owner), Value::integer(60'000)};
    const Value told[] = {Value::integer(owner), Value::integer(token)};
    b.operation(process, Function::kAcquire, key_of(0, 1), b.values().list(asked), b.values().list(told),
                when, node);
  }
  void release(int process, int owner, Span when, int node) {
    const Value asked[] = {Value::integer(owner)};
    b.operation(process, Function::kRelease, key_of(0, 1), b.values().list(asked), b.values().list(asked),
                when, node);
  }
  CheckResult check() { return by_rule(check_lock_holders, finish()); }
};

}  // namespace

TEST_CASE("two holders are allowed when the first grant was lost with its master, and nowhere else") {
  {
    Locks lost;
    lost.grant(10, 1, 1, {9'995, 9'997}, 1);
    lost.grant(11, 2, 1, {13'000, 13'001}, 4);
    const CheckResult result = lost.check();
    INFO(result.explanation);
    CHECK(has(result, "two-holders", true));
    CHECK(result.violations == 0);
  }
  {
    Locks replicated;  // seconds before the crash
    replicated.grant(10, 1, 1, {8'000, 8'001}, 1);
    replicated.grant(11, 2, 1, {13'000, 13'001}, 4);
    CHECK(has(replicated.check(), "two-holders", false));
  }
  {
    Locks one_master;
    one_master.grant(10, 1, 1, {8'000, 8'001}, 1);
    one_master.grant(11, 2, 2, {8'100, 8'101}, 1);
    CHECK(has(one_master.check(), "two-holders", false));
  }
  {
    Locks released;
    released.grant(10, 1, 1, {8'000, 8'001}, 1);
    released.release(10, 1, {8'050, 8'051}, 1);
    released.grant(11, 2, 2, {8'100, 8'101}, 1);
    const CheckResult result = released.check();
    CHECK(result.valid == Validity::kValid);
    CHECK(result.anomalies.empty());
  }
}

TEST_CASE("an entry that was acknowledged comes again only when the acknowledgement was lost") {
  const auto check = [](double acknowledged, int node, double again) {
    FailoverRun scene;
    const std::string key = key_of(0, 1);
    scene.b.operation(10, Function::kAck, key, {}, Value::integer(5), {acknowledged, acknowledged + 1}, 1);
    scene.b.operation(11, Function::kReclaim, key, {}, Value::integer(5), {again, again + 1}, node);
    return by_rule(check_acknowledged_entries, scene.finish());
  };
  CHECK(has(check(9'995, 4, 13'000), "acknowledged-entry-again", true));
  CHECK(has(check(8'000, 4, 13'000), "acknowledged-entry-again", false));
  CHECK(has(check(8'000, 1, 8'100), "acknowledged-entry-again", false));
  CHECK(check(8'200, 1, 8'100).anomalies.empty());
}

TEST_CASE("a client that nobody answers is stuck, unless the node was in trouble") {
  const auto check = [](double from, double until, int node) {
    FailoverRun scene;
    scene.b.operation(10, Function::kDequeue, key_of(0, 1), Value::integer(500), {}, {from, until}, node);
    return by_rule(check_blocked_clients, scene.finish());
  };
  CHECK(check(1'000, 1'510, 1).valid == Validity::kValid);
  CHECK(has(check(1'000, 9'500, 1), "stuck-client", false));
  CHECK(check(9'000, 17'000, 1).anomalies.empty());  // it was killed meanwhile
  CHECK(has(check(13'000, 19'000, 2), "stuck-client", false));
}

TEST_CASE("an answer that is not the one that is certain, and a state that is not what was left") {
  const auto check = [](Function function, bool otherwise, bool clock) {
    FailoverRun scene;
    const Value told[] = {Value::integer(7), scene.b.values().text("get types:o7: x, not v7")};
    scene.b.operation(10, function, key_of(1, 1), Value::integer(7),
                      otherwise ? scene.b.values().list(told) : Value::integer(7), {3'000, 3'001}, 2);
    RunRecord run = scene.finish();
    if (clock) run.faults.front().effects.emplace_back().kind = EffectKind::kClock;
    return by_rule(check_states, run, {10, 10});
  };
  CHECK(has(check(Function::kWrite, true, false), "answered-otherwise", false));
  CHECK(has(check(Function::kRead, true, false), "state-differs", false));
  const CheckResult good = check(Function::kRead, false, false);
  CHECK(good.valid == Validity::kValid);
  CHECK(measured(good, "answers_compared") == 1);
  const CheckResult uncertain = check(Function::kWrite, true, true);
  CHECK(uncertain.anomalies.empty());
  CHECK(uncertain.explanation.find("not compared") != std::string::npos);
}

TEST_CASE("a key that is gone before its time is lost, unless a clock was set") {
  FailoverRun scene;
  const std::string key = key_of(1, 1);
  const Value asked[] = {Value::integer(5), Value::integer(4'000)};
  const Value argument = scene.b.values().list(asked);
  scene.b.operation(10, Function::kWrite, key, argument, argument, {3'000, 3'001}, 2);
  scene.b.operation(11, Function::kRead, key, {}, Value::integer(5), {4'000, 4'001}, 2);
  scene.b.operation(12, Function::kRead, key, {}, {}, {5'000, 5'001}, 2);
  RunRecord run = scene.finish();
  const auto check = [&run] {
    const Analysis analysis(run);
    return check_object(analysis, {}, *find_object("expiry"), operations_of(run, {10, 12}));
  };
  CHECK(has(check(), "not-linearizable-in-term", false));
  Effect clock;
  clock.kind = EffectKind::kClock;
  run.faults.front().effects.push_back(clock);
  CHECK(check().anomalies.empty());
}

TEST_CASE("a key that a promoted replica still has after its time lives on") {
  const Function function = GENERATE(Function::kRead, Function::kGet);
  const auto check = [function](double read) {
    FailoverRun scene;
    const std::string key = key_of(0, 1);
    const Value asked[] = {Value::integer(5), Value::integer(4'000)};
    const Value argument = scene.b.values().list(asked);
    scene.b.operation(10, Function::kWrite, key, argument, argument, {9'000, 9'001}, 1);
    scene.b.operation(11, function, key, {}, Value::integer(5), {read, read + 1}, 4);
    return by_rule(check_expiry_times, scene.finish());
  };
  CHECK(check(12'900).valid == Validity::kValid);
  CHECK(has(check(14'000), "lives-on", false));
}

TEST_CASE("a copy that tells another moment of expiry than its write gave is told, whatever the window") {
  const auto check = [](std::vector<Value> written, double asked_at, int left, bool clock = false) {
    FailoverRun scene;
    const std::string key = key_of(0, 1);
    const Value argument = scene.b.values().list(written);
    scene.b.operation(10, Function::kWrite, key, argument, argument, {9'000, 9'001}, 1);
    scene.b.operation(11, Function::kOther, key, Value::integer(7), Value::integer(left),
                      {asked_at, asked_at + 1}, 4);
    RunRecord run = scene.finish();
    if (clock) run.faults.front().effects.emplace_back().kind = EffectKind::kClock;
    return by_rule(check_expiry_times, run);
  };
  const std::vector<Value> expires = {Value::integer(5), Value::integer(6'000)};
  const CheckResult good = check(expires, 13'000, 2'000);
  CHECK(good.valid == Validity::kValid);
  CHECK(measured(good, "times_left_compared") == 1);
  CHECK(check(expires, 13'000, 1'991).anomalies.empty());  // the grain of the clocks
  CHECK(check(expires, 13'000, -2).anomalies.empty());     // absent: perhaps a write that was lost
  CHECK(check(expires, 8'999, 1'000).anomalies.empty());   // asked before it was written
  CHECK(has(check(expires, 13'000, 1'500), "expiry-differs", false));
  CHECK(has(check(expires, 13'000, -1), "expiry-differs", false));
  CHECK(check(expires, 13'000, 1'500, true).anomalies.empty());
  CHECK(check({Value::integer(5)}, 13'000, -1).valid == Validity::kValid);
  CHECK(has(check({Value::integer(5)}, 13'000, 1'000), "expiry-differs", false));
}

TEST_CASE("EXEC carries nothing out when a queued command was refused") {
  RecordBuilder b;
  const auto refused = [&](const char* error) {
    b.operation(10, Function::kTxn, "", Value::integer(1), {}, {1'000, 1'001}, 1, Outcome::kInfo);
    b.observe_until(2'000);
    RunRecord run = b.finish();
    run.history.operations[0].error = static_cast<std::uint16_t>(run.history.errors.intern(error));
    return has(by_rule(check_refused_transactions, run), "executed-after-refusal");
  };
  SECTION("bad: it did") {
    CHECK(refused("executed-after-refusal"));
  }
  SECTION("good: it is not known what it did") {
    CHECK_FALSE(refused("timeout"));
  }
}

TEST_CASE("a replica that goes back long after a flush is told, one that does so after it is excused") {
  RecordBuilder b;
  b.observe_until(3'000);
  b.fault("flush", 3, 3'000, 3'010).effects.emplace_back().kind = EffectKind::kData;
  b.observe_until(40'000);
  const std::string key = key_of(0);
  const int read = GENERATE(5'000, 30'000);
  b.operation(10, Function::kWrite, key, Value::integer(1), Value::integer(1), {1'000, 1'001}, 1);
  b.operation(10, Function::kWrite, key, Value::integer(2), Value::integer(2), {2'000, 2'001}, 1);
  b.operation(11, Function::kGet, key, {}, Value::integer(2), {read + 0.0, read + 1.0}, 4);
  b.operation(11, Function::kGet, key, {}, Value::integer(1), {read + 10.0, read + 11.0}, 4);
  CHECK(has(by_rule(check_replica_reads, b.finish()), "replica-went-back") == (read == 30'000));
}
