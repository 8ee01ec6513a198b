// The register workload: what it offers, and what a real cluster answers.
#include "workloads/register.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <optional>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"
#include "harness/run/store.h"
#include "workloads/workloads.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

/// A workload with a recorder, no server.
struct Offers {
  explicit Offers(WorkloadOptions options = {}, int group = 0, int groups = 1)
      : recorder(folder.path / "history.journal", clock),
        workload(make_register_workload({recorder, options, {{{0, 16383}}}, group, groups})) {}
  ScratchFolder folder;
  RunClock clock;
  Recorder recorder;
  std::unique_ptr<Workload> workload;
};

/// The workload on a cluster, one operation after another.
class Register {
 public:
  Register() : recorder_(test_.directory() / "history.journal", clock_) {
    std::vector<ClientNode> nodes;
    for (const NodeInfo& node : test_.cluster().infos()) {
      recorder_.node(node.name);
      nodes.push_back(
          {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
      shards_.push_back(node.slots);
    }
    WorkloadOptions options;
    options.keys = 3;
    workload = make_register_workload({recorder_, options, shards_, 0, 1});
    key = workload->final_reads().front().key;  // dealt to the first shard
    group_ = std::make_unique<ClientGroup>(nodes, 10s);
    client_ = std::make_unique<Client>(*group_);
    group_->start();
  }

  Operation run(Function function, Value argument = {}) {
    Operation op;
    op.function = function;
    op.key = key;
    op.argument = argument;
    std::optional<Operation> done;
    boost::asio::co_spawn(group_->context(), invoke(op, done), boost::asio::detached);
    while (!done) group_->context().run_one();
    return *done;
  }
  Operation cas(std::int64_t expected, std::int64_t desired) {
    const Value pair[] = {Value::integer(expected), Value::integer(desired)};
    return run(Function::kCas, recorder_.list(pair));
  }
  /// Writes the register behind the workload's back, with any command of two arguments.
  void by_hand(Command command) {
    auto connection = test_.cluster().node(0).connect();
    REQUIRE(connection);
    const auto reply = connection->call(command);
    REQUIRE(reply);
    INFO(reply->describe());
    REQUIRE_FALSE(reply->is_error());
  }
  /// The text of the register's key: the name that the recorder has for its number.
  std::string key_text() {
    for (int i = 0;; ++i)
      if (std::string text = "r" + std::to_string(i); recorder_.key(text) == key) return text;
  }
  Value text(std::string_view text) { return recorder_.text(text); }
  std::uint16_t error(std::string_view text) { return recorder_.error(text); }

  std::unique_ptr<Workload> workload;
  std::uint32_t key = 0;

 private:
  Task<void> invoke(Operation op, std::optional<Operation>& done) {
    done = co_await workload->invoke(*client_, op);
  }
  TestCluster test_{3, 0};
  RunClock clock_;
  Recorder recorder_;
  std::vector<SlotRanges> shards_;
  std::unique_ptr<ClientGroup> group_;
  std::unique_ptr<Client> client_;
};

}  // namespace

TEST_CASE("the table has the register workload") {
  REQUIRE(find_workload("register") != nullptr);
  CHECK(find_workload("register")->make == make_register_workload);
  CHECK(find_workload("nonsense") == nullptr);
}

TEST_CASE("the mix is as it was set") {
  WorkloadOptions options;
  options.read = 0.3;
  options.write = 0.5;
  Offers offers(options);
  Prng prng(1);
  std::map<Function, int> counts;
  constexpr int kOperations = 20'000;
  for (int i = 0; i < kOperations; ++i) ++counts[offers.workload->next(prng).function];
  CHECK(counts[Function::kRead] == Approx(0.3 * kOperations).epsilon(0.05));
  CHECK(counts[Function::kWrite] == Approx(0.5 * kOperations).epsilon(0.05));
  CHECK(counts[Function::kCas] == Approx(0.2 * kOperations).epsilon(0.05));

  options.read = 1;
  Offers reads(options);
  for (int i = 0; i < 100; ++i) CHECK(reads.workload->next(prng).function == Function::kRead);
}

TEST_CASE("a compare-and-set expects the value offered last, and no value is offered twice") {
  for (int group = 0; group < 2; ++group) {
    Offers offers({}, group, 2);
    Prng prng(1);
    std::map<std::uint32_t, Value> last;
    std::int64_t newest = 0;
    for (int i = 0; i < 5000; ++i) {
      const Operation op = offers.workload->next(prng);
      if (op.function == Function::kRead) {
        CHECK(op.argument.is_nil());
        continue;
      }
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

TEST_CASE("final reads read every key once") {
  Offers offers;
  std::map<std::uint32_t, int> reads;
  for (const Operation& op : offers.workload->final_reads()) {
    CHECK(op.function == Function::kRead);
    ++reads[op.key];
  }
  CHECK(reads.size() == 60);
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
