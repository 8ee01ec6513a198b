#include "harness/evidence/tally.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "harness/core/check.h"
#include "harness/core/crc32.h"
#include "harness/core/write_mend.h"
#include "harness/evidence/evidence_file.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t kLine = 192;

std::string hex(std::uint32_t sum) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", sum);
  return digits;
}

/// A line of the tally, of exactly kLine bytes.
std::string line_of(std::size_t number, const TallyEntry& entry) {
  Json json = {{"line", number}, {"file", entry.file}, {"bytes", entry.bytes}, {"sum", nullptr}};
  if (entry.sum) json["sum"] = hex(*entry.sum);
  json["check"] = hex(crc32(0, json.dump()));
  std::string line = json.dump();
  CHECK_THAT_HOLDS(line.size() < kLine, "names of evidence are short");
  line.resize(kLine - 1, ' ');
  return line + "\n";
}

/// Nothing when the line is not as line_of writes it.
std::optional<TallyEntry> entry_of(std::string_view line, std::size_t number) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("file") || !json["file"].is_string() || !json.contains("bytes") ||
      !json["bytes"].is_number_unsigned() || !json.contains("sum"))
    return {};
  TallyEntry entry{json["file"].get<std::string>(), json["bytes"].get<std::uint64_t>(), {}};
  if (json["sum"].is_string())
    entry.sum = static_cast<std::uint32_t>(std::strtoul(json["sum"].get<std::string>().c_str(), nullptr, 16));
  if (entry.file.size() >= kLine / 2 || line_of(number, entry) != line) return {};
  return entry;
}

/// Nothing when it cannot be read.
std::optional<std::string> contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return {};
  return std::move(text).str();
}

std::string damage_of(const fs::path& directory, const TallyEntry& entry) {
  const fs::path file = directory / entry.file;
  std::error_code error;
  if (!fs::exists(file, error)) return entry.file + " is missing";
  const std::uintmax_t size = fs::file_size(file, error);
  if (error) return entry.file + " cannot be read";
  if (size < entry.bytes)
    return entry.file + " has " + std::to_string(size) + " bytes, and at least " +
           std::to_string(entry.bytes) + " were written";
  if (!entry.sum) return {};
  const auto text = contents(file);
  if (!text) return entry.file + " cannot be read";
  // Also what came after the last count is looked at, where each line has its sum.
  const auto line = file.extension() == ".jsonl" ? first_changed_line(*text, true) : std::nullopt;
  if (line) return entry.file + " is not as it was written, from line " + std::to_string(*line) + " on";
  if (crc32(0, std::string_view(*text).substr(0, entry.bytes)) != *entry.sum)
    return entry.file + " is not as it was written (its checksum differs)";
  return {};
}

}  // namespace

Tally::Tally(fs::path directory) : directory_(std::move(directory)) {
  const fs::path file = directory_ / kTallyFile;
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw EnvironmentError("cannot write " + file.string() + ": " + std::strerror(errno) + "; " +
                           write_mend(errno));
  write(0, {std::string(kTallyFile), kLine, {}});
}

Tally::~Tally() {
  ::close(descriptor_);
}

void Tally::write(std::size_t number, const TallyEntry& entry) {
  const std::string line = line_of(number, entry);
  // One system call: a harness that is killed leaves the old line or the new one.
  if (::pwrite(descriptor_, line.data(), line.size(), static_cast<off_t>(number * kLine)) !=
      static_cast<ssize_t>(line.size()))
    throw EnvironmentError("cannot write " + (directory_ / kTallyFile).string() + ": " +
                           std::strerror(errno) + "; " + write_mend(errno));
}

void Tally::note(const fs::path& file, std::uint64_t bytes, std::optional<std::uint32_t> sum) {
  const std::lock_guard lock(mutex_);
  const std::string name = file.lexically_relative(directory_).string();
  const auto [place, made] = lines_.try_emplace(name, lines_.size() + 1);
  write(place->second, {name, bytes, sum});
  if (made) write(0, {std::string(kTallyFile), (lines_.size() + 1) * kLine, {}});
}

void Tally::note_document(const fs::path& file, std::string_view text) {
  note(file, text.size(), crc32(0, text));
}

void Tally::follow(const fs::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return;  // not made yet
  Followed& known = followed_[file];
  const auto size = static_cast<std::uint64_t>(in.tellg());
  // A file that became shorter was begun anew by its owner.
  if (size < known.bytes) known = {};
  std::string more(size - known.bytes, '\0');
  in.seekg(static_cast<std::streamoff>(known.bytes));
  in.read(more.data(), static_cast<std::streamsize>(more.size()));
  more.resize(static_cast<std::size_t>(in.gcount()));
  known.bytes += more.size();
  known.sum = crc32(known.sum, more);
  note(file, known.bytes, known.sum);
}

std::optional<std::vector<TallyEntry>> read_tally(std::string_view text) {
  if (text.size() < kLine || text.size() % kLine != 0) return {};
  std::vector<TallyEntry> entries;
  for (std::size_t at = 0; at < text.size(); at += kLine) {
    auto entry = entry_of(text.substr(at, kLine), at / kLine);
    if (!entry) return {};
    entries.push_back(std::move(*entry));
  }
  // A line that was just added may not be counted yet.
  const std::uint64_t counted = entries.front().bytes;
  if (entries.front().file != kTallyFile || (counted != text.size() && counted + kLine != text.size()))
    return {};
  entries.erase(entries.begin());
  return entries;
}

std::vector<std::string> damage_since_tally(const fs::path& directory, bool expected) {
  const std::string name(kTallyFile);
  if (!fs::exists(directory / name)) {
    if (expected) return {name + " is missing: nothing says whether the files are as the run wrote them"};
    return {};
  }
  // First the tally: a run that goes on adds to the files, and they may have more than is counted.
  const auto text = contents(directory / name);
  const auto entries = text ? read_tally(*text) : std::nullopt;
  if (!entries) return {name + " is damaged: nothing says whether the files are as the run wrote them"};
  std::vector<std::string> damage;
  for (const TallyEntry& entry : *entries)
    if (std::string found = damage_of(directory, entry); !found.empty()) damage.push_back(std::move(found));
  return damage;
}

}  // namespace harness
