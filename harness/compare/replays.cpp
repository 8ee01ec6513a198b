#include "harness/compare/replays.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/text.h"

namespace harness {
namespace {

using Json = nlohmann::ordered_json;

bool judged(const Replay& replay) {
  return replay.verdict != "error";
}

bool shows(const Replay& replay, const ViolationKind& kind) {
  return replay.violations.contains(kind);
}

std::size_t count(const std::vector<Replay>& replays, const ViolationKind& kind) {
  return static_cast<std::size_t>(
      std::ranges::count_if(replays, [&](const Replay& replay) { return shows(replay, kind); }));
}

/// Kinds that only replays had.
std::set<ViolationKind> other_kinds(const Replays& replays) {
  std::set<ViolationKind> kinds;
  for (const Replay& replay : replays.all())
    for (const auto& [kind, seen] : replay.violations)
      if (!replays.first().contains(kind)) kinds.insert(kind);
  return kinds;
}

std::string kinds_text(const Violations& violations) {
  std::string text;
  for (const auto& [kind, seen] : violations) text += (text.empty() ? "" : ", ") + to_string(kind);
  return reporting::terminal_text(text);
}

std::string rate_percent(double rate) {
  return std::to_string(std::lround(rate * 100));
}

Json rate_json(std::size_t k, std::size_t n) {
  const Interval interval = wilson(k, n);
  return {{"came_back", k}, {"of", n}, {"interval", {interval.low, interval.high}}};
}

Json kind_json(const ViolationKind& kind) {
  return {{"check", kind.check}, {"anomaly", kind.anomaly}};
}

}  // namespace

std::size_t Replays::judged() const {
  return static_cast<std::size_t>(std::ranges::count_if(replays_, harness::judged));
}

std::size_t Replays::came_back(const ViolationKind& kind) const {
  return count(replays_, kind);
}

std::size_t Replays::came_back() const {
  return static_cast<std::size_t>(std::ranges::count_if(replays_, [&](const Replay& replay) {
    return std::ranges::any_of(first_, [&](const auto& entry) { return shows(replay, entry.first); });
  }));
}

std::string rate_text(std::size_t k, std::size_t n) {
  const Interval interval = wilson(k, n);
  std::string text = std::to_string(k) + " of " + std::to_string(n);
  if (n == 0) return text;
  return text + " (" + rate_percent(static_cast<double>(k) / static_cast<double>(n)) + " %, 95 % interval " +
         rate_percent(interval.low) + " to " + rate_percent(interval.high) + " %)";
}

std::string replay_line(const Replays& replays, std::size_t number, std::size_t times) {
  const Replay& replay = replays.all().back();
  std::string text = "  " + std::to_string(number) + "/" + std::to_string(times) + "  " + replay.verdict;
  if (!replay.violations.empty()) text += "  " + kinds_text(replay.violations);
  return text + "   " + replay.store + "\n";
}

std::string replays_text(const Replays& replays) {
  const std::size_t n = replays.judged();
  std::string text;
  const auto row = [&](std::string label, const std::string& what) {
    label.resize(12, ' ');
    text += "  " + label + reporting::terminal_text(what) + "\n";
  };
  for (const auto& [kind, seen] : replays.first())
    row("came back", rate_text(replays.came_back(kind), n) + "   " + to_string(kind));
  if (replays.first().size() > 1) row("any of them", rate_text(replays.came_back(), n));
  if (replays.first().empty()) {
    const auto passed = static_cast<std::size_t>(
        std::ranges::count_if(replays.all(), [](const Replay& replay) { return replay.verdict == "pass"; }));
    row("passed", rate_text(passed, n) + "   the stored run had no violation");
  }
  for (const ViolationKind& kind : other_kinds(replays))
    row("other", rate_text(count(replays.all(), kind), n) + "   " + to_string(kind));
  if (n < replays.all().size())
    row("errors", std::to_string(replays.all().size() - n) + ", not counted: the environment failed");
  return text;
}

Json replays_json(const Replays& replays) {
  const std::size_t n = replays.judged();
  Json violations = Json::array();
  for (const auto& [kind, seen] : replays.first()) {
    Json entry = kind_json(kind);
    entry.update(rate_json(replays.came_back(kind), n));
    violations.push_back(entry);
  }
  Json others = Json::array();
  for (const ViolationKind& kind : other_kinds(replays)) {
    Json entry = kind_json(kind);
    entry.update(rate_json(count(replays.all(), kind), n));
    others.push_back(entry);
  }
  Json runs = Json::array();
  for (const Replay& replay : replays.all()) {
    Json kinds = Json::array();
    for (const auto& [kind, seen] : replay.violations) kinds.push_back(kind_json(kind));
    runs.push_back({{"run", replay.run},
                    {"store", replay.store},
                    {"verdict", replay.verdict},
                    {"exit_code", replay.exit_code},
                    {"violations", kinds}});
  }
  return {{"schema", 1},
          {"run", replays.run_},
          {"times", replays.all().size()},
          {"violations", violations},
          {"any", rate_json(replays.came_back(), n)},
          {"others", others},
          {"runs", runs}};
}

}  // namespace harness
