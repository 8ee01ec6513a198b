#include "reports/junit.h"

#include <cstdlib>
#include <set>

#include "reports/story.h"
#include "reports/text.h"

namespace harness {
namespace {

using namespace reporting;

struct Totals {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
};

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + escape_xml(value) + "\"";
}

/// What a person needs from the test page alone: the words, the figures, the seed and the command.
std::string details(const RunRecord& record, const CheckResult& check) {
  std::string text = check.explanation + "\n";
  if (!check.truncated.empty())
    text += (check.valid == Validity::kUnknown ? "incomplete: " : "told in part: ") + check.truncated + "\n";
  for (const auto& [name, value] : check.measured) {
    text += name + " " + figure(value);
    for (const auto& [bound, limit] : check.bound)
      if (bound == name) text += " (bound " + figure(limit) + ")";
    text += "\n";
  }
  std::size_t listed = 0;
  for (const Anomaly& anomaly : check.anomalies) {
    if (anomaly.allowed || ++listed > 10) continue;
    text += "\n" + type_words(anomaly.type) + (anomaly.key.empty() ? "" : " on " + anomaly.key) + ", " +
            when(record, anomaly) + ": " + anomaly.explanation + "\n";
  }
  if (check.violations > listed || listed > 10)
    text +=
        "\n" + counted(check.violations, "violation") + " in all; results.json and report.html have them.\n";
  return text + "\nseed " + std::to_string(record.info.seed) + ", run " + record.info.id +
         "\nrepeat it with: " + record.info.reproduce + "\n";
}

std::string outcome(std::string_view element, std::string_view type, std::string_view message,
                    std::string_view text) {
  const std::string tag(element);
  const std::string shown(message.empty() ? type : message);
  return "    <" + tag + attribute("type", type) + attribute("message", shown) + ">" + escape_xml(text) +
         "</" + tag + ">\n";
}

/// Files of several runs are read together: a case is told apart by its scenario, build and seed.
std::string class_name(const RunInfo& info) {
  return info.scenario + " (" + build_names(info) + ", seed " + std::to_string(info.seed) + ")";
}

std::string run_seconds(const RunInfo& info) {
  return seconds(info.end == kNever ? 0 : info.end);
}

/// Checks have no time of their own: what takes the time is the run, and its case has it.
std::string test_case_tag(const RunRecord& record, const std::string& name, const std::string& time = {}) {
  return "  <testcase" + attribute("classname", class_name(record.info)) + attribute("name", name) +
         (time.empty() ? "" : attribute("time", time)) + ">\n";
}

std::string test_case(const RunRecord& record, const CheckResult& check, const std::string& name,
                      Totals& totals) {
  ++totals.tests;
  const std::string out = test_case_tag(record, name);
  if (check.valid == Validity::kValid) {
    std::string said = check.explanation;
    if (check.known) said += "\n" + counted(check.known, "known violation") + ", no failure";
    if (check.allowed) said += "\n" + grouped(check.allowed) + " allowed by documented windows";
    return out + "    <system-out>" + escape_xml(said) + "</system-out>\n  </testcase>\n";
  }
  const bool failed = check.valid == Validity::kInvalid;
  ++(failed ? totals.failures : totals.skipped);
  if (failed)
    return out + outcome("failure", "violation", check.explanation, details(record, check)) +
           "  </testcase>\n";
  const std::string why = std::string(check.valid == Validity::kUnknown ? "unknown: " : "not applicable: ") +
                          (check.explanation.empty() ? check.truncated : check.explanation);
  return out + "    <skipped" + attribute("message", why) + "/>\n    <system-out>" +
         escape_xml(details(record, check)) + "</system-out>\n  </testcase>\n";
}

/// The cases of a run, each with a name of its own.
std::string test_cases(const ReportInput& input, Totals& totals) {
  const RunRecord& record = input.record;
  std::string cases;
  std::set<std::string> used;
  const auto unique = [&](const std::string& name) {
    std::string candidate = name;
    for (int number = 2; !used.insert(candidate).second; ++number)
      candidate = name + " (" + std::to_string(number) + ")";
    return candidate;
  };
  ++totals.tests;
  cases += test_case_tag(record, unique("run"), run_seconds(record.info));
  const std::string why = verdict_sentence(record, input.verdict);
  if (!input.verdict.error && !input.verdict.checks.empty()) {
    cases += "    <system-out>" + escape_xml(why) + "</system-out>\n  </testcase>\n";
  } else {
    ++totals.errors;
    cases += outcome("error", "environment", why,
                     why + "\nseed " + std::to_string(record.info.seed) +
                         "\nrepeat it with: " + record.info.reproduce + "\n") +
             "  </testcase>\n";
  }
  for (const CheckResult& check : input.verdict.checks)
    cases += test_case(record, check, unique(check.name), totals);
  return cases;
}

std::string properties(const ReportInput& input) {
  const RunRecord& record = input.record;
  std::string text = "  <properties>\n";
  const auto property = [&](std::string_view name, std::string_view value) {
    text += "    <property" + attribute("name", name) + attribute("value", value) + "/>\n";
  };
  property("run", record.info.id);
  property("seed", std::to_string(record.info.seed));
  property("server", build_names(record.info));
  property("server.sha256", record.info.server.sha256);
  for (const ServerInfo& peer : record.info.peers) property("server.sha256." + peer.flavor, peer.sha256);
  property("verdict", verdict_word(input.verdict));
  property("reproduce", record.info.reproduce);
  return text + "  </properties>\n";
}

}  // namespace

std::string make_junit(const ReportInput& input) {
  const RunRecord& record = input.record;
  Totals totals;
  const std::string cases = test_cases(input, totals);
  const std::string suite =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite" + attribute("name", record.info.scenario) +
      attribute("tests", std::to_string(totals.tests)) +
      attribute("failures", std::to_string(totals.failures)) +
      attribute("errors", std::to_string(totals.errors)) +
      attribute("skipped", std::to_string(totals.skipped)) + attribute("time", run_seconds(record.info)) +
      attribute("timestamp", record.info.started_utc) + ">\n";
  return suite + properties(input) + cases + "</testsuite>\n";
}

std::string join_junit(std::span<const std::string> documents) {
  constexpr std::string_view kCounts[] = {"tests", "failures", "errors", "skipped", "time"};
  double sums[std::size(kCounts)] = {};
  std::string suites;
  for (const std::string& document : documents) {
    const std::size_t from = document.find("<testsuite "), end = document.find("</testsuite>");
    if (from == std::string::npos || end == std::string::npos) continue;
    const std::string suite = document.substr(from, end - from);
    const std::string head = suite.substr(0, suite.find(">\n"));
    for (std::size_t i = 0; i < std::size(kCounts); ++i) {
      const std::string name = " " + std::string(kCounts[i]) + "=\"";
      // The last one: the suite's name stands before, and may hold anything.
      if (const std::size_t at = head.rfind(name); at != std::string::npos)
        sums[i] += std::strtod(head.c_str() + at + name.size(), nullptr);
    }
    suites += suite + "</testsuite>\n";
  }
  std::string counts;
  for (std::size_t i = 0; i < std::size(kCounts); ++i)
    counts += attribute(kCounts[i], kCounts[i] == "time" ? seconds(static_cast<Nanos>(sums[i] * 1e9))
                                                         : std::to_string(static_cast<std::size_t>(sums[i])));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n" + suites +
         "</testsuites>\n";
}

}  // namespace harness
