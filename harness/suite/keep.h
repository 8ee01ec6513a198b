// Which runs of a suite keep their whole stores, so that the disk never fills.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include "harness/suite/tally.h"

namespace harness {

enum class Keep { kFailures, kAll, kNone };
/// Throws UsageError.
Keep keep_from(const std::string& word);

constexpr int kWholeStoresOfAKind = 3;

/// Decides run by run. Of equal violations, and of equal runs that told nothing, the first three stores are
/// kept whole; of all others only what is small.
class Keeper {
 public:
  explicit Keeper(Keep keep) : keep_(keep) {}
  bool keeps_whole(const RunOutcome& outcome);

 private:
  Keep keep_;
  std::map<GroupKey, int> kept_;
};

/// Leaves results.json alone of a run's store; of a run that did not pass its plan too, which is what repeats
/// it.
void keep_results_only(const std::filesystem::path& store, bool plan_too);

/// Bytes that an ordinary user may still write there.
std::uintmax_t free_bytes(const std::filesystem::path& folder);

}  // namespace harness
