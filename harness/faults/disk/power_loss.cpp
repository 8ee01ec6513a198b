#include "harness/faults/disk/power_loss.h"

#include <fmt/format.h>

#include <csignal>

#include "harness/core/check.h"
#include "harness/faults/common/target.h"
#include "harness/faults/disk/damage.h"

namespace harness {
namespace {

/// All at once; false, with the reason in the record, when one of them stays.
bool cut_power(const std::vector<Node*>& nodes, FaultRecord& record) {
  for (Node* node : nodes) node->expect_end();
  // A node that is gone already has lost its power as well.
  for (Node* node : nodes) node->signal(SIGKILL);
  for (Node* node : nodes)
    if (!node->wait_for_end(kEndPatience)) {
      node->expect_no_end();
      record.error = node->name() + " still runs";
      return false;
    }
  return true;
}

/// "n1 lost 1234 bytes (appendonly.aof.1.incr.aof 1200, nodes.conf 34)"; the sum is added to `sum`.
std::string lose_what_was_not_synced(Node& node, double& sum) {
  std::uint64_t lost = 0;
  std::string files;
  for (const DurableFiles::Loss& loss : node.gate()->files().lose_the_rest()) {
    lost += loss.lost;
    files += fmt::format("{}{} {} of {}", files.empty() ? "" : ", ", loss.path.filename().string(), loss.lost,
                         loss.before);
  }
  sum += static_cast<double>(lost);
  return fmt::format("{} lost {} bytes{}", node.name(), lost, files.empty() ? "" : " (" + files + ")");
}

void start_all(const std::vector<Node*>& nodes, FaultRecord& record) {
  Effect start;
  start.kind = EffectKind::kStart;
  start.nodes = record.nodes;
  record.effects.push_back(start);
  for (Node* node : nodes) node->start();
  for (Node* node : nodes) {
    try {
      node->wait_until_answering(kStartPatience);
    } catch (const EnvironmentError& trouble) {
      // A server that does not come back is what the run is to find out, not the end of it.
      record.error += (record.error.empty() ? "" : "; ") + std::string(trouble.what());
    }
  }
}

}  // namespace

std::unique_ptr<ActiveFault> inject_power_loss(FaultContext& context, const FaultRequest& request,
                                               FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, request.target);
  record.requested = context.clock.now();
  record.description = "power loss of " + aim.description;
  record.error = aim.problem;
  for (const Node* node : aim.nodes) {
    record.nodes.push_back(node->number());
    if (!node->gate()) record.error = node->name() + " was started without a disk gate";
  }
  if (aim.nodes.empty() || !record.error.empty()) return nullptr;
  declare_down(record);
  if (!cut_power(aim.nodes, record)) return nullptr;
  double lost = 0;
  for (Node* node : aim.nodes)
    record.evidence += (record.evidence.empty() ? "" : "; ") + lose_what_was_not_synced(*node, lost);
  record.effects.front().lost_bytes = lost;
  record.active = context.clock.now();
  if (request.with.flag("restart")) start_all(aim.nodes, record);
  return nullptr;
}

}  // namespace harness
