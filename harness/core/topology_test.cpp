#include "harness/core/topology.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {
const std::string kA(40, 'a');
const std::string kB(40, 'b');
}  // namespace

TEST_CASE("CLUSTER NODES of 7.0 parses whole") {
  const auto view =
      parse_cluster_nodes(kB + " 10.77.0.2:6379@16379 slave " + kA + " 0 1594792793000 8 connected\n" + kA +
                          " 10.77.0.1:6379@16379,host myself,master - 5 7 8 connected 0-5460 9000 "
                          "[77->-" +
                          kB + "] [93-<-" + kB + "]\n");
  REQUIRE(view.nodes.size() == 2);
  CHECK(view.unparsed_lines == 0);
  const TopologyNode* self = view.myself();
  REQUIRE(self);
  CHECK(self->id == kA);
  CHECK(self->slots == SlotRanges{{0, 5460}, {9000, 9000}});
  CHECK(self->migrating == std::vector<int>{77});
  CHECK(self->importing == std::vector<int>{93});
  CHECK(self->bus_port == 16379);
  CHECK(view.find(kB)->master_id == kA);
  CHECK(view.find(kB)->is(kFlagReplica));
  CHECK(view.owner_of(9000) == self);
  CHECK(view.owner_of(9001) == nullptr);
}

TEST_CASE("what cannot be understood is counted, not thrown") {
  for (const char* line : {"", "garbage", "x y z", "\xff\xfe 1 2 3"})
    CHECK(parse_cluster_nodes(std::string(line) + "\n").nodes.empty());
  CHECK(parse_cluster_nodes(kA + " 1.1.1.1:1@2 master - 0 0 x connected\n").unparsed_lines == 1);
  CHECK(parse_cluster_nodes(kA + " 1.1.1.1:1@2 master - 0 0 1 connected 5-99999\n").unparsed_lines == 1);
  CHECK(parse_cluster_nodes(kA + " 1.1.1.1:1@2 master,strange - 0 0 1 connected\n").unparsed_lines == 1);
}

TEST_CASE("ping times do not make a view another one, flags do") {
  const auto a = parse_cluster_nodes(kA + " 1.1.1.1:1@2 master - 0 100 1 connected 0-5\n");
  const auto b = parse_cluster_nodes(kA + " 1.1.1.1:1@2 master - 9 200 1 connected 0-5\n");
  const auto c = parse_cluster_nodes(kA + " 1.1.1.1:1@2 master,fail? - 9 200 1 connected 0-5\n");
  CHECK(a.same_view_as(b));
  CHECK_FALSE(a.same_view_as(c));
}

TEST_CASE("who owns which slots compares, whatever the order and however ranges are cut") {
  const auto a = by_owner({{{6, 9}, kB}, {{3, 5}, kA}, {{0, 2}, kA}, {{20, 20}, kA}});
  REQUIRE(a.size() == 2);
  CHECK(a[0] == OwnedSlots{kA, {{0, 5}, {20, 20}}});
  CHECK(a[1] == OwnedSlots{kB, {{6, 9}}});
  const Topology shown = parse_cluster_nodes(kA + " 1.1.1.1:1@2 master - 0 0 1 connected 0-5 20\n" + kB +
                                             " 1.1.1.2:1@2 master - 0 0 1 connected 6-9\n");
  CHECK(shown.owned_slots() == a);
}

TEST_CASE("CLUSTER INFO and INFO replication parse") {
  const auto info =
      parse_cluster_info("cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_current_epoch:8\r\n");
  CHECK(info.state_ok);
  CHECK(info.slots_assigned == 16384);
  CHECK(info.current_epoch == 8);
  const auto master = parse_info_replication(
      "# Replication\r\nrole:master\r\nconnected_slaves:1\r\n"
      "slave0:ip=10.77.0.4,port=6379,state=online,offset=70,lag=1\r\nmaster_replid:abc\r\nmaster_repl_offset:"
      "84\r\n");
  CHECK(master.is_master);
  CHECK(master.offset == 84);
  REQUIRE(master.replicas.size() == 1);
  CHECK(master.replicas[0].offset == 70);
  const auto replica = parse_info_replication(
      "role:slave\r\nmaster_host:10.77.0.1\r\nmaster_port:6379\r\nmaster_link_status:up\r\n"
      "master_sync_in_progress:0\r\nslave_repl_offset:70\r\nmaster_repl_offset:70\r\n");
  CHECK_FALSE(replica.is_master);
  CHECK(replica.link_up);
  CHECK(replica.offset == 70);
}
