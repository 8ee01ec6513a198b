#include "harness/suite/tally.h"

#include <algorithm>
#include <set>

#include "harness/core/check.h"
#include "harness/core/exit_code.h"

namespace harness {
namespace {

bool concluded(const RunOutcome& outcome) {
  return outcome.verdict == "pass" || outcome.verdict == "fail";
}

/// Grows groups run by run.
class Grouping {
 public:
  void add_run(const RunOutcome& run) {
    for (const Violation& violation : run.violations) {
      Group& group = group_of(run, violation);
      if (!counted_.insert({group.key, !violation.known.empty(), run.task}).second) continue;
      if (++group.runs_with > 1) continue;
      group.seed = run.seed;
      group.store = run.store;
      group.reproduce = run.reproduce;
      if (violation.known.empty()) first_[run.task].push_back(group.key);
    }
  }

  void count_runs(const std::vector<RunOutcome>& runs) {
    for (auto& [key, group] : groups_)
      group.runs = static_cast<std::size_t>(std::ranges::count_if(runs, [&](const RunOutcome& run) {
        return run.scenario == group.key.scenario && run.build == group.key.build &&
               (concluded(run) || has(run, group.key));
      }));
  }

  /// What only a replay shows is a group, too: of no run of the matrix, and of the replays of that run.
  void add_what_only_a_replay_shows(const RunOutcome& replay) {
    for (const Violation& violation : replay.violations) {
      if (!violation.known.empty()) continue;
      Group& group = group_of(replay, violation);
      auto& first = first_[replay.task];
      if (group.runs_with > 0 || std::ranges::count(first, group.key) > 0) continue;
      first.push_back(group.key);
      if (!group.store.empty()) continue;
      group.seed = replay.seed;
      group.store = replay.store;
      group.reproduce = replay.reproduce;
    }
  }

  /// A replay belongs to the groups whose first run it repeats.
  void count_replay(const RunOutcome& replay) {
    const auto first = first_.find(replay.task);
    if (first == first_.end() || !concluded(replay)) return;
    for (const GroupKey& key : first->second) {
      Group& group = groups_.at({key, false});
      ++group.replays;
      group.replays_with += has(replay, key);
    }
  }

  std::vector<Group> take(bool known) const {
    std::vector<Group> list;
    for (const auto& [key, group] : groups_)
      if (key.second == known) list.push_back(group);
    return list;
  }

 private:
  static bool has(const RunOutcome& run, const GroupKey& key) {
    return std::ranges::any_of(run.violations, [&](const Violation& v) { return key_of(run, v) == key; });
  }
  Group& group_of(const RunOutcome& run, const Violation& violation) {
    const GroupKey key = key_of(run, violation);
    Group& group = groups_[{key, !violation.known.empty()}];
    if (group.headline.empty()) {
      group.key = key;
      group.headline = violation.headline;
      group.known = violation.known;
    }
    return group;
  }

  std::map<std::pair<GroupKey, bool>, Group> groups_;
  std::set<std::tuple<GroupKey, bool, std::size_t>> counted_;
  std::map<std::size_t, std::vector<GroupKey>> first_;  // by task: groups that it was the first of
};

std::vector<Silence> silences_of(const std::vector<RunOutcome>& runs) {
  std::map<std::tuple<std::string, std::string, std::string>, Silence> found;
  for (const RunOutcome& run : runs) {
    if (concluded(run)) continue;
    Silence& silence = found[{run.verdict, run.scenario, run.build}];
    if (silence.runs++ > 0) continue;
    silence = {run.scenario, run.build, run.verdict, run.explanation, run.store, 1};
  }
  std::vector<Silence> list;
  for (auto& [key, silence] : found) list.push_back(std::move(silence));
  return list;
}

void count(SuiteResult& result) {
  for (const RunOutcome& run : result.runs) {
    result.passed += run.verdict == "pass";
    result.failed += run.verdict == "fail";
    result.unknown += run.verdict == "unknown";
    result.errors += run.verdict != "pass" && run.verdict != "fail" && run.verdict != "unknown";
  }
}

bool is_skipped(const SuiteResult& result, const Cell& cell) {
  return std::ranges::any_of(result.skipped, [&](const Skipped& skipped) {
    return skipped.scenario == cell.scenario && skipped.build == cell.build;
  });
}

/// Runs of the matrix that are neither done nor skipped; of an endless one none.
std::size_t left_of(const SuiteResult& result) {
  std::set<std::size_t> done;
  for (const RunOutcome& run : result.runs) done.insert(run.task);
  std::size_t left = 0;
  for (std::size_t round = 0; round < static_cast<std::size_t>(result.matrix.rounds); ++round)
    for (const SuiteTask& task : tasks_of_round(result.matrix, round))
      left += result.matrix.is_mine(task.number) && !done.contains(task.number) &&
              !is_skipped(result, result.matrix.cells[task.cell]);
  return left;
}

std::string shard_text(const Shard& shard) {
  return std::to_string(shard.index) + " of " + std::to_string(shard.of);
}

/// What makes two shards parts of one suite.
bool same_suite(const Matrix& a, const Matrix& b) {
  const auto same_cell = [](const Cell& x, const Cell& y) {
    return x.scenario == y.scenario && x.server == y.server && x.weight == y.weight;
  };
  return a.suite == b.suite && a.seed == b.seed && a.shard.of == b.shard.of && a.rounds == b.rounds &&
         a.first_seed == b.first_seed && std::ranges::equal(a.cells, b.cells, same_cell);
}

void require_one_suite(std::span<const Part> parts) {
  std::map<int, std::string> seen;
  for (const Part& part : parts) {
    if (!same_suite(parts.front().matrix, part.matrix))
      throw UsageError(part.folder + " is not of the same suite as " + parts.front().folder +
                       ": suite, seed, scenarios, builds and number of shards must be equal");
    const auto [there, fresh] = seen.emplace(part.matrix.shard.index, part.folder);
    if (!fresh)
      throw UsageError("shard " + shard_text(part.matrix.shard) + " is there twice: " + there->second +
                       " and " + part.folder);
  }
}

std::vector<std::string> what_is_incomplete(std::span<const Part> parts) {
  std::vector<std::string> incomplete;
  const int of = parts.front().matrix.shard.of;
  for (int index = 1; index <= of; ++index) {
    const auto part = std::ranges::find(parts, index, [](const Part& p) { return p.matrix.shard.index; });
    if (part == parts.end())
      incomplete.push_back("shard " + shard_text({index, of}) + " is missing");
    else if (!part->log.finished)
      incomplete.push_back("shard " + shard_text({index, of}) + " did not finish (" + part->folder + ")");
  }
  return incomplete;
}

}  // namespace

GroupKey key_of(const RunOutcome& outcome, const Violation& violation) {
  return {outcome.scenario, outcome.build, violation.check, violation.type, violation.promise};
}

namespace {

/// Of a run that was done again the last outcome counts.
void take_outcomes(const SuiteLog& log, SuiteResult& result) {
  std::map<std::size_t, RunOutcome> last;
  for (const RunOutcome& outcome : log.outcomes) {
    if (outcome.replayed()) {
      result.replays.push_back(outcome);
      continue;
    }
    result.redone += outcome.attempt > 1;
    last[outcome.task] = outcome;
  }
  for (auto& [task, outcome] : last) result.runs.push_back(std::move(outcome));
}

void group(const SuiteLog& log, SuiteResult& result) {
  Grouping grouping;
  // The first run of a group is the one that ended first: it is the one that was replayed.
  std::vector<const RunOutcome*> in_time;
  for (const RunOutcome& run : result.runs) in_time.push_back(&run);
  std::ranges::stable_sort(in_time, {}, [](const RunOutcome* run) { return run->ended_unix_ms; });
  for (const RunOutcome* run : in_time) grouping.add_run(*run);
  for (const RunOutcome& replay : result.replays) grouping.add_what_only_a_replay_shows(replay);
  grouping.count_runs(result.runs);
  for (const RunOutcome& replay : result.replays) grouping.count_replay(replay);
  result.groups = grouping.take(false);
  result.known = grouping.take(true);
  for (std::vector<Group>* groups : {&result.groups, &result.known})
    for (Group& group : *groups)
      if (const auto found = std::ranges::find(log.shrunk, group.store, &Shrunk::store);
          found != log.shrunk.end())
        group.shrunk = *found;
}

}  // namespace

SuiteResult tally(const Matrix& matrix, const SuiteLog& log) {
  SuiteResult result;
  result.matrix = matrix;
  result.skipped = log.skipped;
  result.seconds = log.seconds;
  result.finished = log.finished;
  take_outcomes(log, result);
  count(result);
  group(log, result);
  result.silences = silences_of(result.runs);
  result.not_reached = left_of(result);
  if (log.bad_lines > 0 && result.not_reached > 0)
    result.incomplete.push_back("the journal has " + std::to_string(log.bad_lines) +
                                (log.bad_lines == 1 ? " line" : " lines") +
                                " that cannot be understood: what became of some runs is not known");
  return result;
}

KindCounts kinds_of(const SuiteResult& result) {
  const auto ongoing = static_cast<std::size_t>(std::ranges::count(result.groups, true, &Group::ongoing));
  return {result.groups.size() - ongoing, ongoing, result.known.size(), result.resolved.size()};
}

std::vector<std::string> to_shrink(const SuiteResult& result) {
  std::vector<std::string> stores;
  for (const Group& group : result.groups)
    if (!group.ongoing && !group.shrunk && !group.store.empty() &&
        std::ranges::count(stores, group.store) == 0)
      stores.push_back(group.store);
  return stores;
}

void compare_with(const SuiteResult& before, SuiteResult& result) {
  for (Group& group : result.groups) {
    const auto there = std::ranges::find(before.groups, group.key, &Group::key);
    if (there == before.groups.end()) continue;
    group.ongoing = true;
    group.before_with = there->runs_with;
    group.before_runs = there->runs;
  }
  std::ranges::stable_sort(result.groups, {}, &Group::ongoing);
  for (const Group& gone : before.groups) {
    const bool ran = std::ranges::any_of(result.runs, [&](const RunOutcome& run) {
      return run.scenario == gone.key.scenario && run.build == gone.key.build && concluded(run);
    });
    if (ran && std::ranges::find(result.groups, gone.key, &Group::key) == result.groups.end())
      result.resolved.push_back(gone);
  }
}

Whole join_shards(std::span<const Part> parts) {
  CHECK_THAT_HOLDS(!parts.empty(), "a merge of something");
  require_one_suite(parts);
  SuiteLog all;
  all.finished = true;
  for (const Part& part : parts) {
    for (RunOutcome outcome : part.log.outcomes) {
      if (!outcome.store.empty()) outcome.store = part.folder + "/" + outcome.store;
      all.outcomes.push_back(std::move(outcome));
    }
    for (Shrunk shrunk : part.log.shrunk) {
      shrunk.store = part.folder + "/" + shrunk.store;
      if (!shrunk.scenario.empty()) shrunk.scenario = part.folder + "/" + shrunk.scenario;
      all.shrunk.push_back(std::move(shrunk));
    }
    all.skipped.insert(all.skipped.end(), part.log.skipped.begin(), part.log.skipped.end());
    all.seconds = std::max(all.seconds, part.log.seconds);
    all.finished = all.finished && part.log.finished;
    all.bad_lines += part.log.bad_lines;
  }
  // A cell that one shard skips is skipped by all.
  const auto as_key = [](const Skipped& s) { return std::tie(s.scenario, s.build); };
  std::ranges::sort(all.skipped, {}, as_key);
  const auto twice = std::ranges::unique(all.skipped, {}, as_key);
  all.skipped.erase(twice.begin(), twice.end());
  std::ranges::stable_sort(all.outcomes, {}, &RunOutcome::ended_unix_ms);
  Whole whole{parts.front().matrix, std::move(all), what_is_incomplete(parts)};
  whole.matrix.shard = {};
  return whole;
}

SuiteResult tally(const Whole& whole) {
  SuiteResult result = tally(whole.matrix, whole.log);
  result.incomplete.insert(result.incomplete.begin(), whole.incomplete.begin(), whole.incomplete.end());
  return result;
}

int exit_code_of(const SuiteResult& result) {
  if (result.interrupted) return kExitInterrupted;
  if (result.matrix.my_size() == std::size_t{0}) return kExitNothingSelected;
  if (result.failed > 0) return kExitViolation;
  if (result.errors > 0) return kExitEnvironment;
  if (result.runs.empty() && !result.skipped.empty() && result.not_reached == 0) return kExitEnvironment;
  if (result.unknown > 0 || result.runs.empty() || !result.incomplete.empty()) return kExitUnknown;
  return kExitPass;
}

std::string verdict_of(const SuiteResult& result) {
  switch (exit_code_of(result)) {
    case kExitPass:
      return "pass";
    case kExitViolation:
      return "fail";
    case kExitEnvironment:
      return "error";
    case kExitNothingSelected:
      return "nothing";
    case kExitInterrupted:
      return "interrupted";
    default:
      return "unknown";
  }
}

std::string k_of_n(std::size_t k, std::size_t n) {
  return std::to_string(k) + " of " + std::to_string(n);
}

}  // namespace harness
