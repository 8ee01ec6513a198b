// Laws that hold of every model, whatever it says: a history that is told otherwise gets the same verdict,
// and one that says less is never worse (checkers/PROMISES.md, "Verdicts must be earned").
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <tuple>

#include "checkers/definitions_test.h"

using namespace harness;

namespace {

struct Verdict {
  Validity valid = Validity::kUnknown;
  std::set<std::string> types;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

template <typename Subject>
Verdict verdict_of(const Subject& subject, const History& history) {
  const CheckResult result = check_subject(subject, history);
  Verdict verdict{result.valid, {}};
  for (const Anomaly& anomaly : result.anomalies) verdict.types.insert(anomaly.type);
  return verdict;
}

/// The same run, recorded later and behind other events.
History shifted(History history) {
  for (Operation& op : history.operations) {
    op.invoke_event += 1000;
    op.invoked += kSecond;
    if (op.completed != kNever) op.completed += kSecond;
  }
  history.events += 1000;
  return history;
}

/// The same run by processes of other numbers.
History renamed_processes(History history) {
  for (Operation& op : history.operations) op.process = 7 + 3 * op.process;
  return history;
}

/// The same run on an object that has a name.
History renamed_key(History history) {
  const std::uint32_t key = history.keys.intern("another");
  for (Operation& op : history.operations)
    if (op.key == kNoKey) op.key = key;
  return history;
}

bool is_ok_read(const Operation& op) {
  return op.outcome == Outcome::kOk && (op.function == Function::kRead || op.function == Function::kGet);
}

/// Without one acknowledged read; unchanged when there is none.
History without_a_read(History history, Prng& prng) {
  std::vector<std::size_t> reads;
  for (std::size_t i = 0; i < history.operations.size(); ++i)
    if (is_ok_read(history.operations[i])) reads.push_back(i);
  if (reads.empty()) return history;
  const std::size_t gone = reads[prng.below(reads.size())];
  history.operations.erase(history.operations.begin() + static_cast<std::ptrdiff_t>(gone));
  return history;
}

/// One answer was never received: its process ends there, and what it did later is another's.
History with_a_lost_answer(History history, Prng& prng) {
  if (history.operations.empty()) return history;
  const std::size_t lost = prng.below(history.operations.size());
  Operation& op = history.operations[lost];
  if (op.outcome != Outcome::kOk) return history;
  op.outcome = Outcome::kInfo;
  op.completed = kNever;
  op.result = Value{};
  std::int32_t fresh = 0;
  for (const Operation& other : history.operations) fresh = std::max(fresh, other.process + 1);
  const std::int32_t retired = op.process;
  for (std::size_t i = lost + 1; i < history.operations.size(); ++i)
    if (history.operations[i].process == retired) history.operations[i].process = fresh;
  return history;
}

template <typename Subject>
void laws_hold(std::size_t usual_rounds) {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  std::map<Validity, std::size_t> seen;
  for (std::size_t round = 0; round < random_rounds(usual_rounds); ++round) {
    Subject subject(prng);
    History history = truthful_history(subject, prng, 1 + prng.below(9), 1 + static_cast<int>(prng.below(4)));
    tamper(prng, history, [&](Operation& op) { subject.lie(op, prng); });
    history.values = subject.values;
    const Verdict verdict = verdict_of(subject, history);
    ++seen[verdict.valid];
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    INFO(Subject::kModel << ", seed " << seed << " round " << round);
    REQUIRE(verdict_of(subject, shifted(history)) == verdict);
    REQUIRE(verdict_of(subject, renamed_processes(history)) == verdict);
    REQUIRE(verdict_of(subject, renamed_key(history)) == verdict);
    if (verdict.valid != Validity::kValid) continue;
    REQUIRE(verdict_of(subject, without_a_read(history, prng)).valid != Validity::kInvalid);
    REQUIRE(verdict_of(subject, with_a_lost_answer(history, prng)).valid != Validity::kInvalid);
  }
  CHECK(seen[Validity::kValid] > 0);
  CHECK(seen[Validity::kInvalid] > 0);
}

}  // namespace

TEST_CASE("the laws hold of every object", "[proof]") {
  laws_hold<RegisterSubject>(3000);
  laws_hold<KvSubject>(3000);
  laws_hold<MutexSubject>(3000);
  laws_hold<SetSubject>(3000);
  laws_hold<QueueSubject>(3000);
  laws_hold<CounterSubject>(3000);
  laws_hold<MultiRegisterSubject>(3000);
}

TEST_CASE("the laws hold of what is defined by a sentence", "[proof]") {
  laws_hold<UniqueIdsSubject>(3000);
  laws_hold<BankSubject>(3000);
  laws_hold<LongForkSubject>(3000);
  laws_hold<SessionSubject>(3000);
  laws_hold<TotalQueueSubject>(3000);
}
