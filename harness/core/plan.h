// The plan of a run: a scenario, the options and a seed, drawn out in full. It is written to the store as
// plan.json before anything starts; the run does what the plan says and nothing else, and the judgement reads
// it back. Whoever wants the run again needs the plan alone.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/parameter.h"
#include "harness/core/prng.h"
#include "harness/core/slot.h"
#include "harness/core/time.h"

namespace harness {

/// How nodes keep their data across a restart. Verdicts about losses after a restart rest on it.
enum class Persistence : std::uint8_t {
  kStock,           // the server's own defaults, as in a configuration that says nothing
  kNone,            // save "", appendonly no: a restarted node comes back empty
  kSnapshot,        // RDB now and then
  kAppendAlways,    // appendonly yes, fsync before each answer
  kAppendEverysec,  // appendonly yes, fsync every second
  kAppendNo,        // appendonly yes, fsync when the kernel likes
};
/// Whether the files of a node that was stopped in order hold all of its data.
bool keeps_data(Persistence persistence);
std::string_view to_string(Persistence persistence);  // "stock", "none", "snapshot", "append-always", ...
bool persistence_from(std::string_view text, Persistence& persistence);
std::span<const std::string_view> persistence_words();  // in the order of the enumeration

/// What the nodes are told, and so what the bounds are computed from.
struct ClusterConfig {
  int masters = 3;
  int replicas = 1;  // of each master; with ClusterPlan::replicas_of the greatest
  int node_timeout_ms = 1500;
  bool require_full_coverage = true;
  int replica_validity_factor = 10;
  int repl_ping_period_s = 10;
  bool allow_replica_migration = true;
  int migration_barrier = 1;
};

/// What one node has for itself.
struct NodePlan {
  std::map<std::string, std::string> directives;
  std::string server;  // SPEC of another build; empty: the cluster's
};

struct ClusterPlan {
  std::vector<std::string> servers = {"redis"};  // SPECs; several: a mixed cluster
  ClusterConfig config;
  std::vector<int> replicas_of;   // of each master; empty: config.replicas for all
  std::vector<SlotRanges> slots;  // of each master; empty: even ranges. A gap is legal
  int spare = 0;                  // nodes that run without being members, numbered after the members
  Persistence persistence = Persistence::kStock;
  std::map<std::string, std::string> directives;  // of every node
  std::map<std::string, NodePlan> nodes;          // by name: "n4"

  /// SPECs that nodes may be restarted as: --upgrade-to, and what the steps name.
  std::vector<std::string> upgrade_to;

  int replicas(int master) const;
  int members() const;  // masters and replicas, without the spare ones
  int size() const { return members() + spare; }
};

struct LoadPlan {
  std::string name;  // unique in the plan
  std::string workload;
  int concurrency = 24;   // processes, dealt to the client groups
  int client_groups = 1;  // c1 ... on hosts of their own, shared by all loads
  double rate = 5000;     // operations per second; 0: as fast as they go
  int operation_timeout_ms = 1000;
  Nanos start = 0;
  Nanos stop = kNever;  // kNever: with the run
  Parameters options;   // the workload's own, complete
};

/// A condition by name with its parameters, complete. (harness/conditions names them.)
struct ConditionPlan {
  std::string is;
  Parameters with;
};

/// An instant of a step that others wait for.
struct StepAnchor {
  enum class Kind { kPrevious, kStart, kTaken, kEnded };
  Kind kind = Kind::kPrevious;
  std::string step;  // of kTaken ("ID": has taken hold) and kEnded ("ID.end")
};

struct StepPlan {
  enum class Kind { kFault, kHeal, kCommand, kExpect, kWait };
  std::string id;
  Kind kind = Kind::kFault;
  std::string name;    // of the fault; of kHeal the id of the step to heal
  std::string target;  // of a fault; of a command its `on`
  Parameters with;     // of a fault, complete

  // When it begins.
  StepAnchor since;
  Nanos after = 0;
  std::optional<ConditionPlan> when;
  Nanos patience = 30 * kSecond;
  bool must = false;  // a patience that ends makes the run too weak

  // When a fault that heals ends. Neither: with the load.
  std::optional<Nanos> hold;
  std::optional<ConditionPlan> until;

  // A command.
  std::vector<std::string> command;  // words, with their placeholders
  std::string reply;                 // empty: any; exact, "/regex/", "error", "error /regex/"
  std::string save;
  std::string session;  // the connection it goes over; empty: the one that steps share for a node

  // An expectation or a wait.
  std::optional<ConditionPlan> condition;
  Nanos within = 0;  // 0: the failover bound
  Nanos stay = 0;

  // Again and again: so many times, or for so long. Round k draws from seed.split("step", id).split("round",
  // k).
  int repeat = 1;
  Nanos repeat_for = 0;
  Nanos after_least = 0;  // `after` of the further rounds lies between these
  Nanos after_most = 0;
};

/// A violation that is known and not yet mended: told and counted, no failure.
struct KnownViolation {
  std::string check;
  std::string anomaly;
  std::string reason;
  std::string builds;  // "redis<8.2", empty: all
  std::string until;   // 2027-06-30, empty: for ever
};

struct LimitsPlan {
  Nanos time_limit = 0;  // of load; 0: as long as the steps take
  Nanos tail = 3 * kSecond;
  Nanos settle = 0;  // patience; 0: computed
  bool restart_at_end = true;
  /// In the end each node is stopped in order, and what its files give is compared with what it held. Unless
  /// the scenario says otherwise: where the persistence keeps the data.
  std::optional<bool> reload_at_end;
  std::vector<std::string> checks;  // empty: all that apply
  std::vector<std::string> must_reach;
  bool stop_at_violation = false;
  bool strict = false;        // plain linearizability is asked for
  bool repeat_steps = false;  // the steps begin again, once settled, until the time limit
  bool bus_evidence = false;  // the bus path is there even if no step needs it
  bool no_faults = false;     // the plan wants no fault: else a run without one proves too little to pass
};

struct Plan {
  std::string scenario;  // name
  std::string description;
  std::string promise;
  std::vector<std::string> tags;
  std::vector<std::string> requires_;  // capabilities
  std::uint64_t seed = 0;
  ClusterPlan cluster;
  std::vector<LoadPlan> loads;
  std::vector<StepPlan> steps;
  LimitsPlan limits;
  std::vector<KnownViolation> known;
};

/// The stream of a step's random choices, and of a load's: pure functions of seed and name, so that leaving
/// one step or load out changes no other.
Prng stream_of_step(const Plan& plan, std::string_view id);
Prng stream_of_load(const Plan& plan, std::string_view name);

/// Whose operation it is: processes are numbered so that process % loads is the load's index in the plan.
inline std::size_t load_of_process(std::int32_t process, std::size_t loads) {
  return loads == 0 ? 0 : static_cast<std::size_t>(process) % loads;
}

/// plan.json, schema 1: times in seconds, everything named in full. Reading throws nlohmann::json::exception
/// for what is missing, unknown, of the wrong type or out of range, with its place in the plan.
void to_json(nlohmann::json& j, const Plan& plan);
void from_json(const nlohmann::json& j, Plan& plan);

/// The JSON Schema of plan.json (`harness schema plan`), made from the same list of fields that reads and
/// writes it.
nlohmann::json plan_schema();

}  // namespace harness
