#include "harness/run/log_times.h"

#include <algorithm>
#include <cmath>

namespace harness {
namespace {

constexpr Nanos kSlack = 100 * kMillisecond;  // of the moments at which a fault is recorded to begin and end

struct Shift {
  Nanos from = 0;
  Nanos until = 0;
  Nanos ahead = 0;
};

std::vector<Shift> shifts_of(const std::vector<FaultRecord>& faults, int node) {
  std::vector<Shift> shifts;
  for (const FaultRecord& fault : faults)
    for (const Effect& effect : fault.effects)
      if (effect.kind == EffectKind::kClock && std::ranges::count(effect.nodes, node) > 0) {
        const Nanos end = fault.healed == kNever ? kNever : fault.healed + kSlack;
        shifts.push_back(
            {fault.requested - kSlack, end,
             static_cast<Nanos>(std::llround(effect.clock_ms * static_cast<double>(kMillisecond)))});
      }
  return shifts;
}

}  // namespace

void undo_clock_faults(std::vector<LogLine>& lines, const std::vector<FaultRecord>& faults, int node) {
  const std::vector<Shift> shifts = shifts_of(faults, node);
  if (shifts.empty()) return;
  for (LogLine& line : lines)
    for (const Shift& shift : shifts) {
      const Nanos true_time = line.time - shift.ahead;
      if (true_time < shift.from || true_time > shift.until) continue;
      line.time = true_time;
      break;
    }
}

}  // namespace harness
