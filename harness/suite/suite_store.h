// A suite's folder, STORE/<suite>-<seed>[-shard-I-of-N]/: the matrix (suite.json), what happened
// (journal.jsonl, one line an event, written at once), the runs' stores and the reports. What a kill leaves
// is read back up to the last whole line, and the suite goes on from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/suite/matrix.h"
#include "harness/suite/outcome.h"

namespace harness {

/// The folder of a suite.
struct SuiteFiles {
  std::filesystem::path directory;

  std::filesystem::path matrix() const { return directory / "suite.json"; }
  std::filesystem::path journal() const { return directory / "journal.jsonl"; }
  std::filesystem::path results() const { return directory / "results.json"; }
  std::filesystem::path summary() const { return directory / "summary.md"; }
  std::filesystem::path junit() const { return directory / "junit.xml"; }
  std::filesystem::path ctrf() const { return directory / "ctrf.json"; }
  std::filesystem::path metrics() const { return directory / "metrics.prom"; }
  std::filesystem::path page() const { return directory / "index.html"; }
  /// Where one run has its store: "runs/000012", "runs/000012-replay-1".
  std::string runs_of(std::size_t task, int replay) const;
};

/// A scenario on a build that cannot be had here.
struct Skipped {
  std::string scenario;
  std::string build;
  std::string why;
};

/// What came of making a violation's plan smaller.
struct Shrunk {
  std::string store;  // of the run that showed it, within the suite's folder
  std::size_t steps_before = 0;
  std::size_t steps = 0;
  std::size_t failed = 0;  // fresh runs of the smallest plan that failed
  std::size_t of = 0;
  std::string scenario;  // the smallest plan, within the suite's folder; empty: none was found
  std::string why;       // there is none
  double seconds = 0;
};
void to_json(nlohmann::json& json, const Shrunk& shrunk);
void from_json(const nlohmann::json& json, Shrunk& shrunk);

/// What the journal tells.
struct SuiteLog {
  std::vector<RunOutcome> outcomes;  // in order of their ends
  std::vector<Skipped> skipped;
  std::vector<Shrunk> shrunk;
  std::vector<std::pair<std::size_t, int>> started;  // task and replay, of those that have no outcome
  double seconds = 0;                                // that the suite ran, over all its sessions
  int sessions = 0;                                  // how often it began, or went on
  bool finished = false;                             // all runs were done, or the time was over
  std::size_t bad_lines = 0;                         // that cannot be understood: what they told is not known
};

/// The log of the journal's whole lines. `whole_bytes` is how far they reach: a suite that goes on cuts the
/// rest off. Lines that cannot be understood are left out.
SuiteLog parse_suite_log(std::string_view text, std::size_t& whole_bytes);

/// A fresh folder for the matrix. Throws EnvironmentError.
SuiteFiles create_suite_directory(const std::filesystem::path& store, const Matrix& matrix);

/// The newest folder of this suite and shard, and of this seed where one is given, that is not finished;
/// nothing when there is none.
std::optional<SuiteFiles> find_unfinished(const std::filesystem::path& store, const std::string& suite,
                                          const Shard& shard, std::optional<std::uint64_t> seed);
/// The newest other folder of this suite and shard that was finished, of an earlier day or of today: what a
/// suite is compared with.
std::optional<SuiteFiles> find_previous(const std::filesystem::path& store, const Matrix& matrix,
                                        const SuiteFiles& except);

/// Throws UsageError, with the mend, when the folder holds no suite, and EnvironmentError when it cannot be
/// understood.
Matrix load_matrix(const SuiteFiles& files);
SuiteLog load_suite_log(const SuiteFiles& files);

/// Makes a folder that tells what the log does: of shards that were joined. Throws EnvironmentError.
SuiteFiles store_suite(const std::filesystem::path& store, const Matrix& matrix, const SuiteLog& log);

/// Held while a suite's runs go on: two at once would write one journal, and take away each other's runs. The
/// kernel lets go of it, however we end.
class SuiteLock {
 public:
  /// Throws UsageError when another process holds it, EnvironmentError when it cannot be asked.
  explicit SuiteLock(const SuiteFiles& files);
  ~SuiteLock();
  SuiteLock(const SuiteLock&) = delete;
  SuiteLock& operator=(const SuiteLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// Appends to the journal. Each line is with the kernel when the call returns: a kill loses none of it.
class SuiteJournal {
 public:
  /// Cuts a half-written last line off. Throws EnvironmentError.
  explicit SuiteJournal(const SuiteFiles& files);
  ~SuiteJournal();
  SuiteJournal(const SuiteJournal&) = delete;
  SuiteJournal& operator=(const SuiteJournal&) = delete;

  void begin_session(std::int64_t unix_ms);
  void start(std::size_t task, int replay, int attempt, std::int64_t unix_ms);
  void end(const RunOutcome& outcome);
  void skip(const Skipped& skipped);
  void shrink(const Shrunk& shrunk, std::int64_t unix_ms);
  void finish(std::int64_t unix_ms);

 private:
  void append(const nlohmann::json& json);
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace harness
