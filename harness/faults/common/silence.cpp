#include "harness/faults/common/silence.h"

#include "harness/core/wait.h"

namespace harness {
namespace {

constexpr Timeouts kMoment{std::chrono::milliseconds(500), std::chrono::milliseconds(300)};

/// A BUSY node answers, but serves nothing.
bool serves(const Node& node) {
  auto connection = node.connect(kMoment);
  if (!connection) return false;
  const auto pong = connection->call({"PING"});
  return pong && !pong->is_error();
}

}  // namespace

void verify_silence(Node& node, FaultContext& context, FaultRecord& record,
                    std::vector<std::string> log_lines) {
  Effect stopped;
  stopped.kind = EffectKind::kStopped;
  stopped.nodes = record.nodes;
  stopped.excuses.dead_link = true;
  stopped.excuses.log_lines = std::move(log_lines);
  record.effects = {stopped};
  const Nanos asked = context.clock.now();
  if (serves(node)) {
    record.error = node.name() + " still answers";
  } else if (!node.running()) {
    record.error = node.name() + " does not run";
  } else {
    record.active = asked;
    record.evidence = node.name() + " does not answer PING";
  }
}

void verify_voice(Node& node, const RunClock& clock, std::chrono::milliseconds patience,
                  FaultRecord& record) {
  if (wait_for(
          patience, [&] { return serves(node) || !node.running(); }, std::chrono::milliseconds(20)))
    record.healed = clock.now();
  else
    record.error = node.name() + " does not answer again";
}

}  // namespace harness
