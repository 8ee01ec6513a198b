#include "harness/suite/suite_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "harness/core/exit_code.h"
#include "reports/headline.h"
#include "reports/text.h"

namespace harness {
namespace {

using reporting::counted;
using reporting::terminal_text;
using reporting::type_words;

constexpr int kCells = 12;

/// hh:mm of a long suite, mm:ss of a short one.
std::string clock_text(double seconds, bool hours) {
  char text[32];
  const auto whole = static_cast<long>(hours ? seconds / 60 : seconds);
  std::snprintf(text, sizeof text, "%02ld:%02ld", whole / 60, whole % 60);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

std::string join(const std::vector<std::string>& parts, const std::string& between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

/// Words of the terminal in colour, by verdict.
std::string painted(const std::string& word, const std::string& verdict, bool colour) {
  if (!colour) return word;
  const char* code = verdict == "pass" ? "32" : verdict == "fail" ? "31" : "33";
  return "\x1b[1;" + std::string(code) + "m" + word + "\x1b[0m";
}

std::string capital(const std::string& verdict) {
  if (verdict == "pass") return "PASS";
  if (verdict == "fail") return "FAIL";
  if (verdict == "error") return "ERROR";
  if (verdict == "interrupted") return "INTERRUPTED";
  if (verdict == "nothing") return "NOTHING";
  return "UNKNOWN";
}

std::string what_it_is(const Group& group) {
  return group.key.check + " / " + type_words(group.key.type);
}

/// The section of a result: a word, how many, and its lines, the first one beside them.
class Section {
 public:
  explicit Section(const std::string& word) : word_(word) {}
  /// An entry, of so many.
  void add(const std::string& line, const std::vector<std::string>& below = {}, std::size_t count = 1) {
    count_ += count;
    lines_.push_back(line);
    for (const std::string& more : below) lines_.push_back("  " + more);
  }
  std::string text() const {
    std::string out;
    for (const std::string& line : lines_)
      out +=
          (out.empty() ? "  " + padded(word_, 8) + padded(std::to_string(count_), 2) : std::string(16, ' ')) +
          line + "\n";
    return out;
  }

 private:
  std::string word_;
  std::size_t count_ = 0;
  std::vector<std::string> lines_;
};

std::string store_text(const std::string& folder, const std::string& store) {
  return store.empty() ? "" : folder.empty() ? store : folder + "/" + store;
}

/// Groups that began in one run and have one rate: a server that ends, say, breaks many promises at once.
/// They stand in one entry; the others are named in it, and each counts.
using Entry = std::vector<const Group*>;

std::vector<Entry> entries_of(const std::vector<Group>& groups) {
  std::vector<Entry> entries;
  for (const Group& group : groups) {
    const auto belongs = [&](const Entry& entry) {
      const Group& first = *entry.front();
      return first.store == group.store && first.key.scenario == group.key.scenario &&
             first.key.build == group.key.build && first.ongoing == group.ongoing &&
             first.runs_with == group.runs_with && first.replays_with == group.replays_with;
    };
    const auto found = std::ranges::find_if(entries, belongs);
    if (found == entries.end())
      entries.push_back({&group});
    else
      found->push_back(&group);
  }
  return entries;
}

void add_entry(Section& section, const Entry& entry, const std::string& folder) {
  const Group& group = *entry.front();
  std::string line = padded(group.key.scenario + " / " + what_it_is(group), 44) +
                     padded(group.key.build, 12) + k_of_n(group.runs_with, group.runs);
  if (group.replays > 0) line += ", replayed " + k_of_n(group.replays_with, group.replays);
  if (group.ongoing) line += " (last time " + k_of_n(group.before_with, group.before_runs) + ")";
  std::vector<std::string> below;
  if (!group.headline.empty())
    below.push_back(group.headline + (group.key.promise.empty() ? "" : " (" + group.key.promise + ")"));
  std::vector<std::string> others;
  for (std::size_t i = 1; i < entry.size(); ++i) others.push_back(what_it_is(*entry[i]));
  if (!others.empty()) below.push_back("in the same runs: " + join(others, ", "));
  if (group.shrunk) below.push_back(shrunk_line(*group.shrunk, folder));
  if (!group.known.empty()) below = {"known: " + group.known};
  if (group.known.empty()) below.push_back(padded(store_text(folder, group.store), 0) + group.reproduce);
  for (std::string& more : below) more = terminal_text(more);
  section.add(terminal_text(line), below, entry.size());
}

std::string groups_text(const SuiteResult& result, const std::string& folder) {
  Section fresh("new");
  Section ongoing("ongoing");
  Section known("known");
  Section resolved("resolved");
  for (const Entry& entry : entries_of(result.groups))
    add_entry(entry.front()->ongoing ? ongoing : fresh, entry, folder);
  for (const Group& group : result.known) add_entry(known, {&group}, folder);
  for (const Group& group : result.resolved)
    resolved.add(terminal_text(padded(group.key.scenario + " / " + what_it_is(group), 44) +
                               padded(group.key.build, 12) + "last time " +
                               k_of_n(group.runs_with, group.runs)));
  return fresh.text() + ongoing.text() + known.text() + resolved.text();
}

std::string silences_text(const SuiteResult& result, const std::string& folder) {
  Section errors("error");
  Section unknown("unknown");
  for (const Silence& silence : result.silences)
    (silence.verdict == "unknown" ? unknown : errors)
        .add(terminal_text(padded(silence.scenario, 24) + padded(silence.build, 12) +
                           counted(silence.runs, "run") + "   " + store_text(folder, silence.store)),
             {terminal_text(silence.why)});
  Section skipped("skipped");
  for (const Skipped& entry : result.skipped)
    skipped.add(terminal_text(padded(entry.scenario, 24) + padded(entry.build, 12) + entry.why));
  return errors.text() + unknown.text() + skipped.text();
}

}  // namespace

std::string runs_words(const SuiteResult& result) {
  std::vector<std::string> parts{std::to_string(result.passed) + " pass"};
  const auto add = [&](std::size_t count, const std::string& word) {
    if (count > 0) parts.push_back(std::to_string(count) + " " + word);
  };
  add(result.failed, "fail");
  add(result.errors, "error");
  add(result.unknown, "unknown");
  const std::size_t runs = result.runs.size();
  const std::size_t all = runs + result.not_reached;
  return (all == runs ? counted(runs, "run")
                      : std::to_string(runs) + " of " + counted(all, "run") +
                            (runs == 1 ? " was run" : " were run")) +
         ": " + join(parts, ", ");
}

std::string verdict_words(const SuiteResult& result) {
  const std::string verdict = verdict_of(result);
  return verdict == "pass" && result.not_reached > 0 ? "pass, of what was run" : verdict;
}

std::string kinds_words(const SuiteResult& result) {
  const KindCounts kinds = kinds_of(result);
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const std::string& state) {
    if (count == 0) return;
    const std::string noun = count == 1 ? " kind of violation" : " kinds of violation";
    parts.push_back(std::to_string(count) + " " + state + (parts.empty() ? noun : ""));
  };
  add(kinds.fresh, "new");
  add(kinds.ongoing, "ongoing");
  add(kinds.known, "known");
  add(kinds.resolved, "resolved");
  return join(parts, ", ");
}

namespace {

std::string short_why(const std::vector<Skipped>& skipped) {
  std::set<std::string> scenarios;
  for (const Skipped& entry : skipped) scenarios.insert(entry.scenario);
  const std::vector<std::string> names(scenarios.begin(), scenarios.end());
  if (names.size() <= 3) return join(names, ", ");
  return names[0] + ", " + names[1] + " and " + std::to_string(names.size() - 2) + " more";
}

/// How often the violation was seen so far: in runs, or of a replay in replays of that run.
std::string rate_so_far(const RunOutcome& outcome, const Violation& violation,
                        const std::vector<RunOutcome>& all) {
  std::size_t with = 0;
  std::size_t runs = 0;
  for (const RunOutcome& run : all) {
    if (run.scenario != outcome.scenario || run.build != outcome.build ||
        run.replayed() != outcome.replayed())
      continue;
    ++runs;
    with += std::ranges::any_of(run.violations, [&](const Violation& other) {
      return key_of(run, other) == key_of(outcome, violation);
    });
  }
  return k_of_n(with, runs);
}

/// The first violation; of the others how many there are.
std::string failure_line(const RunOutcome& outcome, const std::vector<RunOutcome>& all,
                         const std::string& where, const std::string& end, const std::string& store) {
  std::vector<const Violation*> violations;
  for (const Violation& violation : outcome.violations)
    if (violation.known.empty()) violations.push_back(&violation);
  if (violations.empty()) return padded("FAIL", 5) + terminal_text(where + outcome.explanation + "   " + end);
  const Violation& first = *violations.front();
  std::string what = type_words(first.type) + ": " + first.headline;
  if (violations.size() > 1) what += " (and " + counted(violations.size() - 1, "other violation") + ")";
  return padded("FAIL", 5) +
         terminal_text(where + what + "   " + rate_so_far(outcome, first, all) + "   " + end + "   " + store);
}

std::string why_not_run(const SuiteResult& result) {
  if (!result.incomplete.empty()) return " of parts that are missing or did not finish";
  return result.interrupted || !result.finished ? ": --resume goes on with them" : ": the time was over";
}

/// Scenarios that no run was of, though they could be had: "164 of 180 scenarios not once".
std::string never_run(const SuiteResult& result) {
  std::set<std::string> all;
  std::set<std::string> skipped;
  for (const Skipped& entry : result.skipped) skipped.insert(entry.scenario);
  for (const Cell& cell : result.matrix.cells)
    if (!skipped.contains(cell.scenario)) all.insert(cell.scenario);
  std::set<std::string> left = all;
  for (const RunOutcome& run : result.runs) left.erase(run.scenario);
  if (left.empty()) return {};
  return "; " + std::to_string(left.size()) + " of " + counted(all.size(), "scenario") + " not once";
}

}  // namespace

std::string not_run_words(const SuiteResult& result) {
  if (result.not_reached == 0) return {};
  return counted(result.not_reached, "run") + why_not_run(result) + never_run(result);
}

std::string length_text(double seconds) {
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  const long minutes = (whole + 30) / 60;
  if (minutes < 60) return std::to_string(minutes) + " min";
  return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string suite_headline(const Matrix& matrix, std::size_t runs, int side_by_side, double expected_s) {
  std::set<std::string> builds;
  std::set<std::string> scenarios;
  for (const Cell& cell : matrix.cells) builds.insert(cell.build), scenarios.insert(cell.scenario);
  const auto rounds = static_cast<std::size_t>(matrix.rounds);
  const bool product = builds.size() * scenarios.size() == matrix.per_round();
  const std::string by = product ? " x " : ", ";
  std::string text = "suite " + matrix.suite + "   " + counted(builds.size(), "build") + by +
                     counted(scenarios.size(), "scenario") + by;
  text += rounds == 0 ? "seeds without end" : counted(rounds, "seed");
  if (rounds > 0) text += (product && matrix.shard.of == 1 ? " = " : ": ") + counted(runs, "run");
  if (matrix.shard.of > 1)
    text += "   shard " + std::to_string(matrix.shard.index) + " of " + std::to_string(matrix.shard.of);
  text += "   seed " + std::to_string(matrix.seed) + "   " + std::to_string(side_by_side) + " at a time";
  if (expected_s > 0) text += "   about " + length_text(expected_s);
  return text;
}

std::string suite_line(const SuiteFigures& figures) {
  const bool hours = std::max(figures.elapsed_s, figures.expected_s) >= 3600;
  std::string line = clock_text(figures.elapsed_s, hours);
  if (figures.expected_s > 0) {
    const int full = std::clamp(static_cast<int>(kCells * figures.elapsed_s / figures.expected_s), 0, kCells);
    line += "/" + clock_text(figures.expected_s, hours) + " [" +
            std::string(static_cast<std::size_t>(full), '#') +
            std::string(static_cast<std::size_t>(kCells - full), '.') + "]";
  }
  line += " " + std::to_string(figures.passed) + " ok";
  const auto add = [&](std::size_t count, const std::string& word) {
    if (count > 0) line += "  " + std::to_string(count) + " " + word;
  };
  add(figures.failed, "failed");
  add(figures.errors, "error");
  add(figures.unknown, "unknown");
  add(figures.redone, "done again");
  add(figures.skipped.size(), "skipped (" + short_why(figures.skipped) + ")");
  return line + "  " + std::to_string(figures.running) + " running";
}

std::string run_line(const RunOutcome& outcome, const std::vector<RunOutcome>& all,
                     const std::string& folder) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f s", outcome.seconds);
  const std::string where = padded(outcome.scenario, 24) + padded(outcome.build, 12);
  std::string end = "seed " + std::to_string(outcome.seed) + "   " + seconds;
  if (outcome.replayed())
    end = "replay " + k_of_n(static_cast<std::size_t>(outcome.replay), 3) + "   " + seconds;
  if (outcome.attempt > 1) end += "   done again alone";
  if (outcome.verdict == "pass") return "ok     " + where + end;
  if (outcome.verdict != "fail")
    return padded(outcome.verdict == "unknown" ? "??" : "ERROR", 5) +
           terminal_text(where + end + "   " + outcome.explanation);
  return failure_line(outcome, all, where, end, store_text(folder, outcome.store));
}

std::string shrunk_line(const Shrunk& shrunk, const std::string& folder) {
  if (shrunk.scenario.empty()) return "not shrunk: " + shrunk.why;
  return "shrunk from " + counted(shrunk.steps_before, "step") + " to " + std::to_string(shrunk.steps) +
         " (" + k_of_n(shrunk.failed, shrunk.of) + " failed): " + store_text(folder, shrunk.scenario);
}

std::string suite_text(const SuiteResult& result, const std::string& folder, bool colour) {
  const std::string verdict = verdict_of(result);
  const std::string limits = verdict_words(result).substr(verdict.size());
  std::string text = painted(capital(verdict) + limits, verdict, colour) + "  " + result.matrix.suite +
                     "   " + runs_words(result) + "   seed " + std::to_string(result.matrix.seed) + "   " +
                     length_text(result.seconds) + "\n";
  text += groups_text(result, folder) + silences_text(result, folder);
  if (result.redone > 0)
    text += "  again     " + counted(result.redone, "run") +
            " done again alone, since they could not conclude beside others\n";
  if (result.not_reached > 0) text += "  not run   " + not_run_words(result) + "\n";
  for (const std::string& what : result.incomplete) text += "  " + what + "\n";
  if (verdict == "nothing") text += "  nothing was selected: this shard has no run\n";
  if (!folder.empty()) text += "  summary   " + folder + "/summary.md   page  " + folder + "/index.html\n";
  return text;
}

}  // namespace harness
