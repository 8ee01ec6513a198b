// Every object's documented verdict against the generative model of object_cluster_test.h: an honest run is
// never called bad, and each way of breaking a rule always is.
#include <catch2/catch.hpp>

#include <memory>
#include <numeric>

#include "checkers/objects/objects.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/object_cluster_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

Value list_of(const std::vector<int>& elements, ValueTable& values) {
  std::vector<Value> list;
  for (const int element : elements) list.push_back(Value::integer(element));
  return values.list(list);
}

class RegisterData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.5)) return make_read(call, values);
    call.function = Function::kWrite;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable&) override {
    auto& own = contents[call.key];
    if (call.writes) {
      own = {call.value};
      call.result = call.argument;
    } else {
      call.result = own.empty() ? Value{} : Value::integer(own.back());
    }
  }
};

class SetData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kAdd;
    call.writes = true;
    call.argument = Value::integer(call.value);
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    auto& own = contents[call.key];
    if (call.writes) {
      own.push_back(call.value);
      call.result = call.argument;
    } else {
      auto sorted = own;
      std::sort(sorted.begin(), sorted.end());
      call.result = list_of(sorted, values);
    }
  }
};

class CounterData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kIncr;
    call.writes = true;
    call.argument = Value::integer(prng.between(1, 3));
  }
  void make_read(Call& call, ValueTable&) override { call.function = Function::kRead; }
  void apply(Call& call, Contents& contents, ValueTable&) override {
    auto& own = contents[call.key];
    if (call.writes) own.push_back(static_cast<int>(call.argument.as_integer()));
    const int count = std::accumulate(own.begin(), own.end(), 0);
    call.result = own.empty() ? Value{} : Value::integer(count);
  }
};

/// Transactions on two lists of one slot.
class ListData final : public Data {
 public:
  void draw(Call& call, Prng& prng, ValueTable& values) override {
    if (prng.chance(0.4)) return make_read(call, values);
    call.function = Function::kTxn;
    call.writes = true;
    const Value first[] = {values.text("append"), values.text(list(call, 0)), Value::integer(call.value)};
    const Value second[] = {values.text("append"), values.text(list(call, 1)), Value::integer(call.value)};
    const Value both[] = {values.list(first), values.list(second)};
    call.argument = values.list(both);
  }
  void make_read(Call& call, ValueTable& values) override {
    call.function = Function::kTxn;
    const Value first[] = {values.text("r"), values.text(list(call, 0)), Value{}};
    const Value second[] = {values.text("r"), values.text(list(call, 1)), Value{}};
    const Value both[] = {values.list(first), values.list(second)};
    call.argument = values.list(both);
  }
  void apply(Call& call, Contents& contents, ValueTable& values) override {
    call.result = call.argument;
    if (call.writes) {
      contents[list(call, 0)].push_back(call.value);
      contents[list(call, 1)].push_back(call.value);
      return;
    }
    std::vector<Value> steps;
    for (int i = 0; i < 2; ++i) {
      const Value step[] = {values.text("r"), values.text(list(call, i)),
                            list_of(contents[list(call, i)], values)};
      steps.push_back(values.list(step));
    }
    call.result = values.list(steps);
  }
  bool apply_half(const Call& call, Contents& contents) override {
    contents[list(call, 0)].push_back(call.value);
    return true;
  }
  std::string history_key(const Call&) const override { return ""; }

 private:
  static std::string list(const Call& call, int which) {
    return "{" + call.key + "}." + std::to_string(which);
  }
};

std::unique_ptr<Data> data_of(const std::string& object) {
  if (object == "set") return std::make_unique<SetData>();
  if (object == "counter") return std::make_unique<CounterData>();
  if (object == "list-append") return std::make_unique<ListData>();
  return std::make_unique<RegisterData>();
}

CheckResult check(const RunRecord& run, const std::string& object) {
  std::vector<std::uint32_t> operations(run.history.operations.size());
  std::iota(operations.begin(), operations.end(), 0U);
  return check_object(run, {}, *find_object(object), operations);
}

double measured(const CheckResult& result, std::string_view name) {
  for (const auto& [known, value] : result.measured)
    if (known == name) return value;
  return 0;
}

constexpr std::uint64_t kSeed = 911;
constexpr int kRuns = 60;  // of each object and kind of loss

}  // namespace

TEST_CASE("no object of an honest asynchronous shard is called bad") {
  const std::string object = GENERATE("register", "set", "counter", "list-append");
  const Loss loss = GENERATE(Loss::kKill, Loss::kPause, Loss::kPartition);
  const auto data = data_of(object);
  double lost = 0;
  for (int i = 0; i < kRuns; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    const CheckResult result = check(ObjectCluster(*data, seed, loss, Breach::kNone).run(), object);
    INFO(object << ", seed " << seed << ", loss " << static_cast<int>(loss) << ": " << result.explanation);
    REQUIRE(result.valid == Validity::kValid);
    lost += measured(result, "lost_writes");
  }
  CHECK(lost > kRuns);
}

TEST_CASE("every way of breaking an object is called bad") {
  const std::string object = GENERATE("register", "set", "counter", "list-append");
  const Loss loss = GENERATE(Loss::kKill, Loss::kPause, Loss::kPartition);
  const Breach breach = GENERATE(Breach::kHole, Breach::kReplicatedLost, Breach::kStaleRead,
                                 Breach::kResurrection, Breach::kDoubled, Breach::kTorn);
  if (loss == Loss::kKill && breach == Breach::kResurrection) return;  // the dead write nothing
  // A register or a set is the same after the same write came twice.
  if (breach == Breach::kDoubled && object != "counter" && object != "list-append") return;
  // A step that the dead master never answered may stand for the one that is missing.
  if (breach == Breach::kHole && object == "counter" && loss == Loss::kKill) return;
  if (breach == Breach::kTorn && object != "list-append") return;
  const auto data = data_of(object);
  int shown = 0;
  for (int i = 0; i < kRuns / 2; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    ObjectCluster cluster(*data, seed, loss, breach);
    const CheckResult result = check(cluster.run(), object);
    if (!cluster.shown()) continue;
    ++shown;
    INFO(object << ", seed " << seed << ", loss " << static_cast<int>(loss) << ", breach "
                << static_cast<int>(breach) << ": " << result.explanation);
    CHECK(result.valid == Validity::kInvalid);
  }
  CHECK(shown > kRuns / 8);
}
