#include "harness/faults/config_set.h"

#include "harness/faults/administration.h"
#include "harness/faults/target.h"

namespace harness {
namespace {

/// The directive's value; nothing, with the reason, when it cannot be had.
std::optional<std::string> value_of(const Node& node, const std::string& name, std::string& problem) {
  const auto reply = tell(node, {"CONFIG", "GET", name}, problem);
  if (!reply) return std::nullopt;
  if (reply->elements.size() == 2) return reply->elements[1].text;
  problem = node.name() + " has no directive '" + name + "'";
  return std::nullopt;
}

struct Setting {
  Node* node;
  std::string before;
};

class Setup final : public ActiveFault {
 public:
  Setup(std::string name, std::vector<Setting> settings, const RunClock& clock)
      : name_(std::move(name)), settings_(std::move(settings)), clock_(clock) {}
  ~Setup() override {
    std::string ignored;  // unwinding: nobody is left to tell
    for (const Setting& setting : settings_)
      if (!healed_) tell(*setting.node, {"CONFIG", "SET", name_, setting.before}, ignored);
  }

  /// A node that is dead reads its configuration file when it starts: the setting is gone with its process.
  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    for (const Setting& setting : settings_) {
      if (!setting.node->running()) continue;
      std::string problem;
      tell(*setting.node, {"CONFIG", "SET", name_, setting.before}, problem);
      if (value_of(*setting.node, name_, problem) != setting.before) record.error = problem;
    }
    if (record.error.empty()) record.healed = clock_.now();
  }

 private:
  const std::string name_;
  const std::vector<Setting> settings_;
  const RunClock& clock_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_config_set(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  const std::string name = request.with.text("name");
  const std::string value = request.with.text("value");
  record.description = "set " + name + " to " + value + " on " + aim.description;
  record.requested = context.clock.now();
  record.error = aim.problem;
  std::vector<Setting> settings;
  for (Node* node : aim.nodes) {
    const auto before = value_of(*node, name, record.error);
    if (!before || !tell(*node, {"CONFIG", "SET", name, value}, record.error)) break;
    settings.push_back({node, *before});
    record.nodes.push_back(node->number());
    const auto now = value_of(*node, name, record.error);
    record.evidence +=
        (record.evidence.empty() ? "" : ", ") + node->name() + ": " + *before + " -> " + now.value_or("?");
  }
  Effect effect;
  effect.kind = EffectKind::kConfig;
  effect.nodes = record.nodes;
  effect.detail = name + " " + value;
  record.effects = {effect};
  if (record.error.empty()) record.active = context.clock.now();
  return std::make_unique<Setup>(name, std::move(settings), context.clock);
}

}  // namespace harness
