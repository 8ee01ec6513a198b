// The rules of the rooms, one by one, on a single node among scripted peers.
#include <catch2/catch.hpp>

#include "server/cluster/fixture.h"
#include "server/cluster/invariants.h"

using namespace node;
using namespace node::cluster;
using namespace node::cluster::test;

namespace {

constexpr Ms kTimeout = 1000;

/// Myself is 'r', a replica of 'm' among the masters 'm', 'a', 'b'; the data is fresh.
std::string as_replica() {
  std::string conf = three_masters();
  conf.replace(conf.find("myself,master"), 13, "master");
  conf.replace(conf.find("slave " + text('m')), 5, "myself,slave");
  return conf;
}

void ask_for_vote(Fixture& f, char candidate, std::uint64_t epoch, std::uint8_t mflags = 0) {
  Header h = f.header(candidate, MessageType::kAuthRequest);
  h.current_epoch = epoch;
  h.mflags = mflags;
  f.receive(candidate, {h, {}});
}

std::size_t votes(const Fixture& f) {
  return f.sent(MessageType::kAuthAck).size();
}

}  // namespace

TEST_CASE(
    "failure: silence beyond the timeout is PFAIL, a majority's reports make it FAIL, and everybody is "
    "told") {
  Fixture f;
  f.pass(100);
  for (char peer : {'a', 'b', 'r', 's'}) f.pong(peer);
  f.pass(kTimeout + 800);
  CHECK(f.node('a')->pfailed());
  CHECK_FALSE(f.node('a')->failed());
  f.gossip('r', 'a', flag::kPfail);  // replicas have no say
  CHECK_FALSE(f.node('a')->failed());
  f.gossip('b', 'a', flag::kPfail);
  CHECK(f.node('a')->failed());
  CHECK(f.sent(MessageType::kFail).size() >= 1);
  CHECK(f.command({"count-failure-reports", text('a')}) == Reply::number(1));
}

namespace {
/// 'a' falls silent, the others answer: ends with the tick in which this node suspects it.
void silence_a(Fixture& f) {
  f.pass(Cluster::kTickMs);
  for (char peer : {'a', 'b', 'r', 's'}) f.pong(peer);
  for (int tick = 0; tick < 100 && !f.node('a')->has(flag::kPfail | flag::kFail); ++tick) {
    for (char peer : {'b', 'r', 's'}) f.pong(peer);
    f.pass(Cluster::kTickMs);
  }
}
}  // namespace

TEST_CASE("failure: a suspicion is told to the other masters in the tick in which it arises") {
  Fixture f;
  silence_a(f);
  REQUIRE(f.node('a')->pfailed());
  const std::vector<Message> told = f.sent(MessageType::kPong);
  REQUIRE(told.size() == 1);  // 'b' alone: replicas have no say
  const auto& gossip = std::get<PingBody>(told[0].body).gossip;
  CHECK(std::any_of(gossip.begin(), gossip.end(),
                    [](const Gossip& g) { return g.id == id('a') && (g.flags & flag::kPfail) != 0; }));
  f.pass(Cluster::kTickMs);
  CHECK(f.sent(MessageType::kPong).empty());  // once
}

TEST_CASE("failure: reports that came before the own suspicion complete the majority with it") {
  Fixture f;
  f.gossip('b', 'a', flag::kPfail);
  silence_a(f);
  CHECK(f.node('a')->failed());
  CHECK_FALSE(f.sent(MessageType::kFail).empty());
}

TEST_CASE("failure: a replica keeps its suspicion for the pings") {
  Fixture f(as_replica());
  silence_a(f);
  CHECK(f.node('a')->pfailed());
  CHECK(f.sent(MessageType::kPong).empty());
}

TEST_CASE("failure: reports are taken back, and grow old") {
  Fixture f;
  f.gossip('b', 'a', flag::kPfail);
  CHECK(f.command({"count-failure-reports", text('a')}) == Reply::number(1));
  f.gossip('b', 'a', flag::kMaster);
  CHECK(f.command({"count-failure-reports", text('a')}) == Reply::number(0));
  f.gossip('b', 'a', flag::kPfail);
  f.now += 2 * kTimeout + 1;
  CHECK(f.command({"count-failure-reports", text('a')}) == Reply::number(0));
}

TEST_CASE(
    "failure: FAIL is undone at once for a replica, and for a slot owner only after twice the timeout") {
  Fixture f;
  f.pass(100);
  f.fail('b', 's');
  f.fail('b', 'a');
  REQUIRE(f.node('s')->failed());
  f.pong('s');
  CHECK_FALSE(f.node('s')->failed());
  f.pong('a');
  CHECK(f.node('a')->failed());
  f.now += 2 * kTimeout + 1;
  f.pong('a');
  CHECK_FALSE(f.node('a')->failed());
}

TEST_CASE("votes: once an epoch, only for replicas of a failed master, and on disk before they are sent") {
  Fixture f;
  f.pass(100);
  ask_for_vote(f, 's', 4);
  CHECK(votes(f) == 0);  // its master is up
  f.fail('b', 'a');
  ask_for_vote(f, 'b', 4);
  CHECK(votes(f) == 0);  // a master
  ask_for_vote(f, 's', 2);
  CHECK(votes(f) == 0);  // an epoch gone by
  ask_for_vote(f, 's', 4);
  REQUIRE(votes(f) == 1);
  const auto* persist = std::get_if<Persist>(&f.actions.front());
  REQUIRE(persist != nullptr);
  CHECK(persist->fsync);
  CHECK(read_durable(persist->text).last_vote_epoch == 4);
  ask_for_vote(f, 's', 4);
  CHECK(votes(f) == 0);
  ask_for_vote(f, 's', 5);
  CHECK(votes(f) == 0);  // too soon after the last vote about this master
  f.now += 2 * kTimeout;
  ask_for_vote(f, 's', 5);
  CHECK(votes(f) == 1);
}

TEST_CASE("votes: none against a newer owner, FORCEACK does without the failure") {
  Fixture f;
  f.pass(100);
  ask_for_vote(f, 's', 4, mflag::kForceAck);
  CHECK(votes(f) == 1);
  f.now += 2 * kTimeout;
  Header h = f.header('s', MessageType::kAuthRequest);
  h.current_epoch = 5;
  h.mflags = mflag::kForceAck;
  h.config_epoch = 1;  // its slots belong to epoch 2
  f.receive('s', {h, {}});
  CHECK(votes(f) == 0);
  CHECK(f.sent(MessageType::kUpdate).size() == 1);  // so that it asks with the newer epoch
}

TEST_CASE("votes: a failover by hand that is asked for again need not wait, an election must") {
  Fixture f;
  f.pass(100);
  ask_for_vote(f, 's', 4, mflag::kForceAck);
  REQUIRE(votes(f) == 1);
  ask_for_vote(f, 's', 5, mflag::kForceAck);
  CHECK(votes(f) == 1);
  f.fail('a', 'b');
  ask_for_vote(f, 's', 6);
  CHECK(votes(f) == 0);
}

TEST_CASE("votes: who helped its own replica up votes for nobody else until nothing came of it") {
  Fixture f;
  f.pass(100);
  ask_for_vote(f, 'r', 4, mflag::kForceAck);
  REQUIRE(votes(f) == 1);
  f.fail('b', 'a');
  ask_for_vote(f, 's', 5);
  CHECK(votes(f) == 0);
  f.now += 2 * kTimeout + 1;
  f.ping('r');  // still a replica, after its attempt must have expired
  ask_for_vote(f, 's', 6);
  CHECK(votes(f) == 1);
}

TEST_CASE("election: delay, request, majority, promotion under the new epoch") {
  Fixture f(as_replica());
  f.host.view = {true, true, f.now, 0};
  f.pass(100);
  CHECK(f.did<ReplicateFrom>());
  f.fail('a', 'm');
  f.host.view = {true, false, 0, f.now};
  f.pass(400);
  CHECK(f.sent(MessageType::kAuthRequest).empty());
  f.pass(800);
  REQUIRE(f.sent(MessageType::kAuthRequest).size() >= 1);
  CHECK(f.sent(MessageType::kAuthRequest)[0].header.current_epoch == 4);
  const auto vote = [&f](char voter) { f.receive(voter, {f.header(voter, MessageType::kAuthAck), {}}); };
  vote('a');
  vote('a');  // the same vote twice is one
  CHECK(f.state().myself->is_replica());
  vote('s');  // not a master
  CHECK(f.state().myself->is_replica());
  vote('b');
  CHECK(f.state().myself->is_master());
  CHECK(f.state().myself->config_epoch == 4);
  CHECK(f.state().myself->slot_count == 5461);
  CHECK(f.did<BecomeMaster>());
  CHECK(std::holds_alternative<Persist>(f.actions.front()));
  CHECK(f.sent(MessageType::kPong).size() >= 3);
}

TEST_CASE("election: data that is too old stays a replica") {
  Fixture f(as_replica());
  f.host.view = {true, false, 0, f.now - 10'000 - 11 * kTimeout - 100};
  f.pass(100);
  f.fail('a', 'm');
  f.pass(4000);
  CHECK(f.sent(MessageType::kAuthRequest).empty());
}

TEST_CASE("ownership: a newer claim takes the slot and its keys, an older one is told so") {
  Fixture f;
  f.pass(100);
  f.host.keys[5] = {"stale"};
  Header h = f.header('a', MessageType::kPing);
  h.slots.set(5);
  f.receive('a', {h, PingBody{}});
  CHECK(f.state().owner[5] == f.node('a'));  // epoch 2 against our 1
  CHECK(f.did<DeleteKeysInSlot>());
  Header old = f.header('a', MessageType::kPing);
  old.slots.set(11000);  // of b, epoch 3
  f.receive('a', {old, PingBody{}});
  CHECK(f.state().owner[11000] == f.node('b'));
  REQUIRE(f.sent(MessageType::kUpdate).size() == 1);
  CHECK(std::get<UpdateBody>(f.sent(MessageType::kUpdate)[0].body).node == id('b'));
}

TEST_CASE("ownership: who loses its last slot follows the taker") {
  Fixture f;
  f.pass(100);
  Header h = f.header('r', MessageType::kPing);
  h.master = NodeId{};
  h.config_epoch = 7;
  h.current_epoch = 7;
  f.receive('r', {h, PingBody{}});
  CHECK(f.state().myself->is_replica());
  CHECK(f.state().myself->master == f.node('r'));
  CHECK(f.did<ReplicateFrom>());
  CHECK_FALSE(check_structure(f.state()));
}

TEST_CASE("ownership: cluster-allow-replica-migration no keeps a master that others emptied") {
  Config config;
  config.allow_replica_migration = false;
  Fixture f(three_masters(), config);
  Header h = f.header('a', MessageType::kPing);  // a takes all of ours, beside its own
  for (int slot = 0; slot <= 5460; ++slot) h.slots.set(slot);
  f.receive('a', {h, PingBody{}});
  CHECK(f.state().myself->is_master());
  CHECK(f.state().myself->slot_count == 0);
}

TEST_CASE("epochs: of two masters with one epoch the smaller id moves on") {
  Fixture f;
  Header h = f.header('a', MessageType::kPing);
  h.config_epoch = 1;
  f.receive('a', {h, PingBody{}});
  CHECK(f.state().myself->config_epoch == 1);  // 'm' is greater than 'a', and a's known epoch is 2 anyway
  Fixture g;
  g.cluster.on_accept("10.0.0.9", "10.0.0.1", g.now);
  Header z = g.header('z', MessageType::kMeet);
  z.ip = "10.0.0.9";
  g.receive('z', {z, PingBody{}});
  CHECK(g.state().nodes().size() == 6);  // a handshake with whoever it is
}

TEST_CASE("update: a newer configuration of somebody else is believed, from members only") {
  Fixture f;
  UpdateBody update{9, id('b'), f.node('b')->slots};
  update.slots.set(6000);
  f.receive('a', {f.header('a', MessageType::kUpdate), update});
  CHECK(f.state().owner[6000] == f.node('b'));
  CHECK(f.node('b')->config_epoch == 9);
  update.config_epoch = 20;
  update.slots.set(6001);
  f.receive('x', {f.header('x', MessageType::kUpdate), update});
  CHECK(f.state().owner[6001] == f.node('a'));
}

TEST_CASE("strangers change nothing but by MEET") {
  Fixture f;
  const std::string before = f.cluster.nodes_conf();
  f.gossip('x', 'y', flag::kMaster);
  f.fail('x', 'a');
  ask_for_vote(f, 'x', 99);
  f.receive('x', {f.header('x', MessageType::kMfStart), {}});
  CHECK(f.cluster.nodes_conf() == before);
  const LinkId link = f.cluster.on_accept("10.9.9.9", "10.0.0.1", f.now);
  f.cluster.on_bytes(link, "garbage, long enough to be looked at", f.now);
  f.drain();
  CHECK(f.did<Close>());
}

TEST_CASE("a link that changes its name is not believed in the old one") {
  Fixture f;
  f.ping('a');
  Message foreign{f.header('a', MessageType::kPing), PingBody{}};
  foreign.header.sender = id('x');
  foreign.header.config_epoch = foreign.header.current_epoch = 50;
  for (int slot = 0; slot < kSlotCount; ++slot) foreign.header.slots.set(slot);
  f.receive('a', foreign);
  CHECK(f.state().current_epoch == 3);
  CHECK(f.node('a')->config_epoch == 2);
  CHECK(f.state().owner[0] == f.state().myself);
  // Nor on a link of ours, when the address belongs to somebody else by now.
  f.pass(200);
  REQUIRE(f.node('b')->link != nullptr);
  foreign.header.type = static_cast<std::uint16_t>(MessageType::kPong);
  f.cluster.on_bytes(f.node('b')->link->id, encode(foreign), f.now);
  f.drain();
  CHECK(f.state().current_epoch == 3);
  CHECK(f.node('b')->has(flag::kNoAddr));
  CHECK(f.node('b')->failed());  // nobody will reach it again
}

TEST_CASE("strangers may not fill the memory, nor stay for ever, members may send what they like") {
  Fixture f;
  const LinkId stranger = f.cluster.on_accept("10.9.9.9", "10.0.0.1", f.now);
  // A PUBLISH of a gigabyte begins.
  std::string huge(2256, '\0');
  huge.replace(0, 4, "RCmb");
  huge[4] = 0x40;
  huge[9] = 1;
  huge[13] = static_cast<char>(MessageType::kPublish);
  f.cluster.on_bytes(stranger, huge, f.now);
  f.drain();
  CHECK(f.did<Close>());
  f.ping('a');
  f.cluster.on_bytes(f.links['a'], huge, f.now);
  f.drain();
  CHECK_FALSE(f.did<Close>());

  const LinkId silent = f.cluster.on_accept("10.9.9.9", "10.0.0.1", f.now);
  const auto gone = [&] {
    for (int i = 0; i < 10; ++i) f.cluster.on_tick(f.now);
    f.drain();
    return std::any_of(f.actions.begin(), f.actions.end(), [&](const Action& action) {
      const auto* close = std::get_if<Close>(&action);
      return close != nullptr && close->link == silent;
    });
  };
  f.now += 59'000;
  CHECK_FALSE(gone());
  f.now += 2'000;
  CHECK(gone());
}

TEST_CASE("health: two seconds after boot, a majority, full coverage") {
  Fixture f;
  const auto alive = [&f](Ms duration) {
    for (Ms passed = 0; passed < duration; passed += 100) {
      f.pass(100);
      for (char peer : {'a', 'b', 'r', 's'}) f.pong(peer);
    }
  };
  alive(1800);
  CHECK_FALSE(f.state().ok);
  alive(500);
  CHECK(f.state().ok);
  f.fail('b', 'a');
  CHECK_FALSE(f.state().ok);  // its slots are not covered
  f.cluster.config().require_full_coverage = false;
  alive(1500);
  CHECK(f.state().ok);
  f.pass(2500);  // nobody answers: the majority is gone
  CHECK_FALSE(f.state().ok);
}

TEST_CASE("manual failover, the master's part: pause, and tell the offset") {
  Fixture f;
  f.pass(100);
  f.host.offset = 1234;
  f.receive('r', {f.header('r', MessageType::kMfStart), {}});
  CHECK(f.did<PauseWrites>());
  // Until the node has held its clients, more may be written.
  CHECK(f.sent(MessageType::kPing).empty());
  f.host.offset = 1250;
  f.drain();
  REQUIRE(f.sent(MessageType::kPing).size() >= 1);
  const Header h = f.sent(MessageType::kPing)[0].header;
  CHECK(h.repl_offset == 1250);
  CHECK((h.mflags & mflag::kPaused) != 0);
  f.pass(5200);
  CHECK(f.did<ResumeWrites>());
}

TEST_CASE("manual failover: whose replica it is, the one that asks says itself") {
  Fixture f;
  f.pass(100);
  Header h = f.header('s', MessageType::kMfStart);
  f.receive('s', {h, {}});
  CHECK_FALSE(f.did<PauseWrites>());
  h.master = id('m');  // it was given to us since its last ping
  f.receive('s', {h, {}});
  CHECK(f.did<PauseWrites>());
}

TEST_CASE("manual failover, the replica's part: waits for the offset, then is elected with FORCEACK") {
  Fixture f(as_replica());
  f.host.view = {true, true, f.now, 0};
  f.host.offset = 10;
  f.pass(100);
  CHECK(f.command({"failover"}) == Reply::ok());
  REQUIRE(f.sent(MessageType::kMfStart).size() == 1);
  Header h = f.header('m', MessageType::kPing);
  h.mflags = mflag::kPaused;
  h.repl_offset = 12;
  f.receive('m', {h, PingBody{}});
  CHECK(f.sent(MessageType::kAuthRequest).empty());
  f.host.offset = 12;
  f.drain();
  REQUIRE(f.sent(MessageType::kAuthRequest).size() >= 1);
  CHECK((f.sent(MessageType::kAuthRequest)[0].header.mflags & mflag::kForceAck) != 0);
}

TEST_CASE("election: votes of one that was won are none for the next") {
  Fixture f(as_replica());
  f.host.view = {true, true, f.now, 0};
  f.pass(100);
  const auto ask = [&f](std::uint64_t epoch) {
    CHECK(f.command({"failover", "force"}) == Reply::ok());
    const auto asked = f.sent(MessageType::kAuthRequest);
    return !asked.empty() && asked[0].header.current_epoch == epoch;
  };
  CHECK(ask(4));
  for (const char voter : {'a', 'b'}) f.receive(voter, {f.header(voter, MessageType::kAuthAck), {}});
  REQUIRE(f.state().myself->is_master());
  Header taken = f.header('m', MessageType::kPing);  // the old master takes over again
  taken.slots = f.state().myself->slots;
  taken.config_epoch = taken.current_epoch = 5;
  taken.flags = flag::kMaster;
  f.receive('m', {taken, PingBody{}});
  REQUIRE(f.state().myself->is_replica());
  CHECK(ask(6));
  CHECK(f.state().myself->is_replica());
}

TEST_CASE("gossip: strangers are met through members, unless they were forgotten") {
  Fixture f;
  f.gossip('a', 'n', flag::kMaster);
  REQUIRE(f.node('n') != nullptr);
  CHECK(f.command({"forget", text('n')}) == Reply::ok());
  CHECK(f.node('n') == nullptr);
  f.gossip('a', 'n', flag::kMaster);
  CHECK(f.node('n') == nullptr);
  f.now += 60'001;
  f.gossip('a', 'n', flag::kMaster);
  CHECK(f.node('n') != nullptr);
}

TEST_CASE("gossip: a changed address is taken from the node's own ping") {
  Fixture f;
  f.pass(100);
  Header h = f.header('a', MessageType::kPing);
  h.ip = "10.0.0.99";
  f.receive('a', {h, PingBody{}});
  CHECK(f.node('a')->ip == "10.0.0.99");
  CHECK(f.did<Close>());
}

TEST_CASE("migration: a spare replica moves to the orphaned master after five seconds") {
  // Myself 'c' and 'd' replicate m; b had a replica ('e') that failed.
  std::string conf = three_masters();
  conf.replace(conf.find("myself,"), 7, "");
  conf = text('c') + " 10.0.0.6:7000@17000 myself,slave " + text('m') + " 0 0 1 connected\n" + text('e') +
         " 10.0.0.7:7000@17000 slave,fail " + text('b') + " 0 0 3 disconnected\n" + conf;
  Fixture f(conf);
  const auto alive = [&f](Ms duration) {
    for (Ms passed = 0; passed < duration; passed += 100) {
      f.pass(100);
      for (char peer : {'m', 'a', 'b', 'r', 's'}) f.pong(peer);
    }
  };
  alive(4000);
  CHECK(f.state().myself->master == f.node('m'));
  alive(3000);
  CHECK(f.state().myself->master == f.node('b'));
}
