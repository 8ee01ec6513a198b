// Every object's checker against brute force on random small histories, with a few lies in each.
#include <catch2/catch.hpp>

#include "checkers/subjects_test.h"

using namespace harness;

namespace {

template <typename Subject>
void compare_with_brute_force(std::size_t usual_rounds) {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  const std::size_t rounds = random_rounds(usual_rounds);
  std::size_t valid = 0, witnesses = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    Subject subject(prng);
    History history = truthful_history(subject, prng, 1 + prng.below(7), 1 + static_cast<int>(prng.below(4)));
    tamper(prng, history, [&](Operation& op) { subject.lie(op, prng); });
    history.values = subject.values;
    const bool expected = linearizable_by_definition(subject, history);
    valid += expected;
    const CheckResult result = check_subject(subject, history);
    if (result.valid == (expected ? Validity::kValid : Validity::kInvalid)) {
      for (const Anomaly& anomaly : result.anomalies) {
        if (anomaly.type != "non-linearizable") continue;
        ++witnesses;
        if (witness_is_wrong(subject, history, anomaly)) continue;
        for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
        INFO("seed " << seed << " round " << round << ": " << anomaly.explanation);
        FAIL("a witness that is not wrong by itself");
      }
      continue;
    }
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    INFO("seed " << seed << " round " << round << " expected " << expected << ": " << result.explanation);
    FAIL("a verdict differs");
  }
  INFO("seed " << seed << ": " << valid << " of " << rounds << " valid");
  if (Subject::kModel != "set") CHECK(witnesses > rounds / 1000);
  CHECK(valid > rounds / 10);
  CHECK(valid < rounds * 19 / 20);
}

}  // namespace

TEST_CASE("a register of few values agrees with brute force", "[proof]") {
  compare_with_brute_force<RegisterSubject>(60'000);
}
TEST_CASE("kv agrees with brute force", "[proof]") {
  compare_with_brute_force<KvSubject>(60'000);
}
TEST_CASE("mutex agrees with brute force", "[proof]") {
  compare_with_brute_force<MutexSubject>(60'000);
}
TEST_CASE("set agrees with brute force", "[proof]") {
  compare_with_brute_force<SetSubject>(100'000);
}
TEST_CASE("queue agrees with brute force", "[proof]") {
  compare_with_brute_force<QueueSubject>(150'000);
}
TEST_CASE("counter agrees with brute force", "[proof]") {
  compare_with_brute_force<CounterSubject>(150'000);
}
TEST_CASE("multi-register agrees with brute force", "[proof]") {
  compare_with_brute_force<MultiRegisterSubject>(60'000);
}
