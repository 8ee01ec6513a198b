#include "server/cluster/nodes_conf.h"

#include <catch2/catch.hpp>

#include "server/cluster/fixture.h"
#include "server/cluster/invariants.h"

using namespace node::cluster;
using namespace node::cluster::test;

TEST_CASE("what is written is read back") {
  State first, second;
  REQUIRE_FALSE(read_nodes_conf(three_masters(), first, 5));
  const std::string text = write_nodes_conf(first);
  REQUIRE_FALSE(read_nodes_conf(text, second, 5));
  CHECK(write_nodes_conf(second) == text);
  CHECK_FALSE(check_structure(second));
  CHECK(second.current_epoch == 3);
  CHECK(second.find(id('r'))->master == second.myself);
  CHECK(second.owner[5461] == second.find(id('a')));
}

TEST_CASE("open slots, hostnames, flags") {
  State state;
  const std::string conf =
      text('m') + " 10.0.0.1:7000@17000,host.example myself,master - 0 0 1 connected 0-99 101 [7->-" +
      text('a') + "] [5000-<-" + text('a') + "]\n" + text('a') +
      " :0@0 master,fail,noaddr - 5 0 2 disconnected 5000\nvars currentEpoch 9 lastVoteEpoch 8\n";
  REQUIRE_FALSE(read_nodes_conf(conf, state, 5));
  CHECK(state.migrating_to(7) == state.find(id('a')));
  CHECK(state.importing_from(5000) == state.find(id('a')));
  CHECK(state.myself->hostname == "host.example");
  CHECK(state.last_vote_epoch == 8);
  CHECK(state.find(id('a'))->failed());
  CHECK(write_nodes_conf(state).find("[7->-" + text('a') + "] [5000-<-") != std::string::npos);
}

TEST_CASE("files of later releases are read") {
  State state;
  const std::string conf =
      text('m') +
      " 127.0.0.1:7000@17000,,tls-port=0,shard-id=0123456789012345678901234567890123456789 "
      "myself,master - 0 0 1 connected 0-16383\nvars currentEpoch 1 lastVoteEpoch 0 extra 5\n";
  REQUIRE_FALSE(read_nodes_conf(conf, state, 5));
  CHECK(state.myself->hostname.empty());
  CHECK(state.myself->slot_count == 16384);
}

TEST_CASE("the current epoch is at least every node's") {
  State state;
  REQUIRE_FALSE(read_nodes_conf(text('m') + " 1.1.1.1:1@2 myself,master - 0 0 12 connected\n", state, 5));
  CHECK(state.current_epoch == 12);
}

TEST_CASE("corrupt files are refused with their line") {
  const std::string good = text('m') + " 1.1.1.1:1@2 myself,master - 0 0 1 connected";
  for (const std::string& bad :
       {std::string("vars currentEpoch 1\n"), std::string("short line\n"), good + " 0-16384\n", good + " x\n",
        good + " [7->-" + text('a') + "\n", good + "\n" + good + "\n",
        text('M') + " 1.1.1.1:1@2 master - 0 0 1 connected\n",
        text('m') + " noport myself,master - 0 0 1 connected\n",
        text('m') + " 1.1.1.1:1@2 myself,wizard - 0 0 1 connected\n", good + "\nvars currentEpoch\n"}) {
    State state;
    INFO(bad);
    CHECK(read_nodes_conf(bad, state, 5).has_value());
  }
}
