// For workloads that are another one with something added: their schemas joined.
#pragma once

#include <span>
#include <vector>

#include "harness/core/parameter.h"
#include "workloads/keys.h"

namespace harness {

inline std::vector<Parameter> joined(std::span<const Parameter> first, std::span<const Parameter> second) {
  std::vector<Parameter> all(first.begin(), first.end());
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

}  // namespace harness
