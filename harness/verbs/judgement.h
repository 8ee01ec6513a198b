// From a stored run to its verdict and reports: what `run` does at its end, and `report` and `check` later.
#pragma once

#include <filesystem>
#include <string>

#include "harness/core/run_record.h"
#include "harness/run/store.h"

namespace harness {

struct Judgement {
  RunRecord record;
  RunVerdict verdict;
  std::string junit;  // junit.xml, as it lies in the store
};

/// Loads the run and judges it by its stored plan (checks, strict). Writes nothing. Throws what load_run
/// throws.
Judgement judge_run(const RunFiles& files, bool strict = false);

/// Loads the run, judges it by its stored plan (checks, strict) and writes results.json and the reports into
/// its store. Prints nothing. `strict` asks for plain linearizability whatever the plan says. Throws what
/// load_run throws.
Judgement judge_and_report(const RunFiles& files, bool strict = false);

/// For runs that stop at a violation: the first one that the record proves so far, in words, or nothing. What
/// the plan knows does not count.
std::string violation_so_far(const RunRecord& record, const RunFiles& files);

/// The end of a run that the environment or the harness ended: results.json and junit.xml say so.
Judgement report_error(const RunFiles& files, const Plan& plan, const RunInfo& info, const std::string& what);

/// results.json and the reports of a judged run, written into any folder. Sets judgement.junit.
void write_reports(Judgement& judgement, const RunFiles& files, const std::filesystem::path& folder);

/// The result as text: the summary, or results.json's one object on one line of its own. `folder`: where the
/// reports lie; empty: in the store.
std::string result_text(const RunRecord& record, const RunVerdict& verdict, const RunFiles& files, bool json,
                        const std::filesystem::path& folder = {});

}  // namespace harness
