#include <algorithm>

#include "harness/suite/suite_cases.h"
#include "harness/suite/suite_reports.h"
#include "reports/text.h"

namespace harness {
namespace {

using reporting::counted;
using reporting::escape_xml;

std::string attribute(std::string_view name, const std::string& value) {
  return " " + std::string(name) + "=\"" + escape_xml(value) + "\"";
}

struct Totals {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  std::string attributes() const {
    return attribute("tests", std::to_string(tests)) + attribute("failures", std::to_string(failures)) +
           attribute("errors", std::to_string(errors)) + attribute("skipped", std::to_string(skipped));
  }
  void add(const Totals& other) {
    tests += other.tests, failures += other.failures, errors += other.errors, skipped += other.skipped;
  }
};

/// Only the runs took a time: checks have none of their own.
std::string test_case(const std::string& suite_name, const std::string& name, const std::string& inside,
                      const std::string& time = {}) {
  const std::string head = "    <testcase" + attribute("classname", suite_name) + attribute("name", name) +
                           (time.empty() ? "" : attribute("time", time));
  return inside.empty() ? head + "/>\n" : head + ">\n" + inside + "    </testcase>\n";
}

std::string inside_of(const Cases& suite, const std::string& check, const Promise& promise,
                      const std::string& folder, Totals& totals) {
  ++totals.tests;
  const std::size_t runs = suite.runs.size();
  if (promise.invalid > 0) {
    ++totals.failures;
    return "      <failure type=\"violation\"" +
           attribute("message",
                     "violated in " + std::to_string(promise.invalid) + " of " + counted(runs, "run")) +
           ">" + escape_xml(failure_text(suite, check, folder)) + "</failure>\n";
  }
  if (promise.valid > 0) return "";
  ++totals.skipped;
  const std::string why =
      promise.unknown > 0 ? "unknown in " + std::to_string(promise.unknown) + " of " + counted(runs, "run")
                          : "not applicable: no run touched this promise";
  return "      <skipped" + attribute("message", why) + "/>\n";
}

double seconds_of(const Cases& suite) {
  double seconds = 0;
  for (const RunOutcome* run : suite.runs) seconds += run->seconds;
  return seconds;
}

/// Runs that ended without a verdict of their own, and violations that no checker's name stands for.
std::string run_case(const Cases& suite, const std::string& name, Totals& totals) {
  ++totals.tests;
  std::string inside;
  for (const RunOutcome* run : suite.runs) {
    if (run->verdict != "error") continue;
    inside = "      <error type=\"environment\"" + attribute("message", run->explanation) + ">" +
             escape_xml("seed " + std::to_string(run->seed) + "\nrepeat it with: " + run->reproduce + "\n") +
             "</error>\n";
  }
  totals.errors += !inside.empty();
  return test_case(name, "run", inside, std::to_string(seconds_of(suite)));
}

std::string name_of(const std::string& scenario, const std::string& build) {
  return scenario + " on " + build;
}

/// Kinds of violation, new and ongoing ones, as the suite's other reports count them.
std::ptrdiff_t kinds_in(const std::string& name, const SuiteResult& result) {
  return std::ranges::count_if(result.groups, [&](const Group& group) {
    return name_of(group.key.scenario, group.key.build) == name;
  });
}

std::string suite_element(const std::string& name, const Cases& suite, const SuiteResult& result,
                          const std::string& folder, Totals& all) {
  Totals totals;
  std::string cases = run_case(suite, name, totals);
  for (const auto& [check, promise] : suite.promises)
    cases += test_case(name, check, inside_of(suite, check, promise, folder, totals));
  std::string properties;
  const auto property = [&](const std::string& key, const std::string& value) {
    properties += "      <property" + attribute("name", key) + attribute("value", value) + "/>\n";
  };
  property("suite", result.matrix.suite);
  property("suite-seed", std::to_string(result.matrix.seed));
  if (result.not_reached > 0) property("suite-not-run", std::to_string(result.not_reached));
  if (const auto kinds = kinds_in(name, result); kinds > 0)
    property("kinds-of-violation", std::to_string(kinds));
  for (const RunOutcome* run : suite.runs) {
    property("seed", std::to_string(run->seed));
    if (run->verdict != "pass") property("reproduce", run->reproduce);
  }
  all.add(totals);
  return "  <testsuite" + attribute("name", name) + totals.attributes() +
         attribute("time", std::to_string(seconds_of(suite))) + ">\n    <properties>\n" + properties +
         "    </properties>\n" + cases + "  </testsuite>\n";
}

}  // namespace

std::string suite_junit(const SuiteResult& result, const std::string& folder) {
  Totals all;
  std::string elements;
  for (const auto& [key, suite] : cases_of(result))
    elements += suite_element(name_of(key.first, key.second), suite, result, folder, all);
  for (const Skipped& skipped : result.skipped) {
    const std::string name = name_of(skipped.scenario, skipped.build);
    Totals one{1, 0, 0, 1};
    all.add(one);
    elements += "  <testsuite" + attribute("name", name) + one.attributes() + ">\n" +
                test_case(name, "run", "      <skipped" + attribute("message", skipped.why) + "/>\n") +
                "  </testsuite>\n";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + attribute("name", result.matrix.suite) +
         all.attributes() + attribute("time", std::to_string(result.seconds)) + ">\n" + elements +
         "</testsuites>\n";
}

}  // namespace harness
