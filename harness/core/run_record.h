// Everything a run recorded, as the checkers and reports see it: a value, read back from the store at any
// later time. Node numbers are indices into RunRecord::nodes; names are "n1", "n2", ...
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/bus_log.h"
#include "harness/core/effect.h"
#include "harness/core/final_data.h"
#include "harness/core/final_view.h"
#include "harness/core/history.h"
#include "harness/core/membership.h"
#include "harness/core/node_info.h"
#include "harness/core/plan.h"
#include "harness/core/time.h"
#include "harness/core/topology.h"
#include "harness/core/verdict.h"

namespace harness {

/// The server build under test.
struct ServerInfo {
  std::string spec;     // as given to --server
  std::string flavor;   // "redis", "valkey" or "bundled"
  std::string version;  // "7.0.15"
  std::string binary;   // path
  std::string sha256;   // of the binary, 64 hex digits
};

struct RunInfo {
  std::string id;  // the store directory's name
  std::string scenario;
  std::string workload;
  std::uint64_t seed = 0;
  std::string started_utc;           // 2026-11-22T12:18:42Z
  std::int64_t started_unix_ms = 0;  // the wall clock at time 0: maps the servers' log times to run time
  std::vector<std::string> argv;
  std::string reproduce;          // the command that repeats the run
  std::string mode;               // "user namespace", "root namespaces" or "loopback"
  ServerInfo server;              // the build under test; of a mixed cluster the first
  std::vector<ServerInfo> peers;  // of a mixed cluster the further builds, in the order of --server
  ClusterConfig config;
  double time_limit_s = 0;
  int concurrency = 0;
  double rate = 0;      // operations per second, 0: as fast as they go
  bool strict = false;  // --strict: plain linearizability is asked for
  bool interrupted = false;
  std::string ended_early;  // the violation, in words, that ended the load before its time; or empty
  /// Boundaries of the phases of the run. Clients work from 0 to clients_end; then everything is healed, the
  /// cluster settles until settled (kNever: it did not), final reads follow; the run ends at end.
  Nanos clients_end = kNever;
  Nanos settled = kNever;
  Nanos end = kNever;
  std::map<std::string, std::string> environment;  // kernel, cores, ...
};

/// Every build of the cluster, the first one first.
std::vector<ServerInfo> all_servers(const RunInfo& info);
/// "redis 7.0.15"
std::string build_name(const ServerInfo& server);
/// "redis 7.0.15", or of a mixed cluster "redis 7.0.15 + bundled 7.0.15".
std::string build_names(const RunInfo& info);

/// The build that the node runs.
const ServerInfo& server_of(const RunInfo& info, const NodeInfo& node);

/// One look of the observer at one node, valid from `begin` to `end` (first and last time the same was seen;
/// consecutive equal looks are one view).
struct View {
  Nanos begin = 0;
  Nanos end = 0;
  int node = 0;
  bool reachable = true;  // false: no answer, and everything below is empty
  std::string error;      // why there was no answer
  Topology topology;
  ClusterInfo cluster;
  ReplicationInfo replication;  // offsets are those of the first look; OffsetSample has them all
  /// What CLUSTER SLOTS said, where its owners were not those of CLUSTER NODES right before and after it.
  std::vector<OwnedSlots> slots_told;
};

/// Replication offsets at one look: the measure of replication lag.
struct OffsetSample {
  Nanos time = 0;
  int node = 0;
  bool is_master = false;
  std::int64_t offset = 0;
  std::string replication_id;
};

/// One fault of the nemesis.
struct FaultRecord {
  std::string step;             // the id of the plan's step
  std::string fault;            // name in the table of faults, for people: no checker compares it
  Parameters parameters;        // as the plan gave them
  std::vector<Effect> effects;  // what it does to the cluster: what the checkers ask
  std::string description;      // "segfault n3, master of slot 5462"
  std::vector<int> nodes;       // the nodes it acts on
  std::vector<std::vector<std::string>>
      sides;             // of a partition: names of nodes and client groups on each side
  bool one_way = false;  // a partition that drops one direction only: side 0 is not heard by the others
  Nanos prepared =
      kNever;  // when it began what it does before it strikes (slots that it moves); kNever: nothing
  Nanos requested = kNever;       // when it struck
  Nanos active = kNever;          // verified to have taken effect; kNever: never verified
  Nanos heal_requested = kNever;  // kNever: a fault that is not healed (a crash is ended by a restart)
  Nanos healed = kNever;          // verified to be gone
  bool heals = false;             // whether healing belongs to this fault
  std::string evidence;           // what was seen: "died of SIGSEGV", "state T in /proc", "3 packets dropped"
  std::string error;              // why it could not be verified, or healed

  bool verified_active() const { return active != kNever; }
  bool verified_healed() const { return !heals || healed != kNever; }
};

/// One command that a step of the plan sent to one node.
struct CommandRecord {
  std::string step;
  Nanos time = kNever;  // sent
  Nanos replied = kNever;
  int node = -1;
  std::vector<std::string> words;  // placeholders filled in
  bool answered = false;
  bool refused = false;  // the reply is an error
  std::string reply;     // in words (reply_pattern.h); without an answer: why there is none
  std::string expected;  // what the plan wants of the reply; empty: anything
  bool ok = true;        // answered as expected; of an unanswered command false
};

/// One condition that a step of the plan waited for.
struct ExpectationRecord {
  /// What the step wanted it for. Only kExpect is a promise: the others wait, and go on when their patience
  /// ends.
  enum class Kind : std::uint8_t { kExpect, kWait, kWhen };
  std::string step;
  Kind kind = Kind::kExpect;
  bool must = false;      // a patience that ends makes the run too weak
  std::string condition;  // in words: "owner slot=42 node=n2"
  Nanos began = kNever;
  Nanos held_at = kNever;  // from then on it held to the end; kNever: it did not
  Nanos until = kNever;    // when the waiting ended
  Nanos patience = 0;      // that it was given
  bool failed = false;     // the patience ended; false with held_at kNever: the run ended first
  std::string why;         // why it did not hold, the last time it was asked
};
std::string_view to_string(ExpectationRecord::Kind kind);  // "expect", "wait", "when"

/// One life of a server process.
struct Incarnation {
  int node = 0;
  int pid = 0;
  Nanos started = 0;
  Nanos ended = kNever;
  int exit_code = -1;     // -1: did not exit by itself
  int signal = 0;         // that ended it, or 0
  bool expected = false;  // the harness ended it (a fault or the end of the run)
};

/// One line of a server's log, its time mapped to the run's (ms resolution).
struct LogLine {
  Nanos time = 0;
  int node = 0;
  int pid = 0;
  char role = 0;   // 'M', 'S', 'C' (child), 'X' (sentinel), or 0 when the line has no header
  char level = 0;  // '.', '-', '*', '#', or 0
  std::string text;
};

/// How a load's operations ended, the final phase's among them.
struct LoadCounters {
  std::string load;
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t info = 0;
  std::uint64_t moved = 0;  // redirections that its clients followed
  std::uint64_t asked = 0;
  std::uint64_t unanswered_final = 0;  // operations of the final phase that were never answered ok
};

/// What the run's own strength rests on, counted while it ran.
struct RunCounters {
  std::uint64_t recorded_events = 0;
  std::uint64_t moved = 0;  // redirections that clients followed
  std::uint64_t asked = 0;
  std::vector<LoadCounters> loads;  // in the plan's order; of an old store none
  std::uint64_t observer_looks = 0;
  std::uint64_t observer_failures = 0;
  /// The most by which a thread of ours that slept 10 ms overslept: how long the machine held everything up.
  /// A bound that the servers miss by less than this proves nothing.
  Nanos host_stall_max = 0;
  /// The longest that a server waited for a processor in a time in which it starved (processor_wait.h); 0:
  /// none did, or an old store did not say so.
  Nanos server_starved_max = 0;
};

struct RunRecord {
  RunInfo info;
  Plan plan;  // of a store that has none: made from info
  std::vector<NodeInfo> nodes;
  History history;          // operation.node refers to history.nodes by name
  std::vector<View> views;  // in order of begin
  std::vector<OffsetSample> offsets;
  std::vector<FaultRecord> faults;              // in order of request
  std::vector<CommandRecord> commands;          // in order of time
  std::vector<ExpectationRecord> expectations;  // in order of their end
  std::vector<Incarnation> incarnations;
  std::vector<LogLine> logs;  // of all nodes, in order of time
  BusLog bus;                 // what passed on the cluster bus, where the run had a bus path
  /// What the nodes held at the end of the load, and behind it what they held in the end (data_difference.h
  /// takes them apart).
  std::vector<FinalData> final_data;
  std::vector<FinalView> final_views;
  std::vector<FinalData> reloaded;  // what each node's files gave after its orderly end
  std::vector<Intention>
      intended;  // who was meant to belong to the cluster, in order of time; of old stores none
  RunCounters counters;
  /// What of the store is missing or damaged, each in a few words ("faults.jsonl: block 3"). Any makes the
  /// verdict unknown: what rests on it is neither a violation nor a proof.
  std::vector<std::string> damage;

  int node_by_id(std::string_view id) const;      // -1 when unknown
  int node_by_name(std::string_view name) const;  // -1 when unknown
};

/// The node's name; "node 7" for a number that is none of the record's.
std::string node_name(const RunRecord& record, int node);

/// One failover, fault to convergence. Times are run times; kNever: not seen.
struct Failover {
  int shard = 0;
  int from = -1;  // node that was lost
  int to = -1;    // node that was promoted
  std::string fault;
  Nanos fault_at = kNever;
  Nanos pfail = kNever;        // first node that suspects it (view or log)
  Nanos fail = kNever;         // first node that has it as FAIL
  Nanos election = kNever;     // the replica asked for votes
  Nanos promoted = kNever;     // the replica serves as a master, by its own view
  Nanos first_write = kNever;  // first acknowledged write on the shard's slots by the new master
  Nanos converged = kNever;    // every reachable node agrees
  double bound_ms = 0;         // checkers/PROMISES.md row 1: fault to promotion; 0: none is promised
  bool within_bound = true;
};

/// The verdict of a whole run, as results.json holds it.
struct RunVerdict {
  Validity valid = Validity::kUnknown;
  bool error = false;  // the environment or the harness failed: `explanation` says why
  std::string explanation;
  int exit_code = 3;
  std::vector<CheckResult> checks;
  std::vector<Failover> failovers;
};

/// "pass", "fail", "unknown" or "error".
std::string_view verdict_word(const RunVerdict& verdict);

}  // namespace harness
