// The pages of `serve`: pure functions from what is remembered to HTML. All that comes from runs is escaped.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "harness/suite/tally.h"
#include "harness/trend/trend.h"

namespace harness {

/// What of the runs is shown: empty fields ask for nothing.
struct RunFilter {
  std::string scenario;  // a part of the name
  std::string build;     // likewise
  std::string verdict;   // pass, fail, unknown, error or interrupted
  std::size_t page = 1;
};

constexpr std::size_t kRunsOnAPage = 200;

/// Whether the suite of a run kept the run's report.
using HasReport = std::function<bool(const TrendRun&)>;

/// Newest first, a page of them; of single runs with a link to the report and a box that chooses them for a
/// comparison, of a suite's runs with a link to the report or the suite. `runs`: oldest first.
std::string runs_page(const std::vector<TrendRun>& runs, const RunFilter& filter,
                      const HasReport& has_report = {});

/// A suite's folder with what came of it so far.
struct SuiteEntry {
  std::string folder;
  SuiteResult result;
};
/// Newest first, as they come.
std::string suites_page(const std::vector<SuiteEntry>& suites);
/// `body`: the suite's own page. One that still runs is loaded again by itself.
std::string live_page(const std::string& suite_page);

/// An audit's folder, with what its audit.json says.
struct AuditEntry {
  std::string folder;
  std::string verdict;
  std::string reason;
  std::string candidate;  // the builds
  std::string baseline;
};
std::string audits_page(const std::vector<AuditEntry>& audits);

std::string trend_page(const std::vector<TrendLine>& lines);

/// Two runs side by side, as `diff` tells it.
std::string diff_page(const std::string& before, const std::string& after, const std::string& text);

/// Something was asked for that is not there, or cannot be read.
std::string error_page(const std::string& what);

}  // namespace harness
