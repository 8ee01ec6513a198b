// What the tests of faults that commands make share: injecting with some parameters given, what must hold of
// a fault in force, healing it.
#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/test_support.h"

namespace harness {

/// Injects with the given parameters, the rest as the fault's schema has them.
inline FaultScene::Injected inject(FaultScene& scene, std::string_view name, std::string_view target,
                                   const nlohmann::json& given = nlohmann::json::object()) {
  std::string problem;
  REQUIRE(find_fault(name) != nullptr);
  const Parameters with = complete(find_fault(name)->parameters, given, problem);
  REQUIRE(problem == "");
  return scene.inject(name, target, with);
}

inline void check_active(const FaultRecord& record, EffectKind kind) {
  INFO(record.fault << " " << record.description << ": " << record.error);
  CHECK(record.verified_active());
  CHECK(record.error.empty());
  CHECK_FALSE(record.evidence.empty());
  REQUIRE_FALSE(record.effects.empty());
  CHECK(record.effects[0].kind == kind);
  CHECK(record.effects[0].nodes == record.nodes);
}

inline void heal(FaultScene::Injected& injected) {
  REQUIRE(injected.active);
  injected.active->heal(injected.record);
  INFO(injected.record.error);
  CHECK(injected.record.verified_healed());
  const Nanos healed = injected.record.healed;
  injected.active->heal(injected.record);
  CHECK(injected.record.healed == healed);  // once is enough
}

inline std::string ask_node(FaultScene& scene, int node, const Command& command) {
  std::string problem;
  const auto reply = tell(scene.node(node), command, problem);
  return reply ? reply->describe() : problem;
}

inline void settle(FaultScene& scene) {
  std::string why;
  const bool settled = wait_for(std::chrono::seconds(60), [&] {
    why = scene.cluster().why_not_settled(scene.cluster().look()).value_or("");
    return why.empty();
  });
  INFO("not settled: " << why);
  REQUIRE(settled);
}

inline bool answers(Node& node) {
  std::string problem;
  return tell(node, {"PING"}, problem, std::chrono::milliseconds(200)).has_value();
}

/// Keys of n1's slots, so that slots that move are not empty.
inline void fill(FaultScene& scene, int keys) {
  const Roles roles = scene.cluster().look();
  for (int i = 0; i < keys; ++i) {
    const std::string key = "key" + std::to_string(i);
    REQUIRE(ask_node(scene, *roles.master_of_slot(slot_of(key)), {"SET", key, "v" + std::to_string(i)}) ==
            "OK");
  }
}

inline int keys_held(FaultScene& scene) {
  int sum = 0;
  for (const int master : scene.cluster().look().masters())
    sum += std::stoi(ask_node(scene, master, {"DBSIZE"}));
  return sum;
}

}  // namespace harness
