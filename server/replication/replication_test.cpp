#include "server/replication/replication.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>

#include "server/replication/fixture.h"

using namespace node::replication;
using namespace node::replication::fixture;
using node::Ms;
using node::Reply;

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

TEST_CASE("while the stream alone is drained no snapshot begins") {
  Replication master(Config{}, 1);
  master.config().diskless_delay = 0;
  REQUIRE_FALSE(master.on_psync(7, "?", -1, 0));
  const auto snapshots = [](const Actions& actions) {
    return std::count_if(actions.begin(), actions.end(),
                         [](const Action& a) { return std::holds_alternative<TakeSnapshot>(a); });
  };
  CHECK(snapshots(master.drain_stream(10)) == 0);
  CHECK(snapshots(master.drain(20)) == 1);
}

TEST_CASE("a snapshot of functions alone serves those who asked for no more") {
  Replication master(Config{}, 1);
  master.config().diskless = false;
  const auto ask = [&](std::string_view filter) {
    const std::vector<std::string_view> words{"REPLCONF", "rdb-filter-only", filter};
    return *master.on_replconf(7, words, 0);
  };
  CHECK(ask("keys").text == "ERR Unsupported rdb-filter-only option: keys");
  CHECK(ask("functions").text == "OK");
  REQUIRE_FALSE(master.on_psync(7, "", -1, 0));
  REQUIRE_FALSE(master.on_psync(8, "?", -1, 0));
  const auto taken = [&](Ms now) {
    for (const Action& action : master.drain(now))
      if (const auto* take = std::get_if<TakeSnapshot>(&action)) return *take;
    return TakeSnapshot{};
  };
  const TakeSnapshot first = taken(10);
  CHECK(first.functions_only);
  CHECK(first.clients == std::vector<ClientId>{7});
  CHECK(taken(20).clients.empty());
  master.on_snapshot_sent(7, 30);
  const TakeSnapshot second = taken(40);
  CHECK_FALSE(second.functions_only);
  CHECK(second.clients == std::vector<ClientId>{8});
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

TEST_CASE("replicas are given the stream in portions and share the backlog, who lags too far is closed") {
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
