// "views": what each node tells in the end in several forms, one planted contradiction at a time.
#include "checkers/promises/views.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// After the failover of FailoverRun n4, n2 and n3 serve, n1, n5 and n6 follow them.
constexpr int kMasterOf[] = {3, 1, 2, 3, 1, 2};

bool serves(int node) {
  return kMasterOf[node] == node;
}

SlotRange slots_of(int master) {
  const SlotRanges all = even_slot_ranges(3);
  return all[static_cast<std::size_t>(master == 3 ? 0 : master)];
}

ShownNode shown(const RunRecord& run, int node) {
  const NodeInfo& info = run.nodes[static_cast<std::size_t>(node)];
  return {info.id, info.ip, info.port, serves(node) ? "master" : "replica", "online", 100};
}

std::string nodes_text(const RunRecord& run, int viewer) {
  std::string text;
  for (int node = 0; node < 6; ++node) {
    const NodeInfo& info = run.nodes[static_cast<std::size_t>(node)];
    const std::string flags =
        std::string(node == viewer ? "myself," : "") + (serves(node) ? "master" : "slave");
    const std::string master = serves(node) ? "-" : run.nodes[static_cast<std::size_t>(kMasterOf[node])].id;
    text += info.id + " " + info.ip + ":6379@16379 " + flags + " " + master + " 0 0 " +
            std::to_string(kMasterOf[node]) + " connected";
    if (serves(node))
      text += " " + std::to_string(slots_of(node).first) + "-" + std::to_string(slots_of(node).last);
    text += "\n";
  }
  return text;
}

FinalView view_of(const RunRecord& run, int viewer) {
  FinalView view;
  view.node = viewer;
  view.nodes = nodes_text(run, viewer);
  view.info =
      "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n"
      "cluster_known_nodes:6\r\ncluster_size:3\r\n";
  view.replication = serves(viewer) ? "role:master\r\n"
                                    : "role:slave\r\nmaster_host:10.77.0." +
                                          std::to_string(kMasterOf[viewer] + 1) + "\r\nmaster_port:6379\r\n";
  view.has_shards = true;
  for (const int master : {3, 1, 2}) {
    ShownRange range{slots_of(master), {shown(run, master)}};
    ShownShard shard{{slots_of(master)}, {shown(run, master)}};
    for (int node = 0; node < 6; ++node)
      if (kMasterOf[node] == master && node != master) {
        range.nodes.push_back(shown(run, node));
        shard.nodes.push_back(shown(run, node));
      }
    view.slots.push_back(range);
    view.shards.push_back(shard);
  }
  return view;
}

RunRecord healthy() {
  RunRecord run = FailoverRun().finish();
  for (int node = 0; node < 6; ++node) run.final_views.push_back(view_of(run, node));
  return run;
}

void replace(std::string& text, const std::string& what, const std::string& with) {
  const std::size_t place = text.find(what);
  REQUIRE(place != std::string::npos);
  text.replace(place, what.size(), with);
}

}  // namespace

TEST_CASE("views: all agree") {
  const CheckResult result = check_views(healthy(), {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kValid);
  CHECK(result.allowed == 0);
}

TEST_CASE("views: owners by SLOTS that are not those by NODES for a while of the run are a violation") {
  RunRecord run = healthy();
  const auto held = std::ranges::find_if(run.views, [](const View& view) {
    return view.node == 2 && view.end - view.begin >= 400 * kMillisecond;
  });
  REQUIRE(held != run.views.end());
  held->slots_told = held->topology.owned_slots();
  held->slots_told.front().owner =
      run.nodes[0].id == held->slots_told.front().owner ? run.nodes[1].id : run.nodes[0].id;
  SECTION("seen at every look for long") {
    const CheckResult result = check_views(run, {});
    CHECK(violates(result, "slots-disagree"));
    CHECK(result.violations == 1);
    CHECK(result.anomalies.front().node == "n3");
    CHECK(result.anomalies.front().time == held->end);
  }
  SECTION("seen for less than 0.2 s") {
    held->end = held->begin + 150 * kMillisecond;
    CHECK(check_views(run, {}).valid == Validity::kValid);
  }
  SECTION("what is told in the end alone is told of the end") {
    held->slots_told.clear();
    CHECK(check_views(run, {}).valid == Validity::kValid);
  }
}

TEST_CASE("views: each contradiction is a violation of its own name") {
  RunRecord run = healthy();
  FinalView& view = run.final_views[2];
  std::string type;
  SECTION("SLOTS gives a range to another master") {
    view.slots[0].nodes.front() = shown(run, 1);
    type = "slots-disagree";
  }
  SECTION("SLOTS lacks a range") {
    view.slots.erase(view.slots.begin());
    type = "slots-disagree";
  }
  SECTION("SLOTS leaves a replica out") {
    view.slots[0].nodes.pop_back();
    type = "replica-not-listed";
  }
  SECTION("SLOTS lists a replica of another master") {
    view.slots[0].nodes.push_back(shown(run, 4));
    type = "replica-elsewhere";
  }
  SECTION("SLOTS shows another address") {
    view.slots[0].nodes.front().port = 6380;
    type = "addresses-disagree";
  }
  SECTION("SLOTS shows a node that NODES does not have") {
    view.slots[0].nodes.push_back({std::string(40, 'f'), "10.77.0.9", 6379, {}, {}, 0});
    type = "unknown-node-shown";
  }
  SECTION("SHARDS shows a shard without the slots of its master") {
    view.shards[0].slots.clear();
    type = "shard-without-slots";
  }
  SECTION("SHARDS shows other slots") {
    view.shards[0].slots.front().first = 5;
    type = "shard-slots-disagree";
  }
  SECTION("SHARDS shows slots in a shard whose nodes own none") {
    view.shards[0].nodes.erase(view.shards[0].nodes.begin());
    type = "shard-slots-disagree";
  }
  SECTION("SHARDS shows a node twice") {
    view.shards[1].nodes.push_back(shown(run, 0));
    type = "shard-membership";
  }
  SECTION("SHARDS shows another role") {
    view.shards[0].nodes.back().role = "master";
    type = "roles-disagree";
  }
  SECTION("INFO counts other slots") {
    replace(view.info, "cluster_slots_assigned:16384", "cluster_slots_assigned:16383");
    type = "info-disagrees";
  }
  SECTION("INFO counts other nodes") {
    replace(view.info, "cluster_known_nodes:6", "cluster_known_nodes:7");
    type = "info-disagrees";
  }
  SECTION("INFO says that the cluster is down") {
    replace(view.info, "cluster_state:ok", "cluster_state:fail");
    type = "state-disagrees";
  }
  SECTION("INFO replication says another role") {
    view.replication = "role:slave\r\nmaster_host:10.77.0.1\r\nmaster_port:6379\r\n";
    type = "roles-disagree";
  }
  SECTION("INFO replication says another master") {
    run.final_views[4].replication = "role:slave\r\nmaster_host:10.77.0.1\r\nmaster_port:6379\r\n";
    type = "roles-disagree";
  }
  SECTION("a slot is left open") {
    replace(view.nodes, "10923-16383", "10923-16383 [10923->-" + run.nodes[1].id + "]");
    type = "open-slot";
  }
  SECTION("two nodes have two addresses of a third") {
    replace(view.nodes, "10.77.0.6:6379", "10.77.0.6:6380");
    type = "nodes-disagree";
  }
  SECTION("a node does not list itself") {
    replace(view.nodes, "myself,", "");
    type = "view-lacks-itself";
  }
  const CheckResult result = check_views(run, {});
  INFO(result.explanation);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(violates(result, type));
}

namespace {

/// n3 has the slot open towards n2 in the end; the last fault did something of the kind to the node.
RunRecord with_open_slot(int slot, EffectKind kind, int node) {
  RunRecord run = healthy();
  replace(run.final_views[2].nodes, "10923-16383",
          "10923-16383 [" + std::to_string(slot) + "->-" + run.nodes[1].id + "]");
  Effect& effect = run.faults.emplace_back().effects.emplace_back();
  effect.kind = kind;
  effect.nodes = {node};
  return run;
}

}  // namespace

TEST_CASE("views: a slot that the plan moved may be open") {
  RunRecord run = with_open_slot(10923, EffectKind::kMembership, 2);
  CHECK(check_views(run, {}).violations == 0);
  // What was moved is known of the whole shard, and of no other.
  REQUIRE(run.nodes[5].shard == run.nodes[2].shard);
  run.faults.back().effects.front().nodes = {5};
  CHECK(check_views(run, {}).violations == 0);
  run.faults.back().effects.front().nodes = {1};
  run.faults.back().requested = run.faults.back().healed = 0;
  CHECK(check_views(run, {}).violations > 0);
}

TEST_CASE("views: a slot may be open at whoever gave it to a node that the plan had begun to add") {
  RunRecord run = with_open_slot(10923, EffectKind::kMembership, 1);
  FaultRecord& fault = run.faults.back();
  fault.requested = 0;
  const CheckResult open = check_views(run, {});
  INFO(open.explanation);
  CHECK(open.violations == 0);
  SECTION("bad: the change was verified to be complete") {
    fault.active = fault.healed = 1;
    CHECK(check_views(run, {}).violations > 0);
  }
  SECTION("bad: so it was, and is nothing that heals") {
    fault.active = 1;
    CHECK(check_views(run, {}).violations > 0);
  }
  SECTION("done, and to be undone: that was never verified") {
    fault.active = 1;
    fault.heals = true;
    CHECK(check_views(run, {}).violations == 0);
  }
  SECTION("bad: another slot is open towards a node that nothing was done to") {
    replace(run.final_views[2].nodes, "[10923->-", "[10924->-" + run.nodes[0].id + "] [10923->-");
    CHECK(check_views(run, {}).violations > 0);
  }
}

TEST_CASE("views: a node whose files were damaged may have opened slots of the keys that it found") {
  RunRecord run = with_open_slot(5, EffectKind::kDisk, 2);
  CHECK(check_views(run, {}).violations > 0);  // a slow disk changes no key
  run.faults.back().effects.front().excuses.lost_data = true;
  CHECK(check_views(run, {}).violations == 0);
  run.faults.back().effects.front().nodes = {5};
  CHECK(check_views(run, {}).violations > 0);
}

TEST_CASE("views: the old id of a node that was reset hard is known to those alone who knew it before") {
  RunRecord run = healthy();
  const std::string before = run.nodes[5].id;
  const std::string line = before + " :0@0 slave,noaddr " + run.nodes[1].id + " 0 0 7 disconnected\n";
  SECTION("it goes by another one") {
    for (FinalView& view : run.final_views)
      for (std::size_t at = view.nodes.find(before); at != std::string::npos; at = view.nodes.find(before))
        view.nodes.replace(at, before.size(), std::string(40, 'f'));
    REQUIRE_FALSE(violates(check_views(run, {}), "nodes-disagree"));
    run.final_views[0].nodes += line;
    CHECK_FALSE(violates(check_views(run, {}), "nodes-disagree"));
  }
  SECTION("an id that nobody had") {
    run.final_views[0].nodes += std::string(40, 'e') + line.substr(40);
    CHECK(violates(check_views(run, {}), "nodes-disagree"));
  }
}

TEST_CASE("views: a node whose nodes.conf was damaged may list one that nobody is") {
  RunRecord run = healthy();
  run.final_views[0].nodes +=
      std::string(40, 'f') + " :0@0 slave,noaddr " + run.nodes[1].id + " 0 0 7 disconnected\n";
  replace(run.final_views[0].info, "cluster_known_nodes:6", "cluster_known_nodes:7");
  FaultRecord fault;
  Effect effect;
  effect.kind = EffectKind::kDisk;
  effect.nodes = {0};
  fault.effects = {effect};
  fault.nodes = {0};
  run.faults.push_back(fault);
  CHECK(violates(check_views(run, {}), "nodes-disagree"));
  run.faults.back().effects.front().excuses.lost_views = true;
  const CheckResult result = check_views(run, {});
  INFO(result.explanation);
  CHECK(result.violations == 0);
  // One that is there is not excused.
  replace(run.final_views[0].nodes, std::string(40, 'f'), run.nodes[5].id);
  CHECK(check_views(run, {}).violations > 0);
}

TEST_CASE("views: a replica whose offset nobody knows yet is not listed, lawfully") {
  RunRecord run = healthy();
  FinalView& view = run.final_views[2];
  view.slots[0].nodes.pop_back();
  view.shards[0].nodes.back().offset = 0;
  CHECK(check_views(run, {}).violations == 0);
}

TEST_CASE("views: what a make is known for is told, and fails only who asks for it by name") {
  RunRecord run = healthy();
  FinalView& view = run.final_views[2];
  // n1 failed, and n4 took its slots: redis 7.0 shows it in a shard of its own.
  replace(view.nodes, "10.77.0.1:6379@16379 slave " + run.nodes[3].id, "10.77.0.1:6379@16379 master,fail -");
  std::erase_if(view.shards[0].nodes, [&](const ShownNode& node) { return node.id == run.nodes[0].id; });
  std::erase_if(view.slots[0].nodes, [&](const ShownNode& node) { return node.id == run.nodes[0].id; });
  ShownNode failed = shown(run, 0);
  failed.role = "master";
  failed.health = "fail";
  view.shards.push_back({{}, {failed}});
  run.final_views = {view};
  SECTION("told") {
    const CheckResult result = check_views(run, {});
    INFO(result.explanation);
    CHECK(has(result, "failed-master-apart", true));
    CHECK(result.valid == Validity::kValid);
    CHECK_THAT(result.explanation, Catch::Contains("redis#13414"));
  }
  SECTION("asked for") {
    run.plan.limits.checks = {"views"};
    CHECK(violates(check_views(run, {}), "failed-master-apart"));
  }
  SECTION("of another make") {
    run.info.server.version = "7.2.0";
    CHECK(violates(check_views(run, {}), "failed-master-apart"));
  }
}

TEST_CASE("views: missing evidence is unknown") {
  RunRecord run = healthy();
  SECTION("a node that did not answer") {
    run.final_views[1].error = "no answer in time";
    CHECK(check_views(run, {}).valid == Validity::kUnknown);
  }
  SECTION("a node that was changing its mind") {
    run.final_views[1].steady = false;
    CHECK(check_views(run, {}).valid == Validity::kUnknown);
  }
  SECTION("a cluster that did not settle") {
    run.info.settled = kNever;
    CHECK(check_views(run, {}).valid == Validity::kUnknown);
  }
  SECTION("a store of an earlier release") {
    run.final_views.clear();
    CHECK(check_views(run, {}).valid == Validity::kNotApplicable);
  }
}
