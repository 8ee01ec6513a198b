// What clients do: a workload offers operations and knows how to carry one out. A new workload is one file in
// workloads/ and one line in its table. What its operations look like in the history stands at the top of its
// header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

struct WorkloadSetup {
  Recorder& recorder;              // numbers for keys, values beyond one word
  Parameters options;              // of the workload's own schema, complete
  std::string prefix;              // of every key: the load's, so that two loads never share a key
  std::vector<SlotRanges> shards;  // the slots of each shard at the start, so that each gets its keys
  int share = 0;  // this one, of `shares`, each with a thread: values stay unique across them
  int shares = 1;
};

/// One process of the final phase, of `workers` in all threads of the load.
struct FinalTurn {
  std::size_t worker = 0;
  std::size_t workers = 1;
  const Operation* last = nullptr;  // what the worker's operation before this gave; none: its first turn
};

/// One thread's share of the load. Called by that thread alone.
class Workload {
 public:
  virtual ~Workload() = default;

  /// What must be there before the load begins, in order; the first share alone is asked. Recorded like any
  /// operation, and tried again while it is refused.
  virtual std::vector<Operation> set_up() { return {}; }

  /// The next operation that the process offers: function, key and argument. A pure function of the generator
  /// and of what was offered before, so that a seed offers the same operations every time.
  virtual Operation next(std::int32_t process, Prng& prng) = 0;

  /// Carries it out, by one command or by several on one session (harness/client/session.h): returns it with
  /// outcome, result, node (as the recorder numbers it) and error set.
  virtual Task<Operation> invoke(Client& client, Operation op) = 0;

  /// The process ended in an info and offers nothing more; its state can go.
  virtual void retired(std::int32_t process) { (void)process; }

  /// After the faults have healed and the cluster has settled: what the worker does next, or nothing more.
  /// What is not answered ok is tried again before the next turn.
  virtual std::optional<Operation> next_final(const FinalTurn& turn) = 0;
};

/// A line of the table of workloads (workloads/workloads.h).
struct WorkloadEntry {
  std::string_view name;
  std::string_view description;        // what clients do, and what it reveals
  std::span<const Parameter> options;  // the schema of a load's options
  std::unique_ptr<Workload> (*make)(const WorkloadSetup&);
  std::string_view object;  // what the documented verdict takes its operations for (checkers/objects)
};

}  // namespace harness
