// Process numbers beyond what an event's field holds count under small ones, which a warning names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace harness {

class LargeProcesses {
 public:
  /// From here on a process counts under another number. Those of real files lie below.
  static constexpr std::int32_t kFirst = INT32_MAX - (1 << 20) + 1;

  /// The same number for the same digits. Throws HistoryError when there are more than a million such
  /// processes.
  std::int32_t number_of(const std::string& digits, std::size_t line);
  void warn(std::vector<std::string>& warnings) const;

 private:
  std::map<std::string, std::int32_t> numbers_;
};

}  // namespace harness
