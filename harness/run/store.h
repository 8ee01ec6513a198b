// The store: a directory for each run that holds all that was recorded of it, written while the run goes on,
// and all that is needed to check and report it later. harness/FORMATS.md names the files.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "harness/core/run_record.h"
#include "harness/evidence/evidence_file.h"
#include "harness/evidence/tally.h"

namespace harness {

/// The files of one run's directory.
struct RunFiles {
  std::filesystem::path directory;

  std::filesystem::path run() const { return directory / "run.json"; }
  std::filesystem::path plan() const { return directory / "plan.json"; }
  std::filesystem::path history() const { return directory / "history.journal"; }
  std::filesystem::path topology() const { return directory / "topology.jsonl"; }
  std::filesystem::path faults() const { return directory / "faults.jsonl"; }
  std::filesystem::path commands() const { return directory / "commands.jsonl"; }
  std::filesystem::path expectations() const { return directory / "expectations.jsonl"; }
  std::filesystem::path bus() const { return directory / "bus.jsonl"; }
  std::filesystem::path final_data() const { return directory / "final.json"; }
  std::filesystem::path final_views() const { return directory / "views.json"; }
  std::filesystem::path reloaded() const { return directory / "reload.json"; }
  std::filesystem::path seal() const { return directory / "seal.json"; }
  std::filesystem::path nodes() const { return directory / "nodes"; }
  std::filesystem::path build_log() const { return directory / "build.log"; }
  std::filesystem::path results() const { return directory / "results.json"; }
  std::filesystem::path report() const { return directory / "report.html"; }
  std::filesystem::path junit() const { return directory / "junit.xml"; }
};

/// The wall clock in UTC, in strftime's format.
std::string utc_now(const char* format);

/// Makes `root`/<UTC time>-<scenario>-<seed> and points `root`/latest at it. Throws EnvironmentError, with
/// the mend, when the place is not writable.
RunFiles create_run_directory(const std::filesystem::path& root, std::string_view scenario,
                              std::uint64_t seed);

/// Points latest, beside the run's directory, at it: atomically, so that a reader sees the old one or the new
/// one.
void point_latest_at(const RunFiles& files);

/// A store directory, a run's id or an unambiguous prefix of one, or "latest". Throws UsageError that lists
/// what fits.
RunFiles find_run(const std::filesystem::path& root, const std::string& run);

/// Replaces a file as a whole: written beside it, then renamed. Throws EnvironmentError.
void write_file(const std::filesystem::path& file, std::string_view text,
                const std::string& place = "--store DIR");
/// Throws EnvironmentError.
std::string read_file(const std::filesystem::path& file);

/// The plan, before anything starts.
void save_plan(const RunFiles& files, const Plan& plan);
/// What is known of a run before, and after, it is recorded.
void save_run(const RunFiles& files, const RunRecord& record, Tally* tally = nullptr);
/// What the nodes held and showed in the end, and what their files gave.
void save_final_data(const RunFiles& files, const RunRecord& record, Tally* tally = nullptr);

/// Appends the faults of a run as they change: the last line of a number counts. Thread-safe.
class FaultJournal {
 public:
  explicit FaultJournal(const RunFiles& files, Tally* tally = nullptr) : file_(files.faults(), tally) {}
  void write(std::size_t number, const FaultRecord& record);
  /// Before the fault acts, or heals: how that went is written when it is over.
  void write_acting(std::size_t number, const FaultRecord& record);

 private:
  void append(std::size_t number, const FaultRecord& record, bool acting);

  std::mutex mutex_;
  EvidenceFile file_;
};

/// Appends the commands and expectations of a run when they are over, and commands also before they are sent.
/// Thread-safe.
class StepJournal {
 public:
  explicit StepJournal(const RunFiles& files, Tally* tally = nullptr)
      : commands_(files.commands(), tally), expectations_(files.expectations(), tally) {}
  void write(const CommandRecord& record);
  void write_sent(const CommandRecord& record);
  void write(const ExpectationRecord& record);

 private:
  std::mutex mutex_;
  EvidenceFile commands_;
  EvidenceFile expectations_;
};

/// Reads back whatever a run left, finished or killed at any moment. What is missing or damaged is named in
/// `damage`, and a file that is not as it was sealed (seal.h), or of an unsealed run not as it was written
/// (harness/evidence/tally.h), is not used. Of a run that was killed while a
/// fault acted, what was recorded from then on is left out (breaking_off.h). Throws EnvironmentError when
/// there is no run there, or its run.json is damaged.
RunRecord load_run(const RunFiles& files);
/// What run.json says, and what of the store is missing or damaged: nothing else is read.
RunRecord load_run_info(const RunFiles& files);
/// The history alone.
History load_history(const RunFiles& files);

}  // namespace harness
