// The register workload: what it offers, and what a real cluster answers.
#include "workloads/register.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "workloads/test_support.h"

using namespace harness;

namespace {

const nlohmann::json kOneKey = {{"keys", 1}, {"once", 0}, {"astray", 0}};

/// One register of a cluster.
class Register : public OnCluster {
 public:
  Register() : OnCluster("register", kOneKey), key(offered(Function::kRead).key) {}
  Operation run(Function function, Value argument = {}) { return OnCluster::run(function, key, argument); }
  Operation cas(std::int64_t expected, std::int64_t desired) {
    const Value pair[] = {Value::integer(expected), Value::integer(desired)};
    return run(Function::kCas, recorder().list(pair));
  }
  void by_hand(const Command& command) {
    const Reply reply = OnCluster::by_hand(command, key_text());
    INFO(reply.describe());
    REQUIRE_FALSE(reply.is_error());
  }
  /// The text of the register's key: the name that the recorder has for its number.
  std::string key_text() {
    for (int i = 0;; ++i)
      if (std::string text = "register:r" + std::to_string(i); recorder().key(text) == key) return text;
  }
  Value text(std::string_view text) { return recorder().text(text); }
  std::uint16_t error(std::string_view text) { return recorder().error(text); }
  std::vector<Value> seen(const Operation& op) { return recorder().elements(op.result); }

  const std::uint32_t key;
};

}  // namespace

TEST_CASE("the table has the register workload") {
  REQUIRE(find_workload("register") != nullptr);
  CHECK(find_workload("register")->make == make_register_workload);
  CHECK(find_workload("register")->object == "register");
  CHECK(find_workload("nonsense") == nullptr);
}

TEST_CASE("the mix is as it was set") {
  Offers offers("register", {{"read", 0.3}, {"write", 0.5}, {"once", 0}});
  Prng prng(1);
  std::map<Function, int> counts;
  constexpr int kOperations = 20'000;
  for (int i = 0; i < kOperations; ++i) ++counts[offers.workload->next(0, prng).function];
  CHECK(counts[Function::kRead] == Approx(0.3 * kOperations).epsilon(0.05));
  CHECK(counts[Function::kWrite] == Approx(0.5 * kOperations).epsilon(0.05));
  CHECK(counts[Function::kCas] == Approx(0.2 * kOperations).epsilon(0.05));

  Offers reads("register", {{"read", 1}, {"write", 0}, {"once", 0}});
  for (int i = 0; i < 100; ++i) CHECK(reads.workload->next(0, prng).function == Function::kRead);
}

TEST_CASE("a compare-and-set expects the value offered last, and no value is offered twice") {
  for (int group = 0; group < 2; ++group) {
    Offers offers("register", {{"once", 0}, {"astray", 0}}, group, 2);
    Prng prng(1);
    std::map<std::uint32_t, Value> last;
    std::int64_t newest = 0;
    for (int i = 0; i < 5000; ++i) {
      const Operation op = offers.workload->next(0, prng);
      if (op.function == Function::kRead) continue;
      Value desired = op.argument;
      if (op.function == Function::kCas) {
        const auto pair = offers.recorder.elements(op.argument);
        REQUIRE(pair.size() == 2);
        REQUIRE(pair[0] == last.at(op.key));
        desired = pair[1];
      }
      REQUIRE(desired.as_integer() > newest);
      REQUIRE(desired.as_integer() % 2 == (group + 1) % 2);  // apart from the other group's
      newest = desired.as_integer();
      last[op.key] = desired;
    }
  }
}

TEST_CASE("an operation that goes astray is answered by the node that serves the key") {
  OnCluster cluster("register", {{"keys", 6}, {"once", 0}, {"astray", 1}});
  for (int i = 0; i < 12; ++i) {
    const Operation write = cluster.run(cluster.offered(Function::kWrite));
    CHECK(write.outcome == Outcome::kOk);
    Operation read = cluster.offered(Function::kRead);
    read.key = write.key;
    read = cluster.run(read);
    CHECK(read.outcome == Outcome::kOk);
    CHECK(read.result == write.argument);
    CHECK(read.node == write.node);
  }
}

TEST_CASE("some keys are written once and never again") {
  Offers offers("register", {{"once", 0.3}});
  Prng prng(1);
  std::map<std::uint32_t, int> writes;
  for (int i = 0; i < 20'000; ++i)
    if (const Operation op = offers.workload->next(0, prng); op.function != Function::kRead) ++writes[op.key];
  int once = 0;
  for (const auto& [key, count] : writes) once += count == 1;
  CHECK(once > 1000);
  CHECK(writes.size() == static_cast<std::size_t>(once) + 60);
}

TEST_CASE("final reads read every key once, and those written once too") {
  Offers offers("register");
  Prng prng(1);
  std::set<std::uint32_t> used;
  for (int i = 0; i < 5000; ++i) used.insert(offers.workload->next(0, prng).key);
  std::set<std::uint32_t> read;
  while (const auto op = offers.workload->next_final({})) {
    CHECK(op->function == Function::kRead);
    CHECK(read.insert(op->key).second);
  }
  CHECK(read == used);
}

TEST_CASE("a register of a real cluster reads, writes, and compares before it sets") {
  Register registers;
  const Operation empty = registers.run(Function::kRead);
  CHECK(empty.outcome == Outcome::kOk);
  CHECK(empty.result.is_nil());
  CHECK(empty.node == 0);

  const Operation refused = registers.cas(1, 2);  // nothing there to compare with
  CHECK(refused.outcome == Outcome::kFail);
  CHECK(refused.error == kNoError);
  CHECK(registers.seen(refused) == std::vector<Value>{Value::integer(1), Value::integer(2), Value{}});
  CHECK(registers.run(Function::kRead).result.is_nil());

  const Operation write = registers.run(Function::kWrite, Value::integer(10));
  CHECK(write.outcome == Outcome::kOk);
  CHECK(write.result == Value::integer(10));
  CHECK(registers.run(Function::kRead).result == Value::integer(10));

  const Operation set = registers.cas(10, 11);
  CHECK(set.outcome == Outcome::kOk);
  CHECK(set.result == set.argument);
  CHECK(registers.run(Function::kRead).result == Value::integer(11));

  const Operation other = registers.cas(10, 12);
  CHECK(other.outcome == Outcome::kFail);
  CHECK(other.error == kNoError);
  CHECK(registers.seen(other).at(2) == Value::integer(11));
  CHECK(registers.run(Function::kRead).result == Value::integer(11));
}

TEST_CASE("what is no value of ours is read as the text that it is") {
  Register registers;
  const std::string key = registers.key_text();
  for (const char* text : {"007", "-0", " 7", "7 ", "+7", "seven", "", "7.0", "99999999999999999999",
                           "1152921504606846976", "9223372036854775807"}) {
    CAPTURE(text);
    registers.by_hand({"SET", key, text});
    const Operation read = registers.run(Function::kRead);
    CHECK(read.outcome == Outcome::kOk);
    CHECK(read.result == registers.text(text));
  }
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-7}, std::int64_t{1152921504606846975}}) {
    registers.by_hand({"SET", key, std::to_string(number)});
    CHECK(registers.run(Function::kRead).result == Value::integer(number));
  }
}

TEST_CASE("a key of another type fails every operation, and changes nothing") {
  Register registers;
  registers.by_hand({"RPUSH", registers.key_text(), "1"});
  const Operation read = registers.run(Function::kRead);
  CHECK(read.outcome == Outcome::kFail);
  CHECK(read.error == registers.error("wrongtype"));
  CHECK(read.node == 0);
  const Operation compare = registers.cas(1, 2);
  CHECK(compare.outcome != Outcome::kOk);
  CHECK(compare.error != kNoError);
}
