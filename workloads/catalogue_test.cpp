// The workloads of the catalogue on a real cluster: what is recorded, that its object finds it sound, and
// what the object or the workload's rule says of the same history with one answer changed.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "checkers/objects/objects.h"
#include "checkers/objects/one_master.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/load_rules.h"
#include "checkers/promises/waiting_rules.h"
#include "workloads/judged_test_support.h"
#include "workloads/test_support.h"
#include "workloads/type_lines.h"

using namespace harness;
using harness::testing::measured;

namespace {

CheckResult by_rule(LoadRule rule, const History& history) {
  RunRecord run;
  run.history = history;
  for (const char* name : {"n1", "n2", "n3"}) run.nodes.emplace_back().name = name;
  std::vector<std::uint32_t> operations(history.operations.size());
  std::iota(operations.begin(), operations.end(), 0U);
  CheckResult result;
  result.valid = Validity::kValid;
  const Analysis analysis(run);
  rule(analysis, operations, result);
  return result;
}

std::size_t answered(const History& history, Function function) {
  std::size_t count = 0;
  for (const Operation& op : history.operations)
    count += op.function == function && op.outcome == Outcome::kOk && !op.result.is_nil();
  return count;
}

/// The operations of this function with an answer, latest first.
std::vector<Operation*> latest(History& history, Function function) {
  std::vector<Operation*> found;
  for (auto op = history.operations.rbegin(); op != history.operations.rend(); ++op)
    if (op->function == function && op->outcome == Outcome::kOk && !op->result.is_nil())
      found.push_back(&*op);
  REQUIRE(!found.empty());
  return found;
}

std::map<std::string, int> errors(const History& history) {
  std::map<std::string, int> counts;
  for (const Operation& op : history.operations)
    if (op.error != kNoError) ++counts[std::string(history.error_text(op))];
  return counts;
}

void check_sound(std::string_view object, const History& history) {
  for (const std::string& conflict : conflicts(object, history)) FAIL(object << ": " << conflict);
  for (const auto& [error, count] : errors(history)) FAIL(count << " operations ended with " << error);
}

}  // namespace

TEST_CASE("a priority queue gives the lowest rank, and an overtaken, a lost and a doubled member are told") {
  OnCluster sets("zset", {{"keys", 2}});
  const History history = sets.load(6000);
  check_sound("priority-queue", history);
  CHECK(answered(history, Function::kDequeue) == answered(history, Function::kEnqueue));
  {
    History doubled = history;
    const auto taken = latest(doubled, Function::kDequeue);
    const auto give_twice =
        [&] {  // of the first two deliveries of one key: a young key may have had one only
          for (std::size_t i = 0; i < taken.size(); ++i)
            for (std::size_t j = i + 1; j < taken.size(); ++j)
              if (taken[i]->key == taken[j]->key) {
                taken[j]->result = taken[i]->result;
                return true;
              }
          return false;
        };
    REQUIRE(give_twice());
    CHECK_FALSE(conflicts("priority-queue", doubled).empty());
  }
  {
    History lost = history;
    latest(lost, Function::kDequeue)[0]->result = Value{};
    CHECK_FALSE(conflicts("priority-queue", lost).empty());
  }
  {
    History overtaken = history;  // the last ones of a drained set come in order of rank
    const auto taken = latest(overtaken, Function::kDequeue);
    const auto rank = [&](const Operation* op) {
      return overtaken.values.as_list(op->result)[1].as_integer();
    };
    bool swapped = false;
    for (std::size_t i = 0; i < taken.size() && !swapped; ++i)
      for (std::size_t j = i + 1; j < taken.size() && !swapped; ++j)
        if (taken[j]->key == taken[i]->key && taken[j]->completed < taken[i]->invoked &&
            rank(taken[j]) < rank(taken[i])) {
          std::swap(taken[i]->result, taken[j]->result);
          swapped = true;
        }
    REQUIRE(swapped);
    CHECK_FALSE(conflicts("priority-queue", overtaken).empty());
  }
}

TEST_CASE(
    "lists that clients wait for serve in order, time out in time, and a lost or overtaking element is "
    "told") {
  OnCluster lists("blocking", {{"keys", 3}, {"block-min", 20}, {"block-max", 60}});
  const History history = lists.load(4000);
  check_sound("queue", history);
  CHECK(answered(history, Function::kDequeue) == answered(history, Function::kEnqueue));
  std::size_t in_vain = 0;
  for (const Operation& op : history.operations) {
    if (op.function != Function::kDequeue || !op.argument.is_integer() || !op.result.is_nil()) continue;
    ++in_vain;
    CHECK(op.completed - op.invoked >= op.argument.as_integer() * kMillisecond);
  }
  CHECK(in_vain > 0);
  for (const std::string& conflict : conflicts("awaited-entries", history)) FAIL(conflict);
  std::size_t waited = 0;  // readers that were woken by a first entry
  for (const Operation& op : history.operations)
    waited += op.function == Function::kRead && op.argument.is_integer() &&
              history.values.as_list(op.result).size() == 1 && op.completed - op.invoked > 2 * kMillisecond;
  CHECK(waited > 0);
  CHECK(by_rule(check_blocked_clients, history).valid == Validity::kValid);
  History changed = history;
  latest(changed, Function::kDequeue)[0]->result = Value{};
  CHECK_FALSE(conflicts("queue", changed).empty());
  History unread = history;  // the last read of a stream lacks its entries
  for (Operation* read : latest(unread, Function::kRead))
    if (!unread.values.as_list(read->result).empty()) {
      read->result = unread.values.list({});
      break;
    }
  CHECK_FALSE(conflicts("awaited-entries", unread).empty());
}

TEST_CASE("a reader that is not answered when its time is up is told") {
  History history;
  const auto read = [&](int process, std::int64_t block, double from, double until) {
    Operation op;
    op.process = process;
    op.key = history.keys.intern("s");
    op.node = static_cast<std::uint16_t>(history.nodes.intern("n1"));
    op.argument = Value::integer(block);
    op.result = history.values.list({});
    op.invoked = static_cast<Nanos>(from * kMillisecond);
    op.completed = static_cast<Nanos>(until * kMillisecond);
    op.outcome = Outcome::kOk;
    history.operations.push_back(op);
  };
  read(1, 200, 0, 5'100);
  for (int i = 0; i < 90; ++i) read(2, 100, i * 101, i * 101 + 100.5);
  CHECK(by_rule(check_blocked_clients, history).valid == Validity::kValid);
  read(3, 200, 1, 5'900);
  CHECK(by_rule(check_blocked_clients, history).valid == Validity::kInvalid);
}

TEST_CASE("a stream delivers each entry once and in order, and a lost, doubled or late one is told") {
  OnCluster streams("stream", {{"keys", 3}, {"entries", 30}, {"idle", 0}});
  const History history = streams.load(9000);
  for (const std::string& conflict : conflicts("stream-group", history)) FAIL(conflict);
  for (const std::string& conflict : conflicts("stream-entries", history)) FAIL(conflict);
  auto refused = errors(history);
  refused.erase("nogroup");  // of a stream that nobody had added to yet
  CHECK(refused.empty());
  const CheckResult rule = by_rule(check_acknowledged_entries, history);
  CHECK(rule.valid == Validity::kValid);
  CHECK(measured(rule, "entries_acknowledged") > 100);
  CHECK(measured(rule, "entries_again") == 0);
  CHECK(answered(history, Function::kReclaim) > 0);
  CHECK(answered(history, Function::kDequeue) == answered(history, Function::kEnqueue));
  std::size_t awaited = 0;  // deliveries to who waited for the only entry of a stream
  for (const Operation& taken : history.operations) {
    const bool once = taken.key != kNoKey && history.key_text(taken).starts_with("stream:o");
    if (!once || taken.function != Function::kDequeue || !taken.result.is_integer()) continue;
    awaited += std::ranges::any_of(history.operations, [&](const Operation& added) {
      return added.function == Function::kEnqueue && added.key == taken.key && taken.invoked < added.invoked;
    });
  }
  CHECK(awaited > 5);
  // No consumer is made by the way, on the master alone.
  CHECK(streams.by_hand({"INFO", "commandstats"}, "stream:s0").text.find("createconsumer") !=
        std::string::npos);

  History lost = history;
  latest(lost, Function::kDequeue)[0]->result = Value{};
  CHECK_FALSE(conflicts("stream-group", lost).empty());
  History cut = history;
  const auto reads = latest(cut, Function::kRead);
  const auto full = std::ranges::find_if(
      reads, [&](const Operation* each) { return !cut.values.as_list(each->result).empty(); });
  REQUIRE(full != reads.end());
  Operation* read = *full;  // of a stream that was never added to there is nothing
  const auto entries = cut.values.as_list(read->result);
  const std::vector<Value> fewer(entries.begin() + 1, entries.end());
  read->result = cut.values.list(fewer);
  CHECK_FALSE(conflicts("stream-entries", cut).empty());
  History again = history;
  const Operation* done = latest(again, Function::kAck).back();
  bool changed = false;
  for (Operation& op : again.operations) {
    if (op.function != Function::kReclaim || op.key != done->key || op.outcome != Outcome::kOk) continue;
    if (op.invoked <= done->completed || changed) continue;
    op.result = done->result;
    changed = true;
  }
  REQUIRE(changed);
  CHECK(measured(by_rule(check_acknowledged_entries, again), "entries_again") > 0);
}

TEST_CASE(
    "a lock is held by one, its tokens increase, and two holders and a token that comes twice are told") {
  OnCluster locks("lock", {{"keys", 2}, {"ttl", 60}});
  const History history = locks.load(8000);
  check_sound("lock", history);
  CHECK(measured(by_rule(check_lock_holders, history), "two_holders") == 0);
  std::size_t refused = 0;
  for (const Operation& op : history.operations)
    refused += op.function == Function::kAcquire && op.outcome == Outcome::kFail;
  CHECK(refused > 0);
  CHECK(answered(history, Function::kRelease) > 0);

  History twice = history;
  const auto grants = latest(twice, Function::kAcquire);
  bool repeated = false;
  for (std::size_t i = 0; i < grants.size() && !repeated; ++i)
    for (std::size_t j = i + 1; j < grants.size() && !repeated; ++j)
      if (grants[j]->key == grants[i]->key) {
        grants[i]->result = grants[j]->result;
        repeated = true;
      }
  REQUIRE(repeated);
  CHECK_FALSE(conflicts("lock", twice).empty());
  History both = history;  // a holder that would have kept the lock for an hour, and somebody after it
  const auto taken = latest(both, Function::kAcquire);
  const auto is_first = [&](const Operation* op) {
    return std::ranges::any_of(taken, [&](const Operation* later) {
      return later->key == op->key && later->invoked > op->completed;
    });
  };
  const auto found = std::find_if(taken.rbegin(), taken.rend(), is_first);
  REQUIRE(found != taken.rend());
  Operation* first = *found;
  const auto parts = both.values.as_list(first->argument);
  const Value longer[] = {Value::integer(9'999'999), Value::integer(3'600'000)};
  REQUIRE(parts.size() == 2);
  first->argument = both.values.list(longer);
  CHECK(measured(by_rule(check_lock_holders, both), "two_holders") > 0);
}

TEST_CASE("keys expire in their time, and one that goes early or lives on is told") {
  OnCluster keys("expiry", {{"ttl-min", 20}, {"ttl-max", 200}, {"write", 0.3}});
  const History history = keys.load(8000);
  CHECK(answered(history, Function::kGet) > 10);
  const auto time_to_live = [&](const Operation& op) {
    const auto parts = history.values.as_list(op.argument);
    return parts.size() > 1 ? parts[1].as_integer() : 0;
  };
  CHECK(std::ranges::any_of(history.operations, [&](const Operation& op) {
    return op.function == Function::kWrite && time_to_live(op) == 3'600'000;
  }));
  for (const std::string& conflict : conflicts("expiry", history)) FAIL(conflict);
  auto refused = errors(history);
  refused.erase("moved");  // asked at another master
  CHECK(refused.empty());
  const CheckResult rule = by_rule(check_expiry_times, history);
  INFO(rule.explanation);
  CHECK(rule.valid == Validity::kValid);

  CHECK(measured(rule, "times_left_compared") > 10);
  History cut = history;  // a copy that cuts the time down to whole seconds, say
  const auto lives = [](const Operation& op) {
    return op.function == Function::kOther && op.result.is_integer() && op.result.as_integer() > 1'000;
  };
  const auto asked = std::ranges::find_if(cut.operations, lives);
  REQUIRE(asked != cut.operations.end());
  asked->result = Value::integer(asked->result.as_integer() - 900);
  CHECK(by_rule(check_expiry_times, cut).valid == Validity::kInvalid);

  std::map<std::uint32_t, const Operation*> writes;
  for (const Operation& op : history.operations)
    if (op.function == Function::kWrite) writes[op.key] = &op;
  History early = history;
  bool changed = false;
  for (Operation& op : early.operations) {
    const Operation* write = writes.count(op.key) ? writes[op.key] : nullptr;
    if (changed || op.function != Function::kRead || op.result.is_nil() || !write) continue;
    if (op.invoked <= write->completed || op.completed - write->invoked > 19 * kMillisecond) continue;
    op.result = Value{};
    changed = true;
  }
  REQUIRE(changed);
  CHECK_FALSE(conflicts("expiry", early).empty());
  History late = history;
  changed = false;
  for (Operation& op : late.operations) {
    const Operation* write = writes.count(op.key) ? writes[op.key] : nullptr;
    if (changed || op.function != Function::kRead || !write) continue;
    const auto parts = late.values.as_list(write->argument);
    if (parts.size() < 2 || parts[1].as_integer() > 200 || op.invoked - write->completed < 300 * kMillisecond)
      continue;
    op.result = parts[0];
    changed = true;
  }
  REQUIRE(changed);
  CHECK(by_rule(check_expiry_times, late).valid == Validity::kInvalid);
}

TEST_CASE("WAIT's answers are recorded, and one that counts more replicas than there are is told") {
  OnCluster registers("wait", {{"time-out", 1}});  // these masters have no replica
  History history = registers.load(1000);
  check_sound("register", history);
  CHECK(measured(by_rule(check_wait_replies, history), "acknowledged_by_replicas") == 0);
  Operation* write = latest(history, Function::kWrite)[0];
  const Value told[] = {write->argument, Value::integer(3)};
  write->result = history.values.list(told);
  CHECK(by_rule(check_wait_replies, history).valid == Validity::kInvalid);
}

TEST_CASE("reads at any node in READONLY mode are apart, and one of a value that nobody wrote is told") {
  OnCluster registers("replica-reads", {{"unasked", 0.1}});
  History history = registers.load(6000);
  for (const std::string& conflict : conflicts("replicated-register", history)) FAIL(conflict);
  auto refused = errors(history);
  CHECK(refused["moved"] > 0);  // asked at another master
  refused.erase("moved");
  CHECK(refused.empty());
  const CheckResult sound = by_rule(check_replica_reads, history);
  CHECK(sound.valid == Validity::kValid);
  CHECK(measured(sound, "replica_reads") > 50);
  CHECK(measured(sound, "replica_reads_stale") == 0);  // answered by masters
  latest(history, Function::kGet)[0]->result = Value::integer(987'654'321);
  CHECK(by_rule(check_replica_reads, history).valid == Validity::kInvalid);
}

TEST_CASE("a read of a replica that goes back is told, unless a fault may explain it") {
  History history;
  const auto op = [&](Function function, int value, double from, double until) {
    Operation each;
    each.function = function;
    each.key = history.keys.intern("r");
    each.node = static_cast<std::uint16_t>(history.nodes.intern("n1"));
    each.invoked = static_cast<Nanos>(from * kMillisecond);
    each.completed = static_cast<Nanos>(until * kMillisecond);
    each.outcome = Outcome::kOk;
    (function == Function::kWrite ? each.argument : each.result) = Value::integer(value);
    history.operations.push_back(each);
  };
  op(Function::kWrite, 1, 0, 1);
  op(Function::kWrite, 2, 2, 3);
  op(Function::kGet, 2, 4, 5);
  CHECK(by_rule(check_replica_reads, history).valid == Validity::kValid);
  op(Function::kGet, 1, 6, 7);
  const CheckResult back = by_rule(check_replica_reads, history);
  CHECK(back.valid == Validity::kInvalid);
  CHECK(measured(back, "replica_reads_stale") == 1);
  CHECK(measured(back, "staleness_ms_max") == Approx(3));
}

TEST_CASE("groups are whole by MSET and by functions, and torn groups and commands over two slots are told") {
  const std::string workload = GENERATE("multi-slot", "functions");
  OnCluster groups(workload);
  const History history = groups.load(5000);
  for (const std::string& conflict : conflicts("group", history)) FAIL(conflict);
  auto refused = errors(history);
  CHECK((workload == "functions" || refused["crossslot"] > 0));
  refused.erase("crossslot");
  refused.erase("moved");
  for (const auto& [error, count] : refused) CHECK(error + std::to_string(count) == "");
  CHECK(by_rule(check_groups, history).valid == Validity::kValid);
  CHECK(measured(by_rule(check_groups, history), "replica_reads") > 0);

  History torn = history;
  Operation* read = latest(torn, Function::kRead)[0];
  const Value parts[] = {read->result, Value::integer(1)};
  read->result = torn.values.list(parts);
  CHECK(by_rule(check_groups, torn).valid == Validity::kInvalid);
  History stale = history;
  const auto reads = latest(stale, Function::kRead);
  bool changed = false;
  for (std::size_t i = 0; i < reads.size() && !changed; ++i)
    for (std::size_t j = reads.size(); j-- > i + 1 && !changed;)
      if (reads[j]->key == reads[i]->key && reads[j]->result != reads[i]->result) {
        reads[i]->result = reads[j]->result;
        changed = true;
      }
  REQUIRE(changed);
  CHECK_FALSE(conflicts("group", stale).empty());
  if (workload == "functions") return;
  History accepted = history;
  for (Operation& op : accepted.operations)
    if (op.function == Function::kPut) op.outcome = Outcome::kOk;
  CHECK(by_rule(check_groups, accepted).valid == Validity::kInvalid);
}

TEST_CASE("commands of every type are answered as their lines say, and other answers and states are told") {
  OnCluster types("types");
  const History history = types.load(5000);
  for (const std::string& conflict : conflicts("state", history)) FAIL(conflict);
  const CheckResult sound = by_rule(check_states, history);
  CHECK(sound.valid == Validity::kValid);
  CHECK(measured(sound, "answers_compared") > 2000);
  // Redis 7.0 does not know times to live of a hash's fields; every other line is carried out.
  CHECK(answered(history, Function::kWrite) > type_lines().size() * 10);

  History wrong = history;
  Operation* write = latest(wrong, Function::kWrite)[0];
  const Value told[] = {write->argument, wrong.values.text("ttl @: -1, not +")};
  write->result = wrong.values.list(told);
  CHECK(by_rule(check_states, wrong).valid == Validity::kInvalid);
  History other = history;
  Operation* read = latest(other, Function::kRead)[0];
  const Value shown[] = {other.values.text("get @: a, not b")};
  read->result = other.values.list(shown);
  CHECK(by_rule(check_states, other).valid == Validity::kInvalid);
}

TEST_CASE("a script whose writes are refused for a time, inside EXEC, is no wrong answer") {
  OnCluster types("types");
  for (const std::string key : {"a", "b", "c"})  // of every node; nobody has a replica
    types.by_hand({"CONFIG", "SET", "min-replicas-to-write", "1"}, key);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < type_lines().size(); ++i) {
    const Operation write = types.run(types.offered(Function::kWrite));
    CHECK(write.outcome != Outcome::kOk);
    if (write.error != types.recorder().error("noreplicas") || write.outcome != Outcome::kInfo) continue;
    ++refused;
    CHECK(types.run(Function::kRead, write.key).outcome == Outcome::kFail);
  }
  CHECK(refused > 0);
}

TEST_CASE("a client that keeps its map follows what it is told, and asks the old node again") {
  OnCluster registers("stale-client");
  const History history = registers.load(4000);
  check_sound("register", history);
}

TEST_CASE("a share of every workload's writes goes to keys that are written once and read in the end") {
  const std::string workload =
      GENERATE("queue", "bank", "unique-ids", "zset", "lock", "wait", "multi-slot", "functions", "blocking");
  CAPTURE(workload);
  Offers offers(workload);
  Prng prng(5);
  std::set<std::uint32_t> once;
  std::map<std::uint32_t, int> changes;
  std::map<std::uint32_t, int> removals;
  for (int i = 0; i < 4000; ++i) {
    const Operation op = offers.workload->next(0, prng);
    const std::string name = offers.recorder.key_text(op.key);
    if (name.starts_with(workload + ":o")) once.insert(op.key);
    if (op.function == Function::kRemove)
      ++removals[op.key];
    else if (op.function != Function::kRead && op.function != Function::kDequeue)
      ++changes[op.key];
  }
  CHECK(once.size() > 20);
  int awaited = 0;  // by clients that block, and not written yet
  bool removed = false;
  for (const std::uint32_t key : once) {
    CHECK(changes[key] <= 1);
    CHECK(removals[key] <= changes[key]);
    removed = removed || removals[key] > 0;
    awaited += changes[key] == 0 ? 1 : 0;
  }
  CHECK(awaited <= (workload == "blocking" ? 2 : 0));
  CHECK(removed == (workload == "multi-slot"));
  Operation empty;
  empty.outcome = Outcome::kOk;
  FinalTurn turn;
  for (std::optional<Operation> op; (op = offers.workload->next_final(turn));) {
    once.erase(op->key);
    empty.key = op->key;
    turn.last = &empty;
  }
  CHECK(once.empty());
}
