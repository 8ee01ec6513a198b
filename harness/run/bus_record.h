// The bus path of a run, and the journal of what passed (bus.jsonl).
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "harness/cluster/cluster.h"
#include "harness/core/clock.h"
#include "harness/core/plan.h"
#include "harness/evidence/evidence_file.h"
#include "harness/run/store.h"
#include "harness/sandbox/bus_path.h"

namespace harness {

/// Whether a step or a condition of the plan acts on the messages of the cluster bus or asks for them, or the
/// plan wants their evidence. Else the run has no bus path, and nothing of it is in the way.
bool needs_bus_path(const Plan& plan);

class BusRecord {
 public:
  /// Opens the path for every node. REQUIRES: the cluster outlives it. Throws EnvironmentError.
  /// `space_votes`: acknowledgements of an election come one after the other, a little apart, so that whoever
  /// takes itself for elected before a majority of them has arrived is seen to do so.
  BusRecord(Cluster& cluster, const RunFiles& files, Tally* tally = nullptr, bool space_votes = false);

  /// What passes is recorded from here on, in the run's time.
  void begin(const RunClock& clock);
  /// Writes the counts once in a while: a run that is killed keeps those. Throws what the journal met.
  void save_counts();
  /// Ends the recording with the last counts. Throws EnvironmentError when the journal could not be written.
  void end();
  BusPath& path() { return path_; }

 private:
  void tell(const nlohmann::json& line);
  void write(const std::stop_token& stop);
  void space_votes(const Cluster& cluster);
  void take(BusSighting sighting);

  RunClock clock_;
  std::map<std::string, std::filesystem::path> nodes_conf_;  // of each node
  EvidenceFile journal_;                                     // of the writer alone
  std::mutex mutex_;                                         // guards all below
  std::condition_variable_any told_;
  std::string lines_;  // not written yet
  std::string failure_;
  Nanos counted_ = 0;
  /// The path's threads may have no descriptor of the journal (bus_carrier.h), and are not to wait for a
  /// disk.
  std::jthread writer_;
  BusPath path_;  // the last: its threads tell of what passes
};

}  // namespace harness
