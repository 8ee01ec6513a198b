#include "harness/verbs/judgement.h"

#include <unistd.h>

#include "checkers/checkers.h"
#include "checkers/judge.h"
#include "checkers/known.h"
#include "harness/core/check.h"
#include "harness/run/deflate.h"
#include "harness/run/graphviz.h"
#include "harness/run/node_logs.h"
#include "harness/run/progress.h"
#include "harness/run/waits_file.h"
#include "harness/verbs/verbs.h"
#include "reports/graph.h"
#include "reports/reports.h"

namespace harness {
namespace {

/// The shortest path that names the file from here.
std::string shown_path(const std::filesystem::path& file) {
  std::error_code error;
  const auto relative = std::filesystem::relative(file, error);
  return error || relative.empty() || relative.string().starts_with("..") ? file.string() : relative.string();
}

ReportInput report_input(const RunRecord& record, const RunVerdict& verdict,
                         const std::filesystem::path& report) {
  return {.record = record,
          .verdict = verdict,
          .deflate = deflate_zlib,
          .colour = colours_on(STDOUT_FILENO),
          .known = known_told(record, verdict),
          .page_path = shown_path(report)};
}

std::filesystem::path report_in(const std::filesystem::path& folder, const RunFiles& files) {
  return folder.empty() ? files.report() : folder / files.report().filename();
}

void draw(ReportInput& input) {
  std::vector<Graph> graphs;
  for (const Drawing& drawing : topology_drawings(input.record))
    graphs.push_back({drawing.name, drawing.dot});
  Rendering rendering = render_graphs(graphs);
  input.drawings = std::move(rendering.svg);
  input.drawings_missing = std::move(rendering.missing);
}

/// Returns junit.xml's text.
std::string write_all(const ReportInput& input, const RunFiles& files, const std::filesystem::path& folder) {
  std::string junit;
  const std::string place = folder == files.directory ? "--store DIR" : "--output DIR";
  for (const Report& report : reports()) {
    if (report.file_name.empty()) continue;
    std::string text = report.make(input);
    write_file(folder / report.file_name, text, place);
    if (files.directory / report.file_name == files.junit()) junit = std::move(text);
  }
  return junit;
}

/// Judged by the plan: its checks, and strictly where it says so.
RunVerdict judge_by_plan(const RunRecord& record, const RunFiles& files, bool strict) {
  const LimitsPlan& limits = record.plan.limits;
  CheckOptions check;
  check.strict = strict || limits.strict;
  const std::vector<std::string_view> selected(limits.checks.begin(), limits.checks.end());
  return judge(record, check, selected, load_waits(files));
}

}  // namespace

Judgement judge_run(const RunFiles& files, bool strict) {
  Judgement judgement{load_run(files), {}, {}};
  judgement.record.info.strict = judgement.record.info.strict || strict;
  judgement.verdict = judge_by_plan(judgement.record, files, strict);
  return judgement;
}

Judgement judge_and_report(const RunFiles& files, bool strict) {
  Judgement judgement = judge_run(files, strict);
  write_reports(judgement, files, files.directory);
  return judgement;
}

void write_reports(Judgement& judgement, const RunFiles& files, const std::filesystem::path& folder) {
  ReportInput input = report_input(judgement.record, judgement.verdict, report_in(folder, files));
  draw(input);
  judgement.junit = write_all(input, files, folder);
}

std::string violation_so_far(const RunRecord& record, const RunFiles& files) {
  const RunVerdict verdict = judge_by_plan(record, files, false);
  if (verdict.exit_code != kExitViolation) return {};
  for (const CheckResult& check : verdict.checks)
    if (check.valid == Validity::kInvalid) return check.name + ": " + check.explanation;
  return "a violation";
}

Judgement report_error(const RunFiles& files, const Plan& plan, const RunInfo& info,
                       const std::string& what) {
  Judgement judgement;
  judgement.record.info = info;
  judgement.record.plan = plan;
  add_logs_of_failed_run(files.nodes(), judgement.record);
  judgement.verdict.error = true;
  judgement.verdict.explanation = what;
  judgement.verdict.exit_code = kExitEnvironment;
  judgement.junit =
      write_all(report_input(judgement.record, judgement.verdict, files.report()), files, files.directory);
  return judgement;
}

std::string result_text(const RunRecord& record, const RunVerdict& verdict, const RunFiles& files, bool json,
                        const std::filesystem::path& folder) {
  const Report* report = find_report(json ? "results" : "summary");
  CHECK_THAT_HOLDS(report != nullptr, "the table of reports holds results and summary");
  return report->make(report_input(record, verdict, report_in(folder, files)));
}

}  // namespace harness
