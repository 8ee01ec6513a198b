// What came of one run of a suite: the few fields of its results.json that a suite needs, kept as one line of
// the suite's journal, so that a suite is told from its own folder when the runs' stores are long gone.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

namespace harness {

/// Violations of one kind in one run.
struct Violation {
  std::string check;
  std::string type;      // the anomaly's
  std::string promise;   // that it breaks, by PROMISES.md, or empty
  std::string headline;  // of the first one, as a person would say it
  std::string known;     // why the plan lives with it; else empty
  std::size_t count = 0;
};

struct RunOutcome {
  // Which run of the suite it is.
  std::size_t task = 0;
  int replay = 0;   // 0: the run itself; else the k-th repetition of its plan
  int attempt = 1;  // 2: done again alone, since it had been disturbed
  std::string scenario;
  std::string server;  // SPEC
  std::string build;   // in words
  std::string binary;  // which binary that was (binary_of); empty: not recorded
  std::uint64_t seed = 0;

  // What came of it.
  std::string verdict = "error";  // pass, fail, unknown, error
  int exit_code = 3;
  std::string explanation;
  double seconds = 0;   // from its start to its end
  bool beside = false;  // other runs went on at the same time
  double stall_ms = 0;  // how long the machine held everything up
  double node_timeout_ms = 0;
  std::vector<Violation> violations;
  std::vector<std::pair<std::string, std::string>>
      checks;         // name, and true, false, unknown or not-applicable
  std::string store;  // within the suite's folder, or empty
  std::string reproduce;
  std::int64_t ended_unix_ms = 0;

  bool replayed() const { return replay > 0; }
};

/// What tells two builds of one version apart: the SHA-256 of a binary. What the harness compiles itself from
/// named sources (bundled, debian:NAME=VERSION, REPOSITORY@REVISION) is told by its SPEC: compiled anew it
/// has another checksum, and is the same build from night to night. Of a mixed cluster joined by " + ".
std::string binary_of(const nlohmann::json& results);
/// "c2f35b59", or the SPEC.
std::string short_binary(const std::string& binary);

/// Reads the result into an outcome that knows already which run it is. `results` is results.json's object
/// and `run` that of run.json (null: it is not there).
void read_results(const nlohmann::json& results, const nlohmann::json& run, RunOutcome& outcome);

/// The machine stood still for so long that the run could not conclude.
bool spoilt_by_stall(const RunOutcome& outcome);
/// The same, or other runs were beside it: another try, alone, may conclude.
bool disturbed(const RunOutcome& outcome);

void to_json(nlohmann::json& json, const Violation& violation);
void from_json(const nlohmann::json& json, Violation& violation);
/// Reading throws nlohmann::json::exception for what is no outcome.
void to_json(nlohmann::json& json, const RunOutcome& outcome);
void from_json(const nlohmann::json& json, RunOutcome& outcome);

}  // namespace harness
