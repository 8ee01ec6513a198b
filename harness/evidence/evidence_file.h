// A journal of JSON lines that says of itself whether it is as it was written. Each line ends with the
// checksum of all of the file up to there:
//
//     {"number":0,"fault":"kill", … ,"sum":"9ae0daaf"}
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace harness {

class Tally;

/// Appends lines at once, whole: what was written survives a kill -9 of the harness. The caller sees to it
/// that one thread writes at a time.
class EvidenceFile {
 public:
  /// Goes on where the file ends. Nothing is made before the first line. `tally`: is told of every line.
  explicit EvidenceFile(std::filesystem::path file, Tally* tally = nullptr);
  ~EvidenceFile();
  EvidenceFile(const EvidenceFile&) = delete;
  EvidenceFile& operator=(const EvidenceFile&) = delete;

  /// Opens the file now. Throws EnvironmentError.
  void open();
  /// JSON objects, each with a newline behind it. Throws EnvironmentError, and does so from then on: a torn
  /// line stays the last one.
  void append(std::string_view lines);

 private:
  void write(std::string_view text);

  const std::filesystem::path file_;
  Tally* const tally_;
  int descriptor_ = -1;
  std::uint64_t bytes_ = 0;
  std::uint32_t sum_ = 0;
  std::string failure_;
};

/// The number, from 1, of the first line that is not as it was written; nothing when all are. A last line
/// without a newline is torn, and is not looked at. `must`: every line has a sum; else those of a file whose
/// first line has one.
std::optional<std::size_t> first_changed_line(std::string_view text, bool must);

}  // namespace harness
