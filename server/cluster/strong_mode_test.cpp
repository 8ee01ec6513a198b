// Strong mode in its cluster: what it founds, refuses, tells and keeps.
#include "server/cluster/strong_mode.h"

#include <catch2/catch.hpp>

#include "server/cluster/fixture.h"

using namespace node;
using namespace node::cluster;
using namespace node::cluster::test;

namespace {

Config strong_config() {
  Config config;
  config.strong = true;
  config.node_timeout = 10'000;
  return config;
}

Message said(const Fixture& f, char sender, const strong::Message& message) {
  return {f.header(sender, MessageType::kModule), ModuleBody{strong::kModuleId, 0, strong::encode(message)}};
}

strong::Message hello(std::vector<NodeId> electors, const NodeId& shard) {
  strong::Message m;
  m.kind = strong::Kind::kHello;
  m.shard = shard;
  m.electors = std::move(electors);
  return m;
}

const std::vector<NodeId> kElectors = {id('a'), id('b'), id('m')};

/// The others say that they speak strong, then whom they accepted.
void found(Fixture& f) {
  f.pass(100);
  for (const char peer : {'a', 'b', 'r', 's'}) f.receive(peer, said(f, peer, hello({}, {})));
  f.pass(2500);
  for (const char peer : {'a', 'b'}) f.receive(peer, said(f, peer, hello(kElectors, id(peer))));
}

}  // namespace

TEST_CASE("strong mode: it is off unless it is asked for") {
  Fixture f;
  CHECK(f.cluster.strong() == nullptr);
  f.pass(1000);
  CHECK(f.sent(MessageType::kModule).empty());
  CHECK(f.cluster.nodes_conf().find("strong") == std::string::npos);
  CHECK(f.cluster.info().find("strong") == std::string::npos);
}

TEST_CASE("strong mode: a cluster is founded once all speak it, and says nothing is ok before") {
  Fixture f(three_masters(), strong_config());
  REQUIRE(f.cluster.strong() != nullptr);
  for (const char peer : {'a', 'b', 'r'}) f.receive(peer, said(f, peer, hello({}, {})));
  f.pass(3000);
  CHECK(f.cluster.strong()->durable().electors.empty());  // s has not said a word: it may be of another make
  CHECK_FALSE(f.state().ok);
  found(f);
  CHECK(f.cluster.strong()->founded());
  CHECK(f.cluster.strong()->durable().electors == kElectors);
  CHECK(f.cluster.strong()->shard_of(id('m')) == id('m'));
  CHECK(f.cluster.info().find("cluster_strong_founded:1\r\n") != std::string::npos);
  CHECK_FALSE(f.state().ok);  // no majority gave it the seat yet
}

TEST_CASE("strong mode: what it must not forget stands in nodes.conf, and is kept while the mode is off") {
  Fixture f(three_masters(), strong_config());
  found(f);
  const std::string conf = f.cluster.nodes_conf();
  const std::string word = f.state().strong;
  REQUIRE(conf.find(" strong " + word + "\n") != std::string::npos);
  Fixture off(conf);
  CHECK(off.cluster.nodes_conf().find(" strong " + word + "\n") != std::string::npos);
  Fixture again(conf, strong_config());
  CHECK(again.cluster.strong()->founded());
  CHECK(again.cluster.strong()->self().life != f.cluster.strong()->self().life);
  const std::string damaged = three_masters().substr(0, three_masters().size() - 1) + " strong 1;x\n";
  CHECK_THROWS(Fixture(damaged, strong_config()));
}

TEST_CASE("strong mode: slots and epochs of a founded cluster do not change by command") {
  Fixture f(three_masters(), strong_config());
  CHECK_FALSE(f.command({"bumpepoch"}).is_error());
  found(f);
  for (const auto& words :
       std::initializer_list<std::initializer_list<std::string_view>>{{"setslot", "1", "stable"},
                                                                      {"delslots", "1"},
                                                                      {"flushslots"},
                                                                      {"bumpepoch"},
                                                                      {"reset", "soft"},
                                                                      {"reset"}})
    CHECK(f.command(words).is_error());
  CHECK_FALSE(f.command({"nodes"}).is_error());
  CHECK_FALSE(f.command({"saveconfig"}).is_error());
  // As a new node it may do what it wants.
  CHECK_FALSE(f.command({"reset", "hard"}).is_error());
  CHECK_FALSE(f.cluster.strong()->founded());
  CHECK(f.state().strong.find(id('m').view()) == std::string::npos);
}

TEST_CASE("strong mode: no vote of the default mode is given, and no takeover") {
  Fixture f(three_masters(), strong_config());
  found(f);
  f.fail('b', 'a');
  REQUIRE(f.node('a')->failed());
  f.now += 5000;
  Header request = f.header('s', MessageType::kAuthRequest);
  request.current_epoch = 9;
  f.receive('s', {request, {}});
  CHECK(f.sent(MessageType::kAuthAck).empty());
}

TEST_CASE("strong mode: an elector's promise is on disk before it leaves") {
  Fixture f(three_masters(), strong_config());
  found(f);
  f.now += 6000;  // electors that have just started promise nothing
  f.pass(100);
  strong::Message prepare;
  prepare.kind = strong::Kind::kPrepare;
  prepare.shard = id('a');
  prepare.epoch = 20;
  f.receive('s', said(f, 's', prepare));
  const auto* persist = std::get_if<Persist>(&f.actions.front());
  REQUIRE(persist != nullptr);
  CHECK(persist->fsync);
  CHECK(persist->text.find(f.state().strong) != std::string::npos);
  CHECK(f.cluster.strong()->durable().shards.at(id('a')).promised == 20);
  REQUIRE(f.sent(MessageType::kModule).size() == 1);
}
