// The models that are not linearizability against their definitions, and what is measured beside the
// verdicts.
#include "checkers/definitions_test.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {

double measured(const CheckResult& result, std::string_view name) {
  for (const auto& [key, value] : result.measured)
    if (key == name) return value;
  FAIL("nothing measured as " << name);
  return 0;
}

/// A random history with a few lies in it.
template <typename Subject>
History tampered_history(Subject& subject, Prng& prng, std::size_t most) {
  History history =
      truthful_history(subject, prng, 1 + prng.below(most), 1 + static_cast<int>(prng.below(4)));
  tamper(prng, history, [&](Operation& op) { subject.lie(op, prng); });
  history.values = subject.values;
  return history;
}

template <typename Subject>
void compare_with_definition(std::size_t usual_rounds) {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  std::map<Validity, std::size_t> seen;
  const std::size_t rounds = random_rounds(usual_rounds);
  for (std::size_t round = 0; round < rounds; ++round) {
    Subject subject(prng);
    const History history = tampered_history(subject, prng, 12);
    const Validity expected = subject.truth(history);
    ++seen[expected];
    const CheckResult result = check_subject(subject, history);
    if (result.valid == expected) continue;
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    INFO("seed " << seed << " round " << round << " expected " << static_cast<int>(expected) << ": "
                 << result.explanation);
    FAIL("a verdict differs");
  }
  CHECK(seen[Validity::kValid] > rounds / 20);
  CHECK(seen[Validity::kInvalid] > rounds / 20);
}

/// The fate of each element by Jepsen's set-full, looking at every read for every element.
struct Fates {
  double lost = 0, stale = 0, never_read = 0;
};
Fates fates_of(const History& history) {
  std::set<std::uint64_t> elements;
  std::vector<const Operation*> reads;
  const auto has = [&](const Operation* read, std::uint64_t element) {
    const auto list = history.values.as_list(read->result);
    return std::any_of(list.begin(), list.end(), [&](Value v) { return v.bits() == element; });
  };
  for (const Operation& op : history.operations) {
    if (op.function == Function::kAdd && op.outcome != Outcome::kFail) elements.insert(op.argument.bits());
    if (op.function == Function::kRead && op.outcome == Outcome::kOk) reads.push_back(&op);
  }
  Fates fates;
  for (const std::uint64_t element : elements) {
    Nanos known = kNever;  // when it was first certain that the element is in the set
    const Operation* last_present = nullptr;
    for (const Operation& op : history.operations)
      if (op.function == Function::kAdd && op.outcome == Outcome::kOk && op.argument.bits() == element)
        known = std::min(known, op.completed);
    for (const Operation* read : reads)
      if (has(read, element)) {
        known = std::min(known, read->completed);
        last_present = read;
      }
    if (known == kNever) continue;
    const Operation* last_absent = nullptr;
    for (const Operation* read : reads)
      if (read->invoked > known && !has(read, element)) last_absent = read;
    const bool lost = last_absent != nullptr && (last_present == nullptr || last_present < last_absent);
    fates.lost += lost;
    fates.stale += !lost && last_absent != nullptr;
    fates.never_read += !lost && last_present == nullptr && !reads.empty();
  }
  return fates;
}

}  // namespace

TEST_CASE("unique-ids agrees with its definition", "[proof]") {
  compare_with_definition<UniqueIdsSubject>(30'000);
}
TEST_CASE("bank agrees with its definition", "[proof]") {
  compare_with_definition<BankSubject>(30'000);
}
TEST_CASE("long-fork agrees with its definition", "[proof]") {
  compare_with_definition<LongForkSubject>(60'000);
}
TEST_CASE("session agrees with its definition", "[proof]") {
  compare_with_definition<SessionSubject>(60'000);
}
TEST_CASE("total-queue agrees with its definition", "[proof]") {
  compare_with_definition<TotalQueueSubject>(60'000);
}

TEST_CASE("total-queue counts what was lost, duplicated, unexpected and recovered", "[proof]") {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  TotalQueueSubject::Counts sum;
  for (std::size_t round = random_rounds(40'000); round > 0; --round) {
    TotalQueueSubject subject(prng);
    const History history = tampered_history(subject, prng, 12);
    Operations all;
    for (const Operation& op : history.operations) all.push_back(&op);
    const TotalQueueSubject::Counts expected = TotalQueueSubject::count(all);
    const CheckResult result = check_subject(subject, history);
    INFO("seed " << seed << " rounds left " << round);
    REQUIRE(measured(result, "lost") == static_cast<double>(expected.lost));
    REQUIRE(measured(result, "unexpected") == static_cast<double>(expected.unexpected));
    REQUIRE(measured(result, "duplicated") == static_cast<double>(expected.duplicated));
    REQUIRE(measured(result, "recovered") == static_cast<double>(expected.recovered));
    sum.lost += expected.lost;
    sum.unexpected += expected.unexpected;
    sum.duplicated += expected.duplicated;
    sum.recovered += expected.recovered;
  }
  CHECK(sum.lost > 100);
  CHECK(sum.unexpected > 100);
  CHECK(sum.duplicated > 100);
  CHECK(sum.recovered > 100);
}

TEST_CASE("set tells the lost, the stale and the never read elements apart", "[proof]") {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  Fates sum;
  for (std::size_t round = random_rounds(40'000); round > 0; --round) {
    SetSubject subject(prng);
    const History history = tampered_history(subject, prng, 12);
    const Fates expected = fates_of(history);
    const CheckResult result = check_subject(subject, history);
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    INFO("seed " << seed << " rounds left " << round << ": " << result.explanation);
    REQUIRE(measured(result, "lost") == expected.lost);
    REQUIRE(measured(result, "stale") == expected.stale);
    REQUIRE(measured(result, "never_read") == expected.never_read);
    sum.lost += expected.lost;
    sum.stale += expected.stale;
    sum.never_read += expected.never_read;
  }
  CHECK(sum.lost > 100);
  CHECK(sum.stale > 100);
  CHECK(sum.never_read > 100);
}
