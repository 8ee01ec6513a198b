// Every condition, where it holds and where it does not, on real clusters; and how conditions are read.
#include "harness/conditions/conditions.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/cluster/test_support.h"
#include "harness/conditions/ask.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;
using Json = nlohmann::json;

namespace {

ConditionPlan read(const Json& given) {
  std::string problem;
  ConditionPlan plan = complete_condition(given, problem);
  INFO(given.dump());
  REQUIRE(problem == "");
  return plan;
}

std::string problem_of(const Json& given) {
  std::string problem;
  complete_condition(given, problem);
  return problem;
}

/// A cluster, and what a run would lend to conditions.
class Scene {
 public:
  explicit Scene(int masters, int replicas) : test_(masters, replicas) {
    scene_.acknowledged = [this] { return acknowledged; };
    scene_.held = [this] { return held; };
    mark();
  }
  void mark() { mark_ = mark_now(scene_); }
  Cluster& cluster() { return test_.cluster(); }

  WhyNot why(const Json& given) {
    ClusterNow now(scene_, mark_, mark_, Prng(1));
    return why_not(now, read(given));
  }
  bool holds(const Json& given) { return !why(given); }
  void wait(const Json& given) {
    wait_until(given.dump(), 60s, [&] { return holds(given); });
  }
  ConditionScene& lent() { return scene_; }
  std::string ask(int node, const Command& command) {
    std::string problem;
    const auto reply = ask_node(cluster().node(node), command, problem);
    return reply ? reply->describe() : problem;
  }

  std::map<std::string, std::uint64_t> acknowledged{{"register", 10}, {"set", 5}};
  std::vector<int> held;

 private:
  TestCluster test_;
  ConditionScene scene_{test_.cluster(), {}, {}, {}, {{"token", "OK"}}, {}};
  Mark mark_;
};

}  // namespace

TEST_CASE("the table names each condition once, as scenarios write them") {
  std::set<std::string_view> names;
  for (const Condition& condition : conditions()) {
    CHECK(names.insert(condition.name).second);
    CHECK(find_condition(condition.name) == &condition);
    CHECK_FALSE(condition.description.empty());
  }
  CHECK(names == std::set<std::string_view>{"recovered", "settled", "state",       "role",       "owner",
                                            "knows",     "link",    "in-sync",     "alive",      "dead",
                                            "loaded",    "epoch",   "same-data",   "dbsize",     "value",
                                            "answer",    "log",     "bus-message", "operations", "not",
                                            "any",       "every"});
}

TEST_CASE("conditions are read with their defaults, and told in words") {
  CHECK(words(read("recovered")) == "recovered");
  const ConditionPlan owner = read({{"is", "owner"}, {"slot", 42}, {"node", "n2"}});
  CHECK(owner.with.text("by") == "all");
  CHECK(words(owner) == "owner by=all node=n2 slot=42");
  const Json both = {
      {"is", "every"},
      {"conditions", {"settled", {{"is", "not"}, {"condition", {{"is", "dead"}, {"node", "n1"}}}}}}};
  CHECK(words(read(both)) == "every (settled) (not (dead node=n1))");
  std::string problem;
  const ConditionPlan value = complete_condition("value", Json{{"key", "k"}, {"is", "v"}}, problem);
  CHECK(problem.empty());
  CHECK(words(value) == words(read({{"is", "value"}, {"key", "k"}, {"equals", "v"}})));
}

TEST_CASE("what a condition cannot be is refused with the nearest name") {
  CHECK_THAT(problem_of("recoverd"), Contains("unknown condition 'recoverd'") && Contains("'recovered'"));
  CHECK_THAT(problem_of({{"is", "owner"}, {"slot", 42}}), Contains("'node' must be given"));
  CHECK_THAT(problem_of({{"is", "owner"}, {"slot", 16384}, {"node", "n1"}}), Contains("out of range"));
  CHECK_THAT(problem_of({{"is", "owner"}, {"slot", 1}, {"nod", "n1"}}), Contains("'node'"));
  CHECK_THAT(problem_of({{"is", "alive"}, {"node", "m1"}}), Contains("'m1' is no target"));
  CHECK_THAT(problem_of({{"is", "alive"}, {"node", "majority"}}), Contains("is no target"));
  CHECK_THAT(problem_of({{"is", "alive"}, {"node", "radnom"}}), Contains("did you mean 'random'"));
  CHECK_THAT(problem_of({{"is", "owner"}, {"slot", 1}, {"node", "none"}, {"by", "majorty"}}),
             Contains("did you mean 'majority'"));
  CHECK_THAT(problem_of({{"is", "state"}, {"state", "okay"}}), Contains("ok, fail"));
  CHECK_THAT(problem_of({{"is", "log"}, {"node", "n1"}, {"matches", "("}}),
             Contains("no regular expression"));
  CHECK_THAT(problem_of({{"is", "answer"}, {"command", ""}, {"on", "n1"}, {"equals", "OK"}}),
             Contains("'command' is empty"));
  CHECK_THAT(problem_of({{"is", "bus-message"}, {"type", "FAILURE"}}),
             Contains("bus messages is called 'FAILURE'") && Contains("'FAIL'"));
  CHECK_THAT(problem_of({{"is", "not"}, {"condition", "sttled"}}), Contains("'settled'"));
  CHECK_THAT(problem_of({{"is", "any"}, {"conditions", Json::array()}}), Contains("at least one"));
  CHECK_THAT(problem_of(5), Contains("a name, or a table with 'is'"));
}

TEST_CASE("a healthy cluster: what holds and what does not") {
  Scene scene(3, 1);
  scene.wait("settled");
  CHECK(scene.holds("recovered"));
  CHECK(scene.holds({{"is", "state"}, {"state", "ok"}}));
  CHECK_THAT(scene.why({{"is", "state"}, {"node", "n2"}, {"state", "fail"}}).value_or(""),
             Contains("n2 has cluster_state ok"));
  CHECK(scene.holds({{"is", "role"}, {"node", "n1"}, {"role", "master"}}));
  CHECK(scene.holds({{"is", "role"}, {"node", "n4"}, {"role", "replica"}, {"of", "n1"}}));
  CHECK_THAT(scene.why({{"is", "role"}, {"node", "n4"}, {"role", "replica"}, {"of", "n2"}}).value_or(""),
             Contains("has n4 as a replica of n1"));
  CHECK_THAT(scene.why({{"is", "role"}, {"node", "n4"}, {"role", "master"}}).value_or(""),
             Contains("as a replica"));
  for (const char* by : {"all", "majority", "n5"})
    CHECK(scene.holds({{"is", "owner"}, {"slot", 0}, {"node", "n1"}, {"by", by}}));
  CHECK_THAT(scene.why({{"is", "owner"}, {"slot", 0}, {"node", "n2"}}).value_or(""),
             Contains("has n1 as owner of slot 0"));
  CHECK_FALSE(scene.holds({{"is", "owner"}, {"slot", 0}, {"node", "none"}}));
  CHECK(scene.holds({{"is", "knows"}, {"node", "n6"}}));
  CHECK_FALSE(scene.holds({{"is", "knows"}, {"node", "n6"}, {"flag", "fail"}}));
  CHECK(scene.holds({{"is", "link"}, {"node", "n5"}, {"status", "up"}}));
  CHECK_FALSE(scene.holds({{"is", "link"}, {"node", "n5"}, {"status", "down"}}));
  CHECK_THAT(scene.why({{"is", "link"}, {"node", "n1"}, {"status", "up"}}).value_or(""),
             Contains("is a master"));
  scene.wait({{"is", "in-sync"}, {"node", "n4"}});
  CHECK_FALSE(scene.holds({{"is", "in-sync"}, {"node", "n1"}}));
  CHECK(scene.holds({{"is", "alive"}, {"node", "n1,n2"}}));
  CHECK_FALSE(scene.holds({{"is", "dead"}, {"node", "n1"}}));
  CHECK(scene.holds({{"is", "loaded"}, {"node", "n1"}}));
  CHECK(scene.holds({{"is", "epoch"}, {"node", "n1"}, {"at-least", 1}}));
  CHECK_FALSE(scene.holds({{"is", "epoch"}, {"node", "n1"}, {"at-least", 1000}}));
  CHECK(scene.holds({{"is", "epoch"}, {"node", "n1"}, {"at-least", 1}, {"by", "n2"}}));
  CHECK_THAT(*scene.why({{"is", "epoch"}, {"node", "n1"}, {"at-least", 1000}, {"by", "n2"}}),
             Contains("n2 has n1"));
  // A number may stand for what is only known now, and must be in its range then.
  CHECK(scene.holds(
      {{"is", "not"}, {"condition", {{"is", "owner"}, {"slot", "{slot:foo}"}, {"node", "none"}}}}));
  CHECK_THAT(*scene.why({{"is", "epoch"}, {"node", "n1"}, {"at-least", "{token}"}}),
             Contains("whole number"));
}

TEST_CASE("messages of the bus are counted from where the step before began") {
  Scene scene(1, 0);
  const Json acks = {{"is", "bus-message"}, {"type", {"FAILOVER_AUTH_ACK", "FAIL"}}, {"count", 2}};
  CHECK_THAT(scene.why(acks).value_or(""), Contains("not seen"));
  CHECK(needs_bus_path(read(acks)));
  CHECK(needs_bus_path(
      read({{"is", "any"}, {"conditions", {"settled", {{"is", "not"}, {"condition", acks}}}}})));
  CHECK_FALSE(needs_bus_path(read({{"is", "any"}, {"conditions", {"settled"}}})));

  BusCounts counts;
  const auto fails = static_cast<std::size_t>(BusType::kFail);
  counts[{"n1", "n2"}].sent[fails] = 5;
  scene.lent().bus = [&] { return counts; };
  scene.mark();
  CHECK_THAT(scene.why(acks).value_or(""), Contains("0 such messages"));
  counts[{"n1", "n2"}].sent[fails] = 7;
  counts[{"n1", "n2"}].delivered[fails] = 1;
  CHECK(scene.holds(acks));
  Json from = acks;
  from["from"] = "n1";
  CHECK(scene.holds(from));
  from["direction"] = "in";
  CHECK_FALSE(scene.holds(from));
  from["count"] = 1;
  CHECK(scene.holds(from));
  Json to = acks;
  to["to"] = "n1";
  CHECK_FALSE(scene.holds(to));
}

TEST_CASE("what nodes hold, answer and log") {
  Scene scene(3, 1);
  scene.wait("settled");
  const int slot = slot_of("k");
  ClusterOptions unused;
  const auto owner = scene.cluster().look().master_of_slot(slot);
  REQUIRE(owner);
  const std::string master = "n" + std::to_string(*owner + 1);
  const std::string replica = "n" + std::to_string(*owner + 4);

  CHECK(scene.holds({{"is", "value"}, {"key", "k"}, {"equals", "absent"}}));
  CHECK(scene.holds({{"is", "dbsize"}, {"node", master}, {"equals", 0}}));
  CHECK(scene.ask(*owner, {"SET", "k", "v"}) == "OK");
  CHECK(scene.holds({{"is", "value"}, {"key", "k"}, {"equals", "v"}}));
  scene.wait({{"is", "value"}, {"key", "k"}, {"equals", "v"}, {"node", replica}});
  CHECK_THAT(scene.why({{"is", "value"}, {"key", "k"}, {"equals", "w"}}).value_or(""), Contains("'k' is v"));
  CHECK_FALSE(scene.holds({{"is", "value"}, {"key", "k"}, {"equals", "absent"}}));
  CHECK(scene.holds({{"is", "dbsize"}, {"node", master}, {"at-least", 1}, {"at-most", 1}}));
  CHECK_THAT(scene.why({{"is", "dbsize"}, {"node", master}, {"at-least", 2}}).value_or(""),
             Contains("holds 1 keys"));
  CHECK(scene.ask(*owner, {"SET", "{k}empty", ""}) == "OK");
  CHECK(scene.holds({{"is", "answer"}, {"command", "GET {{k}empty"}, {"on", master}, {"equals", ""}}));
  CHECK_FALSE(scene.holds({{"is", "answer"}, {"command", "GET k"}, {"on", master}, {"equals", ""}}));
  CHECK(scene.ask(*owner, {"DEL", "{k}empty"}) == "1");
  scene.wait("same-data");
  CHECK(scene.holds({{"is", "same-data"}, {"shard", replica}}));
  CHECK(scene.holds({{"is", "same-data"}, {"nodes", {master, replica}}}));
  const std::string other = "n" + std::to_string((*owner + 1) % 3 + 1);
  CHECK_THAT(scene.why({{"is", "same-data"}, {"nodes", {master, other}}}).value_or(""),
             Contains("has nothing"));

  CHECK(scene.holds({{"is", "answer"}, {"command", "GET k"}, {"on", master}, {"equals", "v"}}));
  CHECK(scene.holds({{"is", "answer"}, {"command", {"ECHO", "{token}"}}, {"on", "all"}, {"equals", "OK"}}));
  CHECK(scene.holds({{"is", "answer"}, {"command", "GET k"}, {"on", other}, {"equals", "error /^MOVED/"}}));
  CHECK_THAT(
      scene.why({{"is", "answer"}, {"command", "GET k"}, {"on", master}, {"equals", "w"}}).value_or(""),
      Contains("answers v"));

  scene.mark();
  const Json logged = {{"is", "log"}, {"node", "n1"}, {"matches", "DB saved on disk"}};
  CHECK_THAT(scene.why(logged).value_or(""), Contains("n1 has logged it 0 times"));
  CHECK(scene.ask(0, {"SAVE"}) == "OK");
  scene.wait(logged);
  Json twice = logged;
  twice["count"] = 2;
  CHECK_FALSE(scene.holds(twice));

  CHECK_FALSE(scene.holds({{"is", "operations"}, {"count", 1}}));
  scene.acknowledged["register"] += 7;
  CHECK(scene.holds({{"is", "operations"}, {"count", 7}}));
  CHECK(scene.holds({{"is", "operations"}, {"count", 7}, {"load", "register"}}));
  CHECK_THAT(scene.why({{"is", "operations"}, {"count", 1}, {"load", "set"}}).value_or(""),
             Contains("0 operations"));
  CHECK_THAT(scene.why({{"is", "operations"}, {"count", 1}, {"load", "bank"}}).value_or(""),
             Contains("no load 'bank'"));
}

TEST_CASE("a dead node, a stopped node, and conditions of conditions") {
  Scene scene(3, 0);
  scene.wait("settled");
  scene.cluster().node(1).kill();
  const Json dead = {{"is", "dead"}, {"node", "n2"}};
  CHECK(scene.holds(dead));
  CHECK_FALSE(scene.holds({{"is", "alive"}, {"node", "n2"}}));
  CHECK_FALSE(scene.holds({{"is", "loaded"}, {"node", "n2"}}));
  CHECK_FALSE(scene.holds({{"is", "epoch"}, {"node", "n2"}, {"at-least", 0}}));
  CHECK_FALSE(scene.holds("recovered"));
  scene.wait({{"is", "knows"}, {"node", "n2"}, {"flag", "fail"}});
  scene.wait({{"is", "state"}, {"state", "fail"}});
  CHECK(scene.holds({{"is", "not"}, {"condition", "recovered"}}));
  CHECK_THAT(scene.why({{"is", "not"}, {"condition", dead}}).value_or(""),
             Contains("it holds: dead node=n2"));
  CHECK(scene.holds({{"is", "any"}, {"conditions", {"recovered", dead}}}));
  CHECK_FALSE(scene.holds({{"is", "every"}, {"conditions", {"recovered", dead}}}));
  CHECK_FALSE(scene.holds({{"is", "any"}, {"conditions", {"recovered", "settled"}}}));

  // A node that hangs has no word unless a fault is known to keep it from answering.
  const Json owner = {{"is", "owner"}, {"slot", 16383}, {"node", "n3"}};
  CHECK(scene.holds(owner));
  scene.cluster().node(0).signal(SIGSTOP);
  CHECK_THAT(scene.why(owner).value_or(""), Contains("n1 does not answer"));
  scene.held = {0};
  CHECK(scene.holds(owner));
  Json by_majority = owner;
  by_majority["by"] = "majority";
  CHECK_THAT(scene.why(by_majority).value_or(""), Contains("1 of the 2 masters"));
  scene.cluster().node(0).signal(SIGCONT);
}

TEST_CASE("a slot that nobody owns") {
  Scene scene(3, 0);
  scene.wait("settled");
  for (int node = 0; node < 3; ++node) scene.ask(node, {"CLUSTER", "DELSLOTS", "9"});
  CHECK(scene.holds({{"is", "owner"}, {"slot", 9}, {"node", "none"}, {"by", "n1"}}));
  CHECK_FALSE(scene.holds("recovered"));
  scene.cluster().change_membership([](Membership& intended) { intended.take_away({{9, 9}}); });
  CHECK(scene.holds("recovered"));  // nobody was meant to own it
}
