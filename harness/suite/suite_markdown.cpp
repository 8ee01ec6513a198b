#include <algorithm>
#include <map>

#include "harness/suite/suite_reports.h"
#include "harness/suite/suite_text.h"
#include "reports/headline.h"
#include "reports/text.h"

namespace harness {
namespace {

using reporting::counted;
using reporting::escape_xml;
using reporting::type_words;

/// Text in a cell of a table: no markup, one line.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : escape_xml(reporting::terminal_text(text))) {
    if (c == '|' || c == '`' || c == '*' || c == '_' || c == '[' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// Rows as long as there is room; how many were left out is told.
class Table {
 public:
  Table(std::string& out, const std::string& title, const std::string& head) : out_(out) {
    head_ = "\n### " + title + "\n\n" + head + "\n";
    head_ += "|" + [&] {
      std::string line;
      for (long i = std::ranges::count(head, '|'); i > 1; --i) line += "---|";
      return line;
    }() + "\n";
  }
  void row(const std::string& text) {
    constexpr std::size_t kForTheRest = 4096;
    if (left_out_ > 0 || out_.size() + head_.size() + text.size() + kForTheRest > kMostSummaryBytes) {
      ++left_out_;
      return;
    }
    out_ += head_ + text + "\n";
    head_.clear();
  }
  ~Table() {
    if (left_out_ > 0) out_ += "\n" + counted(left_out_, "row") + " more: results.json has them.\n";
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

 private:
  std::string& out_;
  std::string head_;
  std::size_t left_out_ = 0;
};

void groups_table(std::string& out, const std::string& title, const std::vector<Group>& groups,
                  const std::string& folder) {
  Table table(out, title,
              "| | violation | scenario | build | runs | replayed | first store | repeat it with |");
  for (const Group& group : groups)
    table.row("| " + std::string(group.ongoing ? "ongoing" : "new") + " | **" +
              cell(group.key.check + " / " + type_words(group.key.type)) + "** " + cell(group.headline) +
              (group.known.empty() ? "" : " (known: " + cell(group.known) + ")") +
              (group.shrunk ? "; " + cell(shrunk_line(*group.shrunk, folder)) : "") + " | " +
              cell(group.key.scenario) + " | " + cell(group.key.build) + " | " +
              k_of_n(group.runs_with, group.runs) +
              (group.ongoing ? " (last time " + k_of_n(group.before_with, group.before_runs) + ")" : "") +
              " | " + (group.replays > 0 ? k_of_n(group.replays_with, group.replays) : "") + " | " +
              cell((folder.empty() ? "" : folder + "/") + group.store) + " | " + cell(group.reproduce) +
              " |");
}

/// As GitHub's toolkit escapes the data and the properties of a command.
std::string escaped(const std::string& text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string annotation(const std::string& title, const std::string& message) {
  return "::error title=" + escaped(title, true) + "::" + escaped(message, false) + "\n";
}

struct Row {
  std::size_t pass = 0, fail = 0, unknown = 0, error = 0;
  double seconds = 0;
};

void scenarios_table(std::string& out, const SuiteResult& result) {
  std::map<std::pair<std::string, std::string>, Row> rows;
  for (const RunOutcome& run : result.runs) {
    Row& row = rows[{run.scenario, run.build}];
    ++(run.verdict == "pass"      ? row.pass
       : run.verdict == "fail"    ? row.fail
       : run.verdict == "unknown" ? row.unknown
                                  : row.error);
    row.seconds += run.seconds;
  }
  Table table(out, "All scenarios", "| scenario | build | pass | fail | unknown | error | time |");
  for (const auto& [key, row] : rows)
    table.row("| " + cell(key.first) + " | " + cell(key.second) + " | " + std::to_string(row.pass) + " | " +
              std::to_string(row.fail) + " | " + std::to_string(row.unknown) + " | " +
              std::to_string(row.error) + " | " + length_text(row.seconds) + " |");
}

void silences_table(std::string& out, const SuiteResult& result, const std::string& folder) {
  Table table(out, "Runs that told nothing", "| verdict | scenario | build | runs | why | first store |");
  for (const Silence& silence : result.silences)
    table.row("| " + cell(silence.verdict) + " | " + cell(silence.scenario) + " | " + cell(silence.build) +
              " | " + std::to_string(silence.runs) + " | " + cell(silence.why) + " | " +
              cell(silence.store.empty() || folder.empty() ? silence.store : folder + "/" + silence.store) +
              " |");
}

}  // namespace

std::string suite_annotations(const SuiteResult& result) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> lines;
  for (const Group& group : result.groups)
    lines.push_back(annotation(
        group.key.scenario + " on " + group.key.build + ": " + group.key.check + " / " +
            type_words(group.key.type),
        group.headline + " (" + k_of_n(group.runs_with, group.runs) + " runs)\n" + group.reproduce));
  for (const Silence& silence : result.silences)
    if (silence.verdict != "unknown")
      lines.push_back(annotation(silence.scenario + " on " + silence.build + ": error", silence.why));
  if (lines.size() > kMost) {
    const std::size_t left_out = lines.size() - kMost + 1;
    lines.resize(kMost - 1);
    lines.push_back(
        annotation("harness suite", counted(left_out, "failure") + " more: see the step's summary"));
  }
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

std::string suite_markdown(const SuiteResult& result, const std::string& folder) {
  std::string out = "## " + verdict_words(result) + ": suite " + cell(result.matrix.suite) + "\n\n";
  out += runs_words(result) + "; seed " + std::to_string(result.matrix.seed) + ", " +
         length_text(result.seconds) + ".\n";
  if (const std::string kinds = kinds_words(result); !kinds.empty()) out += "\n" + kinds + ".\n";
  for (const std::string& what : result.incomplete) out += "\n- " + cell(what) + "\n";
  if (result.redone > 0)
    out += "\n" + counted(result.redone, "run") +
           " done again alone, since they could not conclude beside others.\n";
  if (result.not_reached > 0) out += "\nNot run: " + not_run_words(result) + ".\n";
  groups_table(out, "Violations", result.groups, folder);
  groups_table(out, "Known", result.known, folder);
  silences_table(out, result, folder);
  {
    Table table(out, "Resolved", "| violation | scenario | build | last time |");
    for (const Group& group : result.resolved)
      table.row("| " + cell(group.key.check + " / " + type_words(group.key.type)) + " | " +
                cell(group.key.scenario) + " | " + cell(group.key.build) + " | " +
                k_of_n(group.runs_with, group.runs) + " |");
  }
  {
    Table table(out, "Skipped", "| scenario | build | why |");
    for (const Skipped& skipped : result.skipped)
      table.row("| " + cell(skipped.scenario) + " | " + cell(skipped.build) + " | " + cell(skipped.why) +
                " |");
  }
  scenarios_table(out, result);
  return out;
}

}  // namespace harness
