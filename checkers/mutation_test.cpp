// Mutations of valid histories (mutations_test.h), small enough for the definition to decide each of them: a
// checker's verdict must turn exactly when the definition's does. What a mutation did is counted by model,
// and a mutation that never turned a verdict would prove nothing.
#include <catch2/catch.hpp>
#include <cstdio>
#include <tuple>

#include "checkers/definitions_test.h"
#include "checkers/mutations_test.h"

using namespace harness;

namespace {

struct Tally {
  std::size_t tried = 0;
  std::size_t turned = 0;  // a valid history that became invalid
};
using Tallies = std::array<Tally, kMutations>;

template <typename Subject>
class MutationTrial {
 public:
  explicit MutationTrial(std::uint64_t seed) : seed_(seed), prng_(Prng(seed).split(Subject::kModel, 0)) {}

  /// Makes valid histories until `rounds` were mutated in every way.
  Tallies run(std::size_t rounds) {
    for (std::size_t done = 0; done < rounds;) {
      Subject subject(prng_);
      History history =
          truthful_history(subject, prng_, 2 + prng_.below(6), 1 + static_cast<int>(prng_.below(4)));
      const Validity truth = compare(subject, history, "as recorded");
      if (truth != Validity::kValid) continue;
      ++done;
      const std::vector<Operation> original = history.operations;
      for (std::size_t m = 0; m < kMutations; ++m) {
        try_mutation(subject, history, static_cast<Mutation>(m));
        if (m % 4 == done % 4) compare_two_keys(subject, history, original);
        history.operations = original;
      }
    }
    return tallies_;
  }

 private:
  void try_mutation(Subject& subject, History& history, Mutation mutation) {
    const auto lie = [&](Operation& op) {
      subject.lie(op, prng_);
      history.values = subject.values;
    };
    if (!Mutator(history, prng_).apply(mutation, lie)) return;
    const auto index = static_cast<std::size_t>(mutation);
    const Validity truth = compare(subject, history, kMutationNames[index]);
    Tally& tally = tallies_[index];
    ++tally.tried;
    tally.turned += truth == Validity::kInvalid;
  }

  Validity compare(Subject& subject, const History& history, std::string_view what) {
    const Validity truth = truth_of(subject, history);
    const CheckResult result = check_subject(subject, history);
    if (result.valid == truth) return truth;
    for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
    INFO("seed " << seed_ << ", " << Subject::kModel << ", " << what << ": the definition says "
                 << static_cast<int>(truth) << ", the checker says " << static_cast<int>(result.valid) << ": "
                 << result.explanation);
    FAIL("a verdict differs");
    return truth;
  }

  /// The spoilt history on one key, beside the unspoilt one on another: keys are independent objects.
  void compare_two_keys(Subject& subject, const History& spoilt, const std::vector<Operation>& original) {
    History both;
    both.values = spoilt.values;
    const std::uint32_t first = both.keys.intern("a"), second = both.keys.intern("b");
    for (Operation op : spoilt.operations) {
      op.key = first;
      both.operations.push_back(op);
    }
    for (Operation op : original) {
      op.key = second;
      both.operations.push_back(op);
    }
    std::stable_sort(both.operations.begin(), both.operations.end(),
                     [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
    compare(subject, both, "two keys");
  }

  std::uint64_t seed_;
  Prng prng_;
  Tallies tallies_{};
};

/// Mutations that can do nothing to a model, whatever they hit.
bool cannot_turn(std::string_view model, Mutation mutation) {
  if (harmless(mutation)) return true;
  const auto is = [&](auto... names) { return ((model == names) || ...); };
  switch (mutation) {
    case Mutation::kDropOperation:
    case Mutation::kDropEffect:
    case Mutation::kSwapResults:
      // Fewer identifiers, and the same ones handed to others, are as unique; a total does not hang on
      // transfers or on who read it.
      return is("unique-ids", "bank") ||
             (is("total-queue", "long-fork") && mutation == Mutation::kSwapResults);
    case Mutation::kSwapCompletions:
    case Mutation::kSwapIntervals:
      return is("unique-ids", "bank", "long-fork", "total-queue") ||
             (is("session") && mutation == Mutation::kSwapCompletions);  // one process: by invocation
    case Mutation::kStaleResult:
    case Mutation::kDuplicateResult:
      return is("bank", "long-fork");  // whole answers, each consistent in itself
    default:
      return false;
  }
}

template <typename Subject>
std::size_t mutate(std::uint64_t seed, std::size_t rounds) {
  const Tallies tallies = MutationTrial<Subject>(seed).run(rounds);
  std::size_t tried = 0;
  std::string line(Subject::kModel);
  line.resize(15, ' ');
  for (std::size_t m = 0; m < kMutations; ++m) {
    const auto mutation = static_cast<Mutation>(m);
    const auto& [all, turned] = tallies[m];
    tried += all;
    line += " " + std::to_string(turned) + "/" + std::to_string(all);
    INFO("seed " << seed << ", " << Subject::kModel << ", " << kMutationNames[m] << ": " << turned
                 << " turned of " << all);
    if (cannot_turn(Subject::kModel, mutation)) {
      CHECK(turned == 0);
    } else if (all > 0) {
      CHECK(turned > 0);
    }
    if (harmless(mutation)) CHECK(all > 0);
  }
  std::printf("%s\n", line.c_str());
  return tried;
}

}  // namespace

TEST_CASE("small mutated histories get the verdict of the definition", "[proof]") {
  const std::uint64_t seed = random_seed();
  const std::size_t rounds = random_rounds(4'000);
  std::printf("turned/tried by:");
  for (const std::string_view name : kMutationNames)
    std::printf(" %.*s", static_cast<int>(name.size()), name.data());
  std::printf("\n");
  std::size_t tried = 0;
  const auto all = [&]<typename... Subjects>(std::tuple<Subjects...>*) {
    ((tried += mutate<Subjects>(seed, rounds)), ...);
  };
  all(static_cast<std::tuple<RegisterSubject, KvSubject, MutexSubject, SetSubject, QueueSubject,
                             CounterSubject, MultiRegisterSubject, UniqueIdsSubject, BankSubject,
                             LongForkSubject, SessionSubject, TotalQueueSubject>*>(nullptr));
  std::printf("%zu mutated histories\n", tried);
}
