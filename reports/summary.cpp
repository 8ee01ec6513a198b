#include "reports/summary.h"

#include <algorithm>
#include <map>
#include <set>

#include "harness/core/ended_early.h"
#include "reports/allowed.h"
#include "reports/latency.h"
#include "reports/shorter_lists.h"
#include "reports/story.h"
#include "reports/strength.h"
#include "reports/text.h"

namespace harness {
namespace {

using namespace reporting;

constexpr std::size_t kWidth = 110;
constexpr std::size_t kOperationsMax = 8;  // of the first anomaly: the whole fits a screen
constexpr std::size_t kMomentsMax = 14;

/// Paints with SGR codes, or not at all. The colours of the field: ok blue, info orange, fail pink.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string good(std::string_view text) const { return sgr("1;34", text); }
  std::string unsure(std::string_view text) const { return sgr("1;33", text); }
  std::string bad(std::string_view text) const { return sgr("1;35", text); }
  std::string dim(std::string_view text) const { return sgr("2", text); }
  std::string strong(std::string_view text) const { return sgr("1", text); }

 private:
  std::string sgr(std::string_view code, std::string_view text) const {
    return on_ ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
  }
  bool on_;
};

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

/// How long the first piece is that is not torn: a word, or a number with its unit ("5.3 ms").
std::size_t piece_length(std::string_view text) {
  const std::size_t word = std::min(text.find(' '), text.size());
  const std::string_view number = text.substr(0, word);
  if (number.find_first_of("0123456789") == std::string_view::npos || word == text.size()) return word;
  const std::string_view rest = text.substr(word + 1);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view unit = rest.substr(0, std::min(rest.find_first_of(",;)."), end));
  return unit == "ms" || unit == "s" || unit == "min" ? word + 1 + end : word;
}

/// Breaks at spaces to kWidth columns; lines after the first begin with `indent` spaces. Counts bytes: a line
/// with other letters than ASCII breaks a little early.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t lines_max = 6) {
  std::string out, line;
  std::size_t lines = 1;
  const std::string margin(indent, ' ');
  const auto flush = [&] {
    out += (out.empty() ? "" : "\n" + margin) + line;
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t at = piece_length(text);
    const std::string_view word = text.substr(0, at);
    text = text.substr(std::min(at + 1, text.size()));
    if (!line.empty() && indent + line.size() + 1 + word.size() > kWidth) {
      if (lines == lines_max) {
        line += " …";
        break;
      }
      flush();
      ++lines;
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  flush();
  return out;
}

std::string row(std::string_view label, std::string_view text) {
  return "  " + padded(std::string(label), 12) + wrapped(terminal_text(text), 14) + "\n";
}

std::string deeds_row(std::string_view label, const DeedCounts& counts, const std::string& not_verified) {
  if (counts.requested == 0) return {};
  std::string text =
      grouped(counts.requested) + " requested, " + grouped(counts.verified) + " verified active, ";
  text += counts.to_heal == 0 ? "none was to heal"
                              : grouped(counts.healed) + " of " + grouped(counts.to_heal) + " healed";
  return row(label, text + not_verified);
}

/// Faults, and commands of the plan that did what faults do.
std::string faults_rows(const RunRecord& record, const Strength& s) {
  std::string faults, commands;
  for (const FaultRecord& fault : record.faults)
    if (!fault.verified_active() || !fault.verified_healed())
      (is_command(record, fault) ? commands : faults) +=
          "; not verified: " + (fault.description.empty() ? fault.fault : fault.description);
  return deeds_row("faults", s.faults, faults) + deeds_row("commands", s.commands, commands);
}

std::string failover_row(const RunRecord& record, const Failover& f) {
  std::string text = node_name(record, f.from) + " -> " + node_name(record, f.to) + ":";
  const auto phase = [&](std::string_view name, Nanos time) {
    if (time == kNever || f.fault_at == kNever) return;
    text += (text.back() == ':' ? " " : ", ") + std::string(name) + " +" + duration(time - f.fault_at);
  };
  if (f.fault_at == kNever) text += " promoted at " + seconds(f.promoted) + " s, and no fault near it";
  phase("FAIL", f.fail);
  phase("elected", f.promoted);
  phase("first write", f.first_write);
  phase("converged", f.converged);
  if (f.bound_ms > 0)
    text += "   (bound " + duration_ms(f.bound_ms) + " for the promotion, with the machine's delays" +
            (f.within_bound ? ")" : ", EXCEEDED)");
  return row("failover", text);
}

/// The figure of that name, or nothing.
const double* find_figure(const Measures& figures, const std::string& name) {
  const auto found =
      std::find_if(figures.begin(), figures.end(), [&](const auto& entry) { return entry.first == name; });
  return found == figures.end() ? nullptr : &found->second;
}

/// "acknowledged just before its master was lost or replaced, and not yet replicated (window a), oldest 8.2
/// ms" for each window that a listed anomaly names.
std::string windows_text(const CheckResult& check) {
  std::set<Window> windows;
  for (const Anomaly& anomaly : check.anomalies)
    if (anomaly.window != Window::kOutside) windows.insert(anomaly.window);
  std::string text;
  for (const Window window : windows) {
    const std::string letter(to_string(window));
    text += (text.empty() ? ": " : "; ") + std::string(words(window)) + " (window " + letter + ")";
    // Zero where no age can be told: what a master without persistence held is gone, however old.
    const double* age = find_figure(check.measured, "age_ms_max_" + letter);
    if (age != nullptr && *age > 0) text += ", oldest " + duration_ms(*age);
  }
  return text;
}

/// How many anomalies of each type are allowed.
std::string allowed_counts(const CheckResult& check) {
  std::string text;
  for (const auto& [type, number] : allowed_types(check)) {
    if (type.empty() && text.empty()) return grouped(number) + (number == 1 ? " anomaly" : " anomalies");
    if (!text.empty()) text += ", ";
    if (type.empty())
      text += grouped(number) + " of other kinds";
    else if (type == "lost-write")
      text += counted(number, "acknowledged write") + " lost";
    else if (type == "stale-read")
      text += counted(number, "stale read");
    else
      text += grouped(number) + " × " + type_words(type);
  }
  return text;
}

/// What is said of anomalies that are documented. Under --strict a loss in a window is a violation all the
/// same, which the check's own model tells.
std::string_view how_allowed(const RunRecord& record, const CheckResult& check, bool losses) {
  if (check.violations == 0) return ", all allowed";
  const bool strict = record.info.strict || record.plan.limits.strict;
  return strict && losses ? ", as Redis documents; --strict allows none" : ", allowed";
}

/// What was lost or went wrong in documented ways: one row for each check, named where there are several.
std::string allowed_rows(const RunRecord& record, const RunVerdict& verdict) {
  std::string out;
  const auto rows =
      std::ranges::count_if(verdict.checks, [](const CheckResult& check) { return check.allowed > 0; });
  const bool named = rows > 1 || record.plan.loads.size() > 1;
  for (const CheckResult& check : verdict.checks) {
    if (check.allowed == 0) continue;
    const bool losses = std::any_of(check.anomalies.begin(), check.anomalies.end(),
                                    [](const Anomaly& a) { return a.window != Window::kOutside; });
    out += row(losses ? "losses" : "allowed",
               (named ? check.name + ": " : std::string()) + allowed_counts(check) +
                   std::string(how_allowed(record, check, losses)) + windows_text(check));
  }
  return out;
}

/// Such a run shows little, whatever its verdict.
bool without_faults(const RunRecord& record) {
  return record.plan.limits.no_faults && record.faults.empty();
}

std::string strength_row(const RunRecord& record, const Strength& s) {
  std::string text = without_faults(record) ? "no faults, by the plan; "
                                            : counted(s.during_faults, "operation") + " during faults; ";
  text += s.checks_complete == s.checks
              ? "every checker complete"
              : grouped(s.checks - s.checks_complete) + " of " + grouped(s.checks) + " checkers incomplete";
  return row("strength", text);
}

std::string quantiles_text(const Quantiles& q) {
  return "p50 " + duration(q.p50) + ", p99 " + duration(q.p99) + ", p99.9 " + duration(q.p999);
}

/// In all, and while the worst fault acted.
std::string latency_row(const RunRecord& record) {
  const Latency latency = measure_latency(record);
  if (latency.all.operations == 0) return {};
  std::string text = quantiles_text(latency.all);
  const auto worst = std::max_element(
      latency.per_fault.begin(), latency.per_fault.end(),
      [](const FaultLatency& a, const FaultLatency& b) { return a.during.p99 < b.during.p99; });
  if (worst != latency.per_fault.end() && worst->during.operations > 0)
    text += "; during faults at worst " + quantiles_text(worst->during);
  return row("latency", text);
}

/// The ids as a list: "late, heal-2".
std::string listed(const std::vector<std::string>& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text;
}

/// Why the load ended before its time, and what that left out.
std::string ended_early_row(const RunRecord& record) {
  const std::string violation = record.info.ended_early;
  if (violation.empty()) return {};
  const std::vector<std::string> left_out = steps_left_out(record);
  return row("ended early",
             "after " + seconds(record.info.clients_end, 1) + " s of load, as stop-at-violation asks; " +
                 (left_out.empty() ? std::string("no step was left out")
                                   : counted(left_out.size(), "step") + " left out: " + listed(left_out)));
}

/// Waits of steps that ran out of patience, after which the run went on. What a step expected is judged.
std::string waits_rows(const RunRecord& record) {
  std::string out;
  for (const ExpectationRecord& one : record.expectations)
    if (one.failed && one.kind != ExpectationRecord::Kind::kExpect)
      out += row("in vain", one.step + " waited " + duration(one.patience) + " for " + one.condition +
                                ", and went on: " + one.why);
  return out;
}

/// Longer than what a busy machine does all the time: bounds were widened by it.
std::string host_row(const RunRecord& record) {
  constexpr Nanos kWorthTelling = 200 * kMillisecond;
  const Nanos stall = record.counters.host_stall_max;
  if (stall < kWorthTelling) return {};
  return row("host", "the machine stood still for up to " + duration(stall) +
                         "; bounds of time are widened by as much");
}

std::string checks_rows(const RunRecord& record, const RunVerdict& verdict, const Paint& paint) {
  std::string out;
  std::size_t column = 0;
  for (const CheckResult& check : verdict.checks) {
    const std::string name = terminal_text(check.name);
    if (column && column + name.size() + 8 > kWidth) {
      out += "\n";
      column = 0;
    }
    const std::string mark = check.valid == Validity::kValid           ? paint.good("ok")
                             : check.valid == Validity::kNotApplicable ? std::string("--")
                             : check.valid == Validity::kUnknown       ? paint.unsure("??")
                                                                       : paint.bad("FAIL");
    out += (column ? "   " : "  ") + mark + "  " + name;
    column += name.size() + 9;
  }
  if (!out.empty()) out += "\n";
  for (const std::string& what : record.damage) out += row("damaged", what);
  if (!record.damage.empty()) return out;  // which is why nothing is known
  for (const CheckResult& check : verdict.checks)
    if (check.valid == Validity::kUnknown)
      out += row("unknown", check.name + ": " + check.explanation +
                                (check.truncated.empty() ? "" : " (" + check.truncated + ")"));
  return out;
}

/// Violations of other kinds than the first, a line each: those of one checker, type and node are equal.
std::string other_kinds(const RunRecord& record, const std::vector<NamedAnomaly>& all) {
  constexpr std::size_t kKindsMax = 8;
  struct Kind {
    const NamedAnomaly* first;
    std::size_t count;
  };
  std::vector<Kind> kinds;
  for (const NamedAnomaly& named : all) {
    if (named.anomaly->allowed) break;  // they come last
    const auto same = std::ranges::find_if(kinds, [&](const Kind& kind) {
      return kind.first->check == named.check && kind.first->anomaly->type == named.anomaly->type &&
             kind.first->anomaly->node == named.anomaly->node;
    });
    if (same == kinds.end())
      kinds.push_back({&named, 1});
    else
      ++same->count;
  }
  std::string out;
  for (std::size_t i = 1; i < std::min(kinds.size(), kKindsMax + 1); ++i) {
    const auto& [name, check, anomaly] = *kinds[i].first;
    out += row("also", (anomaly->time == 0 ? "" : when(record, *anomaly) + ": ") + headline(*anomaly) + " (" +
                           check->name + (kinds[i].count > 1 ? ", " + grouped(kinds[i].count) + " ×" : "") +
                           ")");
  }
  if (kinds.size() > kKindsMax + 1)
    out += row("also", counted(kinds.size() - kKindsMax - 1, "more kind") + " of violation, in the report");
  return out;
}

/// The first violation: its operations among the faults and promotions around them, then the words.
std::string first_anomaly(const RunRecord& record, const RunVerdict& verdict, const Paint& paint) {
  const std::vector<NamedAnomaly> all = named_anomalies(verdict);
  if (all.empty() || all.front().anomaly->allowed) return {};
  const auto& [name, check, anomaly] = all.front();
  std::string out = "  " + paint.bad("FAIL") + "  " + terminal_text(headline(*anomaly));
  out += "   " + counted(check->violations, "violation") + " found by " + terminal_text(check->name) + "\n";
  std::vector<Moment> moments = tell_anomaly(record, verdict, *anomaly, kOperationsMax);
  if (moments.size() > kMomentsMax) moments.resize(kMomentsMax);
  for (const Moment& moment : moments) {
    const std::string time = seconds(moment.time);
    out += "  " + std::string(time.size() < 8 ? 8 - time.size() : 0, ' ') + paint.dim(time) + "  " +
           paint.strong(padded(terminal_text(moment.who), 5)) +
           wrapped(terminal_text(shorter_lists(moment.text)), 17, 2) + "\n";
  }
  return out + "        In words: " + wrapped(terminal_text(shorter_lists(anomaly->explanation)), 8) + "\n" +
         other_kinds(record, all);
}

std::string last_rows(const ReportInput& input, bool anomaly_shown) {
  std::string out;
  if (!input.page_path.empty()) out += row("report", input.page_path + (anomaly_shown ? "#v1" : ""));
  const RunInfo& info = input.record.info;
  if (!info.reproduce.empty() && verdict_word(input.verdict) != "pass")
    out += "  " + padded("reproduce", 12) + terminal_text(info.reproduce) + "\n";  // one line, to be copied
  return out;
}

std::string verdict_row(const RunRecord& record, const RunVerdict& verdict, const Paint& paint) {
  const std::string scenario = terminal_text(record.info.scenario);
  const std::string took = record.info.end == kNever ? "" : "   " + duration(record.info.end);
  const std::string operations = "   " + counted(record.history.operations.size(), "operation");
  std::size_t violations = 0;
  for (const CheckResult& check : verdict.checks) violations += check.violations;
  const std::string run =
      "   (run " + terminal_text(record.info.id) + ", seed " + std::to_string(record.info.seed) + ")";
  if (verdict.error) return paint.bad("ERROR") + "  " + scenario + run + "\n";
  if (verdict.valid == Validity::kValid)
    return paint.good("PASS") + "  " + scenario + operations + took +
           (without_faults(record) ? "   no faults, by its plan" : "") + "\n";
  if (verdict.valid == Validity::kUnknown)
    return paint.unsure("UNKNOWN") + "  " + scenario + operations + run + "\n";
  return paint.bad("FAIL") + "  " + scenario + "   " + counted(violations, "violation") + run + "\n";
}

}  // namespace

std::string make_summary(const ReportInput& input) {
  const Paint paint(input.colour);
  const RunRecord& record = input.record;
  const RunVerdict& verdict = input.verdict;
  const Strength s = measure_strength(record, verdict);
  std::string out = ended_early_row(record) + faults_rows(record, s);
  for (const Failover& f : verdict.failovers) out += failover_row(record, f);
  out += waits_rows(record);
  out += allowed_rows(record, verdict);
  out += latency_row(record);
  out += host_row(record);
  if (!verdict.checks.empty()) out += strength_row(record, s);
  out += checks_rows(record, verdict, paint);
  for (const std::string& told : input.known) out += row("known", told);
  const std::string anomaly = first_anomaly(record, verdict, paint);
  out += anomaly;
  const bool unexplained = anomaly.empty() && verdict.valid == Validity::kInvalid;
  if (verdict.error || verdict.checks.empty() || unexplained)
    out += row("why", verdict_sentence(record, verdict));
  if (record.info.interrupted)
    out += row("note", "the run was interrupted; only what was recorded was checked");
  return out + verdict_row(record, verdict, paint) + last_rows(input, !anomaly.empty());
}

}  // namespace harness
