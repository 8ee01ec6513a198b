#include "harness/run/step_records.h"

namespace harness {
namespace {

/// Nodes that hang while the fault is in force.
std::vector<int> stopped_nodes(const FaultRecord& record) {
  std::vector<int> nodes;
  if (record.healed != kNever || !record.heals) return nodes;
  for (const Effect& effect : record.effects)
    if (effect.kind == EffectKind::kStopped)
      nodes.insert(nodes.end(), effect.nodes.begin(), effect.nodes.end());
  return nodes;
}

}  // namespace

FaultRecord& StepRecords::open_fault(FaultRecord record, std::size_t& number) {
  const std::lock_guard lock(mutex_);
  number = faults_.size();
  return faults_.emplace_back(std::move(record));
}

void StepRecords::acts(std::size_t number, const FaultRecord& record) {
  const std::lock_guard lock(mutex_);
  if (sinks_.fault_acts) sinks_.fault_acts(number, record);
}

void StepRecords::changed(std::size_t number, const FaultRecord& record) {
  const std::lock_guard lock(mutex_);
  held_by_[number] = stopped_nodes(record);
  if (sinks_.fault) sinks_.fault(number, record);
}

void StepRecords::sent(const CommandRecord& record) {
  const std::lock_guard lock(mutex_);
  if (sinks_.command_sent) sinks_.command_sent(record);
}

void StepRecords::add(const CommandRecord& record) {
  const std::lock_guard lock(mutex_);
  commands_.push_back(record);
  if (sinks_.command) sinks_.command(record);
}

void StepRecords::add(const ExpectationRecord& record) {
  const std::lock_guard lock(mutex_);
  expectations_.push_back(record);
  if (sinks_.expectation) sinks_.expectation(record);
}

void StepRecords::say(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (sinks_.say) sinks_.say(line);
}

std::vector<int> StepRecords::held() const {
  const std::lock_guard lock(mutex_);
  std::vector<int> nodes;
  for (const auto& [number, held] : held_by_) nodes.insert(nodes.end(), held.begin(), held.end());
  return nodes;
}

void StepRecords::save(const std::string& name, const std::string& reply) {
  const std::lock_guard lock(mutex_);
  saved_[name] = reply;
}

std::map<std::string, std::string> StepRecords::saved() const {
  const std::lock_guard lock(mutex_);
  return saved_;
}

}  // namespace harness
