#include "harness/evidence/evidence_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/crc32.h"
#include "harness/core/write_mend.h"
#include "harness/evidence/tally.h"

namespace harness {
namespace {

constexpr std::string_view kSumKey = ",\"sum\":\"";
constexpr std::size_t kDigits = 8;
constexpr std::string_view kSumEnd = "\"}";
constexpr std::size_t kSumSize = kSumKey.size() + kDigits + kSumEnd.size();

std::string sum_text(std::uint32_t sum) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "%08x", sum);
  return std::string(kSumKey) + digits + std::string(kSumEnd);
}

bool has_sum(std::string_view line) {
  return line.size() > kSumSize && line.substr(line.size() - kSumSize).starts_with(kSumKey);
}

}  // namespace

EvidenceFile::EvidenceFile(std::filesystem::path file, Tally* tally)
    : file_(std::move(file)), tally_(tally) {}

EvidenceFile::~EvidenceFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void EvidenceFile::open() {
  if (descriptor_ >= 0) return;
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw EnvironmentError("cannot write " + file_.string() + ": " + std::strerror(errno) + "; " +
                           write_mend(errno));
  if (!std::filesystem::is_regular_file(file_)) return;
  std::ifstream in(file_, std::ios::binary);
  const std::string before((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  bytes_ = before.size();
  sum_ = crc32(0, before);
  if (tally_ != nullptr) tally_->note(file_, bytes_, sum_);
}

void EvidenceFile::append(std::string_view lines) {
  if (!failure_.empty()) throw EnvironmentError(failure_);
  open();
  std::string text;
  std::uint32_t sum = sum_;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    CHECK_THAT_HOLDS(end != std::string_view::npos && end > 2 && lines[end - 1] == '}',
                     "evidence is written in whole lines, an object each");
    const std::string_view body = lines.substr(0, end - 1);
    sum = crc32(sum, body);
    const std::string rest = sum_text(sum) + "\n";
    sum = crc32(sum, rest);
    text.append(body).append(rest);
    lines.remove_prefix(end + 1);
  }
  write(text);
  sum_ = sum;
  if (tally_ != nullptr) tally_->note(file_, bytes_, sum_);
}

void EvidenceFile::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      failure_ = "cannot write " + file_.string() + ": " + std::strerror(errno) + "; " + write_mend(errno);
      throw EnvironmentError(failure_);
    }
    bytes_ += static_cast<std::uint64_t>(written);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::optional<std::size_t> first_changed_line(std::string_view text, bool must) {
  std::uint32_t sum = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!has_sum(line)) {
      if (must || number > 1) return number;
      return {};  // of an earlier release
    }
    const std::size_t body = line.size() - kSumSize;
    sum = crc32(sum, line.substr(0, body));
    if (line.substr(body) != sum_text(sum)) return number;
    sum = crc32(crc32(sum, line.substr(body)), "\n");
  }
  return {};
}

}  // namespace harness
