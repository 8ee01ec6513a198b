#include "harness/faults/settings/settings.h"

#include <algorithm>

#include "harness/faults/common/administration.h"

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

class ChangedSettings final : public ActiveFault {
 public:
  ChangedSettings(std::vector<ChangedSetting> settings, const RunClock& clock)
      : settings_(std::move(settings)), clock_(clock) {
    std::ranges::reverse(settings_);
  }
  ~ChangedSettings() override {
    std::string ignored;  // unwinding: nobody is left to tell
    for (const ChangedSetting& setting : settings_)
      if (!healed_) tell(*setting.node, {"CONFIG", "SET", setting.name, setting.before}, ignored);
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    for (const ChangedSetting& setting : settings_) {
      if (!setting.node->running()) continue;
      std::string problem;
      tell(*setting.node, {"CONFIG", "SET", setting.name, setting.before}, problem);
      if (value_of(*setting.node, setting.name, problem) != setting.before) record.error = problem;
    }
    if (record.error.empty()) record.healed = clock_.now();
  }

 private:
  std::vector<ChangedSetting> settings_;
  const RunClock& clock_;
  bool healed_ = false;
};

}  // namespace

bool change_setting(Node& node, const std::string& name, const std::string& value, FaultRecord& record,
                    std::vector<ChangedSetting>& changed) {
  const auto before = value_of(node, name, record.error);
  if (!before || !tell(node, {"CONFIG", "SET", name, value}, record.error)) return false;
  changed.push_back({&node, name, *before});
  const auto now = value_of(node, name, record.error);
  record.evidence +=
      (record.evidence.empty() ? "" : ", ") + node.name() + ": " + *before + " -> " + now.value_or("?");
  return true;
}

std::unique_ptr<ActiveFault> until_put_back(std::vector<ChangedSetting> changed, const RunClock& clock) {
  return std::make_unique<ChangedSettings>(std::move(changed), clock);
}

}  // namespace harness
