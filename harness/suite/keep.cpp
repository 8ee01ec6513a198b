#include "harness/suite/keep.h"

#include "harness/core/check.h"
#include "harness/run/store.h"

namespace harness {

namespace fs = std::filesystem;

Keep keep_from(const std::string& word) {
  if (word == "failures") return Keep::kFailures;
  if (word == "all") return Keep::kAll;
  if (word == "none") return Keep::kNone;
  throw UsageError("--keep '" + word + "': give failures, all or none");
}

bool Keeper::keeps_whole(const RunOutcome& outcome) {
  if (keep_ != Keep::kFailures) return keep_ == Keep::kAll;
  if (outcome.verdict == "pass") return false;
  bool whole = false;
  const auto count = [&](const GroupKey& key) { whole |= kept_[key]++ < kWholeStoresOfAKind; };
  for (const Violation& violation : outcome.violations)
    if (violation.known.empty()) count(key_of(outcome, violation));
  if (outcome.verdict != "fail") count({outcome.scenario, outcome.build, "", outcome.verdict, ""});
  return whole;
}

void keep_results_only(const fs::path& store, bool plan_too) {
  const RunFiles files{store};
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(store, error)) {
    if (entry.path() == files.results() || (plan_too && entry.path() == files.plan())) continue;
    std::error_code ignored;  // what cannot be removed stays: it costs space, and nothing else
    fs::remove_all(entry.path(), ignored);
  }
}

std::uintmax_t free_bytes(const fs::path& folder) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  return error ? 0 : space.available;
}

}  // namespace harness
