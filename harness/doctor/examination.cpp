#include "harness/doctor/examination.h"

#include <algorithm>

namespace harness {

std::string_view to_string(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOk:
      return "ok";
    case FindingStatus::kLimited:
      return "limited";
    case FindingStatus::kBlocking:
      break;
  }
  return "blocking";
}

std::vector<Finding> examine_machine(const std::filesystem::path& store) {
  std::vector<Finding> all = examine_sandbox();
  for (auto& more : {examine_programs(), examine_resources(store)})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

bool is_ready(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.status == FindingStatus::kBlocking; });
}

}  // namespace harness
