#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/suite/suite_reports.h"

namespace harness {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// As OpenMetrics wants label values: backslash, quote and line feed escaped.
std::string escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number(double value) {
  return nlohmann::json(value).dump();
}

/// One family of samples.
class Family {
 public:
  Family(std::string& out, const std::string& name, const std::string& unit, const std::string& help,
         const Labels& common)
      : out_(out), name_(name), common_(common) {
    out_ += "# TYPE " + name + " gauge\n";
    if (!unit.empty()) out_ += "# UNIT " + name + " " + unit + "\n";
    out_ += "# HELP " + name + " " + help + "\n";
  }
  void sample(const Labels& labels, double value) {
    std::string text;
    for (const Labels* list : {&common_, &labels})
      for (const auto& [key, word] : *list)
        text += (text.empty() ? "" : ",") + key + "=\"" + escaped(word) + "\"";
    out_ += name_ + "{" + text + "} " + number(value) + "\n";
  }

 private:
  std::string& out_;
  std::string name_;
  const Labels& common_;
};

struct Counts {
  std::array<std::size_t, 4> by_verdict{};  // in the order of kVerdicts
  double seconds = 0;
};
constexpr std::array<const char*, 4> kVerdicts = {"pass", "fail", "unknown", "error"};

std::map<std::pair<std::string, std::string>, Counts> counts_of(const SuiteResult& result) {
  std::map<std::pair<std::string, std::string>, Counts> counts;
  for (const RunOutcome& run : result.runs) {
    Counts& entry = counts[{run.scenario, run.build}];
    for (std::size_t i = 0; i < kVerdicts.size(); ++i) entry.by_verdict[i] += run.verdict == kVerdicts[i];
    entry.seconds += run.seconds;
  }
  return counts;
}

void add_groups(std::string& out, const SuiteResult& result, const Labels& common) {
  const auto labels = [](const Group& group, const char* state) -> Labels {
    return {{"scenario", group.key.scenario}, {"build", group.key.build},     {"check", group.key.check},
            {"type", group.key.type},         {"promise", group.key.promise}, {"state", state}};
  };
  const auto state = [](const Group& group) { return group.ongoing ? "ongoing" : "new"; };
  {
    Family runs(out, "harness_suite_violation_runs", "", "Runs in which a violation appeared.", common);
    for (const Group& group : result.groups)
      runs.sample(labels(group, state(group)), static_cast<double>(group.runs_with));
    for (const Group& group : result.known)
      runs.sample(labels(group, "known"), static_cast<double>(group.runs_with));
  }
  Family rate(out, "harness_suite_violation_replayed_ratio", "ratio",
              "Share of the replays of a violation's first run in which it came back.", common);
  for (const Group& group : result.groups)
    if (group.replays > 0)
      rate.sample(labels(group, state(group)),
                  static_cast<double>(group.replays_with) / static_cast<double>(group.replays));
}

}  // namespace

std::string suite_metrics(const SuiteResult& result) {
  const Labels common{{"suite", result.matrix.suite}};
  std::string out;
  const auto counts = counts_of(result);
  {
    Family runs(out, "harness_suite_runs", "", "Runs of the suite, by verdict.", common);
    for (const auto& [key, entry] : counts)
      for (std::size_t i = 0; i < kVerdicts.size(); ++i)
        runs.sample({{"scenario", key.first}, {"build", key.second}, {"verdict", kVerdicts[i]}},
                    static_cast<double>(entry.by_verdict[i]));
  }
  {
    Family seconds(out, "harness_suite_run_seconds", "seconds", "Time that all runs of a scenario took.",
                   common);
    for (const auto& [key, entry] : counts)
      seconds.sample({{"scenario", key.first}, {"build", key.second}}, entry.seconds);
  }
  add_groups(out, result, common);
  Family(out, "harness_suite_skipped", "", "Scenarios that cannot be had on this machine.", common)
      .sample({}, static_cast<double>(result.skipped.size()));
  Family(out, "harness_suite_not_run", "", "Runs that the time did not suffice for.", common)
      .sample({}, static_cast<double>(result.not_reached));
  Family(out, "harness_suite_redone", "",
         "Runs done again alone, since they could not conclude beside others.", common)
      .sample({}, static_cast<double>(result.redone));
  Family(out, "harness_suite_duration_seconds", "seconds", "Time that the suite took.", common)
      .sample({}, result.seconds);
  Family(out, "harness_suite_exit_code", "", "The suite's exit code: 0 is a pass.", common)
      .sample({}, exit_code_of(result));
  return out + "# EOF\n";
}

}  // namespace harness
