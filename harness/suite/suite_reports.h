// A suite's result for machines and for pages: pure functions to text.
#pragma once

#include <string>

#include "harness/suite/tally.h"

namespace harness {

/// GitHub takes no more of a step's summary.
constexpr std::size_t kMostSummaryBytes = 1 << 20;

/// Markdown, at most kMostSummaryBytes: verdict, groups, silences, a table of scenarios and builds.
std::string suite_markdown(const SuiteResult& result, const std::string& folder);

/// JUnit: a test suite a scenario on a build, a test case a promise, under names that stay the same from
/// night to night. Properties: suite, seed, and of what fails the command that repeats it.
std::string suite_junit(const SuiteResult& result, const std::string& folder);

/// CTRF, the Common Test Report Format: the same test cases as JSON.
std::string suite_ctrf(const SuiteResult& result, const std::string& folder);

/// GitHub's workflow commands: an error for each violation and each scenario that ended in an error, at most
/// ten, which is what a step may have.
std::string suite_annotations(const SuiteResult& result);

/// OpenMetrics text.
std::string suite_metrics(const SuiteResult& result);

/// The one object of --json, and of the suite's results.json.
std::string suite_json(const SuiteResult& result, const std::string& folder);

/// A self-contained page: the groups, and every run with a link to its report.
std::string suite_page(const SuiteResult& result);

}  // namespace harness
