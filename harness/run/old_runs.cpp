#include "harness/run/old_runs.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/core/check.h"
#include "harness/run/json_file.h"
#include "harness/run/store.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr double kUnderWay = 600;  // seconds
constexpr const char* kAudit = "audit.json";
constexpr const char* kBisect = "bisect.json";
constexpr const char* kSuite = "suite.json";
constexpr const char* kResults = "results.json";
constexpr const char* kTrackRecord = "TRACK_RECORD.md";

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kTimes[] = {{"d", 86'400}, {"h", 3'600}, {"m", 60}};
constexpr Unit kSizes[] = {{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}};

/// What says nothing of how it ended may have failed.
bool may_have_failed(const fs::path& results) {
  const nlohmann::json json = json_in(results);
  if (!json.is_object() || !json.contains("verdict")) return true;
  return json["verdict"] == "fail";
}

/// Whether the harness made the folder: the files that it begins with, and what stands in them.
bool is_ours(const fs::path& folder) {
  const auto has = [&](const char* file, std::initializer_list<const char*> keys) {
    const nlohmann::json json = json_in(folder / file);
    return json.is_object() && std::ranges::all_of(keys, [&](const char* key) { return json.contains(key); });
  };
  return has(kAudit, {"schema", "verdict"}) || has(kSuite, {"suite", "seed"}) ||
         has(kBisect, {"schema", "suspects"}) || has("run.json", {"run", "nodes"}) ||
         has("plan.json", {"scenario", "cluster"});
}

/// One that was interrupted, or killed, has no answer that anybody could need.
bool is_ended_audit(const fs::path& folder) {
  if (!fs::is_regular_file(folder / kAudit)) return false;
  const nlohmann::json json = json_in(folder / kAudit);
  return !json.is_object() || json.value("interrupted", nlohmann::json(false)) != true;
}

/// Sizes, ages and verdicts of everything below. What another process removes meanwhile is not counted.
Stored measure(const fs::path& directory, fs::file_time_type now) {
  Stored stored;
  stored.directory = directory;
  fs::file_time_type newest = fs::file_time_type::min();
  std::error_code gone;
  for (auto it =
           fs::recursive_directory_iterator(directory, fs::directory_options::skip_permission_denied, gone);
       !gone && it != fs::recursive_directory_iterator(); it.increment(gone)) {
    std::error_code none;
    if (!it->is_regular_file(none) || it->is_symlink(none)) continue;
    const std::uintmax_t size = it->file_size(none);
    if (!none) stored.bytes += size;
    const auto written = it->last_write_time(none);
    if (!none) newest = std::max(newest, written);
    if (it->path().filename() == kResults) stored.failed = stored.failed || may_have_failed(it->path());
  }
  if (newest != fs::file_time_type::min())
    stored.age_s = std::max(0.0, std::chrono::duration<double>(now - newest).count());
  return stored;
}

/// What names runs, by the file that does.
std::vector<std::pair<std::string, std::string>> naming_texts(const fs::path& store) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const fs::path& folder : {store, fs::path(".")})
    if (fs::is_regular_file(folder / kTrackRecord))
      texts.emplace_back((folder / kTrackRecord).string(), read_file(folder / kTrackRecord));
  for (const fs::directory_entry& entry : fs::directory_iterator(store))
    if (is_ended_audit(entry.path()))
      texts.emplace_back((entry.path() / kAudit).string(), read_file(entry.path() / kAudit));
  return texts;
}

}  // namespace

Retention retention_from(const std::string& text) {
  if (text == "failures") return {Retention::Rule::kFailures, 0, 0};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc{} && number >= 0 && number < 1e9) {
    for (const Unit& time : kTimes)
      if (unit == time.name) return {Retention::Rule::kYounger, number * time.factor, 0};
    for (const Unit& size : kSizes)
      if (unit == size.name)
        return {Retention::Rule::kNewest, 0, static_cast<std::uintmax_t>(number * size.factor)};
  }
  throw UsageError("--keep: '" + text +
                   "' is none: give a time (30d, 12h, 90m), a size (20GB, 500MB, 1TB) or failures");
}

std::vector<Stored> look_through(const fs::path& store) {
  std::error_code error;
  if (!fs::is_directory(store, error))
    throw EnvironmentError("there is no store at " + store.string() +
                           ": run something first, or say where with --store");
  const auto texts = naming_texts(store);
  const auto now = fs::file_time_type::clock::now();
  std::vector<Stored> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(store)) {
    const fs::path& folder = entry.path();
    const bool audit = is_ended_audit(folder);
    if (entry.is_symlink() || !is_ours(folder)) continue;  // nothing that is not ours is touched
    Stored stored = measure(folder, now);
    if (audit) stored.needed_by = "itself: audits are kept";
    for (const auto& [file, text] : texts)
      if (text.find(folder.filename().string()) != std::string::npos &&
          folder != fs::path(file).parent_path())
        stored.needed_by = file;
    // A run without results failed. An audit or a bisection never has a results.json, and a suite that was
    // interrupted has one although it may be going on.
    const bool ended = fs::exists(folder / kResults);
    if (!ended && !fs::exists(folder / kAudit) && !fs::exists(folder / kBisect)) stored.failed = true;
    if ((!ended || fs::exists(folder / kSuite)) && !audit && stored.age_s < kUnderWay)
      stored.needed_by = "itself: it is under way";
    found.push_back(std::move(stored));
  }
  return found;
}

std::vector<Stored> superfluous(std::vector<Stored> stored, const Retention& keep) {
  std::ranges::sort(stored, {}, &Stored::age_s);
  std::uintmax_t kept = 0;
  for (const Stored& one : stored)
    if (!one.needed_by.empty()) kept += one.bytes;
  std::erase_if(stored, [&](const Stored& one) {
    if (!one.needed_by.empty()) return true;
    switch (keep.rule) {
      case Retention::Rule::kYounger:
        return one.age_s <= keep.seconds;
      case Retention::Rule::kFailures:
        return one.failed;
      case Retention::Rule::kNewest:
        kept += one.bytes;  // once one does not fit, no older one does
        return kept <= keep.bytes;
    }
    return true;
  });
  std::ranges::reverse(stored);
  return stored;
}

}  // namespace harness
