// Every object's documented verdict against the generative model of object_cluster_test.h: an honest run is
// never called bad, and each way of breaking a rule always is.
#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/object_cluster_test.h"
#include "checkers/promises/object_kinds_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

constexpr std::uint64_t kSeed = 911;
constexpr int kRuns = 60;  // of each object and kind of loss

}  // namespace

TEST_CASE("no object of an honest asynchronous shard is called bad") {
  const std::string object = GENERATE(from_range(object_kinds()));
  const Loss loss = GENERATE(Loss::kKill, Loss::kPause, Loss::kPartition);
  const auto data = data_of(object);
  double lost = 0;
  for (int i = 0; i < kRuns; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    const CheckResult result = judge_object(ObjectCluster(*data, seed, loss, Breach::kNone).run(), object);
    INFO(object << ", seed " << seed << ", loss " << static_cast<int>(loss) << ": " << result.explanation);
    REQUIRE(result.valid == Validity::kValid);
    lost += measured(result, "lost_writes", 0);
  }
  CHECK(lost > kRuns);
}

TEST_CASE("every way of breaking an object is called bad") {
  const std::string object = GENERATE(from_range(object_kinds()));
  const Loss loss = GENERATE(Loss::kKill, Loss::kPause, Loss::kPartition);
  const Breach breach = GENERATE(Breach::kHole, Breach::kReplicatedLost, Breach::kStaleRead,
                                 Breach::kResurrection, Breach::kDoubled, Breach::kTorn);
  const bool counts =
      object == "counter" || object == "bank" || object == "rw-register" || object == "unique-ids";
  const bool elements = object == "queue" || object == "priority-queue" || object == "stream-group";
  if (loss == Loss::kKill && breach == Breach::kResurrection) return;  // the dead write nothing
  // A register or a set is the same after the same write came twice.
  if (breach == Breach::kDoubled && !counts && object != "list-append" && object != "stream-entries" &&
      object != "awaited-entries")
    return;
  // A step that the dead master never answered may stand for the one that is missing.
  if (breach == Breach::kHole && counts && loss == Loss::kKill) return;
  const bool plain_count = object == "unique-ids" || object == "rw-register";
  if (breach == Breach::kDoubled && plain_count && loss == Loss::kKill) return;
  if (breach == Breach::kTorn && object != "list-append" && object != "bank" && object != "rw-register")
    return;
  // Nobody only reads identifiers and queues, so no read can lie.
  const bool read_lies = breach == Breach::kStaleRead || breach == Breach::kResurrection;
  if (read_lies && (elements || object == "unique-ids")) return;
  // What an absent key means depends on times and removals, so that a read that lies may be true.
  // Its reads are judged element by element, and the state before may differ by one that is gone.
  if (read_lies && object == "removable set") return;
  if (read_lies && (object == "group" || object == "expiry")) return;
  const auto data = data_of(object);
  int shown = 0;
  for (int i = 0; i < kRuns / 2; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    ObjectCluster cluster(*data, seed, loss, breach);
    const CheckResult result = judge_object(cluster.run(), object);
    if (!cluster.shown()) continue;
    ++shown;
    INFO(object << ", seed " << seed << ", loss " << static_cast<int>(loss) << ", breach "
                << static_cast<int>(breach) << ": " << result.explanation);
    CHECK(result.valid == Validity::kInvalid);
  }
  CHECK(shown > kRuns / 15);
}
