#include "harness/history_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <span>

#include "harness/core/check.h"
#include "harness/core/edn.h"
#include "harness/core/journal.h"
#include "harness/core/jsonl.h"

namespace harness {
namespace {

std::string unpack(std::string_view packed, const std::string& name) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  CHECK_THAT_HOLDS(context != nullptr, "zstd gives a context");
  std::string out;
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t left = 0;
  while (in.pos < in.size) {
    ZSTD_outBuffer piece{buffer.data(), buffer.size(), 0};
    left = ZSTD_decompressStream(context.get(), &piece, &in);
    if (ZSTD_isError(left)) throw UsageError(name + ": not zstd data: " + ZSTD_getErrorName(left));
    out.append(buffer.data(), piece.pos);
  }
  if (left != 0) throw UsageError(name + ": the zstd data ends early: the file was cut");
  return out;
}

HistoryForm form_of(std::string_view name) {
  if (name.ends_with(".jsonl") || name.ends_with(".json")) return HistoryForm::kJsonLines;
  if (name.ends_with(".edn")) return HistoryForm::kEdn;
  if (name.ends_with(".journal")) return HistoryForm::kJournal;
  throw UsageError(std::string(name) +
                   ": a history is a .jsonl, .edn or .journal file (each also with .zst)");
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const std::string text = file.string() + ": " + std::strerror(errno);
    if (errno == ENOENT) throw UsageError(text);
    throw EnvironmentError(text);
  }
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  const bool regular = known && S_ISREG(info.st_mode);
  if (regular && info.st_size > 0) {
    size_ = static_cast<std::size_t>(info.st_size);
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data_ != MAP_FAILED) ::madvise(data_, size_, MADV_SEQUENTIAL);
  }
  const int why = errno;
  ::close(fd);
  if (!regular) throw UsageError(file.string() + ": not a regular file");
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    throw EnvironmentError(file.string() + ": cannot be mapped: " + std::strerror(why));
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

HistoryFile::HistoryFile(const std::filesystem::path& file) : map_(file) {
  std::string name = file.string();
  packed_ = name.ends_with(".zst");
  if (packed_) name.resize(name.size() - 4);
  form_ = form_of(name);
  if (packed_) unpacked_ = unpack(map_.bytes(), file.string());
  if (form_ == HistoryForm::kJsonLines && is_json_document(bytes())) form_ = HistoryForm::kJsonDocument;
}

History HistoryFile::read(std::vector<std::string>& warnings) const {
  switch (form_) {
    case HistoryForm::kJsonLines:
      return read_jsonl(bytes());
    case HistoryForm::kEdn:
      return read_edn(bytes(), warnings);
    case HistoryForm::kJsonDocument:
      return read_edn(bytes(), warnings, Notation::kJson);
    case HistoryForm::kJournal:
      return read_journal(std::as_bytes(std::span(bytes().data(), bytes().size())));
  }
  return {};
}

std::size_t HistoryFile::line_of_event(std::size_t event) const {
  if (form_ == HistoryForm::kJournal) return 0;
  if (form_ == HistoryForm::kEdn) return edn_line_of_event(bytes(), event);
  if (form_ == HistoryForm::kJsonDocument) return edn_line_of_event(bytes(), event, Notation::kJson);
  std::string_view rest = bytes();
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const bool blank = rest.substr(0, length).find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank && event-- == 0) return line;
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  return 0;
}

}  // namespace harness
