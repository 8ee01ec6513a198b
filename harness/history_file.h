// Histories in files: mapped, unpacked and read by what they are. The only place where checking touches a
// disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// A file mapped read-only for as long as the object lives. Throws UsageError when there is no such file,
/// EnvironmentError when it cannot be read.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

enum class HistoryForm { kJsonLines, kJsonDocument, kEdn, kJournal };

/// The bytes of a history file, unpacked when it is .zst, and what form they have.
class HistoryFile {
 public:
  /// The form is told by the name: .jsonl, .edn, .journal, each also with .zst behind it (.json and
  /// .jsonl may hold one JSON array instead of lines). Throws UsageError for another name.
  explicit HistoryFile(const std::filesystem::path& file);

  /// Throws HistoryError with the line. `warnings`: what was left out, in words.
  History read(std::vector<std::string>& warnings) const;
  /// The line on which an event stands, for messages about operations; 0 when the form has no lines.
  std::size_t line_of_event(std::size_t event) const;
  std::size_t size() const { return bytes().size(); }

 private:
  std::string_view bytes() const { return packed_ ? std::string_view(unpacked_) : map_.bytes(); }

  MappedFile map_;
  bool packed_ = false;
  std::string unpacked_;
  HistoryForm form_ = HistoryForm::kJsonLines;
};

}  // namespace harness
