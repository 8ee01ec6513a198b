#include "harness/run/seal.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/core/check.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kSealVersion = 1;
constexpr std::string_view kEvidence[] = {".json", ".jsonl", ".journal"};
constexpr std::string_view kNodeEvidence[] = {"server.log", "output.log"};

struct Checksum {
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

/// Nothing when the file cannot be read.
std::optional<Checksum> checksum_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  Checksum sum;
  std::vector<char> block(1U << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())), in.gcount() > 0) {
    const auto size = static_cast<std::size_t>(in.gcount());
    sum.bytes += size;
    sum.crc = static_cast<std::uint32_t>(
        ::crc32_z(sum.crc, reinterpret_cast<const unsigned char*>(block.data()), size));
  }
  if (!in.eof()) return {};
  return sum;
}

/// Names relative to the run's directory, in order.
std::vector<std::string> evidence_of(const RunFiles& files) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(files.directory)) {
    const bool evidence =
        std::ranges::find(kEvidence, entry.path().extension().string()) != std::end(kEvidence);
    if (entry.is_regular_file() && evidence && entry.path() != files.seal() &&
        entry.path() != files.results())
      names.push_back(entry.path().filename().string());
  }
  std::error_code none;  // a run that failed early has no nodes
  for (const fs::directory_entry& entry : fs::directory_iterator(files.nodes(), none))
    for (const std::string_view name : kNodeEvidence)
      if (fs::is_regular_file(entry.path() / name))
        names.push_back((entry.path().lexically_relative(files.directory) / name).string());
  std::ranges::sort(names);
  return names;
}

/// The seal's own checksum is that of its list as text.
std::uint32_t checksum_of_list(const Json& list) {
  const std::string text = list.dump();
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

/// The list of a whole seal; null when it is not one.
Json read_seal(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const Json seal = Json::parse(in, nullptr, false);
  const bool whole = seal.is_object() && seal.value("version", Json()) == kSealVersion &&
                     seal.contains("files") && seal["files"].is_object() &&
                     seal.value("crc", Json()) == checksum_of_list(seal["files"]);
  return whole ? seal["files"] : Json();
}

std::string damage_of(const fs::path& directory, const std::string& name, const Json& sealed) {
  if (!fs::exists(directory / name)) return name + " is missing";
  const auto now = checksum_of(directory / name);
  if (!now) return name + " cannot be read";
  const Checksum then{sealed.at(0).get<std::uint64_t>(), sealed.at(1).get<std::uint32_t>()};
  if (now->bytes != then.bytes)
    return name + " has " + std::to_string(now->bytes) + " bytes, and had " + std::to_string(then.bytes) +
           " when the run ended";
  return *now == then ? "" : name + " was changed after the run ended (its checksum differs)";
}

}  // namespace

void seal_run(const RunFiles& files) {
  Json list = Json::object();
  for (const std::string& name : evidence_of(files)) {
    const auto sum = checksum_of(files.directory / name);
    if (!sum)
      throw EnvironmentError("cannot read " + (files.directory / name).string() +
                             " to seal the run: " + std::strerror(errno));
    list[name] = {sum->bytes, sum->crc};
  }
  const Json seal = {{"version", kSealVersion}, {"files", list}, {"crc", checksum_of_list(list)}};
  write_file(files.seal(), seal.dump(1) + "\n");
}

std::vector<std::string> damage_since_seal(const RunFiles& files, bool expected) {
  if (!fs::exists(files.seal())) {
    if (expected) return {"seal.json is missing: nothing says whether the files are as the run left them"};
    return {};
  }
  const Json list = read_seal(files.seal());
  if (list.is_null())
    return {"seal.json is damaged: nothing says whether the files are as the run left them"};
  std::vector<std::string> damage;
  for (const auto& [name, sealed] : list.items())
    if (std::string found = damage_of(files.directory, name, sealed); !found.empty())
      damage.push_back(std::move(found));
  return damage;
}

}  // namespace harness
