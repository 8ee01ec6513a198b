#include <catch2/catch.hpp>

#include "server/cluster/fixture.h"
#include "server/cluster/redirect.h"

using namespace node;
using namespace node::cluster;
using namespace node::cluster::test;

namespace {

std::string error_of(const Reply& reply) {
  return reply.is_error() ? reply.text : "no error";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A node that knows nobody and has no slots.
Fixture lonely() {
  return Fixture(text('m') + " 10.0.0.1:7000@17000 myself,master - 0 0 0 connected\n");
}

/// What the replica of the first of three masters knows.
std::string known_to_replica() {
  std::string conf = three_masters();
  conf.replace(conf.find("myself,"), 7, "");
  conf.replace(conf.find("slave " + text('m')), 5, "myself,slave");
  return conf;
}

}  // namespace

TEST_CASE("keys hash as the specification says") {
  CHECK(slot_of("foo") == 12182);
  CHECK(slot_of("{user1000}.following") == slot_of("{user1000}.followers"));
  CHECK(slot_of("foo{}{bar}") == slot_of(std::string("foo{}{bar}")));
  CHECK(slot_of("foo{{bar}}zap") == slot_of("{bar"));
  CHECK(slot_of("foo{bar}{zap}") == slot_of("bar"));
  CHECK(slot_of("123456789") == (0x31C3 & 16383));
}

TEST_CASE("CLUSTER with wrong words answers as redis does") {
  Fixture f;
  CHECK(error_of(f.command({})) == "ERR wrong number of arguments for 'cluster' command");
  CHECK(error_of(f.command({"foo"})) == "ERR unknown subcommand 'foo'. Try CLUSTER HELP.");
  CHECK(error_of(f.command({"MEET", "1"})) == "ERR wrong number of arguments for 'cluster|meet' command");
  CHECK(error_of(f.command({"meet", "1.1.1.1", "1", "2", "3"})) ==
        "ERR unknown subcommand or wrong number of arguments for 'meet'. Try CLUSTER HELP.");
  CHECK(error_of(f.command({"meet", "host", "7000"})) == "ERR Invalid node address specified: host:7000");
  CHECK(error_of(f.command({"meet", "1.1.1.1", "x"})) == "ERR Invalid TCP base port specified: x");
  CHECK(error_of(f.command({"addslots", "16384"})) == "ERR Invalid or out of range slot");
  CHECK(error_of(f.command({"addslots", "0"})) == "ERR Slot 0 is already busy");
  CHECK(error_of(f.command({"replicate", text('x')})) == "ERR Unknown node " + text('x'));
  CHECK(error_of(f.command({"replicate", text('m')})) == "ERR Can't replicate myself");
  CHECK(error_of(f.command({"replicate", text('r')})) == "ERR I can only replicate a master, not a replica.");
  CHECK(error_of(f.command({"replicate", text('a')})) ==
        "ERR To set a master the node must be empty and without assigned slots.");
  CHECK(error_of(f.command({"failover"})) == "ERR You should send CLUSTER FAILOVER to a replica");
  CHECK(error_of(f.command({"forget", text('m')})) == "ERR I tried hard but I can't forget myself...");
  CHECK(error_of(f.command({"set-config-epoch", "5"})) ==
        "ERR The user can assign a config epoch only when the node does not know any other node.");
  CHECK(error_of(f.command({"countkeysinslot", "01"})) == "ERR value is not an integer or out of range");
  CHECK(error_of(f.command({"setslot", "0", "migrating"})) ==
        "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP");
  CHECK(error_of(f.command({"setslot", "6000", "migrating", text('b')})) ==
        "ERR I'm not the owner of hash slot 6000");
  CHECK(error_of(f.command({"setslot", "0", "importing", text('b')})) ==
        "ERR I'm already the owner of hash slot 0");
  CHECK(error_of(f.command({"setslot", "0", "migrating", text('x')})) ==
        "ERR I don't know about node " + text('x'));
}

TEST_CASE("slots are taken and given up") {
  Fixture f = lonely();
  CHECK(error_of(f.command({"addslots", "1", "2", "1"})) == "ERR Slot 1 specified multiple times");
  CHECK(f.state().owner[1] == nullptr);  // all or nothing
  CHECK(f.command({"addslots", "1", "2", "7"}) == Reply::ok());
  CHECK(f.did<Persist>());
  CHECK(f.command({"addslotsrange", "100", "200", "300", "300"}) == Reply::ok());
  CHECK(error_of(f.command({"addslotsrange", "5", "4"})) ==
        "ERR start slot number 5 is greater than end slot number 4");
  CHECK(error_of(f.command({"addslotsrange", "5", "6", "7"})) ==
        "ERR wrong number of arguments for 'cluster|addslotsrange' command");
  CHECK(has(f.command({"nodes"}).text, "connected 1-2 7 100-200 300\n"));
  CHECK(f.command({"delslots", "2"}) == Reply::ok());
  CHECK(error_of(f.command({"delslots", "2"})) == "ERR Slot 2 is already unassigned");
  CHECK(f.command({"flushslots"}) == Reply::ok());
  CHECK(f.state().myself->slot_count == 0);
  CHECK(f.command({"set-config-epoch", "5"}) == Reply::ok());
  CHECK(error_of(f.command({"set-config-epoch", "6"})) == "ERR Node config epoch is already non-zero");
  CHECK(f.command({"bumpepoch"}) == Reply::status("STILL 5"));
}

TEST_CASE("a replica takes no slot, also one that nobody serves") {
  std::string conf = known_to_replica();
  conf.replace(conf.find("-16383"), 6, "-16382");
  Fixture f(conf);
  REQUIRE(f.state().owner[16383] == nullptr);
  CHECK(error_of(f.command({"addslots", "16383"})) == "ERR Please use ADDSLOTS only with masters.");
  CHECK(error_of(f.command({"addslotsrange", "16383", "16383"})) ==
        "ERR Please use ADDSLOTS only with masters.");
  CHECK(f.state().owner[16383] == nullptr);
}

TEST_CASE("MEET is a handshake that ends in acquaintance") {
  Fixture f = lonely();
  CHECK(f.command({"meet", "10.0.0.2", "7000"}) == Reply::ok());
  CHECK(f.command({"meet", "10.0.0.2", "7000"}) == Reply::ok());  // the same one
  REQUIRE(f.state().nodes().size() == 2);
  f.pass(100);
  REQUIRE(f.sent(MessageType::kMeet).size() == 1);
  const Link* link = f.state().nodes()[1]->link;
  Header h;
  h.type = static_cast<std::uint16_t>(MessageType::kPong);
  h.sender = id('a');
  h.port = 7000;
  h.cport = 17000;
  h.flags = flag::kMaster;
  f.cluster.on_bytes(link->id, encode({h, PingBody{}}), f.now);
  REQUIRE(f.node('a') != nullptr);
  CHECK(f.node('a')->is_master());
  CHECK_FALSE(f.node('a')->in_handshake());
}

TEST_CASE("a handshake that nobody answers ends") {
  Fixture f = lonely();
  f.command({"meet", "10.0.0.2", "7000"});
  f.pass(1200);
  CHECK(f.state().nodes().size() == 1);
}

TEST_CASE("a node that pings us after a handshake that it did not answer is met once more") {
  Fixture f = lonely();
  Header h;
  h.sender = id('a');
  h.ip = "10.0.0.2";
  h.port = 7000;
  h.cport = 17000;
  h.flags = flag::kMaster;
  const auto hear = [&](MessageType type) {
    h.type = static_cast<std::uint16_t>(type);
    f.receive('a', {h, PingBody{}});
    return f.state().nodes().size();
  };
  CHECK(hear(MessageType::kPing) == 1);  // a stranger
  CHECK(hear(MessageType::kMeet) == 2);
  f.pass(1200);
  REQUIRE(f.state().nodes().size() == 1);
  CHECK(hear(MessageType::kPing) == 2);
  CHECK(f.state().nodes()[1]->in_handshake());
  f.pass(1200);
  REQUIRE(f.command({"reset"}) == Reply::ok());
  CHECK(hear(MessageType::kPing) == 1);  // who was reset knows nobody
}

TEST_CASE("a node that answered at last, and was forgotten, is not met by its pings") {
  Fixture f = lonely();
  const auto meet = [&f] { REQUIRE(f.command({"meet", "10.0.0.2", "7000"}) == Reply::ok()); };
  meet();
  f.pass(1200);
  REQUIRE(f.state().nodes().size() == 1);
  meet();
  f.pass(100);
  Header h;
  h.type = static_cast<std::uint16_t>(MessageType::kPong);
  h.sender = id('a');
  h.ip = "10.0.0.2";
  h.port = 7000;
  h.cport = 17000;
  h.flags = flag::kMaster;
  f.cluster.on_bytes(f.state().nodes()[1]->link->id, encode({h, PingBody{}}), f.now);
  f.drain();
  REQUIRE(f.node('a') != nullptr);
  REQUIRE(f.command({"forget", text('a')}) == Reply::ok());
  h.type = static_cast<std::uint16_t>(MessageType::kPing);
  f.receive('a', {h, PingBody{}});
  CHECK(f.state().nodes().size() == 1);
}

TEST_CASE("a slot moves: importing, migrating, NODE on the target bumps the epoch") {
  Fixture f;
  f.pass(100);
  CHECK(f.command({"setslot", "6000", "importing", text('a')}) == Reply::ok());
  CHECK(has(f.command({"nodes"}).text, "[6000-<-" + text('a') + "]"));
  CHECK(f.command({"setslot", "6000", "node", text('m')}) == Reply::ok());
  CHECK(f.state().owner[6000] == f.state().myself);
  CHECK(f.state().myself->config_epoch == 4);
  CHECK(f.sent(MessageType::kPong).size() >= 4);
  f.host.keys[3] = {"k"};
  CHECK(f.command({"setslot", "3", "migrating", text('a')}) == Reply::ok());
  CHECK(has(error_of(f.command({"setslot", "3", "node", text('a')})), "while I still hold keys"));
  f.host.keys.clear();
  CHECK(f.command({"setslot", "3", "node", text('a')}) == Reply::ok());
  CHECK(f.state().migrating_to(3) == nullptr);
  f.host.keys[4] = {"k1", "k2"};
  CHECK(f.command({"countkeysinslot", "4"}) == Reply::number(2));
  CHECK(f.command({"getkeysinslot", "4", "1"}).items.size() == 1);
}

TEST_CASE("RESET forgets, HARD also who we are") {
  Fixture f;
  f.host.keys[0] = {"k"};
  CHECK(error_of(f.command({"reset"})) ==
        "ERR CLUSTER RESET can't be called with master nodes containing keys");
  f.host.keys.clear();
  CHECK(error_of(f.command({"reset", "x"})) == "ERR syntax error");
  CHECK(f.command({"reset", "soft"}) == Reply::ok());
  CHECK(f.state().nodes().size() == 1);
  CHECK(f.state().myself->id == id('m'));
  CHECK(f.state().current_epoch == 3);
  CHECK(f.command({"RESET", "HARD"}) == Reply::ok());
  CHECK(f.state().myself->id != id('m'));
  CHECK(f.state().current_epoch == 0);
}

TEST_CASE("INFO, SLOTS, SHARDS, LINKS, MYID, REPLICAS") {
  Fixture f;
  f.pass(100);
  const std::string info = f.command({"info"}).text;
  for (const char* line : {"cluster_state:", "cluster_slots_assigned:16384\r\n", "cluster_slots_ok:16384\r\n",
                           "cluster_known_nodes:5\r\n", "cluster_size:3\r\n", "cluster_current_epoch:3\r\n",
                           "cluster_my_epoch:1\r\n", "cluster_stats_messages_ping_sent:4\r\n",
                           "total_cluster_links_buffer_limit_exceeded:0\r\n"})
    CHECK(has(info, line));
  const Reply slots = f.command({"slots"});
  REQUIRE(slots.items.size() == 3);
  CHECK(slots.items[0].items.size() == 3);  // the replica has no data yet, so far as we know
  CHECK(slots.items[0].items[1] == Reply::number(5460));
  CHECK(slots.items[0].items[2].items[2] == Reply::bulk(text('m')));
  const Reply shards = f.command({"shards"});
  REQUIRE(shards.items.size() == 3);
  CHECK(shards.items[0].items[1] == Reply::array({Reply::number(0), Reply::number(5460)}));
  CHECK(shards.items[0].items[3].items.size() == 2);
  CHECK(f.command({"links"}).items.size() == 4);
  CHECK(f.command({"myid"}) == Reply::bulk(text('m')));
  CHECK(f.command({"replicas", text('m')}).items.size() == 1);
  CHECK(f.command({"keyslot", "foo"}) == Reply::number(12182));
}

TEST_CASE("SHARDS shows a master that was replaced in the shard of its heir, and no shard without slots") {
  Fixture f;
  f.pass(100);
  f.fail('b', 'a');
  REQUIRE(f.node('a')->failed());
  // 's' says that it is a master, with the slots of 'a' and a newer epoch.
  Header claim = f.header('s', MessageType::kPing);
  claim.flags = flag::kMaster;
  claim.master = NodeId{};
  claim.config_epoch = claim.current_epoch = 9;
  f.receive('s', {claim, PingBody{}});
  REQUIRE(f.node('s')->slot_count == 5462);
  REQUIRE(f.node('a')->slot_count == 0);
  const Reply shards = f.command({"shards"});
  REQUIRE(shards.items.size() == 3);
  std::size_t nodes = 0;
  for (const Reply& shard : shards.items) {
    CHECK_FALSE(shard.items[1].items.empty());
    nodes += shard.items[3].items.size();
  }
  CHECK(nodes == 5);
  // As a replica of its heir it is one of the shard's replicas.
  Header back = f.header('a', MessageType::kPing);
  back.flags = flag::kReplica;
  back.master = id('s');
  f.receive('a', {back, PingBody{}});
  CHECK(f.command({"shards"}).items.size() == 3);
}

TEST_CASE("routing") {
  Fixture f;
  f.cluster.config().require_full_coverage = false;
  for (int i = 0; i < 30; ++i) {
    f.pass(100);
    for (char peer : {'a', 'b', 'r', 's'}) f.pong(peer);
  }
  REQUIRE(f.state().ok);
  const auto run = [&f](std::vector<std::string_view> keys, Request request = {}, bool exists = true) {
    request.keys = keys;
    const Route where =
        route(f.state(), f.cluster.config(), request, [exists](std::string_view) { return exists; });
    return where.kind == Route::Kind::kExecute ? std::string("here") : error_text(where, f.cluster.config());
  };
  const std::string mine = "{06S}";  // slot 0
  REQUIRE(slot_of(mine) == 0);
  const int theirs = slot_of("foo");
  CHECK(run({}) == "here");
  CHECK(run({mine}) == "here");
  CHECK(run({"foo"}) == "MOVED " + std::to_string(theirs) + " 10.0.0.3:7000");
  CHECK(run({mine, "foo"}) == "CROSSSLOT Keys in request don't hash to the same slot");

  f.command({"setslot", "0", "migrating", text('a')});
  CHECK(run({mine}) == "here");
  CHECK(run({mine}, {}, false) == "ASK 0 10.0.0.2:7000");
  Request migrate;
  migrate.migrate = true;
  CHECK(run({mine}, migrate, false) == "here");
  const std::vector<std::string_view> two{"{06S}a", "{06S}b"};
  Request both;
  both.keys = two;
  const Route partial =
      route(f.state(), f.cluster.config(), both, [](std::string_view key) { return key.back() == 'a'; });
  CHECK(error_text(partial, f.cluster.config()) == "TRYAGAIN Multiple keys request during rehashing of slot");

  f.command({"setslot", std::to_string(theirs), "importing", text('b')});
  Request asking;
  asking.asking = true;
  CHECK(has(run({"foo"}), "MOVED"));
  CHECK(run({"foo"}, asking) == "here");
  CHECK(run({"{foo}1", "{foo}2"}, asking, false) ==
        "TRYAGAIN Multiple keys request during rehashing of slot");

  f.pass(3000);  // the majority is gone
  REQUIRE_FALSE(f.state().ok);
  CHECK(run({mine}) == "CLUSTERDOWN The cluster is down");
  f.cluster.config().allow_reads_when_down = true;
  CHECK(run({mine}) == "here");
  Request write;
  write.write = true;
  CHECK(run({mine}, write) == "CLUSTERDOWN The cluster is down and only accepts read commands");
  CHECK(run({"foo"}, write) == "CLUSTERDOWN The cluster is down and only accepts read commands");
  CHECK(route_blocked(f.state(), mine, false, true).kind == Route::Kind::kDown);
}

TEST_CASE("an unassigned slot is not served, a replica serves READONLY reads of its master's") {
  Fixture empty = lonely();
  Request request;
  const std::vector<std::string_view> keys{"foo"};
  request.keys = keys;
  const auto exists = [](std::string_view) { return true; };
  CHECK(error_text(route(empty.state(), empty.cluster.config(), request, exists), empty.cluster.config()) ==
        "CLUSTERDOWN Hash slot not served");

  Fixture f(known_to_replica());
  f.pass(100);
  REQUIRE(f.state().ok);
  const std::vector<std::string_view> of_master{"{06S}"};
  request.keys = of_master;
  CHECK(route(f.state(), f.cluster.config(), request, exists).kind == Route::Kind::kMoved);
  request.readonly = true;
  CHECK(route(f.state(), f.cluster.config(), request, exists).kind == Route::Kind::kExecute);
  request.write = true;
  CHECK(route(f.state(), f.cluster.config(), request, exists).kind == Route::Kind::kMoved);
}
