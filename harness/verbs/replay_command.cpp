#include "harness/verbs/replay_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/compare/figure_text.h"
#include "harness/compare/replays.h"
#include "harness/core/check.h"
#include "harness/run/interrupt.h"
#include "harness/verbs/planned_run.h"
#include "harness/verbs/repeat_options.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

struct ReplayOptions : RepeatOptions {
  int times = 3;
};

void declare(CLI::App& app, ReplayOptions& options) {
  app.add_option("--times", options.times, "so many replays")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  declare_repeat(app, options, "where the runs are, and the replays are kept");
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
  const ExecuteOptions execution = execution_of(stored, options, argc, argv);
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
