#include "harness/verbs/bisect_command.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "harness/compare/bisection.h"
#include "harness/compare/figure_text.h"
#include "harness/compare/violations.h"
#include "harness/core/check.h"
#include "harness/run/interrupt.h"
#include "harness/sandbox/capture.h"
#include "harness/scenario/options.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/planned_run.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

struct BisectOptions {
  std::string scenario;
  std::string plan;
  std::string repo = ".";
  std::string good;
  std::string bad;
  std::uint64_t seed = 0;
  int times = 3;
  std::vector<std::string> directives;
  std::string store = "store";
  std::string sandbox = "auto";
  bool quick_build = false;
  bool json = false;
  bool no_progress = false;
};

void declare(CLI::App& app, BisectOptions& options) {
  app.add_option("SCENARIO", options.scenario, "a bundled scenario's name, or a .toml file");
  app.add_option("--plan", options.plan, "the plan of a run that failed (plan.json) in place of a scenario");
  app.add_option("--repo", options.repo, "a git repository of the server")->capture_default_str();
  app.add_option("--good", options.good, "a revision that keeps the promise")->required();
  app.add_option("--bad", options.bad, "a later one that breaks it")->required();
  app.add_option("--seed", options.seed, "the number that every random choice comes from");
  app.add_option("--times", options.times, "runs of the bad revision, which tell how often it fails")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--directive", options.directives, "\"NAME VALUE\": for every node; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--store", options.store, "where the runs are kept")->capture_default_str();
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_flag("--quick-build", options.quick_build, "compile with libc's malloc and -O1: sooner");
  app.add_flag("--json", options.json, "print one JSON object");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

std::string git(const BisectOptions& options, std::vector<std::string> words) {
  words.insert(words.begin(), {"git", "-C", options.repo});
  if (const auto out = capture(words)) return *out;
  std::string command;
  for (const std::string& word : words) command += (command.empty() ? "" : " ") + word;
  throw UsageError("'" + command + "' failed: --repo must be a git repository that has both revisions");
}

/// From the one after `good` to `bad`, the oldest first.
std::vector<std::string> revisions(const BisectOptions& options) {
  std::istringstream lines(
      git(options, {"rev-list", "--reverse", "--first-parent", options.good + ".." + options.bad}));
  std::vector<std::string> out;
  for (std::string line; std::getline(lines, line);) out.push_back(line);
  if (out.empty())
    throw UsageError("no revision lies between " + options.good + " and " + options.bad +
                     ": the bad one must come after the good one");
  return out;
}

class Bisecting {
 public:
  Bisecting(const BisectOptions& options, Plan plan, RunOptions run, ExecuteOptions execution)
      : options_(options),
        plan_(std::move(plan)),
        run_(std::move(run)),
        execution_(std::move(execution)),
        revisions_(revisions(options)),
        bisection_(revisions_.size()),
        folder_(std::filesystem::path(options.store) /
                ("bisect-" + utc_now("%Y%m%dT%H%M%SZ") + "-" + std::to_string(plan_.seed))) {}

  int run();

 private:
  struct Count {
    std::size_t failed = 0;
    std::size_t runs = 0;
    bool impossible = false;  // it could not be compiled, or its cluster not be started
  };

  /// So many runs at most; with `decide` no more once one failed.
  Count count(const std::string& revision, std::size_t times, bool decide);
  std::string server_at(const std::string& revision) const;
  Plan plan_on(const std::string& revision) const;
  bool shows(const RunVerdict& verdict) const;
  Trial try_out(const std::string& revision);
  std::string title(const std::string& revision) const;
  nlohmann::ordered_json answer(bool finished) const;
  void write(bool finished) const;
  bool interrupted() const { return interrupted_ || interrupted_by() != 0; }
  void say(const std::string& text) { Progress(progress_style(!options_.no_progress)).say(text); }
  int finish();

  const BisectOptions& options_;
  const Plan plan_;
  const RunOptions run_;  // what a run of one revision is called with
  ExecuteOptions execution_;
  const std::vector<std::string> revisions_;
  Bisection bisection_;
  const std::filesystem::path folder_;
  Violations kinds_;  // that the bad revision showed
  std::size_t passes_ = 1;
  bool interrupted_ = false;
};

/// The revision's sources come from the repository's objects: its work tree is never touched.
std::string Bisecting::server_at(const std::string& revision) const {
  return std::filesystem::absolute(options_.repo).lexically_normal().string() + "@" + revision;
}

Plan Bisecting::plan_on(const std::string& revision) const {
  Plan plan = plan_;
  plan.cluster.servers = {server_at(revision)};
  return plan;
}

bool Bisecting::shows(const RunVerdict& verdict) const {
  const Violations violations = violations_of(verdict);
  return std::ranges::any_of(kinds_, [&](const auto& kind) { return violations.contains(kind.first); });
}

Bisecting::Count Bisecting::count(const std::string& revision, std::size_t times, bool decide) {
  Count count;
  const Plan plan = plan_on(revision);
  RunOptions again = run_;
  again.server = server_at(revision);
  execution_.reproduce = reproduce_command(again, options_.scenario, plan_.seed);
  for (std::size_t i = 0; i < times && !interrupted(); ++i) {
    Progress quiet(ProgressStyle::kNone);
    const PlannedRun run = carry_out(plan, folder_, execution_, quiet);
    if (run.interrupted) {
      interrupted_ = true;
      break;
    }
    if (!run.error.empty()) {
      say("  " + title(revision) + "   " + reporting::terminal_text(run.error.substr(0, 200)));
      count.impossible = true;
      break;
    }
    if (!decide)
      for (const auto& [kind, seen] : violations_of(run.judgement.verdict)) kinds_[kind] = seen;
    const bool failed = decide ? shows(run.judgement.verdict) : run.exit_code == kExitViolation;
    ++count.runs;
    count.failed += failed;
    if (!failed) std::filesystem::remove_all(run.files.directory);
    if (failed && decide) break;
  }
  return count;
}

Trial Bisecting::try_out(const std::string& revision) {
  const Count found = count(revision, passes_, true);
  const Trial trial = found.impossible ? Trial::kSkipped : found.failed > 0 ? Trial::kBad : Trial::kGood;
  if (!interrupted())
    say(std::string("  ") +
        (trial == Trial::kBad    ? "bad   "
         : trial == Trial::kGood ? "good  "
                                 : "skip  ") +
        title(revision));
  return trial;
}

std::string Bisecting::title(const std::string& revision) const {
  std::string text = git(options_, {"log", "-1", "--format=%h %s", revision});
  while (text.ends_with("\n")) text.pop_back();
  return reporting::terminal_text(text);
}

nlohmann::ordered_json Bisecting::answer(bool finished) const {
  const std::vector<std::size_t> suspects = bisection_.suspects();
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  for (const std::size_t i : suspects)
    found.push_back({{"revision", revisions_[i]}, {"title", title(revisions_[i])}});
  return {
      {"schema", 1},        {"first_bad", suspects.size() == 1 ? found[0] : nlohmann::ordered_json(nullptr)},
      {"suspects", found},  {"passes_for_good", passes_},
      {"seed", plan_.seed}, {"finished", finished}};
}

/// From the beginning on, so that a folder whose bisection was killed is known for what it is.
void Bisecting::write(bool finished) const {
  std::filesystem::create_directories(folder_);
  write_file(folder_ / "bisect.json", json_text(answer(finished)));
}

int Bisecting::finish() {
  const std::vector<std::size_t> suspects = bisection_.suspects();
  write(true);
  if (options_.json) {
    std::cout << json_text(answer(true)) << std::flush;
  } else {
    std::cout << (suspects.size() == 1 ? "first bad   " : "one of these, since not all could be tried\n");
    for (const std::size_t i : suspects) std::cout << reporting::terminal_text(title(revisions_[i])) << "\n";
    std::cout << std::flush;
  }
  return suspects.size() == 1 ? kExitPass : kExitUnknown;
}

int Bisecting::run() {
  write(false);
  say("bisect " + std::to_string(revisions_.size()) + " revisions   seed " + std::to_string(plan_.seed));
  const Count bad = count(revisions_.back(), static_cast<std::size_t>(options_.times), false);
  if (interrupted()) return kExitInterrupted;
  if (bad.failed == 0) {
    std::cerr << "harness: the bad revision " << options_.bad << " showed no violation in " << bad.runs
              << " runs: nothing can be found; --times may show it\n  seed       " << plan_.seed
              << "\n  store      " << folder_.string() << "\n  reproduce  " << execution_.reproduce << "\n";
    return kExitUnknown;
  }
  passes_ = passes_for_good(bad.failed, bad.runs);
  say("  bad   " + title(revisions_.back()) + "   " + std::to_string(bad.failed) + " of " +
      std::to_string(bad.runs) + " runs failed; " + std::to_string(passes_) + " without it are good");
  if (try_out(options_.good) == Trial::kBad && !interrupted()) {
    std::cerr << "harness: the good revision " << options_.good << " has the same violation\n  seed       "
              << plan_.seed << "\n  store      " << folder_.string() << "\n  reproduce  "
              << execution_.reproduce << "\n";
    return kExitUnknown;
  }
  while (const auto next = bisection_.next()) {
    const Trial trial = try_out(revisions_[*next]);
    if (interrupted()) return kExitInterrupted;
    bisection_.mark(*next, trial);
  }
  return finish();
}

}  // namespace

int bisect_command(int argc, const char* const* argv) {
  CLI::App app("which commit of a server broke it?", "bisect");
  BisectOptions options;
  options.seed = std::random_device{}() % 1'000'000;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  RunOptions run;
  run.scenario = options.scenario;
  run.plan = options.plan;
  run.directives = options.directives;
  check_options(run);
  Plan plan = plan_for(run, options.scenario, options.seed);
  ExecuteOptions execution = execute_options(chosen_mode(options.sandbox), options.quick_build, argc, argv);
  if (const std::string why = why_not_here(plan, execution.mode); !why.empty()) throw EnvironmentError(why);
  catch_interrupts();
  return Bisecting(options, std::move(plan), std::move(run), std::move(execution)).run();
}

}  // namespace harness
