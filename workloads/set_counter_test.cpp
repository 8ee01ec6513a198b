// Sets and counters on a real cluster: what is recorded, and that the models find it valid; and what a model
// says of the same history with one operation's answer changed.
#include <catch2/catch.hpp>
#include <set>

#include "checkers/models.h"
#include "workloads/test_support.h"

using namespace harness;

namespace {

CheckResult judge(std::string_view model, const History& history) {
  return find_model(model)->check(history, {});
}

}  // namespace

TEST_CASE("a set takes so many elements, then another one takes its place, and both are read") {
  Offers offers("set", {{"keys", 2}, {"elements", 5}, {"read", 0.5}});
  Prng prng(1);
  std::map<std::uint32_t, int> adds, reads;
  std::set<std::int64_t> elements;
  for (int i = 0; i < 2000; ++i) {
    const Operation op = offers.workload->next(0, prng);
    ++(op.function == Function::kAdd ? adds : reads)[op.key];
    if (op.function == Function::kAdd) CHECK(elements.insert(op.argument.as_integer()).second);
  }
  CHECK(adds.size() > 150);
  for (const auto& [key, count] : adds) CHECK(count <= 5);
  std::set<std::uint32_t> final;
  while (const auto op = offers.workload->next_final({})) final.insert(op->key);
  for (const auto& [key, count] : adds) CHECK(final.count(key) == 1);
}

TEST_CASE("a set of a real cluster is added to, read whole, and scanned in chunks") {
  OnCluster sets("set", {{"keys", 1}, {"elements", 1000}});
  const std::uint32_t key = sets.offered(Function::kRead).key;
  CHECK(sets.run(Function::kRead, key).result == sets.recorder().list({}));
  std::vector<Value> expected;
  for (int i = 300; i > 0; --i) {
    const Operation added = sets.run(Function::kAdd, key, Value::integer(i));
    REQUIRE(added.outcome == Outcome::kOk);
    REQUIRE(added.result == Value::integer(i));
    REQUIRE(added.node != kNoNode);
  }
  for (int i = 1; i <= 300; ++i) expected.push_back(Value::integer(i));
  CHECK(sets.run(Function::kRead, key).result == sets.recorder().list(expected));
  const Operation again = sets.run(Function::kAdd, key, Value::integer(7));
  CHECK(again.outcome == Outcome::kInfo);  // nobody added it before, as far as the load knows
  const auto final = sets.workload->next_final({});
  REQUIRE(final);
  const Operation scanned = sets.run(*final);
  CHECK(scanned.outcome == Outcome::kOk);
  CHECK(scanned.result == sets.recorder().list(expected));
}

TEST_CASE("the history of a set's load is a valid set, and one lost element is told") {
  OnCluster sets("set", {{"elements", 40}});
  History history = sets.load(8000);
  const CheckResult valid = judge("set", history);
  INFO(valid.explanation);
  CHECK(valid.valid == Validity::kValid);
  for (Operation& op : history.operations) {
    if (op.function != Function::kRead || op.result.is_nil()) continue;
    const auto seen = history.values.as_list(op.result);
    if (seen.size() < 5) continue;
    std::vector<Value> fewer(seen.begin() + 1, seen.end());
    op.result = history.values.list(fewer);
    break;
  }
  CHECK(judge("set", history).valid == Validity::kInvalid);
}

TEST_CASE("a counter of a real cluster answers with the new count") {
  OnCluster counters("counter", {{"keys", 1}, {"once", 0}});
  const std::uint32_t key = counters.offered(Function::kRead).key;
  CHECK(counters.run(Function::kRead, key).result.is_nil());
  CHECK(counters.run(Function::kIncr, key, Value::integer(1)).result == Value::integer(1));
  CHECK(counters.run(Function::kIncr, key, Value::integer(5)).result == Value::integer(6));
  CHECK(counters.run(Function::kIncr, key, Value::integer(-2)).result == Value::integer(4));
  CHECK(counters.run(Function::kRead, key).result == Value::integer(4));
}

TEST_CASE("a counter's amounts are as they were set") {
  Offers offers("counter", {{"step", 10}, {"down", 0.5}, {"read", 0}, {"once", 0}});
  Prng prng(1);
  int down = 0;
  std::set<std::int64_t> amounts;
  for (int i = 0; i < 2000; ++i) {
    const std::int64_t amount = offers.workload->next(0, prng).argument.as_integer();
    down += amount < 0;
    amounts.insert(amount < 0 ? -amount : amount);
  }
  CHECK(down == Approx(1000).epsilon(0.1));
  CHECK(amounts.size() == 10);
  CHECK(*amounts.begin() == 1);
}

TEST_CASE("the history of a counter's load is a valid counter, and a lost step is told") {
  OnCluster counters("counter");
  History history = counters.load(8000);
  const CheckResult valid = judge("counter", history);
  INFO(valid.explanation);
  CHECK(valid.valid == Validity::kValid);
  for (auto op = history.operations.rbegin(); op != history.operations.rend(); ++op)
    if (op->function == Function::kRead && op->result.is_integer() && op->result.as_integer() > 20) {
      op->result = Value::integer(op->result.as_integer() - 1);
      break;
    }
  CHECK(judge("counter", history).valid == Validity::kInvalid);
}
