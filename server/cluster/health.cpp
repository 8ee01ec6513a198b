#include "server/cluster/health.h"

#include <algorithm>

#include "server/cluster/strong_mode.h"

namespace node::cluster::health {
namespace {

constexpr Ms kWritableDelay = 2000;
constexpr Ms kMinRejoinDelay = 500;
constexpr Ms kMaxRejoinDelay = 5000;

struct Census {
  int masters = 0;    // with slots
  int reachable = 0;  // of those
  int covered = 0;    // slots whose owner is not FAIL
};

Census count(const State& state) {
  Census census;
  for (const auto& node : state.nodes()) {
    if (!node->failed()) census.covered += node->slot_count;
    if (!node->is_master() || node->slot_count == 0) continue;
    ++census.masters;
    if (!node->has(flag::kFail | flag::kPfail)) ++census.reachable;
  }
  return census;
}

}  // namespace

void update(Context& c) {
  c.todo.update_state = false;
  if (c.started == 0) c.started = c.now;
  const Census census = count(c.state);
  c.state.size = census.masters;  // quorums need it from the first moment on
  const bool master = c.me().is_master();
  if (master && !c.state.ok && c.now - c.started < kWritableDelay) return;

  bool ok = strong_mode::ready(c);
  ok = ok && (!c.config.require_full_coverage || census.covered == kSlotCount);
  if (census.reachable < census.masters / 2 + 1 && !c.config.defects(Defect::kMinorityWrites)) {
    ok = false;
    c.minority_time = c.now;
  }
  if (ok == c.state.ok) return;
  const Ms rejoin_delay = std::clamp(c.config.node_timeout, kMinRejoinDelay, kMaxRejoinDelay);
  if (ok && master && c.now - c.minority_time < rejoin_delay && !c.config.defects(Defect::kRejoinAtOnce))
    return;
  c.log(LogLevel::kWarning, "Cluster state changed: {}", ok ? "ok" : "fail");
  c.state.ok = ok;
  c.actions.push_back(StateChanged{ok});
}

}  // namespace node::cluster::health
