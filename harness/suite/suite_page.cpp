#include <algorithm>

#include "harness/suite/suite_reports.h"
#include "harness/suite/suite_text.h"
#include "reports/headline.h"
#include "reports/text.h"

namespace harness {
namespace {

using reporting::escape_xml;

constexpr const char* kHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
html { background: light-dark(#ffffff, #121417); color: light-dark(#1b232d, #dfe4ea); }
body { margin: 1.5rem auto; max-width: 76rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
code { overflow-wrap: anywhere; }
a { color: light-dark(#0b57a4, #8ab8ff); }
.fail { color: light-dark(#b0124f, #ff8fb4); font-weight: 600; } .pass { color: light-dark(#1b6b2e, #7fd694); }
.unknown, .error { color: light-dark(#8a4d00, #ffc26b); font-weight: 600; }
thead { display: table-header-group; } tr { break-inside: avoid; }
@media (max-width: 44rem) {
  tr { display: flex; flex-wrap: wrap; column-gap: .9rem; padding: .4rem 0; border-bottom: 1px solid #8884; }
  tr:has(th), td:empty { display: none; }
  td { border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
}
@media print { body { margin: 0; max-width: none; font-size: 11px; } a { color: inherit; } }
</style>
)html";

std::string td(const std::string& inside) {
  return "<td>" + inside + "</td>";
}
std::string text(const std::string& plain) {
  return td(escape_xml(plain));
}
std::string code(const std::string& plain) {
  return td("<code>" + escape_xml(plain) + "</code>");
}

/// The report, where the whole store is kept: every part of the path escaped.
std::string link(const std::string& store, const std::string& words) {
  if (store.empty()) return escape_xml(words);
  std::string path;
  for (const char c : store) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) || c == '/' || c == '-' || c == '_' || c == '.';
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
    path += plain ? std::string(1, c) : escaped;
  }
  return "<a href=\"" + path + "/report.html\">" + escape_xml(words) + "</a>";
}

std::string groups_table(const std::string& title, const std::vector<Group>& groups) {
  if (groups.empty()) return "";
  std::string out =
      "<h2>" + title +
      "</h2>\n<table><tr><th>state</th><th>violation</th><th>scenario</th><th>build</th><th>runs</th>"
      "<th>replayed</th><th>repeat it with</th></tr>\n";
  for (const Group& group : groups)
    out += "<tr>" +
           text(!group.known.empty() ? "known"
                : group.ongoing      ? "ongoing"
                                     : "new") +
           td("<b>" + link(group.store, group.key.check + " / " + reporting::type_words(group.key.type)) +
              "</b><br>" + escape_xml(group.headline) +
              (group.known.empty() ? "" : "<br>known: " + escape_xml(group.known)) +
              (group.shrunk ? "<br>" + escape_xml(shrunk_line(*group.shrunk, "")) : "")) +
           text(group.key.scenario) + text(group.key.build) + text(k_of_n(group.runs_with, group.runs)) +
           text(k_of_n(group.replays_with, group.replays)) + code(group.reproduce) + "</tr>\n";
  return out + "</table>\n";
}

std::string runs_table(const SuiteResult& result) {
  std::string out =
      "<h2>Runs</h2>\n<table><tr><th>verdict</th><th>scenario</th><th>build</th><th>seed</th><th>time</th>"
      "<th>why</th></tr>\n";
  std::vector<const RunOutcome*> runs;
  for (const RunOutcome& run : result.runs) runs.push_back(&run);
  std::ranges::stable_sort(runs, {}, [](const RunOutcome* run) { return run->verdict == "pass"; });
  for (const RunOutcome* run : runs) {
    const bool whole = run->verdict != "pass";
    out += "<tr><td class=\"" + escape_xml(run->verdict) + "\">" +
           link(whole ? run->store : "", run->verdict) + "</td>" + text(run->scenario) + text(run->build) +
           text(std::to_string(run->seed)) + text(length_text(run->seconds)) +
           text(whole ? run->explanation : "") + "</tr>\n";
  }
  return out + "</table>\n";
}

}  // namespace

std::string suite_page(const SuiteResult& result) {
  const std::string verdict = verdict_of(result);
  std::string out = kHead;
  out += "<title>" + escape_xml(result.matrix.suite) + ": " + verdict_words(result) +
         "</title>\n</head>\n<body>\n<main>\n";
  out += "<h1><span class=\"" + verdict + "\">" + verdict_words(result) + "</span>: suite " +
         escape_xml(result.matrix.suite) + "</h1>\n<p>" + runs_words(result) + ". Seed " +
         std::to_string(result.matrix.seed) + ", " + length_text(result.seconds) + ".</p>\n";
  if (const std::string kinds = kinds_words(result); !kinds.empty()) out += "<p>" + kinds + ".</p>\n";
  for (const std::string& what : result.incomplete)
    out += "<p class=\"unknown\">" + escape_xml(what) + "</p>\n";
  if (result.not_reached > 0)
    out += "<p class=\"unknown\">Not run: " + escape_xml(not_run_words(result)) + ".</p>\n";
  out += groups_table("Violations", result.groups) + groups_table("Known", result.known) +
         groups_table("Resolved", result.resolved);
  for (const Skipped& skipped : result.skipped)
    out +=
        "<p>skipped " + escape_xml(skipped.scenario + " on " + skipped.build + ": " + skipped.why) + "</p>\n";
  return out + runs_table(result) + "</main>\n</body>\n</html>\n";
}

}  // namespace harness
