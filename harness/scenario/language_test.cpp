// The scenario language, sentence by sentence of its contract (SCENARIOS.md): what a file may say, what it
// becomes in the plan, and where it is refused.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/conditions/conditions.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/core/check.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/scenario.h"

using namespace harness;
using Catch::Contains;

namespace {

Plan plan_of(const std::string& toml, std::uint64_t seed = 1) {
  return draw(parse_scenario(toml, "s.toml"), seed);
}

StepPlan step_of(const std::string& step) {
  return plan_of("[[step]]\n" + step).steps.at(0);
}

/// The message of the UsageError that a scenario's text is refused with; empty when it becomes a plan.
std::string refusal(const std::string& toml) {
  try {
    plan_of(toml);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

std::string step_refusal(const std::string& step) {
  return refusal("[[step]]\n" + step);
}

/// A scenario of two steps; the second one's text follows.
std::string after_ping(const std::string& step) {
  return "[[step]]\nid = \"a\"\ncommand = \"PING\"\non = \"n1\"\n[[step]]\nid = \"b\"\n" + step;
}

}  // namespace

TEST_CASE("a step only and a load only are scenarios") {
  CHECK(plan_of("[[step]]\nfault = \"kill\"\n").loads.empty());
  CHECK(plan_of("[[load]]\nworkload = \"register\"\n").steps.empty());
}

TEST_CASE("the nearest name is suggested wherever a name stands") {
  CHECK_THAT(refusal("[[stpe]]\nfault = \"kill\"\n"), Contains("s.toml:1:") && Contains("'step'"));
  CHECK_THAT(step_refusal("fault = \"kil\"\n"), Contains("s.toml:2:9:") && Contains("'kill'"));
  CHECK_THAT(step_refusal("expect = \"recoverd\"\n"), Contains("s.toml:2:10:") && Contains("'recovered'"));
  CHECK_THAT(step_refusal("fault = \"kill\"\npatiense = 3\n"),
             Contains("s.toml:3:1:") && Contains("'patience'"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nsince = \"strat\"\n"), Contains("s.toml:3:9:"));
  CHECK_THAT(refusal(after_ping("command = \"PING\"\non = \"n1\"\nsince = \"aa\"\n")), Contains("'a'"));
  CHECK_THAT(step_refusal("fault = \"kill\"\ntarget = \"mastr-of-slot 3\"\n"),
             Contains("s.toml:3:10:") && Contains("'master-of-slot'"));
  CHECK_THAT(step_refusal("wait = \"alive\"\nnode = \"n9\"\n"), Contains("s.toml:3:8:"));
  CHECK_THAT(
      refusal("[[load]]\nworkload = \"set\"\n[[step]]\nwait = \"operations\"\ncount = 1\nload = \"ste\"\n"),
      Contains("s.toml:6:8:") && Contains("did you mean 'set'"));
  CHECK_THAT(refusal("requires = [\"packet-dely\"]\n[[step]]\nfault = \"kill\"\n"),
             Contains("'packet-delay'"));
}

TEST_CASE("a build that can be none, a fault that cannot be drawn, a violation without a reason") {
  CHECK_THAT(refusal("[cluster]\nserver = \"rediss\"\n[[step]]\nfault = \"kill\"\n"),
             Contains("s.toml:2:10:") && Contains("did you mean 'redis'"));
  CHECK_THAT(refusal("[cluster.nodes.n4]\nserver = \"bundle\"\n[[step]]\nfault = \"kill\"\n"),
             Contains("s.toml:2:10:") && Contains("did you mean 'bundled'"));
  CHECK_THAT(refusal("[random]\ncount = 3\nfaults = [\"config-set\"]\n"),
             Contains("s.toml:3:10:") && Contains("'name' must be given"));
  CHECK(refusal("[random]\ncount = 3\nfaults = [\"*\"]\n") == "");
  CHECK_THAT(
      refusal("[[step]]\nfault = \"kill\"\n[[known]]\ncheck = \"logs\"\nanomaly = \"unexpected-exit\"\n"),
      Contains("s.toml:3:1:") && Contains("needs a 'reason'"));
}

TEST_CASE("an unknown key is refused where it stands, also within a table") {
  const std::string with = "fault = \"packet-delay\"\n[step.with]\n";
  CHECK_THAT(step_refusal(with + "dely = 3\n"), Contains("s.toml:4:1:") && Contains("'delay'"));
  CHECK_THAT(step_refusal(with + "delay = \"x\"\n"), Contains("s.toml:4:9:"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nwhen = { is = \"role\", nod = \"n5\", role = \"master\" }\n"),
             Contains("s.toml:3:23:") && Contains("'node'"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nwhen = { is = \"role\", node = \"n99\", role = \"master\" }\n"),
             Contains("s.toml:3:30:") && Contains("n1 to n6"));
  CHECK_THAT(step_refusal("fault = \"move-slots\"\n[step.with]\nto = \"n11\"\n"), Contains("s.toml:4:6:"));
  CHECK_THAT(step_refusal("expect = \"state\"\nstat = \"ok\"\n"),
             Contains("s.toml:3:1:") && Contains("did you mean 'state'?"));
  CHECK_THAT(refusal("[cluster]\nmastres = 3\n"), !Contains("replicas, replicas"));
}

TEST_CASE("what is no slot and no instant is said so") {
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"master-of-slot 20000\"\n"),
             Contains("s.toml:3:6: slot 20000 is out of range: there are 0 to 16383"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nsince = \"start.end\"\n"),
             Contains("s.toml:3:9: 'start.end' is no instant: give \"start\""));
  CHECK_THAT(step_refusal("fault = \"add-node\"\n"), Contains("did you mean 'add-master' or 'add-replica'?"));
}

TEST_CASE("a plan's keys are known by name, and its places have one form") {
  const nlohmann::json plan = plan_of(after_ping("command = \"PING\"\non = \"n1\"\n"));
  const auto reason = [&](const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json changed = plan;
    change(changed);
    try {
      changed.get<Plan>();
    } catch (const nlohmann::json::exception& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(reason([](auto&) {}) == "");
  CHECK_THAT(reason([](auto& j) {
               j["limits"]["tial"] = j["limits"]["tail"];
               j["limits"].erase("tail");
             }),
             Contains("plan.limits: unknown key 'tial' (did you mean 'tail'?)"));
  CHECK_THAT(reason([](auto& j) { j["steps"][1]["patience"] = "x"; }),
             Contains("plan.steps.b.patience must"));
  CHECK_THAT(reason([](auto& j) { j["tags"] = {3}; }), Contains("plan.tags.0 "));
}

TEST_CASE("numbers that are none, or out of range, are refused where they stand") {
  for (const char* number : {"nan", "inf", "-1"}) {
    CAPTURE(number);
    for (const char* key : {"after", "hold", "patience", "hold-timeouts", "repeat-for"})
      CHECK_THAT(step_refusal("fault = \"pause\"\n" + std::string(key) + " = " + number + "\n"),
                 Contains("s.toml:3:"));
    CHECK_THAT(step_refusal("expect = \"recovered\"\nwithin = " + std::string(number) + "\n"),
               Contains("s.toml:3:"));
    CHECK_THAT(refusal("[run]\ntime-limit = " + std::string(number) + "\n[[step]]\nfault = \"kill\"\n"),
               Contains("s.toml:2:"));
  }
  CHECK_THAT(step_refusal("fault = \"pause\"\nrepeat = 0\n"), Contains("s.toml:3:"));
  CHECK_THAT(step_refusal("fault = \"pause\"\nrepeat = 2\nrepeat-for = 3\n"), Contains("either"));
  CHECK_THAT(step_refusal("fault = \"kill\"\ntarget = \"n99\"\n"), Contains("s.toml:3:"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1,n99\"\n"), Contains("s.toml:3:"));
  CHECK_THAT(step_refusal("expect = \"alive\"\nnode = \"n99\"\n"), Contains("n1 to n6"));
  CHECK_THAT(step_refusal("command = \"PING {id:n99}\"\non = \"n1\"\n"),
             Contains("s.toml:2:") && Contains("n1 to n6"));
}

TEST_CASE("since names any step, of which the chain must not be a circle") {
  const Plan plan = plan_of(
      "[[step]]\nid = \"late\"\nfault = \"kill\"\nsince = \"early\"\n"
      "[[step]]\nid = \"early\"\nfault = \"pause\"\nsince = \"start\"\n");
  CHECK(plan.steps[0].since.kind == StepAnchor::Kind::kTaken);
  CHECK(plan.steps[1].since.kind == StepAnchor::Kind::kStart);
  CHECK_THAT(refusal("[[step]]\nid = \"a\"\nfault = \"kill\"\nsince = \"b\"\n"
                     "[[step]]\nid = \"b\"\nfault = \"kill\"\nsince = \"previous\"\n"),
             Contains("circle") && Contains("'a' waits for 'b' waits for 'a'"));
  CHECK_THAT(step_refusal("id = \"a\"\nfault = \"kill\"\nsince = \"a.end\"\n"), Contains("circle"));
}

TEST_CASE("heal names a step in force") {
  CHECK(plan_of("[[step]]\nid = \"p\"\nfault = \"pause\"\n[[step]]\nheal = \"p\"\n").steps[1].name == "p");
  CHECK_THAT(refusal("[[step]]\nid = \"p\"\nfault = \"kill\"\n[[step]]\nheal = \"p\"\n"),
             Contains("s.toml:5:") && Contains("nothing that could be healed"));
  CHECK_THAT(refusal("[[step]]\nid = \"pause\"\nfault = \"pause\"\n[[step]]\nheal = \"pasue\"\n"),
             Contains("s.toml:5:") && Contains("'pause'"));
  CHECK_THAT(refusal(after_ping("heal = \"a\"\n")), Contains("nothing that could be healed"));
}

TEST_CASE("a fault has exactly one form, and is held by seconds, node timeouts or their sum") {
  const StepPlan step = step_of("fault = \"pause\"\nhold = 2\nhold-timeouts = 2\n");
  CHECK(step.hold == 2 * kSecond + 2 * 1500 * kMillisecond);
  CHECK(step_of("fault = \"pause\"\nhold-timeouts = 2\n").hold == 2 * 1500 * kMillisecond);
  CHECK_FALSE(step_of("fault = \"pause\"\n").hold);
  CHECK_FALSE(step_of("fault = \"pause\"\nuntil = \"recovered\"\n").hold);
  CHECK_THAT(step_refusal("fault = \"pause\"\ncommand = \"PING\"\non = \"n1\"\n"), Contains("exactly one"));
  CHECK_THAT(step_refusal("fault = \"kill\"\nuntil = \"recovered\"\n"), Contains("cannot be held"));
}

TEST_CASE("a place of a file that no file has is refused where it stands") {
  const std::string torn = "fault = \"file-torn\"\n[step.with]\n";
  CHECK_THAT(step_refusal(torn + "place = \"last-recrod\"\n"),
             Contains("s.toml:3:") && Contains("did you mean 'last-record'"));
  CHECK_THAT(step_refusal(torn + "place = \"end-\"\n"), Contains("unknown place"));
  CHECK_THAT(step_refusal(torn + "place = \"inside-multi\"\nfile = \"rdb\"\n"), Contains("transactions"));
  for (const char* right : {"last-record", "inside-multi", "end-64"})
    CHECK(step_refusal(torn + "place = \"" + right + "\"\n") == "");
}

TEST_CASE("a patience that ends goes on, unless must") {
  const StepPlan plain = step_of("fault = \"kill\"\nwhen = \"recovered\"\n");
  CHECK(plain.patience == 30 * kSecond);
  CHECK_FALSE(plain.must);
  const StepPlan must = step_of(
      "fault = \"kill\"\nwhen = { is = \"role\", node = \"n5\", role = \"master\" }\npatience = 4\nmust = "
      "true\n");
  CHECK(must.patience == 4 * kSecond);
  CHECK(must.must);
  CHECK(words(*must.when) == "role by=all node=n5 role=master");
  CHECK(step_of("fault = \"kill\"\nrepeat-for = 20\nafter = 2\n").repeat_for == 20 * kSecond);
}

TEST_CASE("a command is words, a target, a reply and a name to save it by") {
  CHECK(step_of("command = \"SET 'a b' \\\"c d\\\"\"\non = \"n1\"\n").command ==
        std::vector<std::string>{"SET", "a b", "c d"});
  CHECK(step_of("command = [\"SET\", \"k\", \"\\u0000\\u00ff \"]\non = \"n1\"\n").command[2] ==
        std::string("\0\xc3\xbf ", 4));
  CHECK(step_of("command = [\"SET\", \"k\", 5]\non = \"n1\"\n").command[2] == "5");
  CHECK(step_of("command = \"PING\"\non = \"all\"\n").target == "all");
  CHECK(step_of("command = \"PING\"\non = \"n1\"\nsession = \"mine\"\n").session == "mine");
  CHECK_THAT(step_refusal("command = []\non = \"n1\"\n"), Contains("s.toml:2:"));
  CHECK_THAT(step_refusal("command = 5\non = \"n1\"\n"), Contains("s.toml:2:"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"nowhere\"\n"), Contains("s.toml:3:"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1\"\nreply = \"error /(/\"\n"), Contains("s.toml:4:"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1\"\nreply = \"error /x\"\n"),
             Contains("s.toml:4:") && Contains("no end"));
  // An empty reply is wanted, not any.
  CHECK(step_of("command = \"PING\"\non = \"n1\"\nreply = \"\"\n").reply == kEmptyReply);
  CHECK(step_of("command = \"PING\"\non = \"n1\"\n").reply.empty());
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"master-of-slot\"\n"),
             Contains("did you mean 'master-of-slot N'"));
}

TEST_CASE("placeholders are nodes, slots, keys, owners and what was saved before") {
  CHECK(step_of("command = \"X {id:n2} {ip:n2} {port:n2} {bus-port:n2} {slot:foo} {key:3} {owner:3} {{x\"\n"
                "on = \"n1\"\n")
            .command.size() == 9);
  CHECK(refusal("[[step]]\ncommand = \"PING\"\non = \"n1\"\nsave = \"my-epoch\"\n"
                "[[step]]\ncommand = \"X {my-epoch}\"\non = \"n1\"\n") == "");
  CHECK_THAT(refusal("[[step]]\ncommand = \"X {my-epoch}\"\non = \"n1\"\n"
                     "[[step]]\ncommand = \"PING\"\non = \"n1\"\nsave = \"my-epoch\"\n"),
             Contains("s.toml:2:") && Contains("no earlier step saves 'my-epoch'"));
  CHECK_THAT(step_refusal("command = \"X {ide:n1}\"\non = \"n1\"\n"), Contains("'id'"));
  CHECK_THAT(step_refusal("command = \"X {key:16384}\"\non = \"n1\"\n"), Contains("is no slot"));
  CHECK_THAT(step_refusal("command = \"X {owner:no}\"\non = \"n1\"\n"), Contains("is no slot"));
}

TEST_CASE("expect and wait take a condition, beside them or in a table") {
  const StepPlan expect = step_of("expect = \"owner\"\nslot = 42\nnode = \"n2\"\nwithin = 10\nstay = 1\n");
  CHECK(expect.within == 10 * kSecond);
  CHECK(expect.stay == kSecond);
  CHECK(words(*expect.condition) == "owner by=all node=n2 slot=42");
  CHECK(step_of("wait = \"recovered\"\n").patience == 30 * kSecond);
  CHECK(step_of("wait = \"recovered\"\nwithin = 3\n").patience == 3 * kSecond);
  CHECK(words(*step_of("expect = { is = \"dead\", node = \"n1\" }\n").condition) == "dead node=n1");
  CHECK_THAT(step_refusal("expect = \"owner\"\nslot = 42\n"), Contains("'node' must be given"));
}

TEST_CASE("state is ok unless it is said") {
  CHECK(words(*step_of("expect = \"state\"\n").condition) == "state state=ok");
  CHECK(words(*step_of("expect = \"state\"\nstate = \"fail\"\nnode = \"n1\"\n").condition) ==
        "state node=n1 state=fail");
}

TEST_CASE("a parameter is may stand beside expect, and under another name in a table") {
  const std::string wanted = "value is=v key=k";
  CHECK(words(*step_of("expect = \"value\"\nkey = \"k\"\nis = \"v\"\n").condition) == wanted);
  CHECK(words(*step_of("expect = \"value\"\nkey = \"k\"\nequals = \"v\"\n").condition) == wanted);
  for (const char* table :
       {"{ is = \"value\", key = \"k\", equals = \"v\" }", "{ is = \"value\", key = \"k\", value = \"v\" }",
        "{ condition = \"value\", key = \"k\", is = \"v\" }",
        "{ expect = \"value\", key = \"k\", is = \"v\" }"})
    CHECK(words(*step_of("fault = \"kill\"\nwhen = " + std::string(table) + "\n").when) == wanted);
  CHECK(words(*step_of("expect = \"value\"\nkey = \"k\"\nis = 5\n").condition) == "value is=5 key=k");
  CHECK(words(*step_of("wait = { is = \"answer\", command = \"PING\", on = \"n1\", reply = \"PONG\" }\n")
                   .condition) == "answer command=PING is=PONG on=n1");
  CHECK(words(*step_of("wait = { is = \"not\", condition = \"recovered\" }\n").condition) ==
        "not (recovered)");
  CHECK(
      words(*step_of("wait = { is = \"not\", condition = { is = \"dbsize\", node = \"n1\", equals = 0 } }\n")
                 .condition) == "not (dbsize is=0 node=n1)");
}

TEST_CASE("a number of a condition may be a placeholder, within its range when it is filled in") {
  const StepPlan step = step_of("expect = \"owner\"\nslot = \"{slot:foo}\"\nnode = \"n1\"\n");
  CHECK(words(*step.condition) == "owner by=all node=n1 slot={slot:foo}");
  CHECK_THAT(step_refusal("expect = \"owner\"\nslot = \"foo\"\nnode = \"n1\"\n"), Contains("whole number"));
}

TEST_CASE("any, every and not hold conditions") {
  CHECK(words(*step_of("wait = \"any\"\nconditions = [\"recovered\", { is = \"dead\", node = \"n1\" }]\n")
                   .condition) == "any (recovered) (dead node=n1)");
  CHECK_THAT(step_refusal("wait = \"every\"\nconditions = []\n"), Contains("at least one"));
  CHECK_THAT(step_refusal("wait = \"every\"\nconditions = [{ is = \"ded\", node = \"n1\" }]\n"),
             Contains("'dead'"));
  CHECK_THAT(step_refusal("wait = \"not\"\ncondition = { is = \"alive\", node = \"n77\" }\n"),
             Contains("n1 to n6"));
}

TEST_CASE("what asks for nothing, or for nodes that are none, is refused where it stands") {
  CHECK_THAT(step_refusal("expect = \"dbsize\"\nnode = \"n1\"\n"),
             Contains("s.toml:2:") && Contains("no number"));
  CHECK_THAT(step_refusal("expect = \"dbsize\"\nnode = \"n1\"\nat-least = 3\nat-most = 2\n"),
             Contains("s.toml:4:") && Contains("more than"));
  CHECK(step_refusal("expect = \"same-data\"\nnodes = [\"n1\", \"n4\"]\n") == "");
  CHECK(step_refusal("expect = \"same-data\"\nnodes = \"n1,n4\"\n") == "");
  CHECK_THAT(step_refusal("expect = \"same-data\"\nnodes = [\"n1\", \"n9\"]\n"), Contains("n1 to n6"));
  CHECK_THAT(step_refusal("expect = \"same-data\"\nnodes = 3\n"), Contains("s.toml:3:") && Contains("names"));
  CHECK_THAT(step_refusal("expect = \"role\"\nnode = \"n1\"\nrole = \"master\"\nof = \"n2\"\n"),
             Contains("s.toml:5:") && Contains("whose replica"));
  CHECK_THAT(step_refusal("command = [\"SET\", [\"a\"]]\non = \"n1\"\n"), Contains("s.toml:2:"));
}

TEST_CASE("a refused condition is refused at the key that is wrong") {
  CHECK_THAT(step_refusal("expect = \"owner\"\nslot = 3\nnode = \"n1\"\nby = \"al\"\n"),
             Contains("s.toml:5:"));
  CHECK_THAT(step_refusal("expect = \"role\"\nrole = \"master\"\nnode = \"randm\"\n"), Contains("s.toml:4:"));
  CHECK_THAT(step_refusal("expect = \"log\"\nnode = \"n1\"\nmatches = \"(\"\n"), Contains("s.toml:4:"));
  CHECK_THAT(step_refusal("expect = \"bus-message\"\ntype = \"PNG\"\n"),
             Contains("s.toml:3:") && Contains("'PING'"));
  CHECK_THAT(step_refusal("wait = \"any\"\nconditions = [{ is = \"alive\", node = \"n77\" }]\n"),
             Contains("s.toml:3:") && Contains("n1 to n6"));
  CHECK_THAT(step_refusal("wait = \"not\"\ncondition = { is = \"ownr\" }\n"),
             Contains("s.toml:3:") && Contains("'owner'"));
  // A key of the step is as near as one of the condition.
  CHECK_THAT(step_refusal("expect = \"owner\"\nslot = 3\nnode = \"n1\"\nwithn = 3\n"),
             Contains("s.toml:5:") && Contains("'within'"));
  CHECK_THAT(step_refusal("wait = \"alive\"\nnode = \"n1\"\npatince = 3\n"), Contains("'patience'"));
  CHECK_THAT(step_refusal("wait = \"alive\"\nnod = \"n1\"\n"), Contains("s.toml:3:") && Contains("'node'"));
}

TEST_CASE("misspelt placeholders are refused in commands that are asked, and in replies") {
  CHECK_THAT(step_refusal("expect = \"answer\"\ncommand = \"PING {idd:n1}\"\non = \"n1\"\nis = \"x\"\n"),
             Contains("s.toml:3:") && Contains("'id'"));
  CHECK_THAT(step_refusal("expect = \"answer\"\ncommand = \"PING {id:n9}\"\non = \"n1\"\nis = \"x\"\n"),
             Contains("n1 to n6"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1\"\nreply = \"{idd:n1}\"\n"), Contains("s.toml:4:"));
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1\"\nreply = \"{id:n9}\"\n"), Contains("s.toml:4:"));
  const std::string saves = "[[step]]\ncommand = \"PING\"\non = \"n1\"\nsave = \"my-epoch\"\n";
  CHECK_THAT(refusal(saves + "[[step]]\ncommand = \"PING\"\non = \"n1\"\nreply = \"{my-epch}\"\n"),
             Contains("s.toml:8:") && Contains("'my-epoch'"));
  // Other braces of a reply are text.
  for (const char* reply : {"{my-epoch}", "{\\\"a\\\": 1}", "/^a{3}b{1,2}$/", "{user:1}", "{id:n2}"})
    CHECK(refusal(saves + "[[step]]\ncommand = \"PING\"\non = \"n1\"\nreply = \"" + reply + "\"\n") == "");
  CHECK_THAT(step_refusal("command = \"PING\"\non = \"n1\"\nsave = \"a{b\"\n"), Contains("s.toml:4:"));
}

TEST_CASE("directives of the harness, builds of known violations and families are refused where they stand") {
  const std::string step = "[[step]]\nfault = \"kill\"\n";
  CHECK_THAT(refusal("[cluster.directives]\nmaxmemory = 1\ncluster-node-timeout = 5\n" + step),
             Contains("s.toml:3:") && Contains("use node-timeout"));
  const std::string known = "[[known]]\ncheck = \"logs\"\nanomaly = \"unexpected-exit\"\nreason = \"y\"\n";
  for (const char* wrong : {"redis<<8", "redsi<8", "redis<", "8.2"})
    CHECK_THAT(refusal(step + known + "builds = \"" + wrong + "\"\n"),
               Contains("s.toml:7:") && Contains("'builds'"));
  CHECK_THAT(refusal(step + known + "builds = \"redsi\"\n"), Contains("did you mean 'redis'"));
  CHECK_THAT(refusal(step + known + "until = \"2027-02-30\"\n"), Contains("must be a day"));
  for (const char* right : {"redis", "redis<8.2", "valkey>=9.1.2", "bundled"})
    CHECK(refusal(step + known + "until = 2027-06-30\nbuilds = \"" + std::string(right) + "\"\n") == "");
  const std::string load = "[[load]]\nworkload = \"set\"\nname = \"mine\"\n";
  const std::string of_load = "[[known]]\ncheck = \"mine\"\nanomaly = \"overtaken\"\nreason = \"y\"\n";
  CHECK(refusal(load + of_load) == "");
  CHECK_THAT(refusal(step + of_load), Contains("s.toml:4:") && Contains("unknown checker 'mine'"));
  CHECK_THAT(refusal(load + "[[known]]\ncheck = \"mien\"\nanomaly = \"overtaken\"\nreason = \"y\"\n"),
             Contains("s.toml:5:9: unknown checker 'mien' (did you mean 'mine'?)"));
  CHECK_THAT(refusal(load + "[[known]]\ncheck = \"mine\"\nanomaly = \"overtook\"\nreason = \"y\"\n"),
             Contains("s.toml:6:11: unknown anomaly 'overtook' (did you mean 'overtaken'?)"));
  const std::string expected =
      "[[known]]\ncheck = \"expectations\"\nreason = \"y\"\nanomaly = \"expectation:";
  CHECK(refusal(step + expected + "formation\"\n") == "");
  CHECK(refusal("[[step]]\nid = \"dies\"\nfault = \"kill\"\n" + expected + "dies\"\n") == "");
  CHECK_THAT(refusal("[[step]]\nid = \"dies\"\nfault = \"kill\"\n" + expected + "died\"\n"),
             Contains("s.toml:7:11: unknown step 'died' (did you mean 'dies'?)"));
  CHECK(refusal(load + "[run]\nchecks = [\"logs\", \"mine\"]\n") == "");
  CHECK_THAT(refusal(load + "[run]\nchecks = [\"mien\"]\n"),
             Contains("s.toml:5:10:") && Contains("did you mean 'mine'?"));
  CHECK_THAT(refusal("[random]\nfaults = [\"packt-*\"]\ncount = 3\n"), Contains("'packet-*'"));
  CHECK_THAT(refusal("[cluster]\nnode-timeout = 0\n" + step), Contains("at most 3600000"));
}

TEST_CASE("steps draw from streams of their own: removing one changes no other") {
  const std::string first = "[[step]]\nid = \"x\"\nfault = \"pause\"\nafter = [1, 9]\nhold = [1, 9]\n";
  const std::string second = "[[step]]\nid = \"y\"\nfault = \"pause\"\nafter = [1, 9]\nhold = [1, 9]\n";
  const Plan both = plan_of(first + second, 9);
  const Plan alone = plan_of(second, 9);
  CHECK(both.steps[1].after == alone.steps[0].after);
  CHECK(both.steps[1].hold == alone.steps[0].hold);
}

TEST_CASE("no-faults contradicts a fault") {
  CHECK_THAT(refusal("[run]\nno-faults = true\n[[step]]\nfault = \"kill\"\n"), Contains("s.toml:2:"));
  CHECK(refusal("[run]\nno-faults = true\n[[step]]\ncommand = \"PING\"\non = \"n1\"\n") == "");
}

TEST_CASE(
    "requires holds capabilities, features of releases, and names or families of faults and conditions") {
  const std::string step = "[[step]]\nfault = \"kill\"\n";
  CHECK(refusal("requires = [\"slot-migration\", \"shard-ids\"]\n" + step) == "");
  CHECK_THAT(refusal("requires = [\"slot-migratoin\"]\n" + step), Contains("slot-migration"));
  CHECK(
      refusal("requires = [\"network\", \"debug-command\", \"packet-delay\", \"packet-*\", \"same-data\"]\n" +
              step) == "");
}
