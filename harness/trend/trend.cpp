#include "harness/trend/trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/compare/statistics.h"
#include "reports/text.h"

namespace harness {
namespace {

constexpr const char* kKinds[] = {"new", "ongoing", "resolved", "steady"};

const char* word(TrendLine::Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

/// "register: lost-write, votes: vote-twice, and 2 more".
std::string what_failed(const RunOutcome& outcome) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  std::size_t kinds = 0;
  for (const Violation& one : outcome.violations)
    if (one.known.empty() && ++kinds <= kNamed)
      text += (text.empty() ? "" : ", ") + one.check + ": " + one.type;
  if (kinds > kNamed) text += fmt::format(", and {} more", kinds - kNamed);
  return text.empty() ? outcome.explanation : text;
}

void take(const RunOutcome& outcome, TrendLine& line) {
  const std::string date = date_of(outcome.ended_unix_ms);
  NightCount& night = line.nights[date];
  ++night.runs;
  ++line.runs;
  if (outcome.verdict == "fail") {
    ++night.failed;
    ++line.failed;
    line.last_failed = date;
    line.what = what_failed(outcome);
    line.reproduce = outcome.reproduce;
  } else if (outcome.verdict != "pass") {
    ++night.unknown;
  }
}

TrendLine::Kind kind_of(const TrendLine& line, const std::string& newest) {
  if (line.failed == 0) return TrendLine::Kind::kSteady;
  const bool now = line.last_failed == newest;
  const bool before = std::ranges::any_of(line.nights, [&](const auto& night) {
    return night.first != line.nights.rbegin()->first && night.second.failed > 0;
  });
  if (now) return before ? TrendLine::Kind::kOngoing : TrendLine::Kind::kNew;
  return line.nights.rbegin()->second.failed > 0 ? TrendLine::Kind::kOngoing : TrendLine::Kind::kResolved;
}

/// One night of a line in one letter: how many failed, or how it went.
char mark(const NightCount& night) {
  if (night.runs == 0) return ' ';
  if (night.failed > 9) return '+';
  if (night.failed > 0) return static_cast<char>('0' + night.failed);
  return night.unknown == night.runs ? '?' : '.';
}

std::string rate(const TrendLine& line) {
  const Interval interval = wilson(line.failed, line.runs);
  return fmt::format("{} of {} failed ({:.0f} to {:.0f} %)", line.failed, line.runs, interval.low * 100,
                     interval.high * 100);
}

}  // namespace

std::string date_of(std::int64_t unix_ms) {
  const auto seconds = static_cast<std::time_t>(unix_ms / 1'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

BuildNames::BuildNames(const std::vector<TrendRun>& runs) {
  for (const TrendRun& run : runs)
    if (!run.outcome.binary.empty()) binaries_[run.outcome.build].insert(run.outcome.binary);
}

std::string BuildNames::of(const RunOutcome& outcome) const {
  const auto binaries = binaries_.find(outcome.build);
  if (binaries == binaries_.end() || binaries->second.size() == 1) return outcome.build;
  return outcome.build + " (" +
         (outcome.binary.empty() ? "binary not recorded" : short_binary(outcome.binary)) + ")";
}

std::vector<TrendLine> trend_of(const std::vector<TrendRun>& runs) {
  std::map<std::pair<std::string, std::string>, TrendLine> by_pair;
  std::string newest;
  const BuildNames names(runs);
  for (const TrendRun& run : runs) {
    const std::string build = names.of(run.outcome);
    TrendLine& line = by_pair[{run.outcome.scenario, build}];
    line.scenario = run.outcome.scenario;
    line.build = build;
    take(run.outcome, line);
    newest = std::max(newest, date_of(run.outcome.ended_unix_ms));
  }
  std::vector<TrendLine> lines;
  for (auto& [pair, line] : by_pair) {
    line.kind = kind_of(line, newest);
    lines.push_back(std::move(line));
  }
  std::ranges::stable_sort(lines, {}, &TrendLine::kind);
  return lines;
}

std::string trend_text(const std::vector<TrendLine>& lines, std::size_t nights) {
  using reporting::terminal_text;
  std::set<std::string> dates;
  std::size_t width = 8, runs = 0, steady = 0, steady_runs = 0;
  for (const TrendLine& line : lines) {
    for (const auto& [date, night] : line.nights) dates.insert(date);
    runs += line.runs;
    steady += line.failed == 0;
    steady_runs += line.failed == 0 ? line.runs : 0;
    if (line.failed > 0) width = std::max(width, terminal_text(line.scenario).size());
  }
  if (dates.empty()) return "no run that has ended yet\n";
  while (dates.size() > nights) dates.erase(dates.begin());
  std::string out =
      fmt::format("trend   {}   {} shown, {} to {}   a digit: so many failed; .: none did; ?: unknown\n",
                  reporting::counted(runs, "run"), reporting::counted(dates.size(), "night"), *dates.begin(),
                  *dates.rbegin());
  for (const TrendLine& line : lines) {
    if (line.failed == 0) continue;
    std::string row;
    for (const std::string& date : dates) {
      const auto night = line.nights.find(date);
      row += mark(night == line.nights.end() ? NightCount{} : night->second);
    }
    out += fmt::format("  {:<8}  {:<{}}  [{}]  {}   {}{}\n", word(line.kind), terminal_text(line.scenario),
                       width, row, terminal_text(line.build), rate(line),
                       line.kind == TrendLine::Kind::kResolved ? ", last " + line.last_failed : "");
    out += fmt::format("            {}\n            {}\n", terminal_text(line.what),
                       terminal_text(line.reproduce));
  }
  return out + fmt::format("  steady    {} of scenario and build without a violation in {}\n",
                           reporting::counted(steady, "pair"), reporting::counted(steady_runs, "run"));
}

std::string trend_json(const std::vector<TrendLine>& lines) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const TrendLine& line : lines) {
    nlohmann::ordered_json nights = nlohmann::ordered_json::object();
    for (const auto& [date, night] : line.nights)
      nights[date] = {{"runs", night.runs}, {"failed", night.failed}, {"unknown", night.unknown}};
    const Interval interval = wilson(line.failed, line.runs);
    all.push_back({{"kind", word(line.kind)},
                   {"scenario", line.scenario},
                   {"build", line.build},
                   {"runs", line.runs},
                   {"failed", line.failed},
                   {"rate_low", interval.low},
                   {"rate_high", interval.high},
                   {"flaky", line.flaky()},
                   {"last_failed", line.last_failed.empty() ? nlohmann::ordered_json()
                                                            : nlohmann::ordered_json(line.last_failed)},
                   {"what", line.what},
                   {"reproduce", line.reproduce},
                   {"nights", std::move(nights)}});
  }
  const nlohmann::ordered_json object = {{"schema", 1}, {"lines", std::move(all)}};
  return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace harness
