// Histories in files: mapped, unpacked and read by what they are. The only place where checking touches a
// disk.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/edn.h"
#include "harness/core/history.h"

namespace harness {

/// Whether a file is a journal of ours, by its first bytes.
bool is_journal(const std::filesystem::path& file);

/// A file mapped read-only for as long as the object lives. Throws UsageError when there is no such file,
/// EnvironmentError when it cannot be read.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  /// Takes over an open descriptor; `name` is for messages.
  MappedFile(int descriptor, const std::string& name);
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  /// Gives the pages of this range back; they are read again when they are needed.
  void release(std::size_t from, std::size_t to) const;

 private:
  void map(int descriptor, const std::string& name);
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

enum class HistoryForm { kJsonLines, kJsonDocument, kEdn, kJournal };

/// How a file is read.
struct ReadingOptions {
  unsigned threads = 1;      // that parse JSON Lines; the other forms are read by one
  KeepReading keep_reading;  // asked between batches, with the bytes read; empty: read on
  bool sparing = false;      // give the pages that were read back to the system as it goes
};

/// The bytes of a history file, unpacked when it is .zst, and what form they have.
class HistoryFile {
 public:
  /// What an unpacked .zst may take of memory; beyond it goes to an unlinked file in TMPDIR (or /tmp).
  static constexpr std::size_t kUnpackedMax = 256 << 20;

  /// The form is told by the name: .jsonl, .edn, .journal, each also with .zst behind it (.json and
  /// .jsonl may hold one JSON array instead of lines). Another
  /// name counts by how the file begins; UsageError when that is neither JSON nor EDN.
  explicit HistoryFile(const std::filesystem::path& file, std::size_t unpacked_max = kUnpackedMax);

  /// Hands the events to the sink. False when `keep_reading` ended it. Throws HistoryError with the line.
  /// `warnings`: what was left out, in words.
  bool read(EventSink& sink, const ReadingOptions& options, std::vector<std::string>& warnings) const;
  /// The whole history.
  History read(std::vector<std::string>& warnings) const;
  /// Where an event stands and what its f says, for messages about operations; line 0 when the form has no
  /// lines.
  EventPlace place_of_event(std::size_t event) const;
  HistoryForm form() const { return form_; }
  std::size_t size() const { return bytes().size(); }
  /// How many operations there are, about, told by the first lines.
  std::size_t operations_guess() const;

 private:
  void unpack_file(const std::string& name, std::size_t unpacked_max);
  std::string_view bytes() const;

  MappedFile map_;
  std::string unpacked_;                       // of a .zst that is small,
  std::unique_ptr<MappedFile> unpacked_file_;  // or large
  bool packed_ = false;
  HistoryForm form_ = HistoryForm::kJsonLines;
};

}  // namespace harness
