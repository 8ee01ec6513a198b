// The documented verdict of a register, window by window: what may be lost, what may not, what cannot be
// told.
#include "checkers/promises/documented.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n1 (shard 0) is lost at 10 s and n4 takes over at 12.4 s, as in FailoverRun.
CheckResult check(FailoverRun& scene, bool strict = false) {
  CheckOptions options;
  options.strict = strict;
  return check_register(scene.finish(), options);
}

/// n1 is cut off from 10 s to 16 s, n4 takes over at 12.4 s, n1 is demoted at 16.3 s.
struct PartitionRun {
  RecordBuilder b;
  explicit PartitionRun(const std::string& kind = "isolate", int demoted = 16'300) {
    b.observe_until(10'000);
    FaultRecord& cut = b.fault(kind, 1, 10'000, 10'010, 16'000, 16'010);
    if (kind == "isolate") cut.sides = {{"n1", "c1"}, {"n2", "n3", "n4", "n5", "n6", "c2"}};
    if (kind == "pause") b.pause(1);
    b.link(4, false);
    b.observe_until(12'400);
    b.promote(4, 7);
    b.observe_until(16'000);
    if (kind == "pause") b.pause(1, false);
    b.observe_until(demoted);
    b.demote(1, 4);
    b.observe_until(22'000);
    b.end(20'000, 21'000, 22'000);
  }
  CheckResult check() { return check_register(b.finish(), {}); }
};

}  // namespace

TEST_CASE("a healthy run with a failover loses nothing and is linearizable") {
  FailoverRun scene;
  const CheckResult result = check(scene);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.allowed == 0);
  CHECK(measured(result, "linearizable") == 1);
  CHECK(measured(result, "terms") == 5);
}

TEST_CASE("window a: a write acknowledged just before the crash may be lost, and its age is measured") {
  FailoverRun scene;
  const std::string key = key_of(0, 1);
  scene.b.write(10, key, 1, {9'000, 9'001}, 1);
  scene.b.write(10, key, 2, {9'990, 9'992}, 1);
  scene.b.read(11, key, 1, {13'000, 13'001}, 4);
  scene.keep(key, 1);
  const CheckResult result = check(scene);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.violations == 0);
  CHECK(allowed_in(result, "lost-write", "a"));
  CHECK(measured(result, "lost_writes") == 1);
  CHECK(measured(result, "age_ms_max_a") == Approx(8));
  CHECK(measured(result, "linearizable") == 0);
}

TEST_CASE("a FLUSHALL empties a shard: what was there is gone, and does not come back") {
  FailoverRun scene;
  const std::string key = key_of(0, 1);
  scene.b.write(10, key, 1, {3'000, 3'001}, 1);
  scene.b.read(11, key, 1, {3'100, 3'101}, 1);
  scene.b.read(11, key, std::nullopt, {6'000, 6'001}, 1);
  scene.b.read(11, key, std::nullopt, {13'000, 13'001}, 4);
  const auto flush = [&] {
    FaultRecord& record = scene.b.fault("flush", 1, 5'000, 5'005);
    record.effects.assign(1, Effect{});
    record.effects.front().kind = EffectKind::kData;
    record.effects.front().nodes = {0};
  };
  SECTION("flushed") {
    flush();
    const CheckResult result = check(scene);
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
  }
  SECTION("flushed, and yet it comes back") {
    flush();
    scene.b.read(11, key, 1, {7'000, 7'001}, 1);
    scene.b.read(11, key, std::nullopt, {8'000, 8'001}, 1);
    CHECK(check(scene).valid == Validity::kInvalid);
  }
  SECTION("nobody flushed") {
    CHECK(check(scene).valid == Validity::kInvalid);
  }
}

TEST_CASE("under --strict the same loss is a violation") {
  FailoverRun scene;
  const std::string key = key_of(0, 1);
  scene.b.write(10, key, 1, {9'000, 9'001}, 1);
  scene.b.write(10, key, 2, {9'990, 9'992}, 1);
  scene.b.read(11, key, 1, {13'000, 13'001}, 4);
  scene.keep(key, 1);
  const CheckResult result = check(scene, true);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "not-linearizable"));
}

TEST_CASE("a lost write that the replica had received is a violation") {
  FailoverRun scene;
  const std::string key = key_of(0, 1);
  scene.b.write(10, key, 1, {8'000, 8'001}, 1);
  scene.b.write(10, key, 2, {9'000, 9'001}, 1);  // n4 applied n1's offset of 9.1 s and later ones
  scene.b.read(11, key, 1, {13'000, 13'001}, 4);
  const CheckResult result = check(scene);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "lost-write-outside-window"));
  CHECK(result.explanation.find("n4") != std::string::npos);
  CHECK(result.explanation.find("9.001 s") != std::string::npos);
}

TEST_CASE("the same loss is allowed while the replica lagged behind for seconds") {
  RecordBuilder b;
  b.observe_until(5'000);
  b.lag(4);
  b.observe_until(10'000);
  b.fault("kill", 1, 10'000, 10'010);
  b.crash(1, 9);
  b.observe_until(12'400);
  b.promote(4, 7);
  b.observe_until(15'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {4'000, 4'001}, 1);
  b.write(1, key, 2, {9'000, 9'001}, 1);
  b.read(2, key, 1, {13'000, 13'001}, 4);
  const CheckResult result = check_register(b.finish(), {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(allowed_in(result, "lost-write", "a"));
  CHECK(measured(result, "age_ms_max_a") == Approx(999));
}

TEST_CASE("a loss with a hole in it is a violation even inside the window") {
  FailoverRun scene;
  scene.b.write(10, key_of(0, 1), 1, {9'990, 9'991}, 1);  // lost
  scene.b.write(11, key_of(0, 2), 2, {9'993, 9'994}, 1);  // later, and survives
  scene.b.read(12, key_of(0, 1), std::nullopt, {13'000, 13'001}, 4);
  scene.b.read(12, key_of(0, 2), 2, {13'002, 13'003}, 4);
  const CheckResult result = check(scene);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "hole-in-loss"));
}

TEST_CASE("concurrent writes have no order, so one of them lost is no hole") {
  FailoverRun scene;
  scene.b.write(10, key_of(0, 1), 1, {9'990, 9'994}, 1);
  scene.b.write(11, key_of(0, 2), 2, {9'993, 9'995}, 1);
  scene.b.read(12, key_of(0, 1), std::nullopt, {13'000, 13'001}, 4);
  scene.b.read(12, key_of(0, 2), 2, {13'002, 13'003}, 4);
  const CheckResult result = check(scene);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.allowed == 1);
}

TEST_CASE("a stale read within one term is a violation") {
  FailoverRun scene;
  const std::string key = key_of(1, 1);
  scene.b.write(10, key, 1, {1'000, 1'001}, 2);
  scene.b.write(10, key, 2, {2'000, 2'001}, 2);
  scene.b.read(11, key, 1, {3'000, 3'001}, 2);
  const CheckResult result = check(scene);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "not-linearizable-in-term"));
  CHECK(result.anomalies.at(0).operations.size() == 3);
}

TEST_CASE("a lost acknowledged write without any failover is a violation") {
  FailoverRun scene;
  const std::string key = key_of(2, 1);
  scene.b.write(10, key, 1, {1'000, 1'001}, 3);
  scene.b.read(11, key, std::nullopt, {15'000, 15'001}, 3);
  CHECK(check(scene).valid == Validity::kInvalid);
}

TEST_CASE("values nobody wrote, failed writes and reads from the future are violations") {
  SECTION("never written") {
    FailoverRun scene;
    scene.b.read(10, key_of(1, 1), 77, {1'000, 1'001}, 2);
    CHECK(violates(check(scene), "never-written"));
  }
  SECTION("failed write") {
    FailoverRun scene;
    scene.b.write(10, key_of(1, 1), 77, {1'000, 1'001}, 2, Outcome::kFail);
    scene.b.read(10, key_of(1, 1), 77, {2'000, 2'001}, 2);
    CHECK(violates(check(scene), "failed-write-read"));
  }
  SECTION("from the future") {
    FailoverRun scene;
    scene.b.read(10, key_of(1, 1), 77, {1'000, 1'001}, 2);
    scene.b.write(10, key_of(1, 1), 77, {2'000, 2'001}, 2);
    CHECK(violates(check(scene), "read-before-write"));
  }
}

TEST_CASE("an info write may have happened, in its term or in the next, or not at all") {
  FailoverRun scene;
  const std::string never = key_of(0, 1);
  const std::string before = key_of(0, 2);
  const std::string after = key_of(0, 3);
  scene.b.write(10, never, 1, {9'995, 10'500}, 1, Outcome::kInfo);
  scene.b.read(20, never, std::nullopt, {13'000, 13'001}, 4);
  scene.b.write(11, before, 1, {9'000, 9'500}, 1, Outcome::kInfo);
  scene.b.read(21, before, 1, {9'600, 9'601}, 1);
  scene.b.read(21, before, 1, {13'000, 13'001}, 4);
  scene.b.write(12, after, 1, {11'000, 12'000}, 1, Outcome::kInfo);
  scene.b.read(22, after, std::nullopt, {13'000, 13'001}, 4);
  scene.b.read(22, after, 1, {14'000, 14'001}, 4);
  const CheckResult result = check(scene);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.allowed == 0);
  CHECK(measured(result, "linearizable") == 1);
}

TEST_CASE("an info write that a read had shown can be lost like any other") {
  FailoverRun scene;
  const std::string key = key_of(0, 1);
  scene.b.write(10, key, 1, {9'900, 9'990}, 1, Outcome::kInfo);
  scene.b.read(11, key, 1, {9'992, 9'993}, 1);
  scene.b.read(11, key, std::nullopt, {13'000, 13'001}, 4);
  const CheckResult result = check(scene);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(allowed_in(result, "lost-write", "a"));
}

TEST_CASE("compare-and-set: one effect a value, and the order it makes") {
  SECTION("two of them replace one value") {
    FailoverRun scene;
    scene.b.write(10, key_of(1, 1), 1, {1'000, 1'001}, 2);
    scene.b.cas(10, key_of(1, 1), 1, 2, {2'000, 2'005}, 2);
    scene.b.cas(11, key_of(1, 1), 1, 3, {2'001, 2'004}, 2);
    CHECK(violates(check(scene), "not-linearizable-in-term"));
  }
  SECTION("a lost compare-and-set in the window") {
    FailoverRun scene;
    const std::string key = key_of(0, 1);
    scene.b.write(10, key, 1, {9'000, 9'001}, 1);
    scene.b.cas(10, key, 1, 2, {9'995, 9'996}, 1);
    scene.b.cas(11, key, 1, 3, {13'000, 13'001}, 4);
    const CheckResult result = check(scene);
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(allowed_in(result, "lost-write", "a"));
    CHECK(measured(result, "linearizable") == 0);
  }
  SECTION("a failed one says nothing") {
    FailoverRun scene;
    scene.b.write(10, key_of(1, 1), 1, {1'000, 1'001}, 2);
    scene.b.cas(10, key_of(1, 1), 5, 6, {2'000, 2'005}, 2, Outcome::kFail);
    scene.b.read(10, key_of(1, 1), 1, {3'000, 3'001}, 2);
    CHECK(check(scene).valid == Validity::kValid);
  }
}

TEST_CASE("window c: the minority side may lose what it accepted within the bound, and nothing later") {
  PartitionRun scene;
  const std::string key = key_of(0);
  scene.b.write(1, key, 1, {9'000, 9'001}, 1);
  scene.b.write(1, key, 2, {11'000, 11'001}, 1);
  scene.b.read(2, key, 1, {13'000, 13'001}, 4);
  SECTION("within 1.5·NT + 100 ms") {
    const CheckResult result = scene.check();
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(allowed_in(result, "lost-write", "c"));
    CHECK(measured(result, "age_ms_max_c") == Approx(1001));
  }
  SECTION("seconds later") {
    scene.b.write(1, key, 3, {14'000, 14'001}, 1);
    const CheckResult result = scene.check();
    CHECK(result.valid == Validity::kInvalid);
    CHECK(result.explanation.find("beyond the bound") != std::string::npos);
  }
}

TEST_CASE(
    "a node that may answer reads while it is down serves old values as long as it is cut off, never "
    "writes") {
  const auto judged = [](const char* setting, bool writes) {
    PartitionRun scene;
    const std::string key = key_of(0);
    scene.b.run.plan.cluster.directives["cluster-allow-reads-when-down"] = setting;
    scene.b.write(1, key, 1, {9'000, 9'001}, 1);
    if (writes) scene.b.write(1, key, 7, {14'000, 14'001}, 1);
    scene.b.write(2, key, 2, {13'000, 13'001}, 4);
    if (!writes) scene.b.read(3, key, 1, {14'000, 14'001}, 1);
    scene.b.read(4, key, 2, {16'900, 16'901}, 4);
    return scene.check();
  };
  CHECK(judged("no", false).valid == Validity::kInvalid);
  const CheckResult allowed = judged("yes", false);
  INFO(allowed.explanation);
  CHECK(allowed.valid == Validity::kValid);
  CHECK(judged("yes", true).valid == Validity::kInvalid);
}

TEST_CASE("window b: the old master, back and not yet demoted, may take writes and serve old values") {
  const std::string kind = GENERATE("isolate", "pause");
  PartitionRun scene(kind);
  const std::string key = key_of(0);
  scene.b.write(1, key, 1, {9'000, 9'001}, 1);
  scene.b.write(2, key, 2, {13'000, 13'001}, 4);
  scene.b.read(3, key, 1, {16'050, 16'051}, 1);
  scene.b.write(3, key, 3, {16'060, 16'061}, 1);
  scene.b.read(4, key, 2, {17'000, 17'001}, 4);
  const CheckResult result = scene.check();
  INFO(kind << ": " << result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(allowed_in(result, "stale-read", "b"));
  CHECK(allowed_in(result, "lost-write", "b"));
}

TEST_CASE("window b ends: an old master that hears the others is demoted within the bound of agreement") {
  const auto judged = [](Nanos second_fault) {
    PartitionRun scene("pause", 21'000);
    if (second_fault > 0) scene.b.fault("pause", 5, second_fault, second_fault + 10);
    const std::string key = key_of(0);
    scene.b.write(1, key, 1, {9'000, 9'001}, 1);
    scene.b.write(2, key, 2, {13'000, 13'001}, 4);
    scene.b.write(3, key, 3, {20'000, 20'001}, 1);
    scene.b.read(4, key, 2, {21'500, 21'501}, 4);
    return scene.check();
  };
  const CheckResult alone = judged(0);
  INFO(alone.explanation);
  CHECK(alone.valid == Validity::kInvalid);
  CHECK_THAT(alone.explanation, Catch::Contains("beyond the bound"));
  CHECK(judged(15'000).valid == Validity::kUnknown);  // another fault may have kept the news from it
}

TEST_CASE("a request that a paused master answers when it wakes is in window b, not a stale read") {
  PartitionRun scene("pause");
  const std::string key = key_of(0);
  scene.b.write(1, key, 1, {9'000, 9'001}, 1);
  scene.b.write(2, key, 2, {13'000, 13'001}, 4);
  scene.b.read(3, key, 1, {12'900, 16'005}, 1);
  scene.b.write(4, key, 4, {13'500, 16'006}, 1);
  scene.b.read(5, key, 2, {17'000, 17'001}, 4);
  const CheckResult result = scene.check();
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
}

TEST_CASE("what a deposed master accepted never comes back") {
  PartitionRun scene;
  const std::string key = key_of(0);
  scene.b.write(1, key, 1, {9'000, 9'001}, 1);
  scene.b.write(3, key, 3, {16'060, 16'061}, 1);
  scene.b.read(4, key, 3, {17'000, 17'001}, 4);
  CHECK(violates(scene.check(), "resurrected-write"));
}

TEST_CASE("a lost write that a third master serves again is a violation") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("pause", 1, 10'000, 10'010, 14'000, 14'010);
  b.pause(1);
  b.observe_until(12'400);
  b.promote(4, 7);
  b.observe_until(14'000);
  b.pause(1, false);
  b.demote(1, 4);
  b.observe_until(18'000);
  b.fault("kill", 4, 18'000, 18'010);
  b.crash(4, 9);
  b.observe_until(20'400);
  b.promote(1, 8);
  b.observe_until(25'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {9'000, 9'001}, 1);
  b.write(1, key, 2, {9'999, 10'000}, 1);
  b.read(2, key, 1, {13'000, 13'001}, 4);
  SECTION("healthy: it stays lost") {
    b.read(3, key, 1, {21'000, 21'001}, 1);
    const CheckResult result = check_register(b.finish(), {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(measured(result, "terms") == 5);
  }
  SECTION("it comes back") {
    b.read(3, key, 2, {21'000, 21'001}, 1);
    CHECK(violates(check_register(b.finish(), {}), "resurrected-write"));
  }
}

TEST_CASE("a loss after a failover that no fault explains is a violation") {
  RecordBuilder b;
  b.observe_until(10'000);
  b.promote(4, 7);
  b.demote(1, 4);
  b.observe_until(15'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {9'000, 9'001}, 1);
  b.write(1, key, 2, {9'990, 9'991}, 1);
  b.read(2, key, 1, {13'000, 13'001}, 4);
  const CheckResult result = check_register(b.finish(), {});
  CHECK(result.valid == Validity::kInvalid);
  CHECK(result.explanation.find("no fault on n1 can have led to it") != std::string::npos);
}

TEST_CASE("a failover by hand loses nothing, unless it does not wait for the replica") {
  const bool forced = GENERATE(false, true);
  RecordBuilder b;
  b.observe_until(10'000);
  Effect handover;
  handover.kind = EffectKind::kHandover;
  handover.nodes = {3};
  handover.forced = forced;
  b.fault("by hand", 4, 9'995, 9'999).effects = {handover};
  b.promote(4, 7);
  b.demote(1, 4);
  b.observe_until(15'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {9'000, 9'001}, 1);
  const double written = GENERATE(9'990.0, 9'996.0);  // before it was asked for, and while it took hold
  b.write(1, key, 2, {written, written + 1}, 1);
  b.read(2, key, 1, {13'000, 13'001}, 4);
  const CheckResult result = check_register(b.finish(), {});
  INFO(result.explanation);
  CHECK(result.valid == (forced ? Validity::kValid : Validity::kInvalid));
  REQUIRE(result.anomalies.size() == 1);
  CHECK(result.anomalies[0].promise == (forced ? "" : "row 20, row 7"));
}

namespace {

/// n4 is asked to take over from n1 at 9,995 and does; of n1's last two writes one is not there then.
struct HandedOver {
  RecordBuilder b;
  std::string key = key_of(0);

  void hand_over(int node, int requested, bool forced) {
    Effect handover;
    handover.kind = EffectKind::kHandover;
    handover.nodes = {node - 1};
    handover.forced = forced;
    b.fault("by hand", node, requested, requested + 4).effects = {handover};
  }
  CheckResult lose_one(int from, int to) {
    b.write(1, key, 1, {9'000, 9'001}, from);
    b.write(1, key, 2, {9'990, 9'991}, from);
    b.observe_until(10'000);
    hand_over(to, 9'995, false);
    b.promote(to, 9);
    b.demote(from, to);
    b.observe_until(15'000);
    b.read(2, key, 1, {13'000, 13'001}, to);
    return check_register(b.finish(), {});
  }
};

}  // namespace

TEST_CASE("a silence that cost nobody its mastership excuses no loss of a failover by hand") {
  HandedOver scene;
  scene.b.observe_until(7'000);
  SECTION("bad: it was too short for anybody to be given up") {
    scene.b.fault("pause", 1, 9'600, 9'600, 9'800, 9'800);
    CHECK(scene.lose_one(1, 4).valid == Validity::kInvalid);
  }
  SECTION("good: two with a short break between them may have been one") {
    scene.b.fault("pause", 1, 9'000, 9'000, 9'400, 9'400);
    scene.b.fault("pause", 1, 9'500, 9'500, 9'800, 9'800);
    CHECK(scene.lose_one(1, 4).valid == Validity::kValid);
  }
  SECTION("a long one may have led to it") {
    scene.b.fault("pause", 1, 7'000, 7'000, 9'800, 9'800);
    SECTION("good: nobody knows") {
      CHECK(scene.lose_one(1, 4).valid == Validity::kValid);
    }
    SECTION("bad: the heir's log knows that it was by hand") {
      scene.b.log(4, "All master replication stream processed, manual failover can start.", 9'996);
      CHECK(scene.lose_one(1, 4).valid == Validity::kInvalid);
    }
  }
}

TEST_CASE("a takeover of before excuses nothing of the failover that follows it") {
  HandedOver scene;
  scene.b.observe_until(2'000);
  scene.hand_over(4, 2'000, true);
  scene.b.promote(4, 7);
  scene.b.demote(1, 4);
  const CheckResult result = scene.lose_one(4, 1);
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
}

TEST_CASE("the old master of a takeover serves until it hears of it, within the bound of agreement") {
  const auto judged = [](double written, bool cut) {
    HandedOver scene;
    RecordBuilder& b = scene.b;
    b.observe_until(5'000);
    scene.hand_over(4, 5'000, true);
    if (cut) b.fault("pause", 2, 4'900, 4'900, 19'000, 19'000);
    b.promote(4, 7);
    b.observe_until(15'000);
    b.demote(1, 4);
    b.observe_until(20'000);
    b.write(1, scene.key, 1, {4'000, 4'001}, 1);
    b.write(1, scene.key, 2, {written, written + 1}, 1);
    b.read(2, scene.key, 1, {16'000, 16'001}, 4);
    return check_register(b.finish(), {});
  };
  const CheckResult soon = judged(5'500, false);
  INFO(soon.explanation);
  CHECK(soon.valid == Validity::kValid);
  CHECK(allowed_in(soon, "lost-write", "b"));
  CHECK(judged(14'000, false).valid == Validity::kInvalid);
  CHECK(judged(14'000, true).valid == Validity::kUnknown);
}

TEST_CASE("missing evidence is unknown") {
  FailoverRun scene;
  const std::string key = key_of(0, 1);
  scene.b.write(10, key, 1, {9'000, 9'001}, 1);
  scene.b.write(10, key, 2, {9'990, 9'992}, 1);
  scene.b.read(11, key, 1, {13'000, 13'001}, 4);
  scene.keep(key, 1);
  RunRecord run = scene.finish();
  SECTION("no views") {
    run.views.clear();
    CHECK(check_register(run, {}).valid == Validity::kUnknown);
  }
  SECTION("no offsets, so the lag is not known") {
    run.offsets.clear();
    CHECK(check_register(run, {}).valid == Validity::kUnknown);
  }
  SECTION("no answering nodes") {
    for (Operation& op : run.history.operations) op.node = kNoNode;
    CHECK(check_register(run, {}).valid == Validity::kUnknown);
  }
  SECTION("no operations") {
    run.history = {};
    CHECK(check_register(run, {}).valid == Validity::kUnknown);
  }
}

TEST_CASE("a value written twice cannot be judged") {
  FailoverRun scene;
  scene.b.write(10, key_of(1, 1), 1, {1'000, 1'001}, 2);
  scene.b.write(10, key_of(1, 1), 1, {2'000, 2'001}, 2);
  const CheckResult result = check(scene);
  CHECK(result.valid == Validity::kUnknown);
  CHECK(result.explanation.find("written twice") != std::string::npos);
}
