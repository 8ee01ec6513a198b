// Lines of a log that was written under a shifted clock get the run's own times back.
#include "harness/run/log_times.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {

LogLine line_at(double seconds) {
  LogLine line;
  line.time = static_cast<Nanos>(seconds * 1e9);
  return line;
}

FaultRecord shifted(int node, double ahead_s, double from_s, double until_s) {
  FaultRecord fault;
  Effect effect;
  effect.kind = EffectKind::kClock;
  effect.nodes = {node};
  effect.clock_ms = ahead_s * 1e3;
  fault.effects = {effect};
  fault.requested = static_cast<Nanos>(from_s * 1e9);
  fault.healed = static_cast<Nanos>(until_s * 1e9);
  return fault;
}

std::vector<double> seconds_of(const std::vector<LogLine>& lines) {
  std::vector<double> seconds;
  for (const LogLine& line : lines) seconds.push_back(to_seconds(line.time));
  return seconds;
}

}  // namespace

TEST_CASE("only lines from the time of the shift are moved, by the shift") {
  std::vector<LogLine> lines = {line_at(1), line_at(62), line_at(64.5), line_at(6)};
  undo_clock_faults(lines, {shifted(2, 60, 2, 5)}, 2);
  CHECK(seconds_of(lines) == std::vector<double>{1, 2, 4.5, 6});
  std::vector<LogLine> behind = {line_at(1), line_at(-3597), line_at(6)};
  undo_clock_faults(behind, {shifted(2, -3600, 2, 5)}, 2);
  CHECK(seconds_of(behind) == std::vector<double>{1, 3, 6});
}

TEST_CASE("another node's clock, and a record without such faults, change nothing") {
  std::vector<LogLine> lines = {line_at(62), line_at(3)};
  undo_clock_faults(lines, {shifted(1, 60, 2, 5)}, 2);
  undo_clock_faults(lines, {FaultRecord{}}, 2);
  CHECK(seconds_of(lines) == std::vector<double>{62, 3});
}
