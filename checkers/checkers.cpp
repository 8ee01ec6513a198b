#include "checkers/checkers.h"

namespace harness {

std::span<const Checker> checkers() {
  return {};
}

const Checker* find_checker(std::string_view name) {
  for (const Checker& checker : checkers())
    if (checker.name == name) return &checker;
  return nullptr;
}

}  // namespace harness
