#include "harness/verbs/gc_command.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>

#include "harness/core/check.h"
#include "harness/core/exit_code.h"
#include "harness/run/old_runs.h"
#include "harness/verbs/command_line.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

std::string freed_megabytes(std::uintmax_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

/// A link to what is gone leads nowhere.
void drop_latest(const fs::path& store) {
  const fs::path latest = store / "latest";
  if (fs::is_symlink(latest) && !fs::exists(latest)) fs::remove(latest);
}

/// "named by store/TRACK_RECORD.md", "it is under way"
std::string why_needed(const Stored& one) {
  constexpr std::string_view kItself = "itself: ";
  return one.needed_by.starts_with(kItself) ? one.needed_by.substr(kItself.size())
                                            : "named by " + one.needed_by;
}

void remove_store(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) throw EnvironmentError("cannot remove " + folder.string() + ": " + error.message());
}

}  // namespace

int gc_command(int argc, const char* const* argv) {
  CLI::App app(
      "removes old stores; never one that an audit or TRACK_RECORD.md names, or a run that is under way",
      "gc");
  std::string keep_text;
  std::string store = "store";
  bool dry = false;
  app.add_option("--keep", keep_text, "what stays: 30d (written since), 20GB (the newest), failures")
      ->required();
  app.add_option("--store", store, "where runs are kept")->capture_default_str();
  app.add_flag("--dry-run", dry, "says what would go, and removes nothing");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const Retention keep = retention_from(keep_text);
  const std::vector<Stored> all = look_through(store);
  const std::vector<Stored> going = superfluous(all, keep);
  std::uintmax_t bytes = 0;
  for (const Stored& one : going) {
    if (!dry) remove_store(one.directory);
    bytes += one.bytes;
    std::cout << (dry ? "would remove " : "removed ") << one.directory.filename().string() << "   "
              << freed_megabytes(one.bytes) << "\n";
  }
  if (!dry) drop_latest(store);
  std::size_t needed = 0;
  for (const Stored& one : all) {
    if (one.needed_by.empty()) continue;
    ++needed;
    std::cout << "cannot go " << one.directory.filename().string() << "   " << why_needed(one) << "\n";
  }
  std::cout << fmt::format("{} of {} stores {}, {}; {} cannot go\n", going.size(), all.size(),
                           dry ? "would go" : "went", freed_megabytes(bytes), needed);
  return kExitPass;
}

}  // namespace harness
