#include "checkers/models/streaming.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <tuple>

#include "checkers/common/notation.h"
#include "checkers/common/random_history_test.h"
#include "checkers/models/register.h"

using namespace harness;

namespace {

/// Feeds a whole history event by event; the violations in order.
template <typename Checker>
std::vector<StreamedViolation> feed(Checker& checker, const History& history) {
  struct Fed {
    Nanos time;
    bool completion;
    std::uint32_t event;
    const Operation* op;
  };
  std::vector<Fed> events;
  for (const Operation& op : history.operations) {
    events.push_back({op.invoked, false, op.invoke_event, &op});
    if (op.complete_event != kNoEvent) events.push_back({op.completed, true, op.complete_event, &op});
  }
  std::sort(events.begin(), events.end(), [](const Fed& a, const Fed& b) {
    return std::tuple(a.time, a.completion, a.event) < std::tuple(b.time, b.completion, b.event);
  });
  std::vector<StreamedViolation> found;
  for (const Fed& fed : events) {
    if (!fed.completion) {
      checker.invoked(*fed.op);
    } else if (auto violation = checker.completed(*fed.op)) {
      found.push_back(*violation);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("the streaming register finds a violation exactly when the whole history has one") {
  const std::uint64_t seed = random_seed();
  INFO("seed " << seed);
  Prng prng(seed);
  std::size_t violated = 0;
  for (std::size_t round = random_rounds(100'000); round > 0; --round) {
    RandomRegister shape;
    shape.operations = 1 + prng.below(12);
    shape.processes = 1 + static_cast<int>(prng.below(4));
    const History history = random_register_history(prng, shape);
    StreamingRegister streaming;
    const auto found = feed(streaming, history);
    const CheckResult whole = check_linearizable_register(history, {});
    violated += !found.empty();
    if (found.empty() == (whole.valid == Validity::kValid)) continue;
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    FAIL("streaming and whole verdicts differ: " << whole.explanation);
  }
  CHECK(violated > 1000);
}

TEST_CASE("the streaming counter and set tell violations when they become certain") {
  const auto counter = [](const char* text) {
    StreamingCounter checker;
    return feed(checker, history_from_notation(text)).size();
  };
  CHECK(counter("[incr 1 = 1] .[incr 1 = 2] .[read 2]\n   [incr 1?") == 0);
  CHECK(counter("[incr 1 = 1] .[incr 1 = 1]") == 1);
  CHECK(counter("[incr 1 = 1] .[incr 1 = 3]") == 1);
  CHECK(counter("[incr 1 = 1] .[read 0]") == 1);
  const auto set = [](const char* text) {
    const History history = history_from_notation(text);
    StreamingSet checker(history.values);
    return feed(checker, history).size();
  };
  CHECK(set("[add 1] .[read [1]]\n [add 2    ] .[read [1,2]]") == 0);
  CHECK(set("[add 1] .[read []]") == 1);
  CHECK(set("[add 2?\n  .[read [2]] .[read []]") == 1);
  CHECK(set("[add 1] .[read [1,2]]") == 1);
}
