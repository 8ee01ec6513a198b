// A run whose evidence is damaged concludes nothing: verbs that would build on it end with this.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace harness {

/// what() names the run and what is missing or damaged. Caught once, in main: exit code 4, unknown.
struct DamagedEvidence : std::runtime_error {
  DamagedEvidence(const std::string& run, const std::vector<std::string>& damage)
      : std::runtime_error("the evidence of " + run +
                           " is damaged, and nothing is concluded from it: " + joined(damage)) {}

 private:
  static std::string joined(const std::vector<std::string>& damage) {
    std::string text;
    for (const std::string& what : damage) text += (text.empty() ? "" : "; ") + what;
    return text;
  }
};

}  // namespace harness
