// Queues, banks, transactions, hashes and identifiers on a real cluster: what is recorded, and that the
// models find it valid; and what a model says of the same history with one answer changed.
#include <catch2/catch.hpp>
#include <set>

#include "checkers/models.h"
#include "workloads/judged_test_support.h"
#include "workloads/test_support.h"

using namespace harness;

namespace {

CheckResult judge(std::string_view model, const History& history) {
  return find_model(model)->check(history, {});
}

std::vector<std::int64_t> integers(const std::vector<Value>& values) {
  std::vector<std::int64_t> numbers;
  for (const Value value : values) numbers.push_back(value.as_integer());
  return numbers;
}

/// The last operation of this function with an answer.
Operation& last_of(History& history, Function function) {
  for (auto op = history.operations.rbegin();; ++op) {
    REQUIRE(op != history.operations.rend());
    if (op->function == function && op->outcome == Outcome::kOk && !op->result.is_nil()) return *op;
  }
}

}  // namespace

TEST_CASE("a queue gives back what was put in, in order, by each way of taking out") {
  for (const char* way : {"pop", "block", "process"}) {
    CAPTURE(way);
    OnCluster queues("queue", {{"keys", 2},
                               {"block", way == std::string("block") ? 1 : 0},
                               {"process", way == std::string("process") ? 1 : 0}});
    std::set<std::uint32_t> keys;
    while (keys.size() < 2) keys.insert(queues.offered(Function::kEnqueue).key);
    for (const std::uint32_t key : keys) {
      for (int i = 1; i <= 3; ++i) {
        const Operation put = queues.run(Function::kEnqueue, key, Value::integer(i));
        REQUIRE(put.outcome == Outcome::kOk);
        CHECK(integers(queues.recorder().elements(put.result)) == std::vector<std::int64_t>{i, i});
      }
      for (int i = 1; i <= 3; ++i) {
        Operation take = queues.offered(Function::kDequeue);
        take.key = key;
        CHECK(queues.run(take).result == Value::integer(i));
      }
      Operation take = queues.offered(Function::kDequeue);
      take.key = key;
      const Operation empty = queues.run(take);
      CHECK(empty.outcome == Outcome::kOk);
      CHECK(empty.result.is_nil());
      CHECK(empty.node != kNoNode);
    }
  }
}

TEST_CASE("what is processed leaves its list when it is done") {
  OnCluster queues("queue", {{"keys", 1}, {"process", 1}, {"block", 0}});
  Operation take = queues.offered(Function::kDequeue);
  queues.run(Function::kEnqueue, take.key, Value::integer(5));
  CHECK(queues.run(take).result == Value::integer(5));
  for (int i = 0;; ++i) {
    const std::string name = "queue:q" + std::to_string(i);
    if (queues.recorder().key(name) != take.key) continue;
    const Reply left = queues.by_hand({"LLEN", "{" + name + "}.processed"}, name);
    CHECK(left.describe() == Reply(queues.by_hand({"LLEN", "{" + name + "}.nothing"}, name)).describe());
    break;
  }
}

TEST_CASE("the history of a queue's load is valid and drained, and a lost or doubled element is told") {
  OnCluster queues("queue");
  History history = queues.load(8000);
  for (const char* model : {"queue", "total-queue"}) {
    const CheckResult valid = judge(model, history);
    INFO(model << ": " << valid.explanation);
    CHECK(valid.valid == Validity::kValid);
  }
  last_of(history, Function::kDequeue).result = Value{};
  CHECK(judge("total-queue", history).valid == Validity::kInvalid);
}

TEST_CASE("a bank transfers by script and by WATCH, and refuses what the funds do not cover") {
  for (const double watch : {0.0, 1.0}) {
    CAPTURE(watch);
    OnCluster banks("bank", {{"keys", 1}, {"accounts", 3}, {"initial", 10}, {"watch", watch}});
    Operation transfer = banks.offered(Function::kTransfer);
    const auto move = [&](std::int64_t from, std::int64_t to, std::int64_t amount) {
      const Value parts[] = {Value::integer(from), Value::integer(to), Value::integer(amount)};
      transfer.argument = banks.recorder().list(parts);
      return banks.run(transfer);
    };
    const Operation first = move(0, 1, 7);
    REQUIRE(first.outcome == Outcome::kOk);
    CHECK(integers(banks.recorder().elements(first.result)) == std::vector<std::int64_t>{0, 1, 7, 3, 17, 1});
    const Operation refused = move(0, 2, 4);
    CHECK(refused.outcome == Outcome::kFail);
    CHECK(refused.error == kNoError);
    CHECK(move(1, 2, 17).outcome == Outcome::kOk);
    const Operation read = banks.run(Function::kRead, transfer.key);
    std::vector<std::int64_t> balances;
    for (const Value pair : banks.recorder().elements(read.result))
      balances.push_back(banks.recorder().elements(pair).back().as_integer());
    CHECK(balances == std::vector<std::int64_t>{3, 0, 27, 2});
  }
}

TEST_CASE("the history of a bank's load conserves the total, and a torn transfer is told") {
  OnCluster banks("bank", {{"keys", 3}, {"watch", 0.5}, {"once", 0}});
  History history = banks.load(8000);
  const CheckResult valid = judge("bank", history);
  INFO(valid.explanation);
  CHECK(valid.valid == Validity::kValid);
  std::map<std::string, int> errors;
  for (const Operation& op : history.operations)
    if (op.outcome != Outcome::kOk) ++errors[std::string(history.error_text(op))];
  CHECK(errors["watched-key-changed"] > 0);  // eight processes, three banks: some came in between
  errors.erase("watched-key-changed");
  errors.erase("");
  CHECK(errors.empty());

  Operation& read = last_of(history, Function::kRead);
  std::vector<Value> pairs(history.values.as_list(read.result).begin(),
                           history.values.as_list(read.result).end());
  const Value torn[] = {Value::integer(0),
                        Value::integer(history.values.as_list(pairs[0])[1].as_integer() + 1)};
  pairs[0] = history.values.list(torn);
  read.result = history.values.list(pairs);
  CHECK(judge("bank", history).valid == Validity::kInvalid);
}

TEST_CASE("transactions offer one to five micro-operations on lists of one slot, each element once") {
  Offers offers("append", {{"appends", 4}});
  Prng prng(1);
  std::set<std::int64_t> elements;
  std::map<std::uint64_t, int> appends;
  std::set<std::size_t> lengths;
  for (int i = 0; i < 3000; ++i) {
    const Operation op = offers.workload->next(0, prng);
    const auto micros = offers.recorder.elements(op.argument);
    lengths.insert(micros.size());
    for (const Value micro : micros) {
      const auto parts = offers.recorder.elements(micro);
      REQUIRE(parts.size() == 3);
      if (parts[2].is_nil()) continue;
      CHECK(elements.insert(parts[2].as_integer()).second);
      CHECK(++appends[parts[1].bits()] <= 4);
    }
  }
  CHECK(lengths == std::set<std::size_t>{1, 2, 3, 4, 5});
}

TEST_CASE("transactions on registers are strict-serializable by each means, and one that is torn is told") {
  for (const auto& [script, watch] : {std::pair{1.0, 0.0}, {0.0, 1.0}, {0.0, 0.0}}) {
    CAPTURE(script, watch);
    OnCluster registers("wr", {{"script", script}, {"watch", watch}, {"keys", 3}});
    History history = registers.load(4000);
    const CheckResult valid = judge("rw-register", history);
    INFO(valid.explanation);
    CHECK(valid.valid == Validity::kValid);
    CHECK(conflicts("rw-register", history).empty());
    std::size_t stopped = 0;
    for (const Operation& op : history.operations) {
      if (op.outcome == Outcome::kOk) continue;
      CHECK(history.error_text(op) == "watched-key-changed");
      ++stopped;
    }
    CHECK((stopped > 0) == (watch > 0));
    // The last transaction saw a value of long ago: torn, and no order of the whole explains it.
    Operation& last = last_of(history, Function::kTxn);
    auto micros = history.values.as_list(last.result);
    std::vector<Value> told(micros.begin(), micros.end());
    const auto parts = history.values.as_list(told.front());
    const Value stale[] = {parts[0], parts[1], Value{}};
    REQUIRE_FALSE(parts[2].is_nil());
    told.front() = history.values.list(stale);
    last.result = history.values.list(told);
    CHECK(judge("rw-register", history).valid == Validity::kInvalid);
    CHECK_FALSE(conflicts("rw-register", history).empty());
  }
}

TEST_CASE("what transactions on registers cannot show is told: what nobody wrote, or failed to") {
  OnCluster registers("wr", {{"keys", 2}});
  const History history = registers.load(1000);
  History strange = history;
  Operation& last = last_of(strange, Function::kTxn);
  auto micros = strange.values.as_list(last.result);
  std::vector<Value> told(micros.begin(), micros.end());
  const auto parts = strange.values.as_list(told.front());
  const Value never[] = {parts[0], parts[1], Value::integer(987'654'321)};
  told.front() = strange.values.list(never);
  last.result = strange.values.list(told);
  const auto found = conflicts("rw-register", strange);
  REQUIRE_FALSE(found.empty());
  CHECK(found.front().find("nobody ever wrote") != std::string::npos);
  History failed = history;
  for (Operation& op : failed.operations)
    if (op.outcome == Outcome::kOk && op.argument != op.result && &op != &last_of(failed, Function::kTxn)) {
      op.outcome = Outcome::kFail;
    }
  CHECK_FALSE(conflicts("rw-register", failed).empty());
}

TEST_CASE(
    "the history of transactions is strict-serializable by MULTI and by script, and a lost append is told") {
  for (const double script : {0.0, 1.0}) {
    CAPTURE(script);
    OnCluster lists("append", {{"script", script}, {"appends", 20}});
    History history = lists.load(6000);
    for (const Operation& op : history.operations) REQUIRE(op.outcome == Outcome::kOk);
    const CheckResult valid = judge("list-append", history);
    INFO(valid.explanation);
    CHECK(valid.valid == Validity::kValid);
    // The last transaction is a final read of one list: without its first element it is another order.
    Operation& read = last_of(history, Function::kTxn);
    const auto micro = history.values.as_list(history.values.as_list(read.result)[0]);
    const auto seen = history.values.as_list(micro[2]);
    if (seen.size() < 2) continue;
    const std::vector<Value> fewer(seen.begin() + 1, seen.end());
    const Value changed[] = {micro[0], micro[1], history.values.list(fewer)};
    const Value micros[] = {history.values.list(changed)};
    read.result = history.values.list(micros);
    CHECK(judge("list-append", history).valid == Validity::kInvalid);
  }
}

TEST_CASE("a list of another type fails its transaction's command, and the outcome is not known") {
  OnCluster lists("append", {{"keys", 1}, {"lists", 1}, {"script", 0}, {"read", 0}, {"length", 1}});
  const Operation append = lists.offered(Function::kTxn);
  const auto parts = lists.recorder().elements(lists.recorder().elements(append.argument).at(0));
  for (int i = 0;; ++i) {
    const std::string name = "{append:l" + std::to_string(i) + "}.0.0";
    if (lists.recorder().text(name) != parts[1]) continue;
    lists.by_hand({"SET", name, "x"}, name);
    break;
  }
  const Operation done = lists.run(append);
  CHECK(done.outcome == Outcome::kInfo);
  CHECK(done.error == lists.recorder().error("unexpected-reply"));
}

TEST_CASE("fields of a hash are registers") {
  OnCluster hashes("hash", {{"keys", 1}, {"fields", 2}, {"once", 0}, {"read-all", 0.5}});
  const std::uint32_t key = hashes.offered(Function::kRead).key;
  const auto read = [&] {
    Operation op = hashes.offered(Function::kRead);  // by HGET or by HGETALL
    op.key = key;
    return hashes.run(op).result;
  };
  for (int i = 0; i < 8; ++i) CHECK(read().is_nil());
  CHECK(hashes.run(Function::kWrite, key, Value::integer(4)).outcome == Outcome::kOk);
  for (int i = 0; i < 8; ++i) CHECK(read() == Value::integer(4));
  const Value pair[] = {Value::integer(5), Value::integer(6)};
  const Operation refused = hashes.run(Function::kCas, key, hashes.recorder().list(pair));
  CHECK(refused.outcome == Outcome::kFail);
  CHECK(integers(hashes.recorder().elements(refused.result)) == std::vector<std::int64_t>{5, 6, 4});
}

TEST_CASE("the histories of hashes and of identifiers are valid, and a step back is told") {
  {
    OnCluster hashes("hash");
    const History history = hashes.load(6000);
    const CheckResult valid = judge("register", history);
    INFO(valid.explanation);
    CHECK(valid.valid == Validity::kValid);
  }
  OnCluster generators("unique-ids", {{"keys", 3}});
  History history = generators.load(6000);
  CHECK(judge("unique-ids", history).valid == Validity::kValid);
  Operation& last = last_of(history, Function::kGenerate);
  last.result = Value::integer(last.result.as_integer() - 1);
  CHECK(judge("unique-ids", history).valid == Validity::kInvalid);
}
