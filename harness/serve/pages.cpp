#include "harness/serve/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "harness/compare/statistics.h"
#include "harness/suite/suite_text.h"
#include "reports/headline.h"
#include "reports/text.h"

namespace harness {
namespace {

using reporting::counted;
using reporting::escape_xml;

constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
html { background: light-dark(#ffffff, #121417); color: light-dark(#1b232d, #dfe4ea); }
body { margin: 0 auto; max-width: 84rem; padding: 0 1rem 3rem; }
nav { display: flex; gap: 1.2rem; padding: .8rem 0; border-bottom: 1px solid #8886; margin-bottom: 1rem; }
nav a[aria-current] { font-weight: 700; text-decoration: none; color: inherit; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
caption { text-align: left; padding: .3rem 0; opacity: .8; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #8884; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td { white-space: nowrap; } td:nth-last-child(-n+2), td.wrap { white-space: normal; }
form { display: flex; flex-wrap: wrap; gap: .8rem; align-items: end; margin: .5rem 0; }
label { display: grid; font-size: 13px; }
input, select, button { font: inherit; padding: .2rem .4rem; min-height: 2rem; }
input[type=checkbox] { min-height: 24px; min-width: 24px; }
pre { overflow: auto; padding: .8rem; border: 1px solid #8884; }
code { overflow-wrap: anywhere; }
a { color: light-dark(#0b57a4, #8ab8ff); }
.fail { color: light-dark(#b0124f, #ff8fb4); font-weight: 600; } .pass { color: light-dark(#1b6b2e, #7fd694); }
.unknown, .error, .interrupted { color: light-dark(#8a4d00, #ffc26b); font-weight: 600; }
svg rect.f { fill: light-dark(#b0124f, #ff8fb4); } svg rect.u { fill: light-dark(#8a4d00, #ffc26b); } svg rect.p { fill: #7779; }
@media (max-width: 44rem) {
  table.list tr { display: flex; flex-wrap: wrap; column-gap: .9rem; padding: .4rem 0; border-bottom: 1px solid #8884; }
  table.list tr:has(th[scope=col]), table.list td:empty { display: none; }
  table.list td[data-label]::before { content: attr(data-label) " "; opacity: .8; }
  table.list td { border: 0; padding: .1rem 0; white-space: normal; overflow-wrap: anywhere; }
}
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; }
)css";

struct Place {
  const char* path;
  const char* name;
};
constexpr Place kPlaces[] = {
    {"/", "Runs"}, {"/suites", "Suites"}, {"/audits", "Audits"}, {"/trend", "Trend"}};

std::string page(std::string_view title, std::string_view here, const std::string& main) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      escape_xml(title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n" +
      "<a class=\"skip\" href=\"#main\">to the content</a>\n<nav aria-label=\"pages\">";
  for (const Place& place : kPlaces)
    out += std::string("<a href=\"") + place.path + "\"" +
           (here == place.path ? " aria-current=\"page\"" : "") + ">" + place.name + "</a>";
  return out + "</nav>\n<main id=\"main\">\n<h1>" + escape_xml(title) + "</h1>\n" + main +
         "</main>\n</body>\n</html>\n";
}

std::string td(const std::string& inside, const char* kind = "") {
  return std::string("<td") + (*kind ? std::string(" class=\"") + kind + "\"" : "") + ">" + inside + "</td>";
}
/// A number; where rows are shown without the table's head, `label` stands before it.
std::string number(const std::string& plain, const char* label) {
  return fmt::format("<td class=\"n\" data-label=\"{}\">{}</td>", label, plain);
}
std::string text(const std::string& plain) {
  return td(escape_xml(plain));
}
/// "16 of 2000", "24"
std::string runs_of_all(const SuiteResult& result) {
  const std::string runs = std::to_string(result.runs.size());
  return result.not_reached == 0 ? runs
                                 : runs + " of " + std::to_string(result.runs.size() + result.not_reached);
}

/// Only words of ours become a class: "pass", and "pass, of what was run".
std::string verdict_cell(const std::string& verdict, const std::string& link = "") {
  constexpr std::string_view kWords[] = {"pass", "fail", "unknown", "error", "interrupted"};
  const auto known = std::ranges::find(kWords, verdict.substr(0, verdict.find(',')));
  const std::string inside =
      link.empty() ? escape_xml(verdict) : "<a href=\"" + link + "\">" + escape_xml(verdict) + "</a>";
  return "<td" + (known == std::end(kWords) ? "" : " class=\"" + std::string(*known) + "\"") + ">" + inside +
         "</td>";
}

/// For a path or a query: all but the plainest bytes escaped.
std::string url_part(std::string_view plain) {
  std::string out;
  for (const char c : plain) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.')
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string files(const std::string& folder, const char* file) {
  return "/files/" + url_part(folder) + "/" + file;
}

bool contains(const std::string& whole, const std::string& part) {
  return whole.find(part) != std::string::npos;
}

bool fits(const TrendRun& run, const std::string& build, const RunFilter& filter) {
  return contains(run.outcome.scenario, filter.scenario) && contains(build, filter.build) &&
         (filter.verdict.empty() || filter.verdict == run.outcome.verdict);
}

std::string clock_text(std::int64_t unix_ms) {
  const auto seconds = unix_ms / 1'000 % 86'400;
  return fmt::format("{} {:02}:{:02}:{:02}", date_of(unix_ms), seconds / 3'600, seconds / 60 % 60,
                     seconds % 60);
}

std::string field(const char* name, const char* label, const std::string& value) {
  return fmt::format("<label>{}<input name=\"{}\" value=\"{}\"></label>\n", label, name, escape_xml(value));
}

std::string filter_form(const RunFilter& filter) {
  std::string out = "<form method=\"get\" action=\"/\" role=\"search\">\n" +
                    field("scenario", "scenario", filter.scenario) + field("build", "build", filter.build) +
                    "<label>verdict<select name=\"verdict\">";
  for (const char* verdict : {"", "pass", "fail", "unknown", "error", "interrupted"})
    out += fmt::format("<option{}>{}</option>", filter.verdict == verdict ? " selected" : "", verdict);
  return out + "</select></label>\n<button>Filter</button>\n</form>\n";
}

std::string query_of(const RunFilter& filter, std::size_t number) {
  return fmt::format("/?scenario={}&amp;build={}&amp;verdict={}&amp;page={}", url_part(filter.scenario),
                     url_part(filter.build), url_part(filter.verdict), number);
}

/// The run's report, or where the suite kept none of it, the suite's page; of a run without a result nothing.
std::string report_of(const TrendRun& run, const HasReport& has_report) {
  if (!has_result(run)) return "";
  if (run.suite.empty()) return files(run.id, "report.html");
  if (run.outcome.store.empty() || !has_report || !has_report(run)) return files(run.suite, "");
  std::string path = "/files/" + url_part(run.suite);
  for (const auto& part : std::filesystem::path(run.outcome.store)) path += "/" + url_part(part.string());
  return path + "/report.html";
}

std::string run_row(const TrendRun& run, const std::string& build, const std::string& report) {
  const RunOutcome& of = run.outcome;
  const bool single = run.suite.empty() && has_result(run);
  const std::string choice =
      single ? fmt::format("<input type=\"checkbox\" name=\"run\" value=\"{0}\" aria-label=\"compare {0}\">",
                           escape_xml(run.id))
             : "";
  std::string what;
  for (const Violation& one : of.violations)
    what += (what.empty() ? "" : "; ") + (one.known.empty() ? one.headline : "known: " + one.headline);
  return "<tr>" + td(choice) + verdict_cell(of.verdict, report) + text(clock_text(of.ended_unix_ms)) +
         text(of.scenario) + text(build) + text(std::to_string(of.seed)) +
         td(fmt::format("{:.1f} s", of.seconds), "n") +
         text(of.verdict == "pass" ? ""
              : what.empty()       ? of.explanation
                                   : what) +
         text(run.suite) + "</tr>\n";
}

std::string pager(const RunFilter& filter, std::size_t pages) {
  if (pages <= 1) return "";
  std::string out = "<p>";
  if (filter.page > 1) out += "<a rel=\"prev\" href=\"" + query_of(filter, filter.page - 1) + "\">newer</a> ";
  out += fmt::format("page {} of {}", filter.page, pages);
  if (filter.page < pages)
    out += " <a rel=\"next\" href=\"" + query_of(filter, filter.page + 1) + "\">older</a>";
  return out + "</p>\n";
}

/// "1 of 3", "0 of 2, 1 unknown"
std::string failures_of(const TrendLine& line) {
  std::size_t unknown = 0;
  for (const auto& [date, night] : line.nights) unknown += night.unknown;
  return fmt::format("{} of {}", line.failed, line.runs) +
         (unknown == 0 ? std::string() : fmt::format(", {} unknown", unknown));
}

/// A bar a night: how many of its runs failed, of all that ran. The foot of a night with runs that could not
/// conclude has a colour of its own.
std::string sparkline(const TrendLine& line) {
  constexpr int kWidth = 6, kHeight = 18;
  std::string bars;
  int x = 0;
  for (const auto& [date, night] : line.nights) {
    const int failed =
        night.runs == 0 ? 0 : static_cast<int>((night.failed * kHeight + night.runs - 1) / night.runs);
    bars += fmt::format(
        "<rect class=\"{8}\" x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"2\"/><rect class=\"f\" x=\"{0}\" "
        "y=\"{3}\" "
        "width=\"{2}\" height=\"{4}\"><title>{5}: {6} of {7} failed</title></rect>",
        x, kHeight - 2, kWidth - 1, kHeight - failed, failed, escape_xml(date), night.failed, night.runs,
        night.unknown > 0 ? "u" : "p");
    x += kWidth;
  }
  return fmt::format(
      "<svg role=\"img\" aria-label=\"{} of {} runs failed in {} nights\" width=\"{}\" "
      "height=\"{}\">{}</svg>",
      line.failed, line.runs, line.nights.size(), std::max(x, 1), kHeight, bars);
}

}  // namespace

std::string runs_page(const std::vector<TrendRun>& runs, const RunFilter& wanted,
                      const HasReport& has_report) {
  std::vector<const TrendRun*> fitting;
  const BuildNames names(runs);
  for (auto run = runs.rbegin(); run != runs.rend(); ++run)
    if (fits(*run, names.of(run->outcome), wanted)) fitting.push_back(&*run);
  const std::size_t pages = std::max<std::size_t>(1, (fitting.size() + kRunsOnAPage - 1) / kRunsOnAPage);
  RunFilter filter = wanted;
  filter.page = std::clamp<std::size_t>(wanted.page, 1, pages);
  std::string out = filter_form(filter) + pager(filter, pages);
  out += fmt::format(
      "<form method=\"get\" action=\"/diff\">\n<table class=\"list\">\n<caption>{} of {}, newest "
      "first</caption>\n",
      reporting::grouped(fitting.size()), counted(runs.size(), "run"));
  out +=
      "<tr><th scope=\"col\">compare</th><th scope=\"col\">verdict</th><th scope=\"col\">ended (UTC)</th>"
      "<th scope=\"col\">scenario</th><th scope=\"col\">build</th><th scope=\"col\">seed</th>"
      "<th scope=\"col\" class=\"n\">took</th><th scope=\"col\">what</th><th scope=\"col\">suite</th></tr>\n";
  const std::size_t first = (filter.page - 1) * kRunsOnAPage;
  for (std::size_t i = first; i < std::min(first + kRunsOnAPage, fitting.size()); ++i)
    out += run_row(*fitting[i], names.of(fitting[i]->outcome), report_of(*fitting[i], has_report));
  return page("Runs", "/",
              out + "</table>\n<button>Compare the two chosen</button>\n</form>\n" + pager(filter, pages));
}

std::string suites_page(const std::vector<SuiteEntry>& suites) {
  std::string out =
      fmt::format("<table class=\"list\">\n<caption>{}</caption>\n", counted(suites.size(), "suite"));
  out +=
      "<tr><th scope=\"col\">verdict</th><th scope=\"col\">suite</th><th scope=\"col\" class=\"n\">runs</th>"
      "<th scope=\"col\" class=\"n\">failed</th><th scope=\"col\" class=\"n\">unknown</th><th "
      "scope=\"col\">violations</th></tr>\n";
  for (const SuiteEntry& suite : suites) {
    const SuiteResult& result = suite.result;
    std::string groups;
    for (const Group& group : result.groups)
      groups += (groups.empty() ? "" : "<br>") +
                escape_xml(fmt::format("{} / {}, {}: {} of {}", group.key.scenario,
                                       reporting::type_words(group.key.type), group.key.build,
                                       group.runs_with, group.runs));
    out += "<tr>" +
           verdict_cell(result.finished ? verdict_words(result) : "running", files(suite.folder, "")) +
           td("<a href=\"" + files(suite.folder, "") + "\">" + escape_xml(suite.folder) + "</a>") +
           number(runs_of_all(result), "runs") + number(std::to_string(result.failed), "failed") +
           number(std::to_string(result.unknown + result.errors), "unknown") + td(groups) + "</tr>\n";
  }
  return page("Suites", "/suites", out + "</table>\n");
}

std::string live_page(const std::string& suite_page) {
  // The document is fetched again and its body put in place, so that place and focus of the reader stay.
  constexpr const char* kAgain = R"html(<p role="status">This suite is running: the page follows it.</p>
<script>
setInterval(async () => {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const place = scrollY;
  document.body.innerHTML = next.body.innerHTML;
  document.documentElement.dataset.looked = String(Number(document.documentElement.dataset.looked || 0) + 1);
  scrollTo(0, place);
}, 2000);
</script>
)html";
  std::string out = suite_page;
  if (const std::size_t body = out.find("<body>"); body != std::string::npos)
    out.insert(body + 6, std::string("\n") + kAgain);
  return out;
}

std::string audits_page(const std::vector<AuditEntry>& audits) {
  std::string out =
      fmt::format("<table class=\"list\">\n<caption>{}</caption>\n", counted(audits.size(), "audit"));
  out +=
      "<tr><th scope=\"col\">verdict</th><th scope=\"col\">candidate</th>"
      "<th scope=\"col\">baseline</th><th scope=\"col\">audit</th><th scope=\"col\">why</th></tr>\n";
  for (const AuditEntry& audit : audits)
    out += "<tr>" + verdict_cell(audit.verdict, files(audit.folder, "audit.html")) + text(audit.candidate) +
           text(audit.baseline) + text(audit.folder) + text(audit.reason) + "</tr>\n";
  return page("Audits", "/audits", out + "</table>\n");
}

std::string trend_page(const std::vector<TrendLine>& lines) {
  constexpr const char* kKinds[] = {"new", "ongoing", "resolved", "steady"};
  std::string out =
      fmt::format("<table class=\"list\">\n<caption>{} of scenario and build, new failures first</caption>\n",
                  counted(lines.size(), "pair"));
  out +=
      "<tr><th scope=\"col\">state</th><th scope=\"col\">scenario</th><th scope=\"col\">build</th><th "
      "scope=\"col\">nights</th>"
      "<th scope=\"col\" class=\"n\">failed</th><th scope=\"col\" class=\"n\">rate</th><th "
      "scope=\"col\">what</th></tr>\n";
  for (const TrendLine& line : lines) {
    const Interval interval = wilson(line.failed, line.runs);
    RunFilter same{line.scenario, line.build, "", 1};
    out += "<tr>" +
           td(kKinds[static_cast<std::size_t>(line.kind)],
              line.kind == TrendLine::Kind::kNew || line.kind == TrendLine::Kind::kOngoing ? "fail" : "") +
           td("<a href=\"" + query_of(same, 1) + "\">" + escape_xml(line.scenario) + "</a>") +
           text(line.build) + td(sparkline(line)) + number(failures_of(line), "failed") +
           number(fmt::format("{:.0f} to {:.0f} %", interval.low * 100, interval.high * 100), "rate") +
           td(escape_xml(line.what) +
              (line.reproduce.empty() ? "" : "<br><code>" + escape_xml(line.reproduce) + "</code>")) +
           "</tr>\n";
  }
  return page("Trend", "/trend", out + "</table>\n");
}

std::string diff_page(const std::string& before, const std::string& after, const std::string& plain) {
  return page("Two runs", "",
              "<p><a href=\"" + files(before, "report.html") + "\">" + escape_xml(before) +
                  "</a> and <a href=\"" + files(after, "report.html") + "\">" + escape_xml(after) +
                  "</a></p>\n<pre tabindex=\"0\">" + escape_xml(plain) + "</pre>\n");
}

std::string error_page(const std::string& what) {
  return page("Not to be had", "", "<p>" + escape_xml(what) + "</p>\n");
}

}  // namespace harness
