#include "server/cluster/strong.h"

#include <catch2/catch.hpp>

using namespace node::cluster;
using namespace node::cluster::strong;
using node::Ms;

namespace {

NodeId id(char c) {
  return NodeId::from_bytes(std::string(NodeId::kLength, c));
}

Durable founded(std::initializer_list<char> electors, char shard) {
  Durable d;
  for (const char c : electors) {
    d.electors.push_back(id(c));
    d.shards[id(c)].record.in_sync = {{id(c), 0}};
  }
  d.agreed = true;
  d.shard = id(shard);
  return d;
}

/// A few nodes whose messages arrive at once, in order, unless a node is cut off.
struct Cluster {
  std::map<NodeId, std::unique_ptr<Strong>> nodes;
  std::map<NodeId, std::string> disk;
  std::set<NodeId> cut;
  Ms now = 100'000;

  explicit Cluster(std::initializer_list<char> ids) {
    for (const char c : ids) {
      nodes[id(c)] = std::make_unique<Strong>(id(c), static_cast<std::uint64_t>(c));
      nodes[id(c)]->start(founded(ids, c), false, now);
    }
    settle();
  }
  Strong& operator[](char c) { return *nodes.at(id(c)); }

  void settle() {
    for (bool any = true; std::exchange(any, false);)
      for (auto& [from, peer] : nodes) {
        const Output out = peer->drain();
        any = any || !out.empty();
        if (out.durable) disk[from] = *out.durable;
        for (const Outgoing& o : out.messages) hand_on(from, o);
      }
  }
  void hand_on(const NodeId& from, const Outgoing& o) {
    for (auto& [to, peer] : nodes) {
      if (o.to != to && !(o.to.none() && to != from)) continue;
      if (to != from && (cut.contains(from) || cut.contains(to))) continue;
      peer->on_message(from, *decode(encode(o.message)), now);
    }
  }
  /// `wants`: who wants the seat of its shard.
  void pass(Ms time, const std::set<char>& wants) {
    for (const Ms end = now + time; now < end; now += 50) {
      for (auto& [name, peer] : nodes) peer->on_tick(now, wants.contains(name.view()[0]), 0);
      settle();
    }
  }
};

}  // namespace

TEST_CASE("strong: the durable part is one word, and comes back as it was") {
  Durable d = founded({'a', 'b', 'c'}, 'b');
  d.life = 77;
  d.epoch = 9;
  d.voted = 8;
  d.shards[id('a')] = {7, id('x'), {{6, 3}, id('x'), {{id('x'), 5}, {id('y'), 6}}}};
  const auto back = Durable::parse(d.text());
  REQUIRE(back);
  CHECK(back->text() == d.text());
  CHECK(d.text().find(' ') == std::string::npos);
  CHECK(back->shards.at(id('a')).record == d.shards.at(id('a')).record);
  const auto empty = Durable::parse(Durable{}.text());
  REQUIRE(empty);
  CHECK(empty->electors.empty());
  for (const char* bad :
       {"", "1", "2;0;-;0;0;0;0;", "1;0;-;x;0;0;0;", "1;0;-;0;0;0;0;abc", "1;0;-;0;0;0;0;;a/b"})
    CHECK_FALSE(Durable::parse(bad));
}

TEST_CASE("strong: messages come back as they were, and damaged ones as nothing") {
  Message m;
  m.kind = Kind::kAccept;
  m.shard = id('s');
  m.epoch = 5;
  m.sent = 123;
  m.flag = true;
  m.record = {{5, 2}, id('m'), {{id('m'), 1}, {id('r'), 2}}};
  m.electors = {id('a'), id('b')};
  const std::string bytes = encode(m);
  CHECK(decode(bytes) == m);
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(decode(bytes.substr(0, n)));
  CHECK_FALSE(decode(bytes + "x"));
}

TEST_CASE("strong: a founder takes its seat by a majority, and serves as long as its lease lasts") {
  Cluster cluster{'a', 'b', 'c'};
  cluster.pass(900, {'a'});
  CHECK_FALSE(cluster['a'].seated());  // electors that have just started promise nothing
  cluster.pass(600, {'a'});
  REQUIRE(cluster['a'].seated());
  CHECK(cluster['a'].may_serve(cluster.now));
  CHECK(cluster['a'].may_answer(100, cluster.now));
  CHECK_FALSE(cluster['a'].may_serve(cluster.now + trusted_part(cluster['a'].settings().grant)));
  cluster.cut = {id('a')};
  cluster.pass(trusted_part(cluster['a'].settings().grant) + 100, {'a'});
  CHECK_FALSE(cluster['a'].may_answer(100, cluster.now));
}

TEST_CASE("strong: answers wait for every in-sync copy, until it left the set by a majority") {
  Cluster cluster{'a', 'b', 'c'};
  cluster.pass(1500, {'a'});
  const Copy copy{id('r'), 5};
  cluster['a'].on_applied(copy, 10);
  cluster.pass(100, {'a'});
  CHECK(cluster['a'].copies() == 2);
  CHECK(cluster['a'].may_answer(10, cluster.now));
  CHECK_FALSE(cluster['a'].may_answer(11, cluster.now));
  cluster['a'].on_applied(copy, 11);
  CHECK(cluster['a'].may_answer(11, cluster.now));
  cluster['a'].on_gone(copy);
  CHECK_FALSE(cluster['a'].may_answer(12, cluster.now));
  cluster.pass(cluster['a'].settings().patience + 200, {'a'});
  CHECK(cluster['a'].copies() == 1);
  CHECK(cluster['a'].may_answer(12, cluster.now));
  // Without a majority nobody leaves.
  cluster['a'].on_applied({id('r'), 6}, 12);
  cluster.pass(100, {'a'});
  REQUIRE(cluster['a'].copies() == 2);
  cluster['a'].on_gone({id('r'), 6});
  cluster.cut = {id('b'), id('c')};
  cluster.pass(10'000, {'a'});
  CHECK(cluster['a'].copies() == 2);
}

TEST_CASE("strong: who lost its data has another life, and never takes the seat again") {
  Cluster cluster{'a', 'b', 'c'};
  cluster.pass(1500, {'a'});
  REQUIRE(cluster['a'].seated());
  const std::uint64_t life = cluster['a'].self().life;
  const auto durable = Durable::parse(cluster.disk.at(id('a')));
  REQUIRE(durable);
  cluster.nodes[id('a')] = std::make_unique<Strong>(id('a'), 99);
  cluster['a'].start(*durable, false, cluster.now);
  CHECK(cluster['a'].self().life != life);
  cluster.pass(5000, {'a'});
  CHECK_FALSE(cluster['a'].seated());
  // With its data it does.
  cluster.nodes[id('a')] = std::make_unique<Strong>(id('a'), 98);
  cluster['a'].start(*durable, true, cluster.now);
  cluster.pass(5000, {'a'});
  CHECK(cluster['a'].seated());
}

TEST_CASE("strong: electors that differ about who they are found nothing") {
  std::map<char, std::unique_ptr<Strong>> nodes;
  for (const char c : {'a', 'b', 'c'}) {
    nodes[c] = std::make_unique<Strong>(id(c), static_cast<std::uint64_t>(c));
    nodes[c]->start({}, false, 1000);
  }
  nodes['a']->propose({id('a'), id('b'), id('c')});
  nodes['b']->propose({id('a'), id('b')});
  nodes['c']->propose({id('a'), id('b'), id('c')});
  for (Ms now = 1000; now < 10'000; now += 100)
    for (const auto& [from, peer] : nodes) {
      peer->on_tick(now, true, 0);
      for (const Outgoing& o : peer->drain().messages)
        for (const auto& [to, other] : nodes)
          if (to != from) other->on_message(id(from), o.message, now);
    }
  for (const auto& [name, peer] : nodes) CHECK_FALSE(peer->founded());
}
