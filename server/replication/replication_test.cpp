#include "server/replication/replication.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>

using namespace node::replication;
using node::Ms;
using node::Reply;

namespace {

std::string command(std::initializer_list<std::string_view> words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (std::string_view word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
  return text;
}

/// Cuts one RESP command off the front of `text`; empty if it is not whole.
std::vector<std::string> take_command(std::string& text) {
  std::size_t at = text.find("\r\n");
  if (at == std::string::npos || text[0] != '*') return {};
  const int count = std::stoi(text.substr(1));
  std::vector<std::string> words;
  at += 2;
  for (int i = 0; i < count; ++i) {
    const std::size_t end = text.find("\r\n", at);
    if (end == std::string::npos) return {};
    const std::size_t length = std::stoul(text.substr(at + 1));
    if (text.size() < end + 2 + length + 2) return {};
    words.push_back(text.substr(end + 2, length));
    at = end + 2 + length + 2;
  }
  text.erase(0, at);
  return words;
}

/// A node whose data is the concatenation of all values it was told to append.
struct Peer {
  explicit Peer(std::uint64_t seed) : replication(Config{}, seed) {
    replication.config().diskless_delay = 200;
  }
  Replication replication;
  std::string data;
  std::string arriving;  // a snapshot
  int snapshots_loaded = 0;
  std::vector<int> waits;
};

/// A master and replicas joined in memory; every byte goes through the wire formats.
struct Shard {
  std::vector<std::unique_ptr<Peer>> peers;
  Ms now = 1000;
  std::map<int, int> master_of;      // replica -> index of the peer it is connected to
  std::map<int, std::string> inbox;  // what the replica sent to its master, not yet parsed
  std::set<int> refused;             // nobody connects there
  std::set<int> deaf;                // what they are sent stays on the way
  std::set<int> pauses;              // those whose writes wait

  int add() {
    peers.push_back(std::make_unique<Peer>(peers.size() + 1));
    const int index = static_cast<int>(peers.size()) - 1;
    peer(index).replication.config().port = index;
    return index;
  }
  Peer& peer(int i) { return *peers[i]; }
  void follow(int replica, int master) {
    peer(replica).replication.become_replica_of("10.0.0.1", master, now);
  }
  void write(int i, std::string_view value) {
    peer(i).data += value;
    peer(i).replication.feed(command({"APPEND", "k", value}), now);
  }
  void cut(int replica) {
    if (master_of.erase(replica) == 0) return;
    peer(replica).replication.on_master_closed(now);
  }

  void run(Ms duration) {
    for (const Ms end = now + duration; now < end; now += 100) {
      for (auto& p : peers) p->replication.on_tick(now);
      for (bool busy = true; busy;) {
        busy = false;
        for (int i = 0; i < static_cast<int>(peers.size()); ++i) busy |= perform(i);
      }
    }
  }

  bool perform(int i) {
    const Actions actions = peer(i).replication.drain(now);
    for (const Action& action : actions) std::visit([&](const auto& a) { on(i, a); }, action);
    apply(i);
    return !actions.empty();
  }
  void apply(int i) {
    Replication& r = peer(i).replication;
    while (!r.stream().empty()) {
      std::string rest(r.stream());
      const std::size_t before = rest.size();
      const auto words = take_command(rest);
      if (words.empty()) return;
      if (words[0] == "APPEND") peer(i).data += words[2];
      if (words[0] == "REPLCONF") answer_getack(i, words);
      r.consume(before - rest.size(), now);
    }
  }
  void answer_getack(int i, const std::vector<std::string>& words) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    peer(i).replication.on_replconf(0, argv, now);
  }

  void on(int i, const ConnectMaster& a) {
    if (refused.contains(a.port)) return peer(i).replication.on_master_closed(now);
    master_of[i] = a.port;
    inbox[i].clear();
    peer(i).replication.on_master_connected(now);
  }
  void on(int i, const SendMaster& a) {
    if (!master_of.contains(i)) return;
    inbox[i] += a.bytes == "\n" ? "" : a.bytes;
    for (;;) {
      const auto words = take_command(inbox[i]);
      if (words.empty()) return;
      serve(master_of[i], i, words);
    }
  }
  void serve(int master, int client, const std::vector<std::string>& words) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    Replication& r = peer(master).replication;
    const auto id = static_cast<ClientId>(client);
    std::optional<Reply> reply;
    if (words[0] == "PING") reply = Reply::status("PONG");
    if (words[0] == "REPLCONF") reply = r.on_replconf(id, argv, now);
    if (words[0] == "PSYNC" && words.size() > 3) {
      if (auto why = r.refuse_handover(words[1])) return to_replica(client, "-ERR " + *why + "\r\n");
      r.become_master(now);
    }
    if (words[0] == "PSYNC") reply = r.on_psync(id, words[1], std::stoll(words[2]), now, "10.0.0.1");
    if (reply) to_replica(client, (reply->is_error() ? "-" : "+") + reply->text + "\r\n");
  }
  void to_replica(int client, const std::string& bytes) {
    if (master_of.contains(client) && !deaf.contains(client))
      peer(client).replication.on_master_bytes(bytes, now);
  }
  void on(int i, const CloseMaster&) {
    if (master_of.contains(i)) peer(master_of[i]).replication.on_client_closed(static_cast<ClientId>(i), now);
    master_of.erase(i);
  }
  void on(int, const SendReplica& a) { to_replica(static_cast<int>(a.client), a.bytes); }
  void on(int, const CloseReplica& a) { cut(static_cast<int>(a.client)); }
  void on(int i, const TakeSnapshot& a) {
    for (ClientId client : a.clients) {
      const std::string& data = peer(i).data;
      // In small pieces, so that the mark is cut as well.
      const std::string whole = a.eof_mark.empty() ? "$" + std::to_string(data.size()) + "\r\n" + data
                                                   : "$EOF:" + a.eof_mark + "\r\n" + data + a.eof_mark;
      for (std::size_t at = 0; at < whole.size(); at += 7)
        to_replica(static_cast<int>(client), whole.substr(at, 7));
      peer(i).replication.on_snapshot_sent(client, now);
    }
  }
  void on(int i, const SnapshotBegin&) { peer(i).arriving.clear(); }
  void on(int i, const SnapshotBytes& a) { peer(i).arriving += a.bytes; }
  void on(int i, const SnapshotEnd&) {
    peer(i).data = peer(i).arriving;
    ++peer(i).snapshots_loaded;
    peer(i).replication.on_snapshot_loaded(true, now);
  }
  void on(int i, const WaitDone& a) { peer(i).waits.push_back(a.replicas); }
  void on(int, const SnapshotAbort&) {}
  void on(int, const StreamReady&) {}
  void on(int, const AbortSnapshot&) {}
  void on(int i, const PauseWrites&) { pauses.insert(i); }
  void on(int i, const ResumeWrites&) { pauses.erase(i); }
  void on(int i, const HandOver& a) { follow(i, a.port); }
  void on(int i, const HandedOver&) { pauses.erase(i); }
  void on(int i, const HandoverFailed&) {
    peer(i).replication.become_master(now);
    pauses.erase(i);
  }
  void on(int, const Log&) {}
};

}  // namespace

TEST_CASE("a replica copies all of the master's data, then follows its stream") {
  for (const bool diskless : {true, false}) {
    Shard shard;
    const int master = shard.add(), replica = shard.add();
    shard.peer(master).replication.config().diskless = diskless;
    shard.write(master, "before ");
    shard.follow(replica, master);
    shard.run(2000);
    shard.write(master, "after");
    shard.run(200);
    CHECK(shard.peer(replica).data == "before after");
    CHECK(shard.peer(replica).replication.offset() == shard.peer(master).replication.offset());
    CHECK(shard.peer(replica).replication.history().id == shard.peer(master).replication.history().id);
    shard.run(1500);
    CHECK(shard.peer(master).replication.replicas().at(1).acked == shard.peer(master).replication.offset());
  }
}

TEST_CASE("nothing is streamed after an EOF transfer before the first acknowledgement") {
  Replication master(Config{}, 1);
  master.config().diskless_delay = 0;
  const std::vector<std::string_view> capa{"REPLCONF", "capa", "eof", "capa", "psync2"};
  master.on_replconf(7, capa, 0);
  REQUIRE_FALSE(master.on_psync(7, "?", -1, 0));
  master.drain(0);
  master.on_snapshot_sent(7, 10);
  master.feed(command({"SET", "a", "1"}), 20);
  for (const Action& action : master.drain(20)) CHECK_FALSE(std::holds_alternative<SendReplica>(action));
  const std::vector<std::string_view> ack{"REPLCONF", "ACK", "0"};
  CHECK_FALSE(master.on_replconf(7, ack, 30));
  std::string streamed;
  for (const Action& action : master.drain(30))
    if (const auto* send = std::get_if<SendReplica>(&action)) streamed += send->bytes;
  CHECK(streamed == command({"SELECT", "0"}) + command({"SET", "a", "1"}));
}

TEST_CASE("a short break costs a partial resynchronisation, a long one a full") {
  Shard shard;
  const int master = shard.add(), replica = shard.add();
  shard.peer(master).replication.config().backlog_size = 200;
  shard.follow(replica, master);
  shard.run(1000);
  REQUIRE(shard.peer(replica).snapshots_loaded == 1);
  shard.cut(replica);
  shard.peer(master).replication.on_client_closed(1, shard.now);
  shard.write(master, "x");
  shard.run(2000);
  CHECK(shard.peer(replica).data == "x");
  CHECK(shard.peer(replica).snapshots_loaded == 1);
  shard.cut(replica);
  shard.peer(master).replication.on_client_closed(1, shard.now);
  shard.write(master, std::string(1000, 'y'));
  shard.run(2000);
  CHECK(shard.peer(replica).data == shard.peer(master).data);
  CHECK(shard.peer(replica).snapshots_loaded == 2);
}

TEST_CASE("after a promotion the sibling and the old master go on without a snapshot") {
  Shard shard;
  const int master = shard.add(), heir = shard.add(), sibling = shard.add();
  shard.follow(heir, master);
  shard.follow(sibling, master);
  shard.run(1000);
  shard.write(master, "one ");
  shard.run(300);
  shard.peer(heir).replication.become_master(shard.now);
  shard.follow(sibling, heir);
  shard.follow(master, heir);
  shard.run(2500);
  shard.write(heir, "two");
  shard.run(300);
  CHECK(shard.peer(sibling).data == "one two");
  CHECK(shard.peer(master).data == "one two");
  CHECK(shard.peer(sibling).snapshots_loaded == 1);
  CHECK(shard.peer(master).snapshots_loaded == 0);
  CHECK(shard.peer(heir).replication.history().id2 != std::string(40, '0'));
}

TEST_CASE("an old master that went its own way takes a snapshot") {
  Shard shard;
  const int master = shard.add(), heir = shard.add();
  shard.follow(heir, master);
  shard.run(1000);
  shard.cut(heir);
  shard.peer(heir).replication.become_master(shard.now);
  shard.write(master, "lost");
  shard.write(heir, "kept");
  shard.follow(master, heir);
  shard.run(2500);
  CHECK(shard.peer(master).data == "kept");
  CHECK(shard.peer(master).snapshots_loaded == 1);
}

TEST_CASE("a replica that turns to another master keeps its own replicas until the other's data has come") {
  Shard shard;
  const int first = shard.add(), second = shard.add(), replica = shard.add(), below = shard.add();
  shard.write(first, "a");
  shard.write(second, "b");
  shard.follow(replica, first);
  shard.run(1000);
  shard.follow(below, replica);
  shard.run(2000);
  REQUIRE(shard.peer(below).data == "a");
  shard.refused.insert(second);
  shard.follow(replica, second);
  shard.run(3000);
  CHECK(shard.peer(below).replication.link().connected());
  // Back again: it goes on where it was, and so do those below it.
  shard.follow(replica, first);
  shard.write(first, "c");
  shard.run(3000);
  CHECK(shard.peer(below).data == "ac");
  CHECK(shard.peer(replica).snapshots_loaded == 1);
  CHECK(shard.peer(below).snapshots_loaded == 1);
  shard.refused.clear();
  shard.follow(replica, second);
  shard.run(6000);
  CHECK(shard.peer(below).data == "b");
  CHECK(shard.peer(below).snapshots_loaded == 2);
}

TEST_CASE("a restarted replica resumes from what its RDB names") {
  Shard shard;
  const int master = shard.add(), replica = shard.add(), reborn = shard.add();
  shard.follow(replica, master);
  shard.run(1000);
  shard.write(master, "a");
  shard.run(300);
  const auto& old = shard.peer(replica);
  shard.peer(reborn).replication.restore(old.replication.history().id, old.replication.offset(), false);
  shard.peer(reborn).data = old.data;
  shard.write(master, "b");
  shard.follow(reborn, master);
  shard.run(2000);
  CHECK(shard.peer(reborn).data == "ab");
  CHECK(shard.peer(reborn).snapshots_loaded == 0);
}

TEST_CASE("WAIT asks for acknowledgements and counts them") {
  Shard shard;
  const int master = shard.add(), replica = shard.add();
  shard.follow(replica, master);
  shard.run(1000);
  Replication& r = shard.peer(master).replication;
  shard.write(master, "x");
  const std::int64_t written = r.offset();
  CHECK_FALSE(r.wait(99, 1, 1000, written, shard.now));
  shard.run(200);
  CHECK(shard.peer(master).waits == std::vector<int>{1});
  CHECK_FALSE(r.wait(99, 2, 500, written, shard.now));  // there is only one replica
  shard.run(1000);
  CHECK(shard.peer(master).waits == std::vector<int>{1, 1});
  CHECK(r.wait(99, 0, 0, written, shard.now) == 1);
}

TEST_CASE("while writes are paused for a failover, no PING and no GETACK moves the offset") {
  Shard shard;
  const int master = shard.add(), replica = shard.add();
  shard.follow(replica, master);
  shard.write(master, "a");
  shard.run(5000);
  Replication& r = shard.peer(master).replication;
  r.pause(true);
  const std::int64_t offset = r.offset();
  CHECK_FALSE(r.wait(77, 2, 30'000, offset, shard.now));
  shard.run(25'000);  // two ping periods
  CHECK(r.offset() == offset);
  CHECK(shard.peer(replica).replication.offset() == offset);
  r.pause(false);
  shard.run(11'000);
  CHECK(r.offset() > offset);
}

namespace {
/// A master with two replicas that have everything.
struct Trio : Shard {
  int master = add(), first = add(), second = add();
  Trio() {
    follow(first, master);
    follow(second, master);
    run(2000);
    write(master, "a");
    run(300);
  }
  Replication& of(int i) { return peer(i).replication; }
};
}  // namespace

TEST_CASE("FAILOVER hands over to the replica that it names, and nobody needs a snapshot") {
  Trio t;
  t.write(t.master, "b");
  CHECK_FALSE(t.of(t.master).begin_failover({"10.0.0.1", t.second}, t.now));
  CHECK(t.of(t.master).failover_state() == "waiting-for-sync");
  CHECK(t.of(t.master).begin_failover({}, t.now) == "FAILOVER already in progress.");
  t.run(2000);
  CHECK(t.of(t.master).failover_state() == "no-failover");
  CHECK(t.of(t.master).is_replica());
  CHECK_FALSE(t.of(t.second).is_replica());
  CHECK(t.pauses.empty());
  t.follow(t.first, t.second);
  t.run(2000);
  t.write(t.second, "c");
  t.run(300);
  for (int i : {t.master, t.first, t.second}) CHECK(t.peer(i).data == "abc");
  CHECK(t.peer(t.master).snapshots_loaded == 0);
  CHECK(t.peer(t.first).snapshots_loaded == 1);
  // And again, by a master that wrote nothing since.
  CHECK_FALSE(t.of(t.second).begin_failover({}, t.now));
  t.run(2500);
  CHECK(t.of(t.second).is_replica());
  CHECK(t.of(t.master).is_replica() != t.of(t.first).is_replica());
  CHECK(t.peer(t.second).snapshots_loaded == 1);
}

TEST_CASE(
    "FAILOVER waits for a replica that lags: for ever, until the time is up, or until it is taken back") {
  Trio t;
  t.deaf.insert(t.second);
  t.write(t.master, "b");
  const Replication::FailoverRequest to_second{"10.0.0.1", t.second};
  SECTION("until it has everything") {
    REQUIRE_FALSE(t.of(t.master).begin_failover(to_second, t.now));
    t.run(5000);
    CHECK(t.of(t.master).failover_state() == "waiting-for-sync");
    CHECK(t.pauses.contains(t.master));
    CHECK(t.of(t.master).abort_failover());
  }
  SECTION("the time is up") {
    auto request = to_second;
    request.timeout = 500;
    REQUIRE_FALSE(t.of(t.master).begin_failover(request, t.now));
    t.run(1000);
  }
  t.run(200);
  CHECK(t.of(t.master).failover_state() == "no-failover");
  CHECK_FALSE(t.of(t.master).is_replica());
  CHECK(t.pauses.empty());
  CHECK_FALSE(t.of(t.master).abort_failover());
}

TEST_CASE("FAILOVER with FORCE goes on when the time is up; a heir that refuses leaves the master a master") {
  Trio t;
  REQUIRE(t.of(t.master).begin_failover({"", 0, 500, true}, t.now) ==
          "FAILOVER with force option requires both a timeout and target HOST and IP.");
  t.deaf.insert(t.second);
  t.write(t.master, "b");
  REQUIRE_FALSE(t.of(t.master).begin_failover({"10.0.0.1", t.second, 500, true}, t.now));
  SECTION("it takes over without the last write") {
    t.run(500);
    t.deaf.clear();
    t.run(3000);
    CHECK(t.of(t.master).is_replica());
    CHECK_FALSE(t.of(t.second).is_replica());
    CHECK(t.peer(t.master).data == "a");
  }
  SECTION("it has become a master of its own accord") {
    t.cut(t.second);
    t.of(t.second).become_master(t.now);
    t.deaf.clear();
    t.run(3000);
    CHECK_FALSE(t.of(t.master).is_replica());
    CHECK_FALSE(t.of(t.second).is_replica());
    // The other replica finds its master again, and goes on where it was.
    t.write(t.master, "c");
    t.run(3000);
    CHECK(t.peer(t.first).data == "abc");
    CHECK(t.peer(t.first).snapshots_loaded == 1);
  }
  SECTION("nobody answers there, and the operator gives up") {
    t.refused.insert(t.second);
    t.run(3000);
    CHECK(t.of(t.master).failover_state() == "failover-in-progress");
    CHECK(t.of(t.master).is_replica());
    CHECK(t.of(t.master).abort_failover());
    t.run(200);
    CHECK_FALSE(t.of(t.master).is_replica());
  }
  CHECK(t.of(t.master).failover_state() == "no-failover");
  CHECK(t.pauses.empty());
}

TEST_CASE("FAILOVER needs a replica that is there") {
  Trio t;
  Replication& r = t.of(t.master);
  CHECK(r.begin_failover({"10.0.0.1", 77}, t.now) == "FAILOVER target HOST and PORT is not a replica.");
  CHECK(r.begin_failover({"10.0.0.2", t.first}, t.now) == "FAILOVER target HOST and PORT is not a replica.");
  CHECK(t.of(t.first).begin_failover({}, t.now) == "FAILOVER is not valid when server is a replica.");
  Replication alone(Config{}, 1);
  CHECK(alone.begin_failover({}, 0) == "FAILOVER requires connected replicas.");
  CHECK(r.refuse_handover(r.history().id) == "PSYNC FAILOVER can't be sent to a master.");
  CHECK(t.of(t.first).refuse_handover("other") == "PSYNC FAILOVER replid must match my replid.");
}

TEST_CASE("replicas are given the stream in portions and share the backlog; who lags too far is closed") {
  Replication master(Config{}, 1);
  master.config().backlog_size = 100'000;
  master.config().diskless_delay = 0;
  std::map<ClientId, std::size_t> unsent;
  const auto drain = [&](Ms now) {
    std::set<ClientId> closed;
    for (const Action& action : master.drain(now, [&](ClientId c) { return unsent[c]; })) {
      if (const auto* send = std::get_if<SendReplica>(&action)) unsent[send->client] += send->bytes.size();
      if (const auto* close = std::get_if<CloseReplica>(&action)) closed.insert(close->client);
    }
    return closed;
  };
  for (const ClientId client : {1, 2}) {
    REQUIRE_FALSE(master.on_psync(client, "?", -1, 0));
    drain(0);
    master.on_snapshot_sent(client, 0);
    const std::vector<std::string_view> ack{"REPLCONF", "ACK", "0"};
    master.on_replconf(client, ack, 0);
  }
  drain(0);
  unsent.clear();
  master.config().replica_hard_limit = 0;
  master.config().replica_soft_limit = 1'500'000;
  master.config().replica_soft_period = 1000;
  std::size_t fed = 0;
  const auto feed = [&](std::size_t bytes) {
    const std::string text = command({"SET", "k", std::string(bytes, 'x')});
    fed += text.size();
    master.feed(text, 0);
  };
  feed(1'000'000);
  CHECK(drain(10).empty());
  CHECK(unsent[1] < 300'000);
  CHECK(master.portions_left());
  CHECK(master.backlog().size() > 700'000);  // once, for both
  CHECK(master.backlog().size() <= fed + 100);
  // One of them reads on, the other does not.
  for (int i = 0; i < 10; ++i) {
    unsent[1] = 0;
    CHECK(drain(20).empty());
  }
  CHECK(unsent[1] == 0);
  CHECK(master.backlog().size() > 700'000);
  feed(1'000'000);
  CHECK(drain(100).empty());  // beyond the soft limit: not for long yet
  unsent[1] = 0;
  CHECK(drain(1000).empty());
  for (int i = 0; i < 10; ++i) {
    unsent[1] = 0;
    drain(1050);
  }
  CHECK(drain(1200) == std::set<ClientId>{2});
  drain(1300);
  CHECK(master.backlog().size() <= 100'000);
  master.config().replica_hard_limit = 50'000;  // less than the backlog, which counts then
  feed(90'000);
  unsent[1] = 0;
  CHECK(drain(1400).empty());
  feed(90'000);  // and the first 90,000 are still on their way
  CHECK(drain(1500) == std::set<ClientId>{1});
}

TEST_CASE("a restarted master has a name of its own, and resumes those who have no more than its dump file") {
  Shard shard;
  const int master = shard.add(), replica = shard.add();
  shard.follow(replica, master);
  shard.write(master, "a");
  shard.run(5000);
  Replication& old = shard.peer(master).replication;
  const std::string name = old.history().id;
  const std::int64_t offset = old.offset();

  Replication reborn(Config{}, 99);
  reborn.restore(name, offset, true);
  CHECK(reborn.history().id != name);
  CHECK(reborn.history().id2 == name);
  CHECK(reborn.offset() == offset);
  const auto answer = [&](std::int64_t wanted) {
    const ClientId client = static_cast<ClientId>(wanted);
    static_cast<void>(reborn.on_psync(client, name, wanted, shard.now));
    for (const Action& action : reborn.drain(shard.now))
      if (const auto* sent = std::get_if<SendReplica>(&action)) return sent->bytes.substr(0, 9);
    return std::string("snapshot");
  };
  CHECK(answer(offset + 1) == "+CONTINUE");
  reborn.feed(command({"APPEND", "k", "other"}), shard.now);
  CHECK(answer(offset + 5) != "+CONTINUE");  // bytes of the same numbers, but not of the same history
  CHECK(reborn.partial_refused() == 1);
}

TEST_CASE("a silent master is left, a silent replica dropped") {
  Shard shard;
  const int master = shard.add(), replica = shard.add();
  shard.follow(replica, master);
  shard.run(1000);
  REQUIRE(shard.peer(replica).replication.link().connected());
  Replication& lonely = shard.peer(replica).replication;
  const Ms later = shard.now + 61'000;
  lonely.on_tick(later);
  CHECK_FALSE(lonely.link().connected());
  CHECK(lonely.link().down_since() == later);
  Replication& r = shard.peer(master).replication;
  r.on_tick(later);
  CHECK(r.replicas().empty());
}

TEST_CASE("a replica that is not connected cannot serve replicas of its own") {
  Replication replica(Config{}, 1);
  replica.become_replica_of("10.0.0.1", 6379, 0);
  const auto reply = replica.on_psync(5, "?", -1, 0);
  REQUIRE(reply);
  CHECK(reply->text == "NOMASTERLINK Can't SYNC while not connected with my master");
}

TEST_CASE("the backlog is addressed by offsets and keeps what is pinned") {
  Backlog backlog(10);
  backlog.reset(100);
  CHECK(backlog.covers(101));
  CHECK_FALSE(backlog.covers(100));
  const std::string text = std::string(20'000, 'a') + std::string(20'000, 'b') + "0123456789";
  backlog.append(text);
  CHECK(backlog.end() == 100 + static_cast<std::int64_t>(text.size()));
  CHECK(backlog.read(101 + 19'999, 2) == "ab");
  backlog.trim(20'101);
  CHECK(backlog.first() == 20'101);
  CHECK(backlog.read(20'101, 1) == "b");
  backlog.trim(backlog.end() + 1);
  CHECK(backlog.read(backlog.first()) == "0123456789");
  CHECK(backlog.covers(backlog.end() + 1));
  CHECK_FALSE(backlog.covers(backlog.end() + 2));
}
