#include "harness/core/large_processes.h"

#include "harness/core/history.h"

namespace harness {

std::int32_t LargeProcesses::number_of(const std::string& digits, std::size_t line) {
  const auto [at, fresh] = numbers_.try_emplace(
      digits, static_cast<std::int32_t>(kFirst + static_cast<std::int64_t>(numbers_.size())));
  if (fresh && numbers_.size() > static_cast<std::size_t>(INT32_MAX - kFirst) + 1)
    throw HistoryError(line, "more than a million processes have numbers from " + std::to_string(kFirst) +
                                 " on; number them from 0");
  return at->second;
}

void LargeProcesses::warn(std::vector<std::string>& warnings) const {
  if (numbers_.empty()) return;
  const auto& [digits, number] = *numbers_.begin();
  warnings.push_back("process numbers from " + std::to_string(kFirst) + " on are told as others: " +
                     std::to_string(numbers_.size()) + (numbers_.size() == 1 ? " process" : " processes") +
                     ", " + digits + " as " + std::to_string(number));
}

}  // namespace harness
