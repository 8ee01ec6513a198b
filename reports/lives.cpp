#include "reports/lives.h"

#include <algorithm>

#include "reports/text.h"

namespace harness::reporting {
namespace {

/// Logs have milliseconds, and a crash report takes a while to write.
constexpr Nanos kNear = 2 * kSecond;

/// The life that the node lived at the moment, or the last one before it.
const Incarnation* life_of(const RunRecord& record, int node, Nanos moment) {
  const Incarnation* found = nullptr;
  for (const Incarnation& life : record.incarnations)
    if (life.node == node && (found == nullptr || life.started <= moment)) found = &life;
  return found;
}

std::string how(const Incarnation& life) {
  return life.signal != 0 ? "by signal " + std::to_string(life.signal)
                          : "with exit code " + std::to_string(life.exit_code);
}

}  // namespace

std::string end_of_accused(const RunRecord& record, const Anomaly& anomaly) {
  const int node = record.node_by_name(anomaly.node);
  const Incarnation* life = node < 0 ? nullptr : life_of(record, node, anomaly.time);
  if (life == nullptr) return {};
  const std::string process = "The process of " + anomaly.node + " (pid " + std::to_string(life->pid) + ") ";
  if (life->ended == kNever) return process + "was not seen to end.";
  if (life->expected && record.info.clients_end != kNever && life->ended > record.info.clients_end)
    return process + "lived until the run ended.";
  return process + "ended at " + seconds(life->ended) + " s " + how(*life) +
         (life->expected ? ", as the harness had asked it to." : ", and nobody had asked it to.");
}

bool tells_an_end(const RunRecord& record, const Anomaly& anomaly) {
  const int node = record.node_by_name(anomaly.node);
  return node >= 0 && std::ranges::any_of(record.incarnations, [&](const Incarnation& life) {
           return life.node == node && life.ended != kNever && !life.expected &&
                  life.ended <= anomaly.time + kNear && anomaly.time <= life.ended + kNear;
         });
}

}  // namespace harness::reporting
