#include "harness/verbs/judgement.h"

#include <unistd.h>

#include <iostream>

#include "checkers/checkers.h"
#include "checkers/judge.h"
#include "harness/core/check.h"
#include "harness/run/deflate.h"
#include "harness/run/graphviz.h"
#include "harness/run/progress.h"
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

ReportInput report_input(const RunRecord& record, const RunVerdict& verdict, const RunFiles& files) {
  ReportInput input{
      record, verdict, {}, {}, deflate_zlib, colours_on(STDOUT_FILENO), shown_path(files.report())};
  return input;
}

void draw(ReportInput& input) {
  std::vector<Graph> graphs;
  for (const Drawing& drawing : topology_drawings(input.record))
    graphs.push_back({drawing.name, drawing.dot});
  Rendering rendering = render_graphs(graphs);
  input.drawings = std::move(rendering.svg);
  input.drawings_missing = std::move(rendering.missing);
}

void write_reports(const ReportInput& input, const RunFiles& files, const std::string& junit) {
  for (const Report& report : reports()) {
    if (report.file_name.empty()) continue;
    const std::string text = report.make(input);
    write_file(files.directory / report.file_name, text);
    if (report.name == "junit" && !junit.empty()) write_file(junit, text);
  }
}

/// No checker sees damaged evidence: what is missing would look like something that did not happen.
RunVerdict verdict_of_damage(const std::vector<std::string>& damage) {
  RunVerdict verdict;
  verdict.valid = Validity::kUnknown;
  verdict.exit_code = kExitUnknown;
  verdict.explanation = "nothing can be concluded, since the evidence is damaged: ";
  for (const std::string& text : damage) verdict.explanation += (&text == &damage[0] ? "" : "; ") + text;
  return verdict;
}

}  // namespace

Judgement judge_and_report(const RunFiles& files, const JudgementOptions& options) {
  Judgement judgement{load_run(files), {}};
  CheckOptions check;
  check.strict = options.strict;
  const std::vector<std::string_view> selected(options.checks.begin(), options.checks.end());
  judgement.verdict = judgement.record.damage.empty() ? judge(judgement.record, check, selected)
                                                      : verdict_of_damage(judgement.record.damage);
  ReportInput input = report_input(judgement.record, judgement.verdict, files);
  draw(input);
  write_reports(input, files, options.junit);
  return judgement;
}

RunVerdict report_error(const RunFiles& files, const RunInfo& info, const std::string& what) {
  RunRecord record;
  record.info = info;
  RunVerdict verdict;
  verdict.error = true;
  verdict.explanation = what;
  verdict.exit_code = kExitEnvironment;
  ReportInput input = report_input(record, verdict, files);
  write_reports(input, files, {});
  return verdict;
}

void print_result(const RunRecord& record, const RunVerdict& verdict, const RunFiles& files, bool json) {
  const Report* report = find_report(json ? "results" : "summary");
  CHECK_THAT_HOLDS(report != nullptr, "the table of reports holds results and summary");
  std::cout << report->make(report_input(record, verdict, files)) << std::flush;
}

}  // namespace harness
