// When a cluster of which faults ended some nodes for good is settled.
#include "harness/cluster/settled.h"

#include <catch2/catch.hpp>

#include "harness/core/slot.h"

using namespace harness;

namespace {

/// Three masters without replicas, of which the dead do not answer, as the others see them.
struct Three {
  std::vector<NodeInfo> nodes;
  std::vector<View> views;
  std::set<int> dead;

  explicit Three(const std::set<int>& ended, std::uint16_t flag_of_dead) : dead(ended) {
    const std::vector<SlotRanges> slots = even_slot_ranges_of();
    for (int i = 0; i < 3; ++i) {
      NodeInfo node;
      node.name = "n" + std::to_string(i + 1);
      node.id = std::string(39, 'a') + static_cast<char>('0' + i);
      node.shard = i;
      node.master = true;
      node.slots = slots[static_cast<std::size_t>(i)];
      nodes.push_back(node);
    }
    for (int i = 0; i < 3; ++i) views.push_back(view_of(i, flag_of_dead));
  }

  std::optional<std::string> why_not(bool full_coverage) const {
    ClusterConfig config;
    config.require_full_coverage = full_coverage;
    return why_not_settled(Roles(views, nodes), nodes, Membership(nodes), config, dead);
  }

 private:
  static std::vector<SlotRanges> even_slot_ranges_of() {
    std::vector<SlotRanges> all;
    for (const SlotRange& range : even_slot_ranges(3)) all.push_back({range});
    return all;
  }

  View view_of(int own, std::uint16_t flag_of_dead) const {
    View view;
    view.node = own;
    if (dead.contains(own)) return view;
    view.reachable = true;
    for (int i = 0; i < 3; ++i) {
      TopologyNode line;
      line.id = nodes[static_cast<std::size_t>(i)].id;
      line.flags = kFlagMaster;
      if (i == own) line.flags |= kFlagMyself;
      if (dead.contains(i)) line.flags |= flag_of_dead;
      line.slots = nodes[static_cast<std::size_t>(i)].slots;
      line.link_up = true;
      view.topology.nodes.push_back(line);
      if (!dead.contains(i)) view.cluster.slots_ok += count_slots(line.slots);
    }
    view.cluster.state_ok = dead.empty();
    view.cluster.slots_assigned = kSlotCount;
    view.cluster.known_nodes = 3;
    return view;
  }
};

}  // namespace

TEST_CASE("a shard of which nothing is left is not waited for") {
  CHECK_FALSE(Three({}, 0).why_not(true));
  CHECK_FALSE(Three({0}, kFlagFail).why_not(true));
  CHECK(Three({0}, kFlagFail).why_not(false).value_or("").find("cluster_state") != std::string::npos);
  CHECK(Three({0}, kFlagPfail).why_not(true).value_or("").find("as failed") != std::string::npos);
}

TEST_CASE("without a majority nobody is marked as failed, and the state is not ok") {
  CHECK_FALSE(Three({0, 1}, kFlagPfail).why_not(false));
}

TEST_CASE("who disagrees is told with equal lacks together, and how many there are") {
  Three three({}, 0);
  const auto disagree = [&] {
    return who_disagrees(Roles(three.views, three.nodes), three.nodes, Membership(three.nodes), {});
  };
  CHECK(disagree().nodes == 0);
  CHECK(disagree().story.empty());
  for (View& view : three.views) view.cluster.slots_ok = 1024;
  three.views[2].cluster.slots_assigned = 5;
  CHECK(disagree().nodes == 3);
  CHECK(disagree().first == 0);
  CHECK(disagree().story == "n1, n2: sees 1024 of 16384 slots served; n3: knows owners of 5 of 16384 slots");
  three.views[1] = View{};
  three.views[1].node = 1;
  three.views[1].reachable = false;
  three.views[1].error = "gone";
  CHECK(disagree().nodes == 3);
}

TEST_CASE("a node that was reset hard is known by its new id, and its old one is left behind") {
  Three three({}, 0);
  const std::string before = three.nodes[2].id;
  for (View& view : three.views) {
    TopologyNode old;
    for (TopologyNode& line : view.topology.nodes)
      if (line.id == before) {
        old = line;
        line.id = std::string(40, 'f');
      }
    if (view.node == 2) continue;  // it has forgotten who it was
    old.slots.clear();
    old.flags = kFlagMaster | kFlagNoAddress;
    old.link_up = false;
    view.topology.nodes.push_back(old);
    view.cluster.known_nodes = 4;
  }
  CHECK(three.why_not(true).value_or("") == "");
}
