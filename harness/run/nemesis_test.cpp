// The nemesis on real clusters: steps begin and end as the plan says, faults overlap, everything is healed.
#include "harness/run/nemesis.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/conditions/conditions.h"
#include "harness/core/command_effects.h"
#include "harness/core/wait.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;
using Json = nlohmann::json;

namespace {

ConditionPlan condition(const Json& given) {
  std::string problem;
  ConditionPlan plan = complete_condition(given, problem);
  REQUIRE(problem == "");
  return plan;
}

StepPlan fault(std::string id, const char* name, const char* target, std::optional<Nanos> hold = {}) {
  StepPlan step;
  step.id = std::move(id);
  step.name = name;
  step.target = target;
  step.hold = hold;
  return step;
}

StepPlan heal(std::string id, const char* other) {
  StepPlan step;
  step.id = std::move(id);
  step.kind = StepPlan::Kind::kHeal;
  step.name = other;
  return step;
}

StepPlan command(std::string id, const char* on, std::vector<std::string> words, const char* reply = "") {
  StepPlan step;
  step.id = std::move(id);
  step.kind = StepPlan::Kind::kCommand;
  step.target = on;
  step.command = std::move(words);
  step.reply = reply;
  return step;
}

StepPlan expect(std::string id, const Json& what, Nanos within) {
  StepPlan step;
  step.id = std::move(id);
  step.kind = StepPlan::Kind::kExpect;
  step.condition = condition(what);
  step.within = within;
  return step;
}

StepPlan since(StepPlan step, StepAnchor::Kind kind, std::string other = {}, Nanos after = 0) {
  step.since = {kind, std::move(other)};
  step.after = after;
  return step;
}

/// A cluster, a plan, and what the nemesis told of it.
class Stage {
 public:
  Stage(int masters, int replicas, std::vector<StepPlan> steps) : scene(masters, replicas) {
    plan.steps = std::move(steps);
    plan.seed = 1;
    plan.limits.tail = 0;
    plan.cluster.config.node_timeout_ms = 1500;
  }

  void start() {
    StepSinks sinks;
    sinks.fault = [this](std::size_t number, const FaultRecord& record) {
      const std::lock_guard lock(mutex_);
      changes_[number].push_back(record);
    };
    sinks.say = [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_ += line + "\n";
    };
    FaultContext& context = scene.context();
    nemesis = std::make_unique<Nemesis>(
        plan,
        NemesisScene{
            context.cluster, context.sandbox, context.clock, context.client_hosts, {}, nullptr, starved},
        sinks);
    nemesis->start();
  }
  void run() {
    start();
    wait_until("the end of the steps", 300s, [&] { return nemesis->done(); });
    nemesis->join();
  }
  std::vector<FaultRecord> faults() const { return nemesis->records().faults(); }
  std::size_t changes() const {
    const std::lock_guard lock(mutex_);
    return changes_.size();
  }
  std::vector<FaultRecord> changes_of(std::size_t number) const {
    const std::lock_guard lock(mutex_);
    const auto found = changes_.find(number);
    return found == changes_.end() ? std::vector<FaultRecord>{} : found->second;
  }
  std::string lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

  FaultScene scene;
  Plan plan;
  std::unique_ptr<Nemesis> nemesis;
  std::function<std::vector<ProcessorWait>()> starved;

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::vector<FaultRecord>> changes_;
  std::string lines_;
};

constexpr auto kStart = StepAnchor::Kind::kStart;
constexpr auto kTaken = StepAnchor::Kind::kTaken;
constexpr auto kEnded = StepAnchor::Kind::kEnded;

}  // namespace

TEST_CASE("steps follow each other, and every change of a record is journaled") {
  Stage stage(3, 0,
              {fault("p", "pause", "n1", 0), fault("none", "kill", "n9"), fault("k", "kill", "n2"),
               fault("r", "restart", "previous")});
  stage.run();
  const auto records = stage.faults();
  REQUIRE(records.size() == 4);
  CHECK(records[0].step == "p");
  CHECK(records[0].verified_active());
  CHECK(records[0].verified_healed());
  CHECK_FALSE(records[1].verified_active());
  CHECK(records[1].error == "there is no node n9");
  CHECK(records[2].verified_active());
  CHECK(records[3].verified_active());
  CHECK(records[3].nodes == std::vector<int>{1});  // the fault before it hit n2
  for (std::size_t i = 1; i < records.size(); ++i) CHECK(records[i].requested >= records[i - 1].requested);
  CHECK(records[1].requested >= records[0].healed);

  const auto changes = stage.changes_of(0);
  REQUIRE(changes.size() == 2);  // in force, then healed
  CHECK(changes[0].verified_active());
  CHECK_FALSE(changes[0].verified_healed());
  CHECK(changes[1].verified_healed());
  CHECK(stage.changes_of(2).size() == 1);
  CHECK_THAT(stage.lines(), Contains("pause n1") && Contains("healed: pause n1") &&
                                Contains("there is no node n9") && Contains("kill n2"));
}

TEST_CASE("faults overlap and heal in the order that the plan says, not in that of their beginning") {
  Stage stage(3, 0,
              {fault("first", "pause", "n1"), since(fault("second", "pause", "n2"), kTaken, "first"),
               since(heal("h1", "first"), kTaken, "second", 300 * kMillisecond), heal("h2", "second")});
  stage.run();
  auto records = stage.faults();
  REQUIRE(records.size() == 2);
  CHECK(records[1].active < records[0].healed);
  CHECK(records[0].healed <= records[1].heal_requested);

  Stage other(3, 0,
              {fault("first", "pause", "n1"), since(fault("second", "pause", "n2"), kTaken, "first"),
               since(heal("h2", "second"), kTaken, "second", 300 * kMillisecond), heal("h1", "first")});
  other.run();
  records = other.faults();
  REQUIRE(records.size() == 2);
  CHECK(records[1].healed <= records[0].heal_requested);
  for (const FaultRecord& record : records) {
    CHECK(record.verified_active());
    CHECK(record.verified_healed());
  }
  for (int node : {0, 1}) CHECK(other.scene.node(node).state() != 'T');
}

TEST_CASE("two pauses of one node: it goes on when the last one is healed") {
  Stage stage(
      3, 0, {fault("first", "pause", "n1"), fault("second", "pause", "n1", 5 * kSecond), heal("h", "first")});
  stage.plan.steps[2] = since(heal("h", "first"), kTaken, "second");
  stage.start();
  wait_until("the first one to be healed", 60s, [&] {
    const auto changes = stage.changes_of(0);
    return !changes.empty() && changes.back().healed != kNever;
  });
  CHECK(stage.scene.node(0).state() == 'T');
  wait_until("the end", 60s, [&] { return stage.nemesis->done(); });
  stage.nemesis->join();
  CHECK(stage.scene.node(0).state() != 'T');
  for (const FaultRecord& record : stage.faults()) CHECK(record.verified_healed());
}

TEST_CASE("a fault stays until its condition holds, or to the end of the load") {
  StepPlan until = fault("until", "pause", "n1");
  until.until = condition({{"is", "dead"}, {"node", "n2"}});
  Stage stage(3, 0,
              {since(fault("stays", "pause", "n3"), kStart), since(until, kStart),
               since(fault("kill", "kill", "n2"), kTaken, "until", 200 * kMillisecond),
               since(command("after", "n1", {"PING"}, "PONG"), kEnded, "stays")});
  stage.plan.limits.time_limit = 3 * kSecond;
  stage.run();
  const auto records = stage.faults();
  REQUIRE(records.size() == 3);
  const auto record_of = [&](const char* id) { return *std::ranges::find(records, id, &FaultRecord::step); };
  CHECK(record_of("until").healed >= record_of("kill").requested);
  CHECK(record_of("until").healed < record_of("stays").heal_requested);
  CHECK(record_of("stays").heal_requested >= 3 * kSecond);
  REQUIRE(stage.nemesis->records().commands().size() == 1);  // it follows the end of what stays
  CHECK(stage.nemesis->records().commands()[0].ok);
  CHECK(stage.nemesis->records().commands()[0].time >= record_of("stays").healed);
}

TEST_CASE("a fault whose condition holds already ends at once, and its record says why") {
  StepPlan until = fault("until", "pause", "n1");
  until.until = condition({{"is", "alive"}, {"node", "n2"}});
  Stage stage(3, 0, {until});
  stage.run();
  const auto records = stage.faults();
  REQUIRE(records.size() == 1);
  CHECK(records[0].verified_healed());
  CHECK_THAT(records[0].evidence, Contains("its 'until' (alive node=n2) held already: it ends at once"));
  CHECK_THAT(stage.lines(), Contains("held already"));
}

TEST_CASE("a long wait is told while it lasts: for what, how long, and why it is not over") {
  StepPlan wait = expect("wait", {{"is", "dead"}, {"node", "n2"}}, 0);
  wait.kind = StepPlan::Kind::kWait;
  wait.patience = 3600 * kSecond;
  Stage stage(3, 0, {wait});
  stage.start();
  wait_until("a word", 60s, [&] { return stage.lines().find("waiting for") != std::string::npos; });
  CHECK_THAT(stage.lines(), Contains("waiting for dead node=n2, ") && Contains(" s of 3600 s: "));
  stage.nemesis->stop();
  stage.nemesis->join();
}

TEST_CASE("a fault of one node acts on each node that its target names, and is healed at each") {
  Stage stage(3, 0, {fault("stops", "pause", "n1,n3"), fault("kills", "kill", "n1,n2,n3")});
  stage.plan.steps[0].hold = 200 * kMillisecond;
  stage.run();
  const auto records = stage.faults();
  REQUIRE(records.size() == 5);
  for (const FaultRecord& record : records) CHECK(record.verified_active());
  CHECK(records[0].nodes == std::vector<int>{0});
  CHECK(records[1].nodes == std::vector<int>{2});
  CHECK(records[0].description == "pause n1");
  CHECK(records[1].description.starts_with("pause n3"));
  for (const std::size_t i : {0U, 1U}) CHECK(records[i].verified_healed());
  for (int number = 0; number < 3; ++number) CHECK_FALSE(stage.scene.cluster().node(number).running());
}

TEST_CASE("commands are filled in, sent, saved and held against what was expected") {
  StepPlan first = command("save", "n1", {"CLUSTER", "MYID"}, "/^[0-9a-f]{40}$/");
  first.save = "its-id";
  Stage stage(
      3, 0,
      {first, command("echo", "n2", {"ECHO", "{its-id}={id:n1} {{"}),
       command("wrong", "n1", {"PING"}, "PANG"), command("all", "all", {"ECHO", "{id:n1}"}, "{id:n1}"),
       command("nobody", "n9", {"PING"}, "PONG"), command("err", "n1", {"NOSUCH"}, "error /^ERR/")});
  stage.run();
  const auto& commands = stage.nemesis->records().commands();
  REQUIRE(commands.size() == 8);
  CHECK(commands[0].ok);
  const std::string id = stage.scene.cluster().infos()[0].id;
  CHECK(commands[0].reply == id);
  CHECK(commands[1].reply == id + "=" + id + " {");
  CHECK(commands[1].node == 1);
  CHECK_FALSE(commands[2].ok);
  CHECK(commands[2].answered);
  CHECK(commands[2].expected == "PANG");
  for (std::size_t i : {3, 4, 5}) CHECK(commands[i].ok);
  CHECK_FALSE(commands[6].answered);
  CHECK_THAT(commands[6].reply, Contains("there is no node n9"));
  CHECK(commands[7].ok);
  CHECK_THAT(stage.lines(), Contains("n1: PING -> PONG (expected PANG)"));
}

TEST_CASE("a command that the server holds back has taken hold, and the steps that follow it go on") {
  StepPlan blocked = command("blocked", "n1", {"BLPOP", "{key:0}", "20"}, "{key:0}\nx");
  Stage stage(3, 0,
              {blocked, since(command("push", "n1", {"RPUSH", "{key:0}", "x"}, "1"), kTaken, "blocked"),
               since(command("after", "n1", {"PING"}, "PONG"), kEnded, "blocked")});
  stage.run();
  auto commands = stage.nemesis->records().commands();
  REQUIRE(commands.size() == 3);
  for (const CommandRecord& sent : commands) {
    INFO(sent.step << ": " << sent.reply);
    CHECK(sent.ok);
  }
  std::ranges::sort(commands, {}, &CommandRecord::time);
  CHECK(commands[1].step == "push");
  CHECK(commands[0].replied >= commands[1].time);
  CHECK(commands[2].time >= commands[0].replied);
}

TEST_CASE("expectations hold in time, stay so, or fail, waits only wait") {
  StepPlan stays = expect("stays", {{"is", "alive"}, {"node", "n1"}}, kSecond);
  stays.stay = 500 * kMillisecond;
  StepPlan wait = expect("wait", {{"is", "dead"}, {"node", "n1"}}, 0);
  wait.kind = StepPlan::Kind::kWait;
  wait.patience = 200 * kMillisecond;
  wait.must = true;
  Stage stage(3, 0,
              {stays, expect("fails", {{"is", "dead"}, {"node", "n1"}}, 300 * kMillisecond), wait,
               expect("default", "settled", 0)});
  stage.run();
  const auto& expectations = stage.nemesis->records().expectations();
  REQUIRE(expectations.size() == 4);
  CHECK(expectations[0].held_at != kNever);
  CHECK(expectations[0].until - expectations[0].held_at >= 500 * kMillisecond);
  CHECK(expectations[1].failed);
  CHECK(expectations[1].held_at == kNever);
  CHECK(expectations[1].why == "n1 runs");
  CHECK(expectations[1].until - expectations[1].began >= 300 * kMillisecond);
  CHECK(expectations[2].kind == ExpectationRecord::Kind::kWait);
  CHECK(expectations[2].failed);
  CHECK(expectations[2].must);
  CHECK(expectations[3].patience == 4 * kSecond);  // twice the node timeout and a second
  CHECK_FALSE(expectations[3].failed);
}

TEST_CASE("an expectation is given again what starvation took of its patience") {
  Stage stage(1, 0, {expect("fails", {{"is", "dead"}, {"node", "n1"}}, 300 * kMillisecond)});
  const Nanos reach = starvation_reach(1500 * kMillisecond);
  // What starved the server may show for half a second more.
  const Nanos until = stage.scene.context().clock.now() + 500 * kMillisecond - reach;
  const std::vector<ProcessorWait> windows = {{0, until - 2 * kSecond, until, kSecond, 0}};
  stage.starved = [&] { return windows; };
  stage.run();
  const ExpectationRecord& record = stage.nemesis->records().expectations().at(0);
  CHECK(record.failed);
  CHECK(record.began < until + reach);
  CHECK(time_without(windows, reach, record.began, record.until) >= 300 * kMillisecond);
  CHECK(record.patience == 300 * kMillisecond);
}

TEST_CASE("a step again and again: so many times, or for so long") {
  StepPlan thrice = fault("thrice", "pause", "n1", 0);
  thrice.repeat = 3;
  StepPlan a_while = command("while", "n2", {"PING"});
  a_while.repeat_for = 500 * kMillisecond;
  a_while.after_least = a_while.after_most = 100 * kMillisecond;
  Stage stage(3, 0, {thrice, a_while});
  stage.run();
  CHECK(stage.faults().size() == 3);
  for (const FaultRecord& record : stage.faults()) CHECK(record.verified_healed());
  const std::size_t pings = stage.nemesis->records().commands().size();
  CHECK(pings >= 3);
  CHECK(pings <= 6);
}

TEST_CASE("the step after an event that repeats waits for its last round") {
  StepPlan thrice = fault("thrice", "script-flush", "n1");
  thrice.repeat = 3;
  thrice.after_least = thrice.after_most = 100 * kMillisecond;
  StepPlan moves = fault("moves", "move-slots", "n1");
  moves.with = Parameters(Json{{"slots", 1}});
  moves.repeat_for = 500 * kMillisecond;
  Stage stage(3, 0, {thrice, command("between", "n1", {"PING"}), moves, command("last", "n2", {"PING"})});
  stage.run();
  const auto faults = stage.faults();
  const auto& commands = stage.nemesis->records().commands();
  REQUIRE(faults.size() > 4);
  REQUIRE(commands.size() == 2);
  for (const FaultRecord& record : faults) {
    INFO(record.description << ": " << record.error);
    CHECK(record.verified_active());  // none was cut short
    CHECK(record.active < commands[record.step == "thrice" ? 0 : 1].time);
  }
}

TEST_CASE("a step draws the same targets whatever other steps there are") {
  const auto drawn = [](std::vector<StepPlan> steps) {
    Stage stage(3, 1, std::move(steps));
    stage.run();
    std::map<std::string, std::vector<int>> nodes;
    for (const FaultRecord& record : stage.faults()) nodes[record.step].push_back(record.nodes.at(0));
    return nodes;
  };
  StepPlan b = fault("b", "pause", "random-master", 0);
  b.repeat = 8;
  StepPlan c = fault("c", "pause", "random-replica", 0);
  c.repeat = 8;
  const auto all = drawn({fault("a", "pause", "random-master", 0), b, c});
  const auto without = drawn({c});
  CHECK(all.at("c") == without.at("c"));
  CHECK(drawn({b}).at("b") == all.at("b"));
}

TEST_CASE("within its time the steps begin again, and stop() ends it") {
  Stage stage(3, 0, {fault("p", "pause", "n1", 0)});
  stage.plan.limits.time_limit = 3600 * kSecond;
  stage.plan.limits.repeat_steps = true;
  stage.start();
  wait_until("three rounds", 120s, [&] { return stage.changes() >= 3; });
  CHECK_FALSE(stage.nemesis->done());
  stage.nemesis->stop();
  stage.nemesis->join();
  CHECK(stage.nemesis->done());
  REQUIRE(stage.faults().size() >= 3);
  for (const FaultRecord& record : stage.faults()) CHECK(record.verified_healed());
  CHECK(stage.scene.node(0).state() != 'T');
}

TEST_CASE("stop() heals what is in force, and no further step begins") {
  Stage stage(3, 0,
              {fault("p", "pause", "n1"), since(fault("q", "pause", "n3", 3600 * kSecond), kStart),
               since(fault("k", "kill", "n2"), kEnded, "q")});
  stage.plan.limits.tail = 3600 * kSecond;
  stage.start();
  wait_until("both pauses", 60s, [&] { return stage.changes() == 2; });
  CHECK(stage.scene.node(0).state() == 'T');
  CHECK(stage.scene.node(2).state() == 'T');
  stage.nemesis->stop();
  stage.nemesis->join();
  for (int node : {0, 2}) CHECK(stage.scene.node(node).state() != 'T');
  REQUIRE(stage.faults().size() == 2);
  for (const FaultRecord& record : stage.faults()) CHECK(record.verified_healed());
  CHECK(stage.scene.node(1).running());
}

TEST_CASE("a filter of bus messages that the steps leave behind is taken back") {
  Stage stage(3, 0, {command("deaf", "n2", {"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "7"}, "OK")});
  stage.run();
  const auto& commands = stage.nemesis->records().commands();
  REQUIRE(commands.size() == 2);
  CHECK(commands[1].step == "deaf");
  CHECK(commands[1].words.back() == "-1");
  CHECK(commands[1].reply == "OK");
  CHECK(left_to_take_back(commands).empty());
  CHECK_THAT(stage.lines(), Contains("healed: a command of the step deaf at n2"));
}

TEST_CASE("destroying a nemesis heals as well") {
  Stage stage(3, 0, {fault("p", "pause", "n1")});
  stage.plan.limits.tail = 3600 * kSecond;
  stage.start();
  wait_until("the pause", 60s, [&] { return stage.changes() == 1; });
  stage.nemesis.reset();
  CHECK(stage.scene.node(0).state() != 'T');
}

TEST_CASE("steps wait for their conditions, a patience that ends is told") {
  StepPlan restart = fault("restart", "restart", "dead");
  restart.when = condition("recovered");
  StepPlan pause = fault("pause", "pause", "n2", 0);
  pause.when = condition("settled");
  StepPlan in_vain = fault("vain", "pause", "n3", 0);
  in_vain.when = condition({{"is", "dead"}, {"node", "n1"}});
  in_vain.patience = 300 * kMillisecond;
  Stage stage(3, 1, {fault("kill", "kill", "n1"), restart, pause, in_vain});
  stage.run();
  REQUIRE(stage.faults().size() == 4);
  const auto& waits = stage.nemesis->records().expectations();
  REQUIRE(waits.size() == 3);
  for (const ExpectationRecord& wait : waits) CHECK(wait.kind == ExpectationRecord::Kind::kWhen);
  CHECK_FALSE(waits[0].failed);
  CHECK(waits[0].held_at <= stage.faults()[1].requested);
  CHECK_FALSE(waits[1].failed);
  CHECK(waits[2].failed);
  CHECK_THAT(stage.lines(), Contains("waited in vain for: dead node=n1: n1 runs"));
  CHECK(stage.faults()[3].verified_active());
  CHECK(stage.scene.cluster().look(2s).master_of_slot(0) == 3);
}

TEST_CASE("what goes wrong on the nemesis' threads is thrown by join()") {
  Stage stage(3, 0,
              {since(fault("p", "pause", "n1"), kStart), since(fault("cut", "partition-one", "n2"), kStart)});
  stage.plan.limits.tail = 3600 * kSecond;
  stage.start();
  CHECK_THROWS_WITH(stage.nemesis->join(), Contains("network faults need namespaces"));
  CHECK(stage.scene.node(0).state() != 'T');
}
