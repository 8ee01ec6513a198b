#include "harness/verbs/audit_command.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "harness/builds/server.h"
#include "harness/compare/audit_report.h"
#include "harness/compare/figure_text.h"
#include "harness/core/check.h"
#include "harness/run/find_builds.h"
#include "harness/run/interrupt.h"
#include "harness/scenario/options.h"
#include "harness/suite/coverage_order.h"
#include "harness/suite/keep.h"
#include "harness/suite/suite_file.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/planned_run.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

struct AuditOptions {
  std::string candidate;
  std::string baseline;
  std::vector<std::string> scenarios;
  std::string tag;
  std::string suite;
  int seeds = 0;  // 0: as many as make kPairs pairs
  std::uint64_t seed = 0;
  double time_s = 0;
  double tolerance_percent = 15;
  std::string store = "store";
  std::string sandbox = "auto";
  std::string keep = "failures";
  std::vector<std::string> baseline_directives;
  std::vector<std::string> candidate_directives;
  std::vector<std::string> directives;
  bool json = false;
  bool no_progress = false;
};

/// Pairs of an audit that is not told otherwise: enough to tell 15 % of a failover's length.
constexpr int kPairs = 24;
/// Where nobody says which: values that are written anew hide a write that never came to a replica; counts
/// and lists show it. A command of one type that goes wrong shows with that type alone.
constexpr std::string_view kScenarios[] = {"failover-kill", "failover-counters", "failover-queues",
                                           "failover-types"};

void declare(CLI::App& app, AuditOptions& options) {
  app.add_option("CANDIDATE", options.candidate, "the build that is asked about, named like --server")
      ->required();
  app.add_option("--baseline", options.baseline, "the build that it is compared with")->required();
  app.add_option("--scenario", options.scenarios,
                 "a bundled scenario's name, or a .toml file; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--tag", options.tag, "every bundled scenario with this tag");
  app.add_option("--suite", options.suite, "every scenario of a suite: a bundled name, or a .toml file");
  app.add_option("--seeds", options.seeds, "so many pairs of each scenario [in all 24]")
      ->check(CLI::Range(1, 100'000));
  app.add_option("--seed", options.seed, "the first one; the others follow");
  app.add_option("--time", options.time_s, "seconds after which no further pair begins; 0: none")
      ->check(number_between(0, 1e7));
  app.add_option("--tolerance", options.tolerance_percent, "what a figure may be worse by, in percent")
      ->check(number_between(0, 1000))
      ->capture_default_str();
  app.add_option("--directive", options.directives,
                 "\"NAME VALUE\": a directive of both builds' nodes; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--baseline-directive", options.baseline_directives, "of the baseline alone")
      ->allow_extra_args(false);
  app.add_option("--candidate-directive", options.candidate_directives, "of the candidate alone")
      ->allow_extra_args(false);
  app.add_option("--store", options.store, "where the audit is kept")->capture_default_str();
  app.add_option("--keep", options.keep, "which runs' stores stay whole: failures, all or none")
      ->check(CLI::IsMember({"failures", "all", "none"}))
      ->capture_default_str();
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_flag("--json", options.json, "print audit.json's object");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

std::vector<std::string> chosen_scenarios(const AuditOptions& options) {
  std::vector<std::string> names = options.scenarios;
  const auto add = [&](const std::string& name) {
    if (std::ranges::count(names, name) == 0) names.push_back(name);
  };
  if (!options.tag.empty())
    for (const std::string& name : scenarios_tagged(options.tag)) add(name);
  if (!options.suite.empty())
    for (const Selection& selection : load_suite(options.suite).selections)
      for (const std::string& name : selection.scenarios) add(name);
  if (names.empty() && options.tag.empty() && options.suite.empty())
    names.assign(std::begin(kScenarios), std::end(kScenarios));
  return names;
}

/// A plan, and the command that carries it out alone.
struct Planned {
  Plan plan;
  std::string reproduce;
};

/// Two plans that differ in their builds alone, and in what the command line gives one side.
struct PlanPair {
  Planned baseline;
  Planned candidate;
};

PlanPair plan_pair(const AuditOptions& options, const std::string& scenario, std::uint64_t seed) {
  const auto plan = [&](const std::string& server, const std::vector<std::string>& own) {
    RunOptions run;
    run.scenario = scenario;
    run.server = server;
    run.directives = options.directives;
    run.directives.insert(run.directives.end(), own.begin(), own.end());
    return Planned{plan_for(run, scenario, seed), reproduce_command(run, scenario, seed)};
  };
  return {plan(options.baseline, options.baseline_directives),
          plan(options.candidate, options.candidate_directives)};
}

/// A scenario that somebody named is wanted; of a tag's or a suite's, those that this machine cannot have are
/// left out by name.
std::vector<std::string> possible_here(const AuditOptions& options, const std::vector<std::string>& names,
                                       SandboxMode mode) {
  std::vector<std::string> possible;
  for (const std::string& name : names) {
    const std::string why = why_not_here(plan_pair(options, name, options.seed).candidate.plan, mode);
    if (why.empty())
      possible.push_back(name);
    else if (std::ranges::count(options.scenarios, name) > 0)
      throw EnvironmentError(why);
    else
      std::cerr << "harness: without " << reporting::terminal_lines(name + ": " + why) << "\n";
  }
  return possible;
}

/// So that an audit that ends early, or whose time is short, has seen each workload before it repeats one.
std::vector<std::string> by_coverage(const AuditOptions& options, const std::vector<std::string>& names) {
  std::vector<Exercise> exercises;
  for (const std::string& name : names)
    exercises.push_back(exercise_of(plan_pair(options, name, options.seed).candidate.plan));
  std::vector<std::string> ordered;
  for (const std::size_t i : cover_first(exercises)) ordered.push_back(names[i]);
  return ordered;
}

/// Asks for both builds before the first pair. False: an interrupt ended their compilation.
bool both_builds_found(const AuditOptions& options, SandboxMode mode) {
  Progress progress(progress_style(!options.no_progress));
  try {
    for (const std::string& spec : {options.baseline, options.candidate})
      find_builds(spec, {mode, false, {}}, progress);
  } catch (const StoppedBuilding&) {
    return false;
  }
  return true;
}

/// Runs the pairs of an audit, and tells what comes of them.
class Auditor {
 public:
  Auditor(const AuditOptions& options, std::vector<std::string> scenarios, ExecuteOptions execution,
          std::vector<PlanPair> plans)
      : options_(options),
        scenarios_(std::move(scenarios)),
        execution_(std::move(execution)),
        plans_(std::move(plans)),
        times_(plans_.size()),
        audit_(plans_.size(), options.tolerance_percent / 100),
        directory_(std::filesystem::path(options.store) /
                   ("audit-" + utc_now("%Y%m%dT%H%M%SZ") + "-" + std::to_string(options.seed))) {}

  int run();

 private:
  std::optional<RunSummary> run_one(const Planned& planned);
  bool candidate_goes_first(std::size_t plan);
  std::optional<AuditPair> run_pair(std::size_t plan);
  void confirm_new_kinds();
  bool answered_by_violations() const;
  std::size_t pairs_tried() const { return audit_.counted() + audit_.excluded().size(); }
  bool may_go_on() const;
  double seconds() const;
  void say(const std::string& text);
  std::string reproduce() const;
  AuditReport report_of(const Audit& audit, const AuditAnswer& answer, bool interrupted) const;
  void write_reports(const AuditReport& report) const;
  void write_so_far() const;
  int finish(const AuditAnswer& answer);

  const AuditOptions& options_;
  const std::vector<std::string> scenarios_;
  ExecuteOptions execution_;
  const std::vector<PlanPair> plans_;
  std::vector<std::size_t> times_;  // that each plan was carried out on both builds
  Audit audit_;
  const std::filesystem::path directory_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  bool interrupted_ = false;
};

void Auditor::say(const std::string& text) {
  Progress(progress_style(!options_.no_progress)).say(text);
}

double Auditor::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

/// Nothing: interrupted.
std::optional<RunSummary> Auditor::run_one(const Planned& planned) {
  Progress quiet(ProgressStyle::kNone);
  execution_.reproduce = planned.reproduce;
  const PlannedRun run = carry_out(planned.plan, directory_ / "runs", execution_, quiet);
  if (run.interrupted || interrupted_by() != 0) {
    interrupted_ = true;
    return {};
  }
  const RunSummary summary = summary_of(run.judgement.record, run.judgement.verdict);
  const bool whole = options_.keep == "all" || (options_.keep == "failures" && run.exit_code != kExitPass);
  if (!whole) keep_results_only(run.files.directory, true);
  return summary;
}

/// A B, then B A, for each scenario by itself: what drifts while the audit goes on meets both builds alike.
/// Plans go through the scenarios, seed by seed.
bool Auditor::candidate_goes_first(std::size_t plan) {
  return (plan / scenarios_.size() + plan % scenarios_.size() + times_[plan]++) % 2 == 1;
}

std::optional<AuditPair> Auditor::run_pair(std::size_t plan) {
  AuditPair pair;
  pair.plan = plan;
  const bool candidate_first = candidate_goes_first(plan);
  for (const bool second : {false, true}) {
    const bool candidate = candidate_first != second;
    std::optional<RunSummary> summary = run_one(candidate ? plans_[plan].candidate : plans_[plan].baseline);
    if (!summary) return {};
    (candidate ? pair.candidate : pair.baseline) = std::move(*summary);
  }
  say("  " + std::to_string(audit_.counted() + 1) + "/" + std::to_string(plans_.size()) + "  " +
      pair.baseline.scenario + " seed " + std::to_string(pair.baseline.seed) + "   baseline " +
      pair.baseline.verdict + ", candidate " + pair.candidate.verdict +
      (why_not_counted(pair).empty() ? "" : "   not counted: " + why_not_counted(pair)));
  return pair;
}

void Auditor::confirm_new_kinds() {
  while (const auto kind = audit_.to_confirm()) {
    say("  new: " + reporting::terminal_text(to_string(*kind)) + "; its plan runs again on both builds");
    const std::size_t plan = audit_.pairs().back().plan;
    audit_.begin_confirming(*kind);
    // Pairs that do not count bring no answer nearer: so many tries and no more.
    for (int tries = 0; tries < 20; ++tries) {
      const std::optional<AuditPair> pair = run_pair(plan);
      if (!pair || !audit_.confirm(*pair)) break;
    }
    if (interrupted_ || answered_by_violations()) return;
  }
}

bool Auditor::answered_by_violations() const {
  return std::ranges::any_of(audit_.new_kinds(),
                             [](const NewKind& kind) { return kind.rate.answer == Compared::kWorse; });
}

/// Pairs that do not count are made up for, half as many again as were wanted.
bool Auditor::may_go_on() const {
  return !interrupted_ && audit_.counted() < plans_.size() && pairs_tried() < plans_.size() * 3 / 2 &&
         (options_.time_s == 0 || seconds() < options_.time_s);
}

int Auditor::run() {
  say("audit " + options_.candidate + " against " + options_.baseline + "   " +
      std::to_string(scenarios_.size()) + " scenarios, at most " + std::to_string(plans_.size()) +
      " pairs   seed " + std::to_string(options_.seed));
  write_so_far();
  while (may_go_on()) {
    std::optional<AuditPair> pair = run_pair(pairs_tried() % plans_.size());
    if (!pair) break;
    audit_.add(std::move(*pair));
    write_so_far();
    confirm_new_kinds();
    if (interrupted_ || answered_by_violations()) break;
    if (!audit_.look_is_due() || audit_.counted() == plans_.size()) continue;
    const AuditAnswer answer = audit_.look();
    say("  look after " + std::to_string(audit_.counted()) +
        " pairs: " + std::string(to_string(answer.outcome)) + ", " + answer.reason);
    if (answer.clear) return finish(answer);
  }
  return finish(audit_.last_look());
}

std::string Auditor::reproduce() const {
  std::string command = "./harness";
  for (const std::string& word : execution_.argv) command += " " + shell_word(word);
  if (command.find("--seed ") == std::string::npos) command += " --seed " + std::to_string(options_.seed);
  return command;
}

AuditReport Auditor::report_of(const Audit& audit, const AuditAnswer& answer, bool interrupted) const {
  return {audit,
          answer,
          options_.baseline,
          options_.candidate,
          scenarios_,
          options_.tolerance_percent / 100,
          seconds(),
          interrupted,
          directory_.string(),
          reproduce(),
          options_.baseline_directives,
          options_.candidate_directives};
}

void Auditor::write_reports(const AuditReport& report) const {
  std::filesystem::create_directories(directory_);
  write_file(directory_ / "audit.json", json_text(audit_json(report)));
  write_file(directory_ / "summary.md", audit_markdown(report));
  write_file(directory_ / "audit.html", audit_html(report));
  write_file(directory_ / "junit.xml", audit_junit(report));
}

/// What there is after a pair, as if it ended here: an audit that is killed leaves that.
void Auditor::write_so_far() const {
  Audit so_far = audit_;
  const AuditAnswer answer = so_far.last_look();
  write_reports(report_of(so_far, answer, true));
}

int Auditor::finish(const AuditAnswer& answer) {
  const AuditReport report = report_of(audit_, answer, interrupted_);
  write_reports(report);
  std::cout << (options_.json ? json_text(audit_json(report)) : audit_text(report)) << std::flush;
  return exit_code_of(report);
}

}  // namespace

int audit_command(int argc, const char* const* argv) {
  CLI::App app("is a build worse than another one? Pairs of runs of equal plans, interleaved", "audit");
  AuditOptions options;
  options.seed = std::random_device{}() % 1'000'000;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  ExecuteOptions execution = execute_options(chosen_mode(options.sandbox), false, argc, argv);
  const std::vector<std::string> scenarios =
      by_coverage(options, possible_here(options, chosen_scenarios(options), execution.mode));
  if (scenarios.empty()) {
    const bool no_tag = !options.tag.empty() && scenarios_tagged(options.tag).empty();
    std::cerr << "harness: " + (no_tag ? no_such_tag(options.tag) : "no scenario is left to be run") + "\n";
    return kExitNothingSelected;
  }
  const int count = static_cast<int>(scenarios.size());
  if (options.seeds == 0) options.seeds = std::max(1, (kPairs + count - 1) / count);
  std::vector<PlanPair> plans;
  for (int i = 0; i < options.seeds; ++i)
    for (const std::string& scenario : scenarios)
      plans.push_back(plan_pair(options, scenario, options.seed + static_cast<std::uint64_t>(i)));
  catch_interrupts();
  if (!both_builds_found(options, execution.mode)) return kExitInterrupted;
  return Auditor(options, scenarios, execution, std::move(plans)).run();
}

}  // namespace harness
