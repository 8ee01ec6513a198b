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

TEST_CASE("where a line may have been written at two moments, its neighbours tell") {
  // Stamped 6.5 s: 3.5 s shifted, or after the fault; the line above is of 5 s.
  std::vector<LogLine> after = {line_at(1), line_at(8), line_at(6.5)};
  undo_clock_faults(after, {shifted(2, 3, 2, 6)}, 2);
  CHECK(seconds_of(after) == std::vector<double>{1, 5, 6.5});
  // A clock that goes back: the line of 1.5 s is not of 4.5 s, since one of 3 s stands below.
  std::vector<LogLine> behind = {line_at(1), line_at(1.5), line_at(0), line_at(7)};
  undo_clock_faults(behind, {shifted(2, -3, 2, 6)}, 2);
  CHECK(seconds_of(behind) == std::vector<double>{1, 1.5, 3, 7});
}

TEST_CASE("lines of a clock that jumps there and back keep their order") {
  std::vector<LogLine> lines = {line_at(1), line_at(3.2), line_at(4.9), line_at(8.6), line_at(6.4)};
  undo_clock_faults(lines, {shifted(2, 3, 1, 7)}, 2);
  CHECK(seconds_of(lines) == std::vector<double>{1, 3.2, 4.9, 5.6, 6.4});
}

TEST_CASE("another node's clock, and a record without such faults, change nothing") {
  std::vector<LogLine> lines = {line_at(62), line_at(3)};
  undo_clock_faults(lines, {shifted(1, 60, 2, 5)}, 2);
  undo_clock_faults(lines, {FaultRecord{}}, 2);
  CHECK(seconds_of(lines) == std::vector<double>{62, 3});
}
