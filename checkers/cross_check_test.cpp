// --cross-check really runs the general search, says so, and ends the program when the two disagree.
#include "checkers/search/cross_check.h"

#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <csignal>

#include "checkers/definitions_test.h"

using namespace harness;

namespace {

/// Compares fast algorithm and search on random histories, true ones and lies; how often the search was done.
template <typename Subject>
void cross_check(std::size_t usual_rounds) {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  std::size_t agreed = 0;
  for (std::size_t round = random_rounds(usual_rounds); round > 0; --round) {
    Subject subject(prng);
    History history =
        truthful_history(subject, prng, 1 + prng.below(12), 1 + static_cast<int>(prng.below(4)));
    tamper(prng, history, [&](Operation& op) { subject.lie(op, prng); });
    history.values = subject.values;
    ModelOptions options;
    options.cross_check = true;
    const CheckResult result = find_model(Subject::kModel)->check(history, options);
    INFO("seed " << seed << ": " << result.explanation);
    REQUIRE(result.explanation.find("Cross-checked by the general search") != std::string::npos);
    agreed += result.explanation.find("1 object agrees") != std::string::npos;
  }
  CHECK(agreed > 1000);
}

}  // namespace

TEST_CASE("set, counter and queue are cross-checked by the search", "[proof]") {
  cross_check<SetSubject>(10'000);
  cross_check<CounterSubject>(10'000);
  cross_check<QueueSubject>(10'000);
}

TEST_CASE("a disagreement with the search ends the program") {
  History history;
  ModelOptions options;
  options.cross_check = true;
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // not the test framework's
    std::freopen("/dev/null", "w", stderr);
    CrossCheck cross_check(history, options);
    cross_check.conclude(SearchOutcome::kImpossible, true, kNoKey);
    cross_check.conclude(SearchOutcome::kOutOfBudget, true, kNoKey);
    cross_check.conclude(SearchOutcome::kLinearizable, true, kNoKey);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("a search that would take too long is said not to have been made") {
  History history;
  ModelOptions options;
  options.cross_check = true;
  options.budget.steps = 1;
  for (std::uint32_t i = 0; i < 20; ++i) {
    Operation op = operation(Function::kAdd, Value::integer(i));
    op.outcome = Outcome::kOk;
    op.invoked = i;
    op.completed = 100 + i;
    op.result = op.argument;
    history.operations.push_back(op);
  }
  const CheckResult result = find_model("set")->check(history, options);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.explanation.find("1 would have taken too long") != std::string::npos);
}

TEST_CASE("every model's check ends when it is told to") {
  History history;
  const auto fill = [&](Function function, auto argument, auto result) {
    history.operations.clear();
    for (std::uint32_t i = 0; i < 300'000; ++i) {
      Operation op = operation(function, argument(i));
      op.outcome = Outcome::kOk;
      op.result = result(i);
      op.invoked = i * 10;
      op.completed = i * 10 + 5;
      history.operations.push_back(op);
    }
  };
  const auto number = [](std::uint32_t i) { return Value::integer(i + 1); };
  const auto one = [](std::uint32_t) { return Value::integer(1); };
  const auto nothing = [](std::uint32_t) { return Value{}; };
  const auto balances = [&](std::uint32_t) {
    const Value list[] = {Value::integer(1), Value::integer(2)};
    return history.values.list(list);
  };
  const auto transaction = [&](const char* f) {
    return [&history, f](std::uint32_t i) {
      const Value micro[] = {history.values.text(f), Value::integer(i), Value::integer(i)};
      const Value list[] = {history.values.list(micro)};
      return history.values.list(list);
    };
  };
  ModelOptions options;
  options.budget.cancelled = [] { return true; };
  const auto ends = [&](const char* model) {
    const CheckResult result = find_model(model)->check(history, options);
    INFO(model << ": " << result.explanation);
    CHECK(result.valid == Validity::kUnknown);
    CHECK(result.truncated.find("--time-limit") != std::string::npos);
  };
  fill(Function::kAdd, number, number);
  ends("set");
  fill(Function::kIncr, one, number);
  ends("counter");
  fill(Function::kEnqueue, number, number);
  ends("queue");
  ends("total-queue");
  fill(Function::kGenerate, nothing, number);
  ends("unique-ids");
  fill(Function::kRead, nothing, balances);
  ends("bank");
  fill(Function::kTxn, transaction("w"), transaction("w"));
  ends("long-fork");
  ends("rw-register");
  fill(Function::kTxn, transaction("append"), transaction("append"));
  ends("list-append");
}

TEST_CASE("a transactional check keeps within its memory, or says that it could not") {
  History history;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const Value write[] = {history.values.text("append"), Value::integer(i / 8), Value::integer(i)};
    const Value read[] = {history.values.text("r"), Value::integer(i / 8), Value{}};
    const Value list[] = {history.values.list(write), history.values.list(read)};
    Operation op = operation(Function::kTxn, history.values.list(list));
    op.outcome = Outcome::kInfo;
    op.invoked = i;
    history.operations.push_back(op);
  }
  for (const std::uint64_t limit : {1'000U, 1'500'000U, 2'500'000U}) {
    ModelOptions options;
    options.budget.memory_bytes = limit;
    const CheckResult result = find_model("list-append")->check(history, options);
    INFO(limit << ": " << result.explanation);
    CHECK(result.valid == Validity::kUnknown);
    CHECK(result.truncated.find("--memory-limit") != std::string::npos);
  }
  const CheckResult enough = find_model("list-append")->check(history, {});
  CHECK(enough.truncated.empty());
}
