#include "harness/verbs/trend_command.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "harness/core/exit_code.h"
#include "harness/trend/trend.h"
#include "harness/trend/trend_base.h"
#include "harness/verbs/command_line.h"

namespace harness {
namespace {

constexpr std::int64_t kDay = 86'400'000;  // ms

/// "store.sqlite" beside "store", also for "store/".
std::filesystem::path beside(const std::filesystem::path& store) {
  std::filesystem::path folder = std::filesystem::absolute(store).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return folder.string() + ".sqlite";
}

}  // namespace

int trend_command(int argc, const char* const* argv) {
  CLI::App app("what the last nights say of each scenario on each build: new failures first", "trend");
  std::string store = "store";
  int nights = 14;
  bool json = false;
  app.add_option("--store", store, "where runs are kept; DIR.sqlite beside it remembers them")
      ->capture_default_str();
  app.add_option("--nights", nights, "so many days back")->check(CLI::Range(1, 3'650))->capture_default_str();
  app.add_flag("--json", json, "print one JSON object");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  std::vector<std::string> unreadable;
  const std::vector<TrendRun> now = runs_of_store(store, unreadable);
  TrendBase base(beside(store));
  base.add(now);
  const auto today = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count() /
                     kDay;
  const std::vector<TrendLine> lines = trend_of(base.since((today - nights + 1) * kDay));
  for (const std::string& folder : unreadable)
    std::cerr << "harness: the results in " + folder + " cannot be understood: left out\n";
  std::cout << (json ? trend_json(lines) : trend_text(lines, static_cast<std::size_t>(nights)));
  return kExitPass;
}

}  // namespace harness
