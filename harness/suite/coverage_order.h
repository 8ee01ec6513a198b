// In which order scenarios are run where the time may not suffice for all: what none before exercised first.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "harness/core/plan.h"

namespace harness {

/// What a scenario exercises, by the names of the tables.
struct Exercise {
  std::vector<std::string> workloads;
  std::vector<std::string> faults;
};
Exercise exercise_of(const Plan& plan);

/// The numbers of the items, each once. First those with the most workloads (of equal ones: faults) that no
/// item before them has, until each was there; then those with a fault that is new; then the rest. Between
/// equal ones, and in the rest, as they came.
std::vector<std::size_t> cover_first(std::span<const Exercise> items);

}  // namespace harness
