// From a stored run to its verdict and reports: what `run` does at its end, and `report` and `check` later.
#pragma once

#include <string>
#include <vector>

#include "harness/core/run_record.h"
#include "harness/run/store.h"

namespace harness {

struct JudgementOptions {
  std::vector<std::string> checks;  // names of checkers; empty: all
  bool strict = false;
  std::string junit;  // a further place for junit.xml; empty: the store alone
};

/// Loads the run, checks it, writes results.json and the reports into its store. Throws what load_run throws.
struct Judgement {
  RunRecord record;
  RunVerdict verdict;
};
Judgement judge_and_report(const RunFiles& files, const JudgementOptions& options);

/// The end of a run that the environment or the harness ended: results.json and junit.xml say so.
RunVerdict report_error(const RunFiles& files, const RunInfo& info, const std::string& what);

/// Prints the result to stdout: the summary, or results.json's one object.
void print_result(const RunRecord& record, const RunVerdict& verdict, const RunFiles& files, bool json);

}  // namespace harness
