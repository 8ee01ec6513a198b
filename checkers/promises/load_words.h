// What the rules of loads share: operations by key, and how a finding names the operations it rests on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/core/anomaly_kind.h"
#include "harness/core/run_record.h"

namespace harness {

std::string describe(const RunRecord& run, std::uint32_t id);

/// A finding about these operations, at the time and node of the last of them. REQUIRES: there is one.
Anomaly anomaly_of(const RunRecord& run, AnomalyKind type, std::string text,
                   const std::vector<std::uint32_t>& operations);

/// The operations by key, in order of invocation.
std::map<std::uint32_t, std::vector<std::uint32_t>> by_key(const RunRecord& run,
                                                           const std::vector<std::uint32_t>& operations);

/// The integer at that place of a list; `otherwise` where there is none.
std::int64_t integer_at(const History& history, Value list, std::size_t i, std::int64_t otherwise);

constexpr Nanos milliseconds(std::int64_t count) {
  return count * kMillisecond;
}

}  // namespace harness
