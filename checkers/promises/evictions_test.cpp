// A node that may evict keys loses nothing when some are missing: not within a term, nor in an heir of its
// own.
#include <catch2/catch.hpp>

#include "checkers/promises/documented.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n1 answers at 2 s without what it acknowledged at 1 s, and so does n4 at 13 s, which has replaced it.
RunRecord forgetful(const std::map<std::string, std::string>& directives) {
  RecordBuilder b;
  b.observe_until(10'000);
  b.fault("kill", 1, 10'000, 10'010);
  b.crash(1, 9);
  b.observe_until(12'400);
  b.promote(4, 7);
  b.observe_until(16'000);
  b.write(1, key_of(0), 1, {1'000, 1'001}, 1);
  b.read(2, key_of(0), std::nullopt, {2'000, 2'001}, 1);
  b.write(1, key_of(0, 1), 2, {12'900, 12'901}, 4);
  b.read(2, key_of(0, 1), std::nullopt, {13'000, 13'001}, 4);
  b.run.plan.cluster.directives = directives;
  return b.finish();
}

}  // namespace

TEST_CASE("what a node with a limit and a policy of eviction lacks is no violation") {
  const RunRecord run = forgetful({{"maxmemory", "3mb"}, {"maxmemory-policy", "allkeys-lru"}});
  const CheckResult result = check_register(run, {});
  INFO(result.explanation);
  CHECK(result.violations == 0);
  CHECK(result.valid == Validity::kUnknown);
}

TEST_CASE("a limit without such a policy, or a policy without a limit, evicts nothing") {
  const RunRecord run = forgetful(
      GENERATE(std::map<std::string, std::string>{{"maxmemory", "3mb"}},
               std::map<std::string, std::string>{{"maxmemory", "3mb"}, {"maxmemory-policy", "noeviction"}},
               std::map<std::string, std::string>{{"maxmemory", "0"}, {"maxmemory-policy", "allkeys-lru"}},
               std::map<std::string, std::string>{{"maxmemory-policy", "allkeys-lru"}}));
  CHECK(violates(check_register(run, {}), "not-linearizable-in-term"));
}

TEST_CASE("a limit that a fault sets under the plan's policy evicts while it lasts") {
  RunRecord run = forgetful({{"maxmemory-policy", "allkeys-lru"}});
  FaultRecord fault;
  fault.fault = "config-set";
  fault.nodes = {0, 3};
  fault.heals = true;
  fault.requested = fault.active = 500 * kMillisecond;
  fault.healed = GENERATE(800 * kMillisecond, 15'000 * kMillisecond);
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = fault.nodes;
  effect.detail = "maxmemory 3mb";
  fault.effects = {effect};
  run.faults.push_back(fault);
  const bool is_over = fault.healed < kSecond;
  CHECK((check_register(run, {}).violations > 0) == is_over);
}
