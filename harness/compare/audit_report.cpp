#include "harness/compare/audit_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/compare/audit_rows.h"
#include "harness/compare/figure_text.h"
#include "harness/core/exit_code.h"
#include "reports/text.h"

namespace harness {
namespace {

using Json = nlohmann::ordered_json;
using reporting::escape_xml;
using reporting::terminal_text;

std::string capitals(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

/// The verdict in one line.
std::string verdict_text(const AuditReport& report) {
  return capitals(to_string(report.answer.outcome)) + "  " + report.answer.reason;
}

std::string label_of(Compared answer) {
  return answer == Compared::kWorse ? "REGRESSION" : std::string(to_string(answer));
}

/// What sets the side apart, where the build does not.
std::string with(const std::vector<std::string>& directives) {
  std::string text;
  for (const std::string& directive : directives) text += (text.empty() ? " with " : ", ") + directive;
  return text;
}

std::string titled(const AuditReport& report) {
  return candidate_build(report) + with(report.candidate_with) + " against " + baseline_build(report) +
         with(report.baseline_with);
}

/// A figure's ends as numbers, or null where nobody knows them.
Json interval_json(const Interval& interval) {
  const auto end = [](double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); };
  return {end(interval.low), end(interval.high)};
}

Json rate_json(const RateAnswer& rate) {
  return {{"check", rate.kind.check},
          {"anomaly", rate.kind.anomaly},
          {"headline", rate.headline},
          {"baseline", rate.baseline},
          {"baseline_runs", rate.baseline_runs},
          {"candidate", rate.candidate},
          {"candidate_runs", rate.candidate_runs},
          {"interval", interval_json(rate.interval)},
          {"p", rate.p_worse},
          {"answer", to_string(rate.answer)}};
}

Json figure_json(const FigureAnswer& figure) {
  const FigureKind& kind = figure_kinds()[figure.kind];
  return {{"name", kind.name},
          {"unit", kind.unit},
          {"more_is_better", kind.more_is_better},
          {"decides", kind.decides},
          {"pairs", figure.pairs},
          {"baseline", figure.baseline},
          {"candidate", figure.candidate},
          {"difference", figure.difference},
          {"interval", interval_json(figure.interval)},
          {"tolerance", figure.tolerance},
          {"p_worse", figure.p_worse},
          {"p_not_worse", figure.p_not_worse},
          {"answer", to_string(figure.answer)}};
}

Json run_json(const RunSummary& run) {
  Json figures = Json::object();
  for (std::size_t i = 0; i < run.figures.size(); ++i)
    if (run.figures[i]) figures[std::string(figure_kinds()[i].name)] = *run.figures[i];
  Json violations = Json::array();
  for (const auto& [kind, seen] : run.violations)
    violations.push_back({{"check", kind.check}, {"anomaly", kind.anomaly}, {"count", seen.count}});
  return {{"run", run.id},
          {"verdict", run.verdict},
          {"violations", violations},
          {"figures", figures},
          {"host_stall_ms", to_ms(run.host_stall)}};
}

Json pairs_json(const std::vector<AuditPair>& pairs) {
  Json out = Json::array();
  for (const AuditPair& pair : pairs) {
    Json entry = {{"plan", pair.plan},
                  {"scenario", pair.baseline.scenario},
                  {"seed", pair.baseline.seed},
                  {"baseline", run_json(pair.baseline)},
                  {"candidate", run_json(pair.candidate)}};
    if (const std::string why = why_not_counted(pair); !why.empty()) entry["not_counted"] = why;
    out.push_back(std::move(entry));
  }
  return out;
}

std::string cell(const std::string& text) {
  std::string out = escape_xml(text);
  for (std::size_t at = 0; (at = out.find('|', at)) != std::string::npos; at += 2) out.insert(at, "\\");
  return out;
}

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 "
    "1rem}html{color-scheme:light dark;background:light-dark(#ffffff,#121417);"
    "color:light-dark(#1b232d,#dfe4ea)}a{color:light-dark(#0b57a4,#8ab8ff)}"
    "thead{display:table-header-group}tr{break-inside:avoid}table{border-collapse:collapse;width:100%}td,th{"
    "text-align:left;padding:.35rem .8rem .35rem 0;"
    "border-bottom:1px solid #8884;vertical-align:top}.worse{font-weight:bold}.worse td:first-child::before"
    "{content:'\\2718  '}.same td:first-child::before,.better td:first-child::before{content:'\\2714  '}"
    ".unclear td:first-child::before{content:'?  '}code{white-space:pre-wrap}"
    "@media(max-width:44rem){h1{font-size:1.4rem}thead{display:none}tr{display:flex;flex-wrap:wrap;"
    "column-gap:.9rem;padding:.4rem 0;border-bottom:1px solid #8884}td{border:0;padding:.1rem 0;"
    "overflow-wrap:anywhere}td:empty{display:none}td[data-label]::before{content:attr(data-label) ' ';"
    "opacity:.8}code{overflow-wrap:anywhere}}";

/// Where the table's head is not shown, `label` stands before the cell.
std::string cell_of(const std::string& inside, const std::string& label = "") {
  return (label.empty() || inside.empty() ? "<td>" : "<td data-label=\"" + label + "\">") +
         escape_xml(inside) + "</td>";
}

}  // namespace

int exit_code_of(const AuditReport& report) {
  if (report.interrupted) return kExitInterrupted;
  switch (report.answer.outcome) {
    case AuditOutcome::kPass:
      return kExitPass;
    case AuditOutcome::kRegression:
      return kExitViolation;
    case AuditOutcome::kInconclusive:
      break;
  }
  return kExitUnknown;
}

std::string audit_text(const AuditReport& report) {
  std::string text = "audit   " + terminal_text(titled(report)) + "   " + effort_text(report) + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const AuditRow& row : audit_rows(report))
    rows.push_back({label_of(row.answer), terminal_text(row.what), row.difference, terminal_text(row.note)});
  text += table_text(rows, 2);
  for (const std::string& note : audit_notes(report)) text += "  " + terminal_text(note) + "\n";
  text += terminal_text(verdict_text(report)) + "\n";
  text += "  summary     " + report.directory + "/summary.md\n";
  if (report.answer.outcome != AuditOutcome::kPass) text += "  reproduce   " + report.reproduce + "\n";
  return text;
}

std::string audit_markdown(const AuditReport& report) {
  std::string text = "# " + cell(verdict_text(report)) + "\n\n" + cell(titled(report)) + ", " +
                     effort_text(report) +
                     "\n\n| | what | baseline | candidate | difference | |\n|---|---|---|---|---|---|\n";
  for (const AuditRow& row : audit_rows(report))
    text += "| " + label_of(row.answer) + " | " + cell(row.what) + " | " + cell(row.baseline) + " | " +
            cell(row.candidate) + " | " + cell(row.difference) + " | " + cell(row.note) + " |\n";
  text += "\n";
  for (const std::string& note : audit_notes(report)) text += "- " + cell(note) + "\n";
  return text + "\n    " + report.reproduce + "\n";
}

std::string audit_html(const AuditReport& report) {
  std::string text =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>audit: " +
      std::string(to_string(report.answer.outcome)) + "</title><style>" + std::string(kStyle) +
      "</style></head><body>\n<main>\n<h1>" + escape_xml(verdict_text(report)) + "</h1>\n<p>" +
      escape_xml(titled(report)) + ", " + effort_text(report) +
      "</p>\n<table><thead><tr><th>answer</th><th>what</th><th>baseline</th><th>candidate</th>"
      "<th>difference</th><th>note</th></tr></thead><tbody>\n";
  for (const AuditRow& row : audit_rows(report)) {
    text += "<tr class=\"" + std::string(to_string(row.answer)) + "\">";
    text += cell_of(label_of(row.answer)) + cell_of(row.what) + cell_of(row.baseline, "baseline") +
            cell_of(row.candidate, "candidate") + cell_of(row.difference) + cell_of(row.note) + "</tr>\n";
  }
  text += "</tbody></table>\n<ul>\n";
  for (const std::string& note : audit_notes(report)) text += "<li>" + escape_xml(note) + "</li>\n";
  return text + "</ul>\n<p><code>" + escape_xml(report.reproduce) + "</code></p>\n</main>\n</body></html>\n";
}

std::string audit_junit(const AuditReport& report) {
  std::string cases;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  const std::vector<AuditRow> rows = audit_rows(report);
  for (const AuditRow& row : rows) {
    cases += "  <testcase classname=\"audit\" name=\"" + escape_xml(row.name) + "\">";
    if (row.answer == Compared::kWorse) {
      ++failures;
      cases += "<failure message=\"" + escape_xml(row.what + ": " + row.difference) + "\">" +
               escape_xml(row.note) + "\n" + escape_xml(report.reproduce) + "</failure>";
    } else if (row.answer == Compared::kUnclear) {
      ++skipped;
      cases += "<skipped message=\"" + escape_xml("unclear: " + row.difference) + "\"/>";
    }
    cases += "</testcase>\n";
  }
  const std::string counts = "tests=\"" + std::to_string(rows.size()) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"0\" skipped=\"" +
                             std::to_string(skipped) + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"audit\" " + counts +
         ">\n<testsuite name=\"" + escape_xml("audit " + report.candidate + " against " + report.baseline) +
         "\" " + counts + ">\n" + cases + "</testsuite>\n</testsuites>\n";
}

Json audit_json(const AuditReport& report) {
  Json figures = Json::array();
  for (const FigureAnswer& figure : report.answer.figures)
    if (figure.answer != Compared::kNotMeasured) figures.push_back(figure_json(figure));
  Json known = Json::array();
  for (const RateAnswer& rate : report.answer.known_kinds) known.push_back(rate_json(rate));
  Json fresh = Json::array();
  for (const NewKind& kind : report.audit.new_kinds()) {
    Json entry = rate_json(kind.rate);
    entry["plan"] = kind.plan;
    entry["run"] = kind.run;
    entry["level"] = kind.level;
    entry["open"] = kind.open;
    fresh.push_back(std::move(entry));
  }
  return {{"schema", 1},
          {"verdict", to_string(report.answer.outcome)},
          {"exit_code", exit_code_of(report)},
          {"reason", report.answer.reason},
          {"interrupted", report.interrupted},
          {"baseline", {{"spec", report.baseline}, {"build", baseline_build(report)}}},
          {"candidate", {{"spec", report.candidate}, {"build", candidate_build(report)}}},
          {"scenarios", report.scenarios},
          {"tolerance", report.tolerance},
          {"pairs_max", report.audit.pairs_max()},
          {"looks", report.audit.looks()},
          {"seconds", report.seconds},
          {"figures", figures},
          {"known_violations", known},
          {"new_violations", fresh},
          {"pairs", pairs_json(report.audit.pairs())},
          {"not_counted", pairs_json(report.audit.excluded())},
          {"reproduce", report.reproduce}};
}

}  // namespace harness
