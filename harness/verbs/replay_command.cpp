#include "harness/verbs/replay_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/compare/figure_text.h"
#include "harness/compare/replays.h"
#include "harness/core/check.h"
#include "harness/run/interrupt.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/planned_run.h"
#include "harness/verbs/stored_run.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

struct ReplayOptions {
  std::string run;
  std::string store = "store";
  int times = 3;
  std::string sandbox = "auto";
  bool quick_build = false;
  bool other_builds = false;
  bool json = false;
  bool no_progress = false;
};

void declare(CLI::App& app, ReplayOptions& options) {
  app.add_option("RUN", options.run, "a store directory, a run's id or a prefix of it, or latest")
      ->required();
  app.add_option("--times", options.times, "so many replays")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--store", options.store, "where the runs are, and the replays are kept")
      ->capture_default_str();
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_flag("--quick-build", options.quick_build, "as the stored run had it");
  app.add_flag("--other-builds", options.other_builds,
               "also when the SPECs of the run name other builds by now");
  app.add_flag("--json", options.json, "print one JSON object");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

Replay counted(const PlannedRun& run) {
  const RunVerdict& verdict = run.judgement.verdict;
  return {run.files.directory.filename().string(), run.files.directory.string(),
          std::string(verdict_word(verdict)), verdict.exit_code, violations_of(verdict)};
}

}  // namespace

int replay_command(int argc, const char* const* argv) {
  CLI::App app("the plan of a stored run again, on the same builds: how often does its violation come back?",
               "replay");
  ReplayOptions options;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const StoredRun stored = stored_run(options.store, options.run);
  ExecuteOptions execution = execute_options(chosen_mode(options.sandbox), options.quick_build, argc, argv);
  if (const std::string why = why_not_here(stored.plan, execution.mode); !why.empty())
    throw EnvironmentError(why);
  if (!options.other_builds) execution.same_builds = stored.builds;
  execution.reproduce = "./harness run --plan " + stored.files.plan().string();
  catch_interrupts();
  if (!options.json)
    std::cout << "replay " << stored.files.directory.filename().string() << "   "
              << reporting::counted(static_cast<std::uint64_t>(options.times), "time") << std::endl;
  Replays replays(stored.files.directory.filename().string(), stored.violations);
  const auto times = static_cast<std::size_t>(options.times);
  int code = kExitPass;
  for (std::size_t i = 1; i <= times && code != kExitInterrupted; ++i) {
    Progress progress(progress_style(!options.no_progress));
    progress.say("replay " + std::to_string(i) + " of " + std::to_string(times));
    const PlannedRun run = carry_out(stored.plan, options.store, execution, progress);
    progress.clear();
    code = worse_exit_code(code, interrupted_by() != 0 ? kExitInterrupted : run.exit_code);
    if (run.interrupted) break;
    if (!run.error.empty())
      std::cerr << "harness: " << reporting::terminal_lines(run.error) << end_of_failure(run) << "\n";
    replays.add(counted(run));
    if (!options.json) std::cout << replay_line(replays, i, times) << std::flush;
  }
  std::cout << (options.json ? json_text(replays_json(replays)) : replays_text(replays)) << std::flush;
  return code;
}

}  // namespace harness
