#include "harness/verbs/history_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/edn.h"
#include "harness/core/journal.h"
#include "harness/core/jsonl.h"
#include "harness/verbs/jsonl_threads.h"

namespace harness {
namespace {

constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

/// Calls take(piece) for each unpacked piece of a zstd file.
template <typename Take>
void unpack(std::string_view packed, const std::string& name, Take take) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  CHECK_THAT_HOLDS(context != nullptr, "zstd gives a context");
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t left = 0;
  while (in.pos < in.size) {
    ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
    left = ZSTD_decompressStream(context.get(), &piece, &in);
    if (ZSTD_isError(left)) throw UsageError(name + ": not zstd data: " + ZSTD_getErrorName(left));
    take(std::string_view(buffer.data(), piece.pos));
  }
  if (left != 0) throw UsageError(name + ": the zstd data ends early: the file was cut");
}

/// A file without a name: it is gone when it is closed, whatever happens to the harness.
class NamelessFile {
 public:
  NamelessFile() {
    const char* wanted = std::getenv("TMPDIR");
    folder_ = wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
    std::string name = folder_ + "/harness-unpacked-XXXXXX";
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail();
    ::unlink(name.c_str());
  }
  ~NamelessFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NamelessFile(const NamelessFile&) = delete;
  NamelessFile& operator=(const NamelessFile&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  /// The descriptor, now the caller's.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  [[noreturn]] void fail() const {
    throw EnvironmentError("cannot unpack into " + folder_ + ": " + std::strerror(errno) +
                           "; TMPDIR names another folder");
  }
  std::string folder_;
  int descriptor_ = -1;
};

/// What can be read once only (a pipe, a terminal) is copied into a file that can be mapped.
int copy_of(int stream, const std::string& name) {
  NamelessFile copy;
  std::string piece(1 << 16, '\0');
  for (;;) {
    const ssize_t got = ::read(stream, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    const int why = errno;
    if (got <= 0) ::close(stream);
    if (got < 0) throw EnvironmentError(name + ": " + std::strerror(why));
    if (got == 0) return copy.release();
    copy.write(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }
}

/// Of a file that can be mapped; "-" is stdin.
int descriptor_of(const std::filesystem::path& file) {
  const int descriptor =
      file == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const std::string text = file.string() + ": " + std::strerror(errno);
    if (errno == ENOENT) throw UsageError(text);
    throw EnvironmentError(text);
  }
  struct stat info {};
  const bool streams = ::fstat(descriptor, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
  return streams ? copy_of(descriptor, file.string()) : descriptor;
}

HistoryForm form_of(std::string_view name, std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b"))
    throw UsageError(std::string(name) +
                     " is gzip data, which is not read; gunzip -c FILE | harness check - does");
  if (name.ends_with(".jsonl") || name.ends_with(".json"))
    return is_json_document(bytes) ? HistoryForm::kJsonDocument : HistoryForm::kJsonLines;
  if (name.ends_with(".edn")) return HistoryForm::kEdn;
  if (name.ends_with(".journal")) return HistoryForm::kJournal;
  // Published histories have names of all kinds: an operation of EDN has keywords, one of JSON texts.
  if (bytes.starts_with(kJournalMagic)) return HistoryForm::kJournal;
  std::string marks;  // the first characters that are no space
  for (const char c : bytes.substr(0, 4096))
    if (marks.size() < 3 && c != ' ' && c != '\n' && c != '\r' && c != '\t') marks += c;
  if (marks.starts_with("{\"") || marks.starts_with("[{\""))
    return is_json_document(bytes) ? HistoryForm::kJsonDocument : HistoryForm::kJsonLines;
  if (marks.starts_with("{:") || marks.starts_with("[{:") || marks.starts_with("({:") ||
      marks.starts_with("#") || marks.starts_with(";"))
    return HistoryForm::kEdn;
  throw UsageError(
      std::string(name) +
      ": a history is a .jsonl, .json, .edn or .journal file (each also with .zst), and this does "
      "not begin as one");
}

}  // namespace

bool is_journal(const std::filesystem::path& file) {
  std::string magic(kJournalMagic.size(), '\0');
  std::ifstream(file, std::ios::binary).read(magic.data(), static_cast<std::streamsize>(magic.size()));
  return magic == kJournalMagic || magic == kOldJournalMagic;
}

MappedFile::MappedFile(const std::filesystem::path& file) {
  map(descriptor_of(file), file.string());
}

MappedFile::MappedFile(int descriptor, const std::string& name) {
  map(descriptor, name);
}

void MappedFile::map(int descriptor, const std::string& name) {
  struct stat info {};
  const bool known = ::fstat(descriptor, &info) == 0;
  const bool regular = known && S_ISREG(info.st_mode);
  if (regular && info.st_size > 0) {
    size_ = static_cast<std::size_t>(info.st_size);
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data_ != MAP_FAILED) ::madvise(data_, size_, MADV_SEQUENTIAL);
  }
  const int why = errno;
  ::close(descriptor);
  if (!regular) throw UsageError(name + ": not a regular file");
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    throw EnvironmentError(name + ": cannot be mapped: " + std::strerror(why));
  }
}

void MappedFile::release(std::size_t from, std::size_t to) const {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  from = from / page * page;
  to = to / page * page;
  if (from < to) ::madvise(static_cast<char*>(data_) + from, to - from, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

HistoryFile::HistoryFile(const std::filesystem::path& file, std::size_t unpacked_max) : map_(file) {
  std::string name = file.string();
  // A pipe has no name that would tell.
  packed_ = name.ends_with(".zst") || bytes().starts_with(kZstdMagic);
  if (name.ends_with(".zst")) name.resize(name.size() - 4);
  if (packed_) unpack_file(file.string(), unpacked_max);
  form_ = form_of(name, bytes());
}

void HistoryFile::unpack_file(const std::string& name, std::size_t unpacked_max) {
  std::unique_ptr<NamelessFile> large;
  unpack(map_.bytes(), name, [&](std::string_view piece) {
    if (large == nullptr && unpacked_.size() + piece.size() <= unpacked_max) {
      unpacked_ += piece;
      return;
    }
    if (large == nullptr) {
      large = std::make_unique<NamelessFile>();
      large->write(unpacked_);
      unpacked_ = {};
    }
    large->write(piece);
  });
  if (large != nullptr) unpacked_file_ = std::make_unique<MappedFile>(large->release(), name + ", unpacked");
}

std::string_view HistoryFile::bytes() const {
  const std::string_view all = !packed_                    ? map_.bytes()
                               : unpacked_file_ != nullptr ? unpacked_file_->bytes()
                                                           : std::string_view(unpacked_);
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  return all.starts_with(kByteOrderMark) ? all.substr(kByteOrderMark.size()) : all;
}

bool HistoryFile::read(EventSink& sink, const ReadingOptions& options,
                       std::vector<std::string>& warnings) const {
  constexpr std::size_t kReleased = 8 << 20;
  const MappedFile* mapped = !packed_ ? &map_ : unpacked_file_.get();
  std::size_t released = 0;
  const KeepReading keep_reading = [&](std::size_t done) {
    if (done < released) released = 0;  // EDN is read twice
    if (options.sparing && mapped != nullptr && done - released > kReleased) {
      mapped->release(released, done);
      released = done;
    }
    return !options.keep_reading || options.keep_reading(done);
  };
  switch (form_) {
    case HistoryForm::kJsonLines:
      return read_jsonl_threads(bytes(), sink, keep_reading, options.threads, warnings);
    case HistoryForm::kEdn:
      return read_edn(bytes(), sink, warnings, keep_reading);
    case HistoryForm::kJsonDocument:
      return read_edn(bytes(), sink, warnings, keep_reading, Notation::kJson);
    case HistoryForm::kJournal:
      return read_journal(std::as_bytes(std::span(bytes().data(), bytes().size())), sink, keep_reading);
  }
  return true;
}

History HistoryFile::read(std::vector<std::string>& warnings) const {
  HistoryBuilder builder;
  builder.reserve(operations_guess());
  read(builder, {}, warnings);
  return builder.finish();
}

std::size_t HistoryFile::operations_guess() const {
  if (form_ == HistoryForm::kJournal) return bytes().size() / kJournalSlot / 2;
  return jsonl_operations(bytes());
}

EventPlace HistoryFile::place_of_event(std::size_t event) const {
  if (form_ == HistoryForm::kJournal) return {};
  if (form_ == HistoryForm::kEdn) return edn_event(bytes(), event);
  if (form_ == HistoryForm::kJsonDocument) return edn_event(bytes(), event, Notation::kJson);
  std::string_view rest = bytes();
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const bool blank = rest.substr(0, length).find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank && event-- == 0) return {line, jsonl_function(rest.substr(0, length))};
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return {};
}

}  // namespace harness
