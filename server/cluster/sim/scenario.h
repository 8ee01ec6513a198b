// One seed's story: form a cluster, break things for a while, heal everything, and expect agreement.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "server/cluster/sim/world.h"

namespace node::cluster::sim {

struct Plan {
  int masters = 3;
  int replicas_each = 1;
  Ms node_timeout = 0;  // 0: drawn from the seed, 500 to 2500
  Ms trouble = 20'000;  // how long faults are injected
  bool admin = true;    // also failovers by hand and slot migrations
  Defects defects{};
  bool verbose = false;         // logs of the nodes on standard output, each with its time and node
  std::FILE* record = nullptr;  // where the record of the run goes (record.h), if anywhere
};

struct Outcome {
  std::uint64_t seed = 0;
  std::string failure;  // empty: all promises held
  std::uint64_t events = 0;
  std::uint64_t fingerprint = 0;
  Ms virtual_ms = 0;
  int votes = 0;
  int promotions = 0;
  Ms converged_after = 0;  // of healing
};

Outcome run_seed(std::uint64_t seed, const Plan& plan);

}  // namespace node::cluster::sim
