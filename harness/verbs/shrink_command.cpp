#include "harness/verbs/shrink_command.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/cluster/shape.h"
#include "harness/compare/figure_text.h"
#include "harness/compare/replays.h"
#include "harness/compare/shrink.h"
#include "harness/core/check.h"
#include "harness/run/execute.h"
#include "harness/run/find_builds.h"
#include "harness/run/interrupt.h"
#include "harness/scenario/plan_check.h"
#include "harness/scenario/write_scenario.h"
#include "harness/suite/plan_runs.h"
#include "harness/verbs/repeat_options.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

struct ShrinkOptions : RepeatOptions {
  int times = 4;
  double time_s = 1800;
  int jobs = 0;
};

void declare(CLI::App& app, ShrinkOptions& options) {
  app.add_option("--times", options.times,
                 "replays that tell a plan's rate: more for violations that come back seldom")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--time", options.time_s, "seconds after which the smallest plan so far is the answer")
      ->check(number_between(1, 1e7))
      ->capture_default_str();
  app.add_option("--jobs", options.jobs,
                 "replays side by side [as many as memory carries and keep the cores busy]")
      ->check(CLI::Range(1, 1000));
  declare_repeat(app, options, "where the runs are");
}

/// How often a plan failed as the stored run did.
struct Rate {
  std::size_t failed = 0;
  std::size_t runs = 0;   // that were judged
  std::size_t tried = 0;  // and those that the environment ended, which say nothing
  std::set<ViolationKind> kinds;

  double share() const { return runs == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(runs); }
};

struct Accepted {
  Plan plan;
  std::filesystem::path store;  // of a run of it that failed
};

/// Carries smaller and smaller plans out, and says what came of it.
class Shrinking {
 public:
  Shrinking(const ShrinkOptions& options, const StoredRun& stored)
      : options_(options),
        stored_(stored),
        replays_({folder(), plan_file(), options.sandbox, options.quick_build, options.jobs}) {}

  int run();

 private:
  /// Side by side, until `wanted` says that no more are.
  void replay(const Plan& plan, Rate& rate, const std::function<int()>& wanted);
  void write_plan(const Plan& plan) const;
  void count(const RunOutcome& outcome, Rate& rate);
  Rate full_rate(const Plan& plan);
  bool still_fails(const Plan& plan, const std::string& change);
  /// The failures among `times` that half the first rate asks for.
  std::size_t enough() const;
  /// How many replays are to be under way: those that decide, if they all end as the ones before.
  int still_wanted(const Rate& rate) const;
  void go_back_until_it_fails();
  bool interrupted() const { return interrupted_by() != 0; }
  bool out_of_time() const;
  double seconds() const;
  void say(const std::string& text);
  int finish();
  nlohmann::ordered_json json() const;
  std::string comment() const;

  std::filesystem::path folder() const { return stored_.files.directory / "shrink"; }
  std::filesystem::path plan_file() const { return folder() / "plan.json"; }
  std::filesystem::path scenario_file() const { return stored_.files.directory / "shrunk.toml"; }
  std::string reproduce() const {
    return "./harness run " + scenario_file().string() + " --seed " + std::to_string(stored_.plan.seed);
  }

  const ShrinkOptions& options_;
  const StoredRun& stored_;
  PlanRuns replays_;
  Rate first_;
  Rate last_;
  std::vector<Accepted> accepted_;  // the first one is the stored plan itself
  std::filesystem::path failure_;   // store of the run that failed last
  std::size_t tries_ = 0;
  std::size_t runs_ = 0;
  std::string trouble_;     // of the environment
  bool time_over_ = false;  // before nothing more could be left out
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

void Shrinking::say(const std::string& text) {
  Progress(progress_style(!options_.no_progress)).say(text);
}

double Shrinking::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

bool Shrinking::out_of_time() const {
  return interrupted() || seconds() >= options_.time_s;
}

/// Those of the stored run's kinds that it showed.
std::set<ViolationKind> shown_again(const Violations& wanted, const RunOutcome& outcome) {
  std::set<ViolationKind> kinds;
  for (const Violation& violation : outcome.violations) {
    if (!violation.known.empty()) continue;
    // An outcome names what a check does not list so.
    const std::string anomaly = violation.type == "violation" ? "" : violation.type;
    for (const ViolationKind& kind :
         {ViolationKind{violation.check, violation.type}, {violation.check, anomaly}})
      if (wanted.contains(kind)) kinds.insert(kind);
  }
  return kinds;
}

/// Stores of runs that did not fail are not kept.
void Shrinking::count(const RunOutcome& outcome, Rate& rate) {
  const std::set<ViolationKind> shown = shown_again(stored_.violations, outcome);
  const bool failed = !shown.empty();
  rate.kinds.insert(shown.begin(), shown.end());
  const bool judged = outcome.verdict != "error";
  ++runs_;
  ++rate.tried;
  rate.runs += judged;
  rate.failed += failed;
  if (!judged) trouble_ = outcome.explanation;
  if (outcome.store.empty()) return;
  const std::filesystem::path store = outcome.store;
  const std::filesystem::path gone = failed ? std::exchange(failure_, store) : store;
  if (!gone.empty()) std::filesystem::remove_all(gone.parent_path());
}

/// What is carried out next; in the end the smallest one, which its runs name.
void Shrinking::write_plan(const Plan& plan) const {
  std::filesystem::create_directories(folder());
  save_plan({folder()}, plan);
}

void Shrinking::replay(const Plan& plan, Rate& rate, const std::function<int()>& wanted) {
  write_plan(plan);
  replays_.run(wanted, [&](const RunOutcome& outcome) { count(outcome, rate); });
}

Rate Shrinking::full_rate(const Plan& plan) {
  Rate rate;
  replay(plan, rate, [&] { return options_.times - static_cast<int>(rate.tried); });
  return rate;
}

std::size_t Shrinking::enough() const {
  const double wanted = first_.share() / 2 * options_.times;
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(wanted - 1e-9)));
}

int Shrinking::still_wanted(const Rate& rate) const {
  const int left = options_.times - static_cast<int>(rate.tried);
  const int to_keep = static_cast<int>(enough()) - static_cast<int>(rate.failed);
  const int to_refuse = left - to_keep + 1;
  if (to_keep <= 0 || to_refuse <= 0 || out_of_time()) return 0;
  return rate.failed == rate.tried ? to_keep : std::max(to_keep, to_refuse);
}

/// Ends as soon as the answer is certain, either way.
bool Shrinking::still_fails(const Plan& plan, const std::string& change) {
  ++tries_;
  Rate rate;
  replay(plan, rate, [&] { return still_wanted(rate); });
  if (interrupted()) return false;
  const bool kept = rate.failed >= enough();
  say("  " + std::to_string(rate.failed) + " of " + std::to_string(rate.runs) + " failed   " + change +
      (kept ? "   kept: " + size_text(plan) : ""));
  if (!kept) return false;
  accepted_.push_back({plan, failure_});
  failure_.clear();  // its store is kept
  if (accepted_.size() > 2) std::filesystem::remove_all(accepted_[accepted_.size() - 2].store.parent_path());
  return true;
}

/// Some plans were accepted by luck: the last one has to show its rate in fresh runs, else the one before.
void Shrinking::go_back_until_it_fails() {
  for (;;) {
    Accepted& smallest = accepted_.back();
    last_ = accepted_.size() == 1 ? first_ : full_rate(smallest.plan);
    if (accepted_.size() > 1 && !failure_.empty()) smallest.store = std::exchange(failure_, {});
    if (accepted_.size() == 1 || last_.share() >= first_.share() / 2 || interrupted()) break;
    say("  only " + rate_text(last_.failed, last_.runs) + " in fresh runs: back to the plan before");
    accepted_.pop_back();
  }
  write_plan(accepted_.back().plan);
}

std::string Shrinking::comment() const {
  std::string kinds;
  for (const ViolationKind& kind : last_.kinds.empty() ? first_.kinds : last_.kinds)
    kinds += (kinds.empty() ? "" : ", ") + to_string(kind);
  return "Shrunk from the run " + stored_.files.directory.filename().string() + " (" +
         size_text(stored_.plan) + ") to " + size_text(accepted_.back().plan) + ".\nFails by " +
         reporting::terminal_text(kinds) + " in " + rate_text(last_.failed, last_.runs) +
         "; the first plan did in " + rate_text(first_.failed, first_.runs) + ".\n" + reproduce();
}

nlohmann::ordered_json Shrinking::json() const {
  const auto rate = [](const Rate& of) -> nlohmann::ordered_json {
    const Interval interval = wilson(of.failed, of.runs);
    return {{"failed", of.failed}, {"of", of.runs}, {"interval", {interval.low, interval.high}}};
  };
  const auto size = [](const Plan& plan) -> nlohmann::ordered_json {
    return {{"steps", plan.steps.size()},
            {"loads", plan.loads.size()},
            {"time_limit_s", to_seconds(plan.limits.time_limit)}};
  };
  const Accepted& smallest = accepted_.back();
  return {{"schema", 1},
          {"run", stored_.files.directory.filename().string()},
          {"first", rate(first_)},
          {"shrunk", rate(last_)},
          {"before", size(stored_.plan)},
          {"after", size(smallest.plan)},
          {"scenario", scenario_file().string()},
          {"store", smallest.store.string()},
          {"tries", tries_},
          {"runs", runs_},
          {"seconds", seconds()},
          {"interrupted", interrupted()},
          {"time_over", time_over_},
          {"reproduce", reproduce()}};
}

int Shrinking::finish() {
  const Accepted& smallest = accepted_.back();
  for (const Accepted& larger : accepted_)
    if (&larger != &smallest && !larger.store.empty())
      std::filesystem::remove_all(larger.store.parent_path());
  write_file(scenario_file(), scenario_text(smallest.plan, comment()));
  if (options_.json) {
    std::cout << json_text(json()) << std::flush;
  } else {
    std::cout << "shrunk   " << size_text(stored_.plan) << "  ->  " << size_text(smallest.plan) << "   "
              << tries_ << " tries, " << runs_ << " runs, " << std::lround(seconds()) << " s\n"
              << "  fails       " << rate_text(last_.failed, last_.runs) << "; at first "
              << rate_text(first_.failed, first_.runs) << "\n"
              << "  scenario    " << scenario_file().string() << "\n";
    if (time_over_)
      std::cout << "  time        the " << std::lround(options_.time_s)
                << " s of --time were over: a smaller one may fail as well\n";
    if (!smallest.store.empty()) std::cout << "  store       " << smallest.store.string() << "\n";
    std::cout << "  reproduce   " << reproduce() << std::endl;
  }
  return interrupted() ? kExitInterrupted : kExitPass;
}

int Shrinking::run() {
  say("shrink " + stored_.files.directory.filename().string() + "   " + size_text(stored_.plan) + "   " +
      std::to_string(options_.times) + " replays tell a rate");
  accepted_.push_back({stored_.plan, {}});
  first_ = full_rate(stored_.plan);
  last_ = first_;
  say("  at first " + rate_text(first_.failed, first_.runs));
  if (interrupted()) return kExitInterrupted;
  if (first_.failed == 0) {
    std::cerr << "harness: the violation did not come back in " << first_.runs
              << " replays: nothing can be shrunk; more --times may show it"
              << (trouble_.empty() ? "" : "\n  " + reporting::terminal_lines(trouble_)) << "\n  seed       "
              << stored_.plan.seed << "\n  store      " << stored_.files.directory.string()
              << "\n  reproduce  ./harness run --plan " << stored_.files.plan().string() << "\n";
    return kExitUnknown;
  }
  shrink(stored_.plan, stored_.load_end, stored_.first_violation,
         {[this](const Plan& plan, const std::string& change) { return still_fails(plan, change); },
          [](const Plan& plan) { return !problem_with(plan); }, [this] { return out_of_time(); }});
  time_over_ = !interrupted() && out_of_time();
  go_back_until_it_fails();
  return finish();
}

/// Compiles what has to be, before runs side by side want it, and holds it to the stored run.
void find_builds_of(const StoredRun& stored, const ShrinkOptions& options, const ExecuteOptions& execution) {
  Progress progress(progress_style(!options.no_progress));
  find_builds(stored.plan.cluster, {execution.mode, options.quick_build, {}, execution.same_builds},
              progress);
}

}  // namespace

int shrink_command(int argc, const char* const* argv) {
  CLI::App app("the smallest plan that still fails as a stored run did, as a scenario file beside it",
               "shrink");
  ShrinkOptions options;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const StoredRun stored = stored_run(options.store, options.run);
  if (stored.violations.empty())
    throw UsageError(stored.files.directory.string() + " has no violation: there is nothing to shrink");
  const ExecuteOptions execution = execution_of(stored, options, argc, argv);
  catch_interrupts();
  try {
    find_builds_of(stored, options, execution);
  } catch (const StoppedBuilding&) {
    return kExitInterrupted;
  }
  return Shrinking(options, stored).run();
}

}  // namespace harness
