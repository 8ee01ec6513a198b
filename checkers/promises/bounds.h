// The bounds of checkers/PROMISES.md ("What Redis Cluster promises"), computed from the configuration that
// the cluster really ran with and the build's flavor and version. `derived` figures are arithmetic from the
// server's source and make a checker fail (with the measured stall of the host added); `spec` figures are the
// specification's and only warn.
#pragma once

#include <string_view>
#include <vector>

#include "harness/core/run_record.h"
#include "harness/core/time.h"

namespace harness {

struct Bounds {
  Nanos node_timeout = 0;
  Nanos recovery_derived = 0;      // row 1: a silent master, rank 0, no lost election: 2·NT + 1 s
  Nanos recovery_spec = 0;         // row 1: NT + "a few seconds" (2 s)
  Nanos lost_election = 0;         // row 1: each adds max(4·NT, 4 s) + 1 s
  Nanos rank_delay = 0;            // row 2: each rank of the winner adds 1 s
  Nanos needless_derived = 0;      // row 3: a disruption shorter than NT/2 cannot end in a failover
  Nanos needless_spec = 0;         // row 3: NT
  Nanos minority_writes = 0;       // row 5, derived: 1.5·NT + 100 ms
  Nanos minority_writes_spec = 0;  // row 5: NT
  Nanos grace =
      0;  // on top of every derived bound: the server's cron runs each 100 ms, on a machine that is busy
  Nanos election_delay = 0;   // row 2: the fixed part, before a replica of rank 0 asks for votes; 0: unknown
  Nanos vote_spacing = 0;     // row 10: 2·NT between votes for one failed master; 0: not promised
  bool forces_votes = false;  // row 9: a candidate may ask for votes about a master that is not failed
  bool unblocks_at_demotion = true;  // row 25: with -UNBLOCKED; false: it may redirect who waits
};

Bounds bounds_of(const ServerInfo& server, const ClusterConfig& config);
/// Of a mixed cluster: what all of its builds promise.
Bounds bounds_of(const RunInfo& info);
/// Of a whole run: where the node timeout was changed meanwhile, whatever holds under each of its values.
Bounds bounds_of(const RunRecord& run);

/// The bounds through a run whose node timeout may change. One that is set holds for the nodes that it was
/// set on until it is taken back; the plan's own holds for others all the time.
class BoundsOverTime {
 public:
  explicit BoundsOverTime(const RunRecord& run);
  /// Whatever holds under each value that was in force at some time of that span.
  Bounds between(Nanos from, Nanos until) const;
  Bounds whole() const { return between(0, kNever); }

 private:
  struct Setting {
    Nanos from;
    Nanos until;  // kNever: it stays
    Bounds bounds;
  };
  Bounds planned_;
  std::vector<Setting> settings_;
};

/// "8.1.1" -> 8001001, so that versions compare; 0 when it is no version.
int version_number(std::string_view version);

}  // namespace harness
