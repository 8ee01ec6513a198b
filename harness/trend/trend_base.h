// The memory of a store: a SQLite file beside it with one row a run and a row for each of its checks. It
// grows when it is asked, and stays when the stores themselves are long gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/suite/outcome.h"

struct sqlite3;

namespace harness {

/// A run as the trend remembers it.
struct TrendRun {
  std::string id;     // "20261129T125840Z-stop-3", or "<suite's folder>/12"
  std::string suite;  // the folder of its suite; empty: a single run
  RunOutcome outcome;
};

/// Whether it came to a verdict.
bool has_result(const TrendRun& run);

/// All runs that the store holds now: single ones by their results, those of suites by the suites' journals.
/// Of a run without a result the verdict is "interrupted", or "no result": under way, or killed.
/// Replays are left out: they were chosen because their run had failed. `unreadable`: folders whose results
/// cannot be understood. Single runs that are known already are not read again. Throws EnvironmentError when
/// there is no store.
std::vector<TrendRun> runs_of_store(const std::filesystem::path& store, std::vector<std::string>& unreadable,
                                    const std::function<bool(const std::string& id)>& known = {});

class TrendBase {
 public:
  /// Opens the file, or makes it. Throws EnvironmentError when it is no such file, is locked for long, or is
  /// of a later release.
  explicit TrendBase(const std::filesystem::path& file);
  ~TrendBase();
  TrendBase(const TrendBase&) = delete;
  TrendBase& operator=(const TrendBase&) = delete;

  /// Adds those that it does not know yet, all or none of them; returns how many. Runs without a result are
  /// not remembered: they may yet be judged. Throws EnvironmentError.
  std::size_t add(const std::vector<TrendRun>& runs);
  /// All that ended at this moment or later, oldest first, with checks and violations.
  std::vector<TrendRun> since(std::int64_t unix_ms) const;

 private:
  struct Close {
    void operator()(sqlite3* base) const;
  };
  const std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> base_;
};

}  // namespace harness
