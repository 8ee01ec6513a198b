// Which folders of a store can go: the decision alone, and the look at the store that it rests on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// One folder of the store that goes or stays as a whole: a run, a suite with its runs, an audit.
struct Stored {
  std::filesystem::path directory;
  double age_s = 0;  // since anything in it was written
  std::uintmax_t bytes = 0;
  bool failed = false;    // its results.json says so, or one of its runs' does
  std::string needed_by;  // what names it, in words; empty: nothing. It is never removed.
};

/// What is to stay; everything else goes.
struct Retention {
  enum class Rule : std::uint8_t { kYounger, kNewest, kFailures };
  Rule rule = Rule::kYounger;
  double seconds = 0;        // kYounger: written within that time
  std::uintmax_t bytes = 0;  // kNewest: the newest ones that fit, with what cannot go
};

/// "30d", "12h", "90m"; "20GB", "500MB", "1TB"; "failures". Throws UsageError with what would be right.
Retention retention_from(const std::string& text);

/// All of a store. An audit that ended is needed by itself, a run by what TRACK_RECORD.md in the store or the
/// current folder names; whoever has written within ten minutes and has no results yet is under way. Throws
/// EnvironmentError when the store cannot be read.
std::vector<Stored> look_through(const std::filesystem::path& store);

/// Oldest first.
std::vector<Stored> superfluous(std::vector<Stored> stored, const Retention& keep);

}  // namespace harness
