#include "harness/verbs/run_command.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/check.h"
#include "harness/scenario/options.h"
#include "harness/scenario/plan_place.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/planned_run.h"
#include "harness/verbs/verbs.h"
#include "reports/junit.h"
#include "reports/text.h"

namespace harness {
namespace {

/// Digits alone: "-1" is no seed, and not 18446744073709551615 either.
std::uint64_t seed_of(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error != std::errc{} || end != text.data() + text.size())
    throw UsageError("--seed: '" + text + "' is no seed: give a whole number from 0 to 18446744073709551615");
  return seed;
}

void declare(CLI::App& app, RunOptions& options) {
  app.add_option(
      "SCENARIO", options.scenario,
      "a bundled scenario's name, or a .toml file; beside --nemesis or --workload it may be left out");
  app.add_option("--plan", options.plan, "carry out a plan (plan.json of a store) as it stands");
  app.add_option("--tag", options.tag, "every bundled scenario with this tag");
  app.add_option("--server", options.server,
                 "redis, valkey or bundled; a binary; a source tree or tarball; debian:NAME=VERSION; "
                 "A,B: a mixed cluster [the scenario's, else redis]");
  app.add_option(
      "--upgrade-to", options.upgrade_to,
      "what the steps upgrade and downgrade restart nodes as, named like --server [the scenario's]");
  app.add_option_function<std::string>(
      "--seed", [&options](const std::string& text) { options.seed = seed_of(text); },
      "the number that every random choice comes from");
  app.add_option("--time-limit", options.time_limit_s,
                 "seconds of load, at least: the schedule begins again while it fits")
      ->check(number_between(0, 1e6));
  app.add_option("--masters", options.masters, "masters of the cluster");
  app.add_option("--replicas", options.replicas, "replicas of each master");
  app.add_option("--node-timeout", options.node_timeout_ms, "cluster-node-timeout in ms")
      ->check(CLI::Range(100, 3'600'000));
  app.add_option("--concurrency", options.concurrency, "logical processes")->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate, "operations per second of all; 0: as fast as they go")
      ->check(number_between(0, 1e7));
  app.add_option("--nemesis", options.nemesis, "faults in place of the scenario's: a,b, packet-* or none")
      ->delimiter(',');
  app.add_option("--workload", options.workload, "what the clients do");
  app.add_option("--directive", options.directives,
                 "\"NAME VALUE\": a directive of the server, for every node; may be repeated")
      ->allow_extra_args(false);
  app.add_option(
         "--known", options.known,
         "a list of violations that are told and no failure: a bundled one, or a .toml file; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--store", options.store, "where runs are kept")->capture_default_str();
  app.add_option("--junit", options.junit, "write junit.xml here too");
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_option("--repeat", options.repeat, "so many runs, with the seeds that follow")
      ->check(CLI::Range(1, 1'000'000));
  app.add_flag("--strict", options.strict,
               "ask for plain linearizability: no documented window allows a loss");
  app.add_flag("--quick-build", options.quick_build,
               "compile sources with libc's malloc and -O1: sooner, not for audits");
  app.add_flag("--json", options.json, "print results.json's object; of several runs one array");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

std::string store_option(const RunOptions& options) {
  return options.store == RunOptions().store ? "" : " --store " + shell_word(options.store);
}

/// What is said on stderr of a run that did not come to its judgement.
void tell_the_end(const PlannedRun& run, const RunOptions& options) {
  if (run.interrupted)
    std::cerr << (std::filesystem::exists(run.files.directory)
                      ? "interrupted: what was recorded is in " +
                            reporting::terminal_text(run.files.directory.string()) +
                            "; judge it with: harness report " + run.info.id + store_option(options) + "\n"
                      : std::string("interrupted before the cluster was started: nothing was recorded\n"));
  else if (!run.error.empty())
    std::cerr << "harness: " << reporting::terminal_lines(run.error) << end_of_failure(run) << "\n";
}

/// The results of all runs as they are printed and written.
class Results {
 public:
  explicit Results(const RunOptions& options) : options_(options) {}

  void add(const PlannedRun& ended) {
    ++runs_;
    passed_ += ended.exit_code == kExitPass;
    code_ = runs_ == 1 ? ended.exit_code : worse_exit_code(code_, ended.exit_code);
    if (ended.exit_code == kExitInterrupted) return;
    const bool error = ended.judgement.verdict.error;
    const std::string text =
        result_text(ended.judgement.record, ended.judgement.verdict, ended.files, options_.json);
    if (options_.json)
      json_.push_back(nlohmann::ordered_json::parse(text));
    else if (!error)
      std::cout << text << std::flush;
    add_junit(ended.judgement.junit);
  }

  /// One run prints its object, several print one array; the count of passes is for people.
  int finish(bool several) {
    if (options_.json && several) std::cout << json_.dump(2) << "\n";
    if (options_.json && !several && !json_.empty()) std::cout << json_[0].dump(2) << "\n";
    if (several)
      (options_.json ? std::cerr : std::cout)
          << std::to_string(passed_) + " of " + std::to_string(runs_) + " passed\n";
    std::cout << std::flush;
    return code_;
  }

 private:
  /// After each run, so that what is there is whole whenever a later one is interrupted.
  void add_junit(const std::string& text) {
    if (options_.junit.empty()) return;
    documents_.push_back(text);
    write_named_file(options_.junit, join_junit(documents_), "--junit");
  }

  const RunOptions& options_;
  int runs_ = 0;
  int passed_ = 0;
  int code_ = kExitPass;
  nlohmann::ordered_json json_ = nlohmann::ordered_json::array();
  std::vector<std::string> documents_;  // junit.xml of each run
};

/// What only the servers could tell is refused where it stands.
PlannedRun carried_out(const Plan& plan, const std::string& scenario, const RunOptions& options,
                       const ExecuteOptions& execution, Progress& progress) {
  try {
    return carry_out(plan, options.store, execution, progress);
  } catch (const UsageError& error) {
    throw UsageError(told_by_place(options, scenario, error.what()));
  }
}

/// All that is to be run, planned before the first one starts: what is misspelt is told at once.
std::vector<Plan> plans_for(const RunOptions& options, const std::vector<std::string>& scenarios,
                            std::uint64_t first_seed) {
  std::vector<Plan> plans;
  for (const std::string& scenario : scenarios)
    for (int i = 0; i < options.repeat; ++i)
      plans.push_back(plan_for(options, scenario, first_seed + static_cast<std::uint64_t>(i)));
  return plans;
}

}  // namespace

int run_command(int argc, const char* const* argv) {
  CLI::App app("one run of a scenario: start a cluster, load it, break it, judge it", "run");
  RunOptions options;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  options = with_a_scenario(std::move(options));
  check_options(options);
  if (!options.junit.empty()) require_writable(options.junit, "--junit");
  std::vector<std::string> scenarios{options.scenario};
  if (!options.tag.empty()) scenarios = scenarios_tagged(options.tag);
  if (scenarios.empty()) {
    std::cerr << "harness: " + no_such_tag(options.tag) + "\n";
    return kExitNothingSelected;
  }
  const std::uint64_t first_seed = options.seed.value_or(std::random_device{}() % 1'000'000);
  const std::vector<Plan> plans = plans_for(options, scenarios, first_seed);
  ExecuteOptions execution = execute_options(chosen_mode(options.sandbox), options.quick_build, argc, argv);
  for (const Plan& plan : plans)
    if (const std::string why = why_not_here(plan, execution.mode); !why.empty()) throw EnvironmentError(why);
  Results results(options);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    Progress progress(progress_style(!options.no_progress));
    progress.say("seed " + std::to_string(plans[i].seed));
    const std::string& scenario = scenarios[i / static_cast<std::size_t>(options.repeat)];
    execution.reproduce = reproduce_command(options, scenario, plans[i].seed);
    const PlannedRun ended = carried_out(plans[i], scenario, options, execution, progress);
    tell_the_end(ended, options);
    results.add(ended);
    if (ended.exit_code == kExitInterrupted) break;
  }
  return results.finish(plans.size() > 1);
}

}  // namespace harness
