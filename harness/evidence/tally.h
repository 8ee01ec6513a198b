// The tally of a run's evidence (tally.jsonl): how long each file is by now and the checksum of what it has,
// kept while the run goes on, so that the store of a run that was killed tells what has been lost of it.
//
// A line a file, all of one length, written over in place; the first one is of the tally itself:
//
//     {"line":0,"file":"tally.jsonl","bytes":640,"sum":null,"check":"…"}
//     {"line":1,"file":"faults.jsonl","bytes":1631,"sum":"9ae0daaf","check":"…"}
//
// `sum` is the CRC-32 of so many bytes of the file; null where the file has its own (history.journal).
// `check` is that of the line up to there. A file may have more than is counted, by what was written last.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct TallyEntry {
  std::string file;  // relative to the store
  std::uint64_t bytes = 0;
  std::optional<std::uint32_t> sum;
};

/// Thread-safe.
class Tally {
 public:
  /// Makes tally.jsonl in the run's directory. Throws EnvironmentError.
  explicit Tally(std::filesystem::path directory);
  ~Tally();
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;

  /// What the file has by now. Throws EnvironmentError.
  void note(const std::filesystem::path& file, std::uint64_t bytes, std::optional<std::uint32_t> sum);
  /// A file that is replaced as a whole: told before it is. Throws EnvironmentError.
  void note_document(const std::filesystem::path& file, std::string_view text);
  /// A file that somebody else appends to: what it has grown by since the last call is read. Throws
  /// EnvironmentError.
  void follow(const std::filesystem::path& file);

 private:
  struct Followed {
    std::uint64_t bytes = 0;
    std::uint32_t sum = 0;
  };
  void write(std::size_t line, const TallyEntry& entry);

  const std::filesystem::path directory_;
  std::mutex mutex_;
  int descriptor_ = -1;
  std::map<std::string, std::size_t> lines_;
  std::map<std::filesystem::path, Followed> followed_;
};

/// The entries of a tally; nothing when it is not as it was written.
std::optional<std::vector<TallyEntry>> read_tally(std::string_view text);

/// What is missing or damaged in the store of a run that nobody sealed, in words, one text a file; empty:
/// nothing. `expected`: the run says that it keeps a tally; stores of earlier releases have none.
std::vector<std::string> damage_since_tally(const std::filesystem::path& directory, bool expected);

inline constexpr std::string_view kTallyFile = "tally.jsonl";

}  // namespace harness
