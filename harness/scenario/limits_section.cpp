// [run] and [[known]]: how long, and how it is judged.
#include "harness/scenario/sections.h"

namespace harness {

void read_limits(Section section, Scenario& scenario) {
  LimitsPlan& limits = scenario.plan.limits;
  section.read_seconds("time-limit", limits.time_limit);
  section.read_seconds("tail", limits.tail);
  section.read_seconds("settle", limits.settle);
  section.read("restart-at-end", limits.restart_at_end);
  bool reload = false;
  section.read("reload-at-end", reload);
  if (section.has("reload-at-end")) limits.reload_at_end = reload;
  section.read_names("checks", limits.checks);
  section.read_names("must-reach", limits.must_reach);
  section.read("stop-at-violation", limits.stop_at_violation);
  section.read("strict", limits.strict);
  section.read("repeat-steps", limits.repeat_steps);
  section.read("bus-evidence", limits.bus_evidence);
  section.read("no-faults", limits.no_faults);
  for (const char* key : {"checks", "must-reach", "time-limit", "repeat-steps", "no-faults"})
    scenario.places["limits." + std::string(key)] = section.place(key);
  section.done();
}

void read_known(Section section, Scenario& scenario) {
  KnownViolation known;
  section.read("check", known.check);
  section.read("anomaly", known.anomaly);
  section.read("reason", known.reason);
  section.read("builds", known.builds);
  section.read_day("until", known.until);
  section.done();
  const std::string prefix = "known." + std::to_string(scenario.plan.known.size());
  for (const char* key : {"check", "anomaly", "reason", "builds", "until"})
    scenario.places[prefix + "." + key] = section.place(key);
  scenario.plan.known.push_back(std::move(known));
}

}  // namespace harness
