#include "harness/cluster/intent.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {

/// n1 and n2 are masters of half the slots each, n3 replicates n1, n4 is a spare.
std::vector<NodeInfo> nodes() {
  std::vector<NodeInfo> all(4);
  for (int i = 0; i < 4; ++i) {
    NodeInfo& node = all[static_cast<std::size_t>(i)];
    node.name = "n" + std::to_string(i + 1);
    node.id = std::string(40, static_cast<char>('a' + i));
    node.ip = "10.77.0." + std::to_string(i + 1);
    node.port = 6379;
    node.shard = i == 2 ? 0 : i;
    node.master = i < 2;
    node.spare = i == 3;
  }
  all[0].slots = {{0, 8191}};
  all[1].slots = {{8192, 16383}};
  return all;
}

struct Told {
  Membership membership{nodes()};
  Forgotten forgotten;

  bool tell(int node, std::vector<std::string> words) {
    CommandRecord command;
    command.node = node;
    command.words = std::move(words);
    command.answered = true;
    return apply_intent(membership, forgotten, nodes(), command);
  }
};

}  // namespace

TEST_CASE("commands that give slots and take them away change what is intended") {
  Told told;
  CHECK(told.tell(1, {"CLUSTER", "SETSLOT", "7", "NODE", nodes()[1].id}));
  CHECK(told.membership.slots_of(1) == SlotRanges{{7, 7}, {8192, 16383}});
  CHECK(told.membership.slots_of(0) == SlotRanges{{0, 6}, {8, 8191}});
  CHECK_FALSE(told.tell(1, {"CLUSTER", "SETSLOT", "8", "IMPORTING", nodes()[0].id}));
  CHECK(told.tell(0, {"cluster", "delslotsrange", "0", "6"}));
  CHECK(told.membership.assigned_slots() == 16384 - 7);
  CHECK(told.tell(1, {"CLUSTER", "ADDSLOTS", "0", "1"}));
  CHECK(told.membership.slots_of(1) == SlotRanges{{0, 1}, {7, 7}, {8192, 16383}});
}

TEST_CASE("commands that hand slots over all at once change what is intended") {
  Told told;
  CHECK(told.tell(0, {"CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "0", "4", "NODE", nodes()[1].id}));
  CHECK(told.membership.slots_of(1) == SlotRanges{{0, 4}, {8192, 16383}});
  CHECK(told.tell(0, {"CLUSTER", "MIGRATION", "IMPORT", "4", "4"}));
  CHECK(told.membership.slots_of(0) == SlotRanges{{4, 8191}});
  CHECK_FALSE(told.tell(0, {"CLUSTER", "MIGRATION", "STATUS", "ALL"}));
}

TEST_CASE("commands that let nodes in and out change what is intended") {
  Told told;
  CHECK(told.tell(0, {"CLUSTER", "MEET", "10.77.0.4", "6379"}));
  CHECK(told.membership.members().size() == 4);
  CHECK(told.membership.slots_of(told.membership.shard_of(3)).empty());
  CHECK(told.tell(3, {"CLUSTER", "REPLICATE", nodes()[1].id}));
  CHECK(told.membership.nodes_of(told.membership.shard_of(1)) == std::vector<int>{1, 3});
  CHECK_FALSE(told.tell(0, {"CLUSTER", "FORGET", nodes()[3].id}));
  CHECK_FALSE(told.tell(1, {"CLUSTER", "FORGET", nodes()[3].id}));
  CHECK(told.membership.is_member(3));
  CHECK(told.tell(2, {"CLUSTER", "FORGET", nodes()[3].id}));
  CHECK_FALSE(told.membership.is_member(3));
  CHECK(told.tell(3, {"CLUSTER", "MEET", "10.77.0.1", "6379"}));
  CHECK(told.membership.is_member(3));
  CHECK(told.tell(3, {"CLUSTER", "RESET", "HARD"}));
  CHECK_FALSE(told.membership.is_member(3));
}

TEST_CASE("a cluster that is reset and made again is meant as it was made") {
  Told told;
  for (const int node : {2, 0, 1}) CHECK(told.tell(node, {"CLUSTER", "RESET"}));
  CHECK(told.membership.members().empty());
  CHECK(told.membership.assigned_slots() == 0);
  CHECK(told.tell(0, {"CLUSTER", "ADDSLOTSRANGE", "0", "99"}));
  CHECK(told.tell(1, {"CLUSTER", "ADDSLOTSRANGE", "100", "16383"}));
  CHECK_FALSE(told.tell(0, {"CLUSTER", "MEET", "10.77.0.2", "6379"}));  // both belong to it already
  CHECK(told.tell(0, {"CLUSTER", "MEET", "10.77.0.3", "6379"}));
  CHECK(told.tell(2, {"CLUSTER", "REPLICATE", nodes()[0].id}));
  CHECK(told.membership.members() == std::vector<int>{0, 1, 2});
  CHECK(told.membership.shards_with_slots() == 2);
  CHECK(told.membership.nodes_of(told.membership.shard_of(0)) == std::vector<int>{0, 2});
  CHECK(told.membership.slots_of(told.membership.shard_of(1)) == SlotRanges{{100, 16383}});
}

TEST_CASE("two nodes that meet where there is no cluster make one") {
  Told told;
  for (const int node : {2, 0, 1}) CHECK(told.tell(node, {"CLUSTER", "RESET"}));
  CHECK(told.tell(1, {"CLUSTER", "MEET", "10.77.0.1", "6379"}));
  CHECK(told.membership.members() == std::vector<int>{0, 1});
}

TEST_CASE("what was refused, is no command of the cluster, or makes no sense changes nothing") {
  Told told;
  CommandRecord refused;
  refused.node = 0;
  refused.words = {"CLUSTER", "RESET"};
  refused.answered = true;
  refused.refused = true;
  CHECK_FALSE(apply_intent(told.membership, told.forgotten, nodes(), refused));
  CHECK_FALSE(told.tell(1, {"CLUSTER", "DELSLOTS", "0"}));
  CHECK_FALSE(told.tell(0, {"SET", "a", "b"}));
  CHECK_FALSE(told.tell(0, {"CLUSTER", "ADDSLOTS", "16384", "x"}));
  CHECK_FALSE(told.tell(3, {"CLUSTER", "ADDSLOTS", "1"}));
  CHECK_FALSE(told.tell(0, {"CLUSTER", "REPLICATE", "nobody"}));
  CHECK(told.membership == Membership(nodes()));
}
