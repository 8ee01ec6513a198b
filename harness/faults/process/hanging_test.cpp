// Nodes that hang by a command, shut down in order, roll: on real servers.
#include "harness/faults/administration_test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

TEST_CASE("a node that hangs by a command or a script hangs until it is healed") {
  FaultScene scene(3, 0);
  auto sleep = inject(scene, "debug-sleep", "n2", {{"seconds", 1.5}});
  check_active(sleep.record, EffectKind::kStopped);
  CHECK_FALSE(answers(scene.node(1)));
  heal(sleep);
  CHECK(answers(scene.node(1)));

  auto busy = inject(scene, "busy", "n1");
  check_active(busy.record, EffectKind::kStopped);
  CHECK_FALSE(answers(scene.node(0)));
  heal(busy);
  CHECK(answers(scene.node(0)));
  {
    const auto forgotten = inject(scene, "busy", "n3");
    CHECK_FALSE(answers(scene.node(2)));
  }
  wait_until("n3 to be rid of its script", 30s, [&] { return answers(scene.node(2)); });
}

TEST_CASE("a server shuts down in order, and all of them roll") {
  FaultScene scene(3, 1);
  const auto ended = inject(scene, "terminate", "n4");
  check_active(ended.record, EffectKind::kDown);
  CHECK_FALSE(scene.node(3).running());
  CHECK(scene.node(3).incarnations({}).back().expected);
  CHECK_THAT(inject(scene, "terminate", "n4").record.error, Contains("does not run"));
  CHECK(scene.inject("restart", "n4").record.verified_active());
  settle(scene);

  std::vector<int> before;
  for (int node = 0; node < 6; ++node) before.push_back(scene.node(node).pid());
  const auto rolled = inject(scene, "rolling-restart", "n5,n4", {{"pause", 0.1}});
  check_active(rolled.record, EffectKind::kDown);
  CHECK(rolled.record.nodes == std::vector<int>{4, 3});
  for (int node : {3, 4}) CHECK(scene.node(node).pid() != before[static_cast<std::size_t>(node)]);
  CHECK(scene.node(0).pid() == before[0]);
  CHECK(scene.cluster().look().view(3).replication.link_up);
}
