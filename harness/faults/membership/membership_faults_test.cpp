// Faults that change who belongs, who is master and who has which slots: it shows in the views, and is
// healed.
#include "harness/cluster/target.h"
#include "harness/faults/administration_test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("handovers: plain, forced and taken over") {
  FaultScene scene(3, 1);
  for (const auto& [mode, node] : {std::pair{"plain", "n4"}, {"force", "n5"}, {"takeover", "n6"}}) {
    CAPTURE(mode);
    const auto handover = inject(scene, "manual-failover", node, {{"mode", mode}});
    check_active(handover.record, EffectKind::kHandover);
    CHECK(handover.record.effects[0].forced == (std::string(mode) != "plain"));
    settle(scene);
  }
  CHECK(scene.cluster().look().masters() == std::vector<int>{3, 4, 5});
  CHECK_THAT(inject(scene, "manual-failover", "n4").record.error, Contains("n4 answered CLUSTER FAILOVER"));
}

namespace {

/// Whether the fault took hold. In some clusters (one of five) of redis 7.0.15 one of the slots ended without
/// an owner; why is not known. Then the fault has to say so.
bool moved_whole(const FaultRecord& record) {
  if (!record.verified_active()) {
    CHECK_THAT(record.error, Contains("owner") || Contains("slot"));
    return false;
  }
  check_active(record, EffectKind::kMembership);
  return true;
}

/// False when the servers lost a slot on the way.
bool there_and_back(FaultScene& scene) {
  fill(scene, 200);
  const auto moved = inject(scene, "move-slots", "n1", {{"slots", 300}, {"to", "n3"}});
  if (!moved_whole(moved.record)) return false;
  CHECK(moved.record.nodes == std::vector<int>{0, 2});
  CHECK(slots_of(scene.cluster().look(), 0).size() == 5461 - 300);
  CHECK(keys_held(scene) == 200);

  const auto back = inject(scene, "move-slots", "n2", {{"slots", 20}, {"back", true}});
  if (!moved_whole(back.record)) return false;
  CHECK_THAT(back.record.evidence, Contains("from n2 to") && Contains("to n2"));
  CHECK(slots_of(scene.cluster().look(), 1).size() == 5462);
  CHECK(keys_held(scene) == 200);
  CHECK_THAT(inject(scene, "move-slots", "n1", {{"to", "n1"}}).record.error, Contains("there already"));

  const auto level = inject(scene, "rebalance", "masters", {{"most", 16384}});
  if (!moved_whole(level.record)) return false;
  CHECK(keys_held(scene) == 200);
  std::vector<std::size_t> shares;
  std::size_t owned = 0;
  (void)wait_for(90s, [&] {  // until the owners have heard of each other; what it came to is checked below
    const Roles roles = scene.cluster().look();
    shares.clear();
    for (int node = 0; node < 3; ++node) shares.push_back(slots_of(roles, node).size());
    owned = shares[0] + shares[1] + shares[2];
    return owned == kSlotCount;
  });
  CHECK(owned <= kSlotCount);
  for (const std::size_t share : shares) {
    CHECK(share >= 5460 - (kSlotCount - owned));
    CHECK(share <= 5463);
  }
  return owned == kSlotCount;
}

}  // namespace

TEST_CASE("slots move with their keys, there and back") {
  bool whole = false;
  for (int attempt = 0; attempt < 6 && !whole; ++attempt) {
    FaultScene scene(3, 0);
    whole = there_and_back(scene);
  }
  CHECK(whole);
}

TEST_CASE("slots that move share connections") {
  FaultScene scene(3, 0);
  const auto connections = [&] {
    std::string problem;
    const auto info = tell(scene.node(0), {"INFO", "stats"}, problem);
    REQUIRE(info);
    const std::string name = "total_connections_received:";
    return std::stoi(info->text.substr(info->text.find(name) + name.size()));
  };
  const int before = connections();
  check_active(inject(scene, "move-slots", "n1", {{"slots", 200}, {"to", "n2"}}).record,
               EffectKind::kMembership);
  CHECK(connections() - before < 200);  // those of the looks at the cluster are among them
}

TEST_CASE("a slot that cannot be moved is left as it was, and the fault says why") {
  FaultScene scene(3, 0);
  scene.node(2).kill();
  const auto failed = inject(scene, "move-slots", "n1", {{"slots", 2}, {"to", "n3"}});
  CHECK_FALSE(failed.record.verified_active());
  CHECK_THAT(failed.record.error, Contains("no connection to n3"));
  const Roles roles = scene.cluster().look();
  CHECK(roles.view(0).topology.myself()->migrating.empty());
  CHECK(slots_of(roles, 0).size() == 5461);
}

TEST_CASE("a cluster shrinks and grows: nodes leave, and join as masters and replicas") {
  FaultScene scene(3, 1);
  fill(scene, 100);
  const auto left = inject(scene, "remove-node", "n6");
  check_active(left.record, EffectKind::kMembership);
  CHECK(members(scene.cluster().look()) == std::vector<int>{0, 1, 2, 3, 4});

  const auto joined = inject(scene, "add-master", "spare", {{"slots", 90}});
  check_active(joined.record, EffectKind::kMembership);
  CHECK(joined.record.nodes == std::vector<int>{5});
  CHECK(slots_of(scene.cluster().look(), 5).size() == 90);
  CHECK(keys_held(scene) == 100);

  const auto gone = inject(scene, "remove-node", "n6");
  check_active(gone.record, EffectKind::kMembership);
  CHECK(keys_held(scene) == 100);
  CHECK(scene.cluster().look().masters() == std::vector<int>{0, 1, 2});

  const auto replica = inject(scene, "add-replica", "spare", {{"of", "n3"}});
  check_active(replica.record, EffectKind::kMembership);
  CHECK(scene.cluster().look().replicas_of(2) == std::vector<int>{5});
  settle(scene);
  CHECK_THAT(inject(scene, "add-replica", "spare").record.error, Contains("no spare node"));
}

TEST_CASE("who was down when a node was removed is to be told later") {
  FaultScene scene(3, 1);
  const std::string id = scene.cluster().infos()[5].id;
  scene.node(4).kill();
  const auto left = inject(scene, "remove-node", "n6");
  check_active(left.record, EffectKind::kMembership);
  const auto missed = scene.cluster().take_missed_forgets();
  REQUIRE(missed.size() == 1);
  CHECK(missed[0].member == 4);
  CHECK(missed[0].node == 5);
  CHECK(missed[0].id == id);
  CHECK(scene.cluster().take_missed_forgets().empty());
}

TEST_CASE("a replica is given away, and a node is forgotten and met again") {
  FaultScene scene(3, 1);
  const auto given = inject(scene, "replicate", "n4", {{"of", "n2"}});
  check_active(given.record, EffectKind::kMembership);
  CHECK(scene.cluster().look().replicas_of(1) == std::vector<int>{3, 4});

  auto forgotten = inject(scene, "forget-and-meet", "n6");
  check_active(forgotten.record, EffectKind::kMembership);
  CHECK(why_not_known(scene.cluster(), scene.cluster().look(), 5, true));
  heal(forgotten);
  CHECK_FALSE(why_not_known(scene.cluster(), scene.cluster().look(), 5, true));
}

TEST_CASE("a new config epoch without a vote") {
  FaultScene scene(3, 0);
  check_active(inject(scene, "bump-epoch", "n1").record, EffectKind::kConfig);
}
