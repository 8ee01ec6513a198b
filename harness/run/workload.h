// What clients do: a workload offers operations and knows how to carry one out. A new workload is one file in
// workloads/ and one line in its table.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/client/client.h"
#include "harness/client/task.h"
#include "harness/core/history.h"
#include "harness/core/parameter.h"
#include "harness/core/prng.h"
#include "harness/core/slot.h"
#include "harness/run/recorder.h"

namespace harness {

/// What a workload may be told, from the scenario or the command line.
struct WorkloadOptions {
  int keys = 60;     // spread evenly over the shards
  int hot_keys = 3;  // of them, these get hot_share of the operations
  double hot_share = 0.2;
  double read = 0.5;  // the mix; the rest is compare-and-set
  double write = 0.4;
};

struct WorkloadSetup {
  Recorder& recorder;  // numbers for keys, values beyond one word
  WorkloadOptions options;
  std::vector<SlotRanges> shards;  // the slots of each shard at the start, so that each gets its keys
  int share = 0;  // this one, of `shares`, each with a thread: values stay unique across them
  int shares = 1;
};

/// One thread's share of the load.
class Workload {
 public:
  virtual ~Workload() = default;

  /// The next operation to offer: function, key and argument. A pure function of the generator and of what
  /// was offered before, so that a seed offers the same operations every time.
  virtual Operation next(Prng& prng) = 0;

  /// Carries it out: returns it with outcome, result, node (as the recorder numbers it) and error set.
  virtual Task<Operation> invoke(Client& client, Operation op) = 0;

  /// Read after the faults have healed and the cluster has settled.
  virtual std::vector<Operation> final_reads() = 0;
};

/// A line of the table of workloads (workloads/workloads.h).
struct WorkloadEntry {
  std::string_view name;
  std::string_view description;
  std::span<const Parameter> options;  // the schema of a load's options
  std::unique_ptr<Workload> (*make)(const WorkloadSetup&);
};

}  // namespace harness
