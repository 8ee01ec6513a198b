// Against Debian's real redis-server: what the observer sees of a failover, and that it keeps it.
#include "harness/cluster/observer.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <iterator>

#include "harness/cluster/test_support.h"
#include "harness/core/record_json.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the observer sees a failover from the silence to the promotion, and journals it as it goes") {
  TestCluster test(3, 1);
  Cluster& cluster = test.cluster();
  ObserverOptions options;
  options.journal = test.directory() / "topology.jsonl";
  options.zero = std::chrono::steady_clock::now();
  Observer observer(cluster, options);
  wait_until("a first look at every node", 5s, [&] {
    const Roles roles = observer.latest();
    return !cluster.why_not_settled(roles);
  });
  cluster.node(0).signal(SIGSTOP);
  wait_until("n4 to be promoted in the observer's eyes", 20s,
             [&] { return observer.latest().master_of_slot(0) == 3; });
  CHECK_FALSE(observer.latest().reachable(0));

  // What a kill -9 would leave now is already there.
  const TopologyLog killed = parse_topology_log(read_file(options.journal));
  CHECK(killed.bad_lines == 0);
  CHECK(killed.views.size() > 6);

  cluster.node(0).signal(SIGCONT);
  wait_until("the old master to come back as a replica", 20s,
             [&] { return !cluster.why_not_settled(observer.latest()); });
  observer.stop();
  CHECK(observer.looks() > 50);
  CHECK(observer.failures() > 0);
  CHECK(observer.error() == std::nullopt);

  const TopologyLog log = parse_topology_log(read_file(options.journal));
  CHECK(log.bad_lines == 0);
  CHECK_FALSE(log.torn);
  bool silent = false;
  bool failed = false;
  bool promoted = false;
  Nanos end_of_last[6] = {};
  for (const View& view : log.views) {
    CHECK(view.begin <= view.end);
    CHECK(view.begin >= end_of_last[view.node]);  // one view of a node at a time
    end_of_last[view.node] = view.end;
    silent |= view.node == 0 && !view.reachable;
    const TopologyNode* dead = view.topology.find(cluster.infos()[0].id);
    failed |= view.node == 1 && dead && dead->is(kFlagFail);
    const TopologyNode* self = view.topology.myself();
    promoted |= view.node == 3 && self && self->is(kFlagMaster) && !self->slots.empty();
  }
  CHECK(silent);
  CHECK(failed);
  CHECK(promoted);
  CHECK_FALSE(log.offsets.empty());
  CHECK_FALSE(log.offsets.front().replication_id.empty());
}

TEST_CASE("the observer notices that a server died, when it died") {
  TestCluster test(3, 0);
  ObserverOptions options;
  options.journal = test.directory() / "topology.jsonl";
  options.zero = std::chrono::steady_clock::now();
  Observer observer(test.cluster(), options);
  test.cluster().node(1).signal(SIGSEGV);
  wait_until("the end to be noticed", 10s, [&] {
    const auto lives = test.cluster().node(1).incarnations(options.zero);
    return lives.front().ended != kNever;
  });
  const Incarnation life = test.cluster().node(1).incarnations(options.zero).front();
  CHECK(life.signal == SIGSEGV);
  CHECK_FALSE(life.expected);
}

TEST_CASE("a journal that cannot be opened is an error with the mend, one that fills up is told") {
  TestCluster test(3, 0);
  ObserverOptions options;
  options.zero = std::chrono::steady_clock::now();
  options.journal = "/proc/nowhere/topology.jsonl";
  CHECK_THROWS_WITH(Observer(test.cluster(), options), Catch::Contains("--store"));
  options.journal = "/dev/full";
  Observer observer(test.cluster(), options);
  wait_until("the full disk to be noticed", 5s, [&] { return observer.error().has_value(); });
  CHECK_THAT(*observer.error(), Catch::Contains("No space left"));
}

TEST_CASE("nodes of a large cluster are looked at more seldom, yet many times in a node timeout") {
  CHECK(look_interval(6, 1500ms) == 50ms);
  CHECK(look_interval(30, 1500ms) == 50ms);
  CHECK(look_interval(60, 15s) == 200ms);
  CHECK(look_interval(100, 15s) == 555ms);
  CHECK(look_interval(300, 15s) == 750ms);
  CHECK(look_interval(100, 1500ms) == 75ms);
}
