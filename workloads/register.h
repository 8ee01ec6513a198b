// Clients read, write and compare-and-set registers, each value written at most once per key.
// Reveals lost and stale reads, split brains, and acknowledged writes lost in a failover.
#pragma once

#include <memory>

#include "harness/run/workload.h"

namespace harness {

inline constexpr Parameter kRegisterOptions[] = {
    {"keys", Parameter::Kind::kInteger, "spread evenly over the shards", {}, "60", 1, 1'000'000},
    {"hot-keys",
     Parameter::Kind::kInteger,
     "of them, these get hot-share of the operations",
     {},
     "3",
     0,
     1'000'000},
    {"hot-share", Parameter::Kind::kNumber, "share of the operations for the hot keys", {}, "0.2", 0, 1},
    {"read", Parameter::Kind::kNumber, "share of the operations that read", {}, "0.5", 0, 1},
    {"write",
     Parameter::Kind::kNumber,
     "share of the operations that write; the rest compares and sets",
     {},
     "0.4",
     0,
     1}};

std::unique_ptr<Workload> make_register_workload(const WorkloadSetup& setup);

}  // namespace harness
