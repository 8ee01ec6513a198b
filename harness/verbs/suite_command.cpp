#include "harness/verbs/suite_command.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "harness/core/check.h"
#include "harness/run/execute.h"
#include "harness/run/find_builds.h"
#include "harness/run/interrupt.h"
#include "harness/scenario/options.h"
#include "harness/suite/suite_reports.h"
#include "harness/suite/suite_run.h"
#include "harness/suite/suite_text.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/planned_run.h"
#include "harness/verbs/verbs.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

struct SuiteOptions {
  std::string suite;
  std::vector<std::string> servers;
  std::string seeds;
  std::optional<std::uint64_t> seed;
  std::optional<double> time_s;
  std::optional<double> shrink_s;
  std::vector<std::string> known;
  std::string shard;
  bool resume = false;
  std::string keep = "failures";
  std::vector<std::string> merge;
  std::string before;
  int jobs = 0;
  std::string store = "store";
  std::string sandbox = "auto";
  bool quick_build = false;
  std::string junit;
  std::string summary;
  std::string metrics;
  bool annotations = false;
  bool json = false;
  bool no_progress = false;
};

void declare(CLI::App& app, SuiteOptions& options) {
  std::string names;
  for (const BundledSuite& bundled : bundled_suites())
    names += (names.empty() ? "" : ", ") + std::string(bundled.name);
  app.add_option("SUITE", options.suite, "a bundled suite (" + names + "), or a .toml file");
  app.add_option("--server", options.servers,
                 "a build, named as for run, in place of the suite's; may be repeated; A,B: a mixed cluster")
      ->allow_extra_args(false);
  app.add_option("--seeds", options.seeds, "N: so many seeds drawn for each scenario; A-B: these seeds");
  app.add_option("--seed", options.seed, "what the seeds are drawn from [today's date, as 20261129]");
  app.add_option("--time", options.time_s, "seconds: after that no further run begins")
      ->check(number_between(0.001, 1e9));
  app.add_option(
         "--shrink", options.shrink_s,
         "seconds for shrinking new violations, all together, at the end and within --time [the suite's]")
      ->check(number_between(0, 1e9));
  app.add_option("--known", options.known,
                 "a list of violations that are told and no failure, beside the suite's; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--shard", options.shard, "I/N: the I-th of N parts, for several machines");
  app.add_flag("--resume", options.resume,
               "go on with the newest suite of this name (and --seed) that did not finish; else begin");
  app.add_option("--keep", options.keep, "whose whole stores are kept: failures, all or none")
      ->check(CLI::IsMember({"failures", "all", "none"}))
      ->capture_default_str();
  app.add_option("--merge", options.merge, "folders of a suite's shards: told as one; nothing is run");
  app.add_option(
      "--before", options.before,
      "the folder of an earlier suite: what is new and what is resolved [the newest in the store]");
  app.add_option("--jobs", options.jobs, "runs side by side [as many as the machine is measured to carry]")
      ->check(CLI::Range(1, 1000));
  app.add_option("--store", options.store, "where suites are kept")->capture_default_str();
  app.add_option("--sandbox", options.sandbox, "auto, user, root or loopback")
      ->check(CLI::IsMember({"auto", "user", "root", "loopback"}))
      ->capture_default_str();
  app.add_option("--junit", options.junit, "write junit.xml here too");
  app.add_option("--summary", options.summary, "append the Markdown summary here, at most 1 MiB");
  app.add_option("--metrics", options.metrics, "write OpenMetrics text here");
  app.add_flag("--annotations", options.annotations, "GitHub annotations on stderr, at most ten");
  app.add_flag("--quick-build", options.quick_build, "compile sources with libc's malloc and -O1");
  app.add_flag("--json", options.json, "print the one object of the suite's results.json");
  app.add_flag("--no-progress", options.no_progress, "nothing on stderr but errors");
}

/// 20261129
std::uint64_t seed_of_today() {
  return std::stoull(utc_now("%Y%m%d"));
}

using Builds = std::map<std::string, std::vector<Server>>;  // by SPEC

Builds builds_of(const Matrix& matrix, SandboxMode mode, bool quick, Progress& progress) {
  Builds builds;
  for (const Cell& cell : matrix.cells)
    if (!cell.server.empty() && !builds.contains(cell.server))
      builds[cell.server] = find_builds(cell.server, {mode, quick, {}}, progress);
  return builds;
}

/// Names the builds in words. Two that have one name keep their SPECs beside it.
void name_builds(Matrix& matrix, const Builds& builds) {
  std::map<std::string, std::string> words;
  std::map<std::string, int> uses;
  for (const auto& [spec, servers] : builds) {
    std::string& name = words[spec];
    for (const Server& server : servers) name += (name.empty() ? "" : " + ") + build_name(server.info);
    ++uses[name];
  }
  for (Cell& cell : matrix.cells)
    if (!cell.server.empty())
      cell.build = words[cell.server] + (uses[words[cell.server]] > 1 ? " (" + cell.server + ")" : "");
}

/// Why the scenario of the cell cannot be had here, or with its builds; empty: it can.
std::string why_not(const Cell& cell, std::uint64_t seed, SandboxMode mode,
                    const std::vector<Server>& builds) {
  RunOptions run;
  run.scenario = cell.scenario;
  if (!cell.server.empty()) run.server = cell.server;
  run.time_limit_s = cell.time_limit_s;
  try {
    const Plan plan = plan_for(run, cell.scenario, seed);
    std::string why = why_not_here(plan, mode);
    for (const Server& build : builds)
      if (why.empty()) why = why_not_by(build.flavor, plan);
    return why;
  } catch (const UsageError& error) {
    return error.what();
  }
}

/// Skips by name what cannot be had, before anything runs.
void skip_what_cannot_be(const Matrix& matrix, Builds builds, const SuiteFiles& files, SandboxMode mode) {
  SuiteJournal journal(files);
  std::vector<std::string> why(matrix.cells.size());
  for (const SuiteTask& task : tasks_of_round(matrix, 0)) {
    const Cell& cell = matrix.cells[task.cell];
    if (why[task.cell].empty()) why[task.cell] = why_not(cell, task.seed, mode, builds[cell.server]);
  }
  for (std::size_t c = 0; c < why.size(); ++c)
    if (!why[c].empty()) journal.skip({matrix.cells[c].scenario, matrix.cells[c].build, why[c]});
}

Matrix matrix_for(const SuiteOptions& options) {
  MatrixOptions changes;
  if (std::ranges::count(options.servers, "") > 0)
    throw UsageError("--server \"\": a build's name is empty; give one, or several by --server A --server B");
  changes.builds = options.servers;
  if (!options.seeds.empty()) read_seeds(options.seeds, changes);
  changes.time_s = options.time_s;
  changes.shrink_s = options.shrink_s;
  changes.known = options.known;
  changes.seed = options.seed.value_or(seed_of_today());
  if (!options.shard.empty()) changes.shard = shard_of(options.shard);
  return make_matrix(load_suite(options.suite), changes);
}

/// A resumed suite goes on as it was begun: an option that says otherwise is refused.
void require_same(const Matrix& stored, const Matrix& asked, const SuiteOptions& options,
                  const SuiteFiles& files) {
  if (!stored.sha256.empty() && (stored.source != asked.source || stored.sha256 != asked.sha256))
    throw UsageError("--resume goes on with " + files.directory.string() + ", which was begun from " +
                     (stored.source == asked.source
                          ? stored.source + " as it was then; it was changed since"
                          : "another suite of this name (" + stored.source + ", not " + asked.source + ")") +
                     ": leave --resume out to begin a new one");
  const auto same_runs = [](const Cell& a, const Cell& b) {
    return a.scenario == b.scenario && a.server == b.server && a.weight == b.weight &&
           a.time_limit_s == b.time_limit_s;
  };
  const bool builds = options.servers.empty() || std::ranges::equal(asked.cells, stored.cells, same_runs);
  const bool seeds =
      options.seeds.empty() || (asked.rounds == stored.rounds && asked.first_seed == stored.first_seed);
  if (!builds || !seeds)
    throw UsageError("--resume goes on with " + files.directory.string() + ", which was begun with other " +
                     (builds ? "--seeds" : "scenarios or builds") +
                     ": give the same or none, or leave --resume out");
}

struct Begun {
  SuiteFiles files;
  Matrix matrix;
  std::unique_ptr<SuiteLock> lock;  // of what runs
};

/// The suite that goes on, or a fresh one.
Begun begin(const SuiteOptions& options, SandboxMode mode, Progress& progress) {
  Matrix matrix = matrix_for(options);
  if (options.resume) {
    if (auto files = find_unfinished(options.store, matrix.suite, matrix.shard, options.seed)) {
      Begun begun{*files, load_matrix(*files), std::make_unique<SuiteLock>(*files)};
      require_same(begun.matrix, matrix, options, *files);
      if (options.time_s) begun.matrix.time_s = *options.time_s;
      if (options.shrink_s) begun.matrix.shrink_s = *options.shrink_s;
      // Killed before it had asked what can be had: none of that was asked yet.
      if (load_suite_log(*files).sessions == 0)
        skip_what_cannot_be(begun.matrix, builds_of(begun.matrix, mode, options.quick_build, progress),
                            *files, mode);
      progress.say("going on with " + files->directory.string());
      return begun;
    }
  }
  const Builds builds = builds_of(matrix, mode, options.quick_build, progress);
  name_builds(matrix, builds);
  const SuiteFiles files = create_suite_directory(options.store, matrix);
  Begun begun{files, matrix, std::make_unique<SuiteLock>(files)};
  skip_what_cannot_be(matrix, builds, begun.files, mode);
  return begun;
}

/// What the suite before this one found, where there is one: --before, else the newest of the store.
std::optional<SuiteResult> result_before(const SuiteOptions& options, const Begun& begun) {
  auto files = find_previous(options.store, begun.matrix, begun.files);
  if (!options.before.empty()) files = SuiteFiles{options.before};
  if (!files) return std::nullopt;
  return tally(load_matrix(*files), load_suite_log(*files));
}

std::map<std::string, double> seconds_before(const std::optional<SuiteResult>& before) {
  std::map<std::string, std::pair<double, int>> sums;
  for (const RunOutcome& run : before ? before->runs : std::vector<RunOutcome>()) {
    sums[run.scenario].first += run.seconds;
    ++sums[run.scenario].second;
  }
  std::map<std::string, double> seconds;
  for (const auto& [scenario, sum] : sums) seconds[scenario] = sum.first / sum.second;
  return seconds;
}

/// Into the suite's folder, to the named files, and to stdout. Returns the exit code.
int report(const SuiteResult& result, const SuiteFiles& files, const SuiteOptions& options) {
  // A merged suite's stores are named with their folders already.
  const bool merged = !options.merge.empty();
  const std::string folder = merged ? "" : files.directory.string();
  const std::string json = suite_json(result, folder);
  const std::string junit = suite_junit(result, folder);
  const std::string summary = suite_markdown(result, folder);
  const std::string metrics = suite_metrics(result);
  write_file(files.results(), json);
  write_file(files.junit(), junit);
  write_file(files.summary(), summary);
  write_file(files.metrics(), metrics);
  write_file(files.ctrf(), suite_ctrf(result, folder));
  write_file(files.page(), suite_page(result));
  if (!options.junit.empty()) write_named_file(options.junit, junit, "--junit");
  if (!options.metrics.empty()) write_named_file(options.metrics, metrics, "--metrics");
  // Other steps may have written there, too.
  if (!options.summary.empty()) append_to_named_file(options.summary, summary, "--summary");
  if (options.annotations) std::cerr << suite_annotations(result);
  std::cout << (options.json ? json : suite_text(result, folder, colours_on(STDOUT_FILENO)));
  if (merged && !options.json)
    std::cout << "  summary   " + files.summary().string() + "   page  " + files.page().string() + "\n";
  std::cout << std::flush;
  return exit_code_of(result);
}

int merge_shards(const SuiteOptions& options) {
  std::vector<Part> parts;
  for (const std::string& folder : options.merge) {
    const SuiteFiles files{folder};
    parts.push_back({folder, load_matrix(files), load_suite_log(files)});
  }
  Whole whole = join_shards(parts);
  SuiteResult result = tally(whole);
  // Under a name of its own: joined suites are compared with joined ones, and none of them goes on.
  whole.matrix.suite += "-merged";
  const SuiteFiles files = store_suite(options.store, whole.matrix, whole.log);
  if (const auto before = result_before(options, {files, whole.matrix, nullptr}))
    compare_with(*before, result);
  return report(result, files, options);
}

int run_one_suite(const SuiteOptions& options) {
  if (!options.shard.empty()) shard_of(options.shard);
  catch_interrupts();
  const SandboxMode mode = chosen_mode(options.sandbox);
  Progress progress(progress_style(!options.no_progress));
  const Begun begun = begin(options, mode, progress);
  if (begun.matrix.my_size() == std::size_t{0}) {
    SuiteJournal(begun.files).finish(0);
    return report(tally(begun.matrix, load_suite_log(begun.files)), begun.files, options);
  }
  const auto before = result_before(options, begun);
  SuiteSettings settings;
  settings.run = {begun.files, options.sandbox, options.quick_build};
  settings.keep = keep_from(options.keep);
  settings.jobs = options.jobs;
  settings.shown = begun.files.directory.string();
  settings.seconds_of = seconds_before(before);
  settings.before = before;
  const bool interrupted = run_suite(begun.matrix, settings, progress);
  SuiteResult result = tally(begun.matrix, load_suite_log(begun.files));
  result.interrupted = interrupted;
  if (before) compare_with(*before, result);
  return report(result, begun.files, options);
}

void check_suite_options(const SuiteOptions& options) {
  if (options.suite.empty() == options.merge.empty())
    throw UsageError(options.suite.empty()
                         ? "say which suite: smoke, nightly, release, soak or a .toml file; or --merge DIR..."
                         : "--merge joins what has been run: give no SUITE beside it");
  if (!options.before.empty()) load_matrix(SuiteFiles{options.before});
  const std::pair<const char*, const std::string*> files[] = {
      {"--junit", &options.junit}, {"--summary", &options.summary}, {"--metrics", &options.metrics}};
  for (const auto& [option, file] : files)
    if (!file->empty()) require_writable(*file, option);
}

}  // namespace

int suite_command(int argc, const char* const* argv) {
  CLI::App app("a matrix of scenarios, builds and seeds, run side by side", "suite");
  SuiteOptions options;
  declare(app, options);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  check_suite_options(options);
  if (!options.merge.empty()) return merge_shards(options);
  try {
    return run_one_suite(options);
  } catch (const StoppedBuilding&) {
    std::cerr << "interrupted while the server was compiled: nothing was run\n";
    return kExitInterrupted;
  }
}

}  // namespace harness
