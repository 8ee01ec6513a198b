// The readers of a scenario's sections, one file each. Each reads its own table, and nothing else.
#pragma once

#include "harness/scenario/scenario.h"
#include "harness/scenario/toml_section.h"

namespace harness {

void read_cluster(Section section, Scenario& scenario);
void read_load(Section section, Scenario& scenario);
void read_step(Section section, Scenario& scenario);
void read_random(Section section, Scenario& scenario);
void read_limits(Section section, Scenario& scenario);
void read_known(Section section, Scenario& scenario);

/// Every fault that the name or the pattern ("packet-*") means. Empty, with the nearest name in `problem`,
/// when there is none.
std::vector<std::string> faults_named(const std::string& name, std::string& problem);

}  // namespace harness
