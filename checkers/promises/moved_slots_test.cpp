// Slots that move keep their lineage: the target's term continues the source's, and nothing may be lost.
#include <catch2/catch.hpp>

#include "checkers/promises/documented.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

double moved_keys(const CheckResult& result) {
  for (const auto& [known, value] : result.measured)
    if (known == "moved_keys") return value;
  return 0;
}

/// The slot of key_of(0) passes from n1 to n2 at 5 s.
struct MoveRun {
  RecordBuilder b;
  const std::string key = key_of(0);
  MoveRun() {
    b.observe_until(5'000);
    b.move_slot(slot_of(key), 1, 2);
    b.observe_until(8'000);
    b.write(1, key, 1, {1'000, 1'001}, 1);
    b.write(1, key, 2, {4'000, 4'001}, 1);
  }
  CheckResult check() { return check_register(b.finish(), {}); }
};

}  // namespace

TEST_CASE("the target of a moved slot continues the source") {
  MoveRun scene;
  scene.b.read(2, scene.key, 2, {6'000, 6'001}, 2);
  scene.b.write(2, scene.key, 3, {6'010, 6'011}, 2);
  const CheckResult result = scene.check();
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(moved_keys(result) == 1);
}

TEST_CASE("a write that the target of a move does not know is a violation, whatever the load") {
  MoveRun scene;
  SECTION("an old value") {
    scene.b.read(2, scene.key, 1, {6'000, 6'001}, 2);
  }
  SECTION("nothing") {
    scene.b.read(2, scene.key, std::nullopt, {6'000, 6'001}, 2);
  }
  const CheckResult result = scene.check();
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "not-linearizable-across-move"));
}

TEST_CASE("a key that an importing master serves already is in the owner's stream") {
  RecordBuilder b;
  b.observe_until(8'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {1'000, 1'001}, 1);
  SECTION("with its value") {
    b.read(2, key, 1, {6'000, 6'001}, 2);
    CHECK(check_register(b.finish(), {}).valid == Validity::kValid);
  }
  SECTION("without it") {
    b.read(2, key, std::nullopt, {6'000, 6'001}, 2);
    CHECK(violates(check_register(b.finish(), {}), "not-linearizable-across-move"));
  }
}

TEST_CASE("a moved key that the source's promoted replica answers as absent or old is lost in migration") {
  // The slot is still n1's, one key has moved to n2 already; n1 dies, and n4 knows nothing of the move.
  RecordBuilder b;
  b.observe_until(5'000);
  b.fault("kill", 1, 5'000, 5'010);
  b.crash(1, 9);
  b.observe_until(7'400);
  b.promote(4, 7);
  b.observe_until(12'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {1'000, 1'001}, 1);
  b.write(1, key, 2, {4'990, 4'991}, 1);
  b.write(2, key, 3, {4'995, 4'996}, 2);
  SECTION("absent") {
    b.read(3, key, std::nullopt, {9'000, 9'001}, 4);
  }
  SECTION("in its old state") {
    b.read(3, key, 1, {9'000, 9'001}, 4);
  }
  const CheckResult result = check_register(b.finish(), {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "lost-in-migration"));
}

TEST_CASE("a replaced master that comes back with its old claim is not whom a slot is moved from") {
  RecordBuilder b;
  const std::string key = key_of(0);
  b.observe_until(5'000);
  b.fault("kill", 1, 5'000, 5'010);
  b.crash(1, 9);
  b.observe_until(7'400);
  b.promote(4, 7);
  b.observe_until(8'000);
  b.fault("restart", 1, 8'000, 8'010);
  b.restart(1);
  b.observe_until(8'300);
  b.demote(1, 4);
  b.observe_until(10'000);
  b.move_slot(slot_of(key), 4, 2);
  b.observe_until(14'000);
  b.write(1, key, 1, {1'000, 1'001}, 1);
  b.write(1, key, 2, {7'800, 7'801}, 4);
  SECTION("the target shows what the heir was given") {
    b.read(2, key, 2, {12'000, 12'001}, 2);
    const CheckResult result = check_register(b.finish(), {});
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
  }
  SECTION("the target lacks it") {
    b.read(2, key, 1, {12'000, 12'001}, 2);
    CHECK(violates(check_register(b.finish(), {}), "not-linearizable-across-move"));
  }
}

TEST_CASE("a failover of the target loses only what it had not replicated") {
  MoveRun scene;
  RecordBuilder& b = scene.b;
  b.observe_until(10'000);
  b.fault("kill", 2, 10'000, 10'010);
  b.crash(2, 9);
  b.observe_until(12'400);
  b.promote(5, 7);
  b.observe_until(16'000);
  b.write(2, scene.key, 3, {7'000, 7'001}, 2);
  SECTION("a write of the last moment") {
    b.write(2, scene.key, 4, {9'995, 9'996}, 2);
    b.read(3, scene.key, 3, {13'000, 13'001}, 5);
    const CheckResult result = scene.check();
    INFO(result.explanation);
    CHECK(result.valid == Validity::kValid);
    CHECK(result.allowed == 1);
  }
  SECTION("the whole key, which had moved long before") {
    b.read(3, scene.key, std::nullopt, {13'000, 13'001}, 5);
    const CheckResult result = scene.check();
    INFO(result.explanation);
    CHECK(result.valid == Validity::kInvalid);
    CHECK(violates(result, "lost-write-outside-window"));
  }
}

TEST_CASE("a replica that answers for its master's slots is a violation, not an unplaced operation") {
  RecordBuilder b;
  b.observe_until(8'000);
  b.write(1, key_of(0), 1, {1'000, 1'001}, 1);
  b.read(2, key_of(0), 1, {2'000, 2'001}, 4);
  const CheckResult result = check_register(b.finish(), {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, "answered-by-replica"));
}

TEST_CASE("a look that may have been stamped late does not say what a node was at its end") {
  RecordBuilder b;
  b.observe_until(8'000);
  b.write(1, key_of(0), 1, {1'000, 1'001}, 1);
  b.read(2, key_of(0), 1, {7'900, 7'901}, 4);
  RunRecord run = b.finish();
  std::erase_if(run.views,
                [](const View& view) { return view.node == 3 && view.begin > 7'000 * kMillisecond; });
  for (View& view : run.views)
    if (view.node == 3) view.end = std::max(view.end, 7'950 * kMillisecond);
  CHECK(violates(check_register(run, {}), "answered-by-replica"));
  run.counters.host_stall_max = 100 * kMillisecond;
  CHECK_FALSE(violates(check_register(run, {}), "answered-by-replica"));
}

TEST_CASE("a failed compare-and-set that says what it saw is a read of it") {
  RecordBuilder b;
  b.observe_until(8'000);
  const std::string key = key_of(0);
  b.write(1, key, 1, {1'000, 1'001}, 1);
  b.write(1, key, 2, {2'000, 2'001}, 1);
  const auto refuse = [&](int saw) {
    const Value pair[] = {Value::integer(7), Value::integer(8)};
    const Value told[] = {Value::integer(7), Value::integer(8), Value::integer(saw)};
    b.operation(2, Function::kCas, key, b.values().list(pair), b.values().list(told), {3'000, 3'001}, 1,
                Outcome::kFail);
    return check_register(b.finish(), {});
  };
  SECTION("the value that stood there") {
    CHECK(refuse(2).valid == Validity::kValid);
  }
  SECTION("an old one") {
    CHECK(refuse(1).valid == Validity::kInvalid);
  }
}
