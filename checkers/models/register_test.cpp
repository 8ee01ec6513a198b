#include "checkers/models/register.h"

#include <catch2/catch.hpp>

#include "checkers/common/brute_force_test.h"
#include "checkers/common/random_history_test.h"
#include "checkers/models/register_key.h"

using namespace harness;

namespace {

bool referee(const History& history, const ModelOptions& options, Value initial) {
  std::vector<Operation> ops;
  for (const Operation& op : history.operations) {
    if (op.outcome == Outcome::kFail && !seen_by_failed_cas(history.values, op.result) &&
        !(op.function == Function::kCas && options.failed_cas_observed))
      continue;
    ops.push_back(op);
  }
  const auto step = [&](Value state, const Operation& op, Value& next) {
    switch (op.function) {
      case Function::kRead:
        if (op.outcome != Outcome::kOk) return true;
        return op.result == state || (options.null_read_unconstrained && op.result.is_nil());
      case Function::kWrite:
        next = op.argument;
        return true;
      default: {
        if (const auto seen = seen_by_failed_cas(history.values, op.result))
          return *seen == state || (options.null_read_unconstrained && seen->is_nil());
        const auto pair = history.values.as_list(op.argument);
        if (op.outcome == Outcome::kFail) return pair[0] != state;
        next = pair[1];
        return pair[0] == state;
      }
    }
  };
  return brute_force(ops, initial, step);
}

/// Some of the failed compare-and-sets tell what they saw: what a write wrote, or anything.
void tell_what_was_seen(History& history, Prng& prng) {
  for (Operation& op : history.operations) {
    if (op.function != Function::kCas || op.outcome != Outcome::kFail || !prng.chance(0.5)) continue;
    const auto pair = history.values.as_list(op.argument);
    const Operation& other = history.operations[prng.below(history.operations.size())];
    const Value seen = other.function == Function::kWrite ? other.argument
                       : prng.chance(0.5)                 ? Value{}
                                                          : pair[0];
    const Value told[] = {pair[0], pair[1], seen};
    op.result = history.values.list(told);
  }
}

}  // namespace

TEST_CASE("every register algorithm agrees with brute force on random small histories", "[proof]") {
  const std::uint64_t seed = random_seed();
  INFO("seed " << seed);
  Prng prng(seed);
  std::size_t valid = 0;
  const std::size_t rounds = random_rounds(300'000);
  for (std::size_t round = 0; round < rounds; ++round) {
    ModelOptions options;
    options.null_read_unconstrained = prng.chance(0.2);
    options.failed_cas_observed = prng.chance(0.3);
    if (prng.chance(0.2)) options.initial = "1";
    RandomRegister shape;
    shape.operations = 1 + prng.below(7);
    shape.processes = 1 + static_cast<int>(prng.below(4));
    shape.unique = prng.chance(0.6);
    shape.cas = prng.chance(0.6);
    shape.texts = prng.chance(0.3);
    shape.initial = options.initial.empty() ? Value{} : Value::integer(1);
    History history = random_register_history(prng, shape);
    tell_what_was_seen(history, prng);
    const bool expected = referee(history, options, shape.initial);
    const CheckResult result = check_linearizable_register(history, options);
    valid += expected;
    if ((result.valid == Validity::kValid) != expected || result.valid == Validity::kUnknown) {
      for (const Operation& op : history.operations) UNSCOPED_INFO(history.describe(op));
      INFO("round " << round << " expected " << expected << " null unconstrained "
                    << options.null_read_unconstrained << " failed cas observed "
                    << options.failed_cas_observed << " initial " << options.initial << ": "
                    << result.explanation);
      FAIL("a verdict differs");
    }
    if (!expected) {
      REQUIRE(!result.anomalies.empty());
      REQUIRE(result.anomalies.front().explanation.size() > 20);
    }
  }
  // Both verdicts must be well represented, or the comparison would prove little.
  CHECK(valid > rounds / 10);
  CHECK(valid < rounds * 9 / 10);
}
