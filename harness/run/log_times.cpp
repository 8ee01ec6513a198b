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

/// The moments at which the line may have been written, the shifted ones first. A clock that jumps there and
/// back shows its own time now and then during the fault, too.
std::vector<Nanos> moments_of(const LogLine& line, const std::vector<Shift>& shifts) {
  std::vector<Nanos> moments;
  for (const Shift& shift : shifts) {
    const Nanos moment = line.time - shift.ahead;
    if (moment >= shift.from && moment <= shift.until) moments.push_back(moment);
  }
  moments.push_back(line.time);
  return moments;
}

}  // namespace

void undo_clock_faults(std::vector<LogLine>& lines, const std::vector<FaultRecord>& faults, int node) {
  const std::vector<Shift> shifts = shifts_of(faults, node);
  if (shifts.empty()) return;
  std::vector<std::vector<Nanos>> moments(lines.size());
  std::vector<Nanos> latest(lines.size());  // that the lines below leave
  Nanos bound = kNever;
  for (std::size_t i = lines.size(); i-- > 0;) {
    moments[i] = moments_of(lines[i], shifts);
    Nanos most = -kNever;
    for (const Nanos moment : moments[i])
      if (bound == kNever || moment <= bound + kSlack) most = std::max(most, moment);
    latest[i] = bound;
    if (most != -kNever) bound = most;
  }
  Nanos before = -kNever / 2;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto fits = [&](Nanos moment) {
      return moment >= before - kSlack && (latest[i] == kNever || moment <= latest[i] + kSlack);
    };
    const auto moment = std::ranges::find_if(moments[i], fits);
    lines[i].time = moment == moments[i].end() ? moments[i].front() : *moment;
    before = std::max(before, lines[i].time);
  }
}

}  // namespace harness
