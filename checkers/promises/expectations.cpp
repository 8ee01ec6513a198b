#include "checkers/promises/expectations.h"

#include <algorithm>

#include "checkers/promises/analysis.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/logs.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

std::string command_line(const CommandRecord& command) {
  std::string text;
  for (const std::string& word : command.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// What a headline quotes; the whole stands in the explanation.
std::string quoted_in_part(const std::string& text) {
  constexpr std::size_t kQuoted = 60;
  if (text.size() <= kQuoted) return text;
  std::size_t end = kQuoted;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // no half of a letter
  return text.substr(0, end) + "…";
}

void check_expectation(Nanos stall, const ExpectationRecord& expectation, CheckResult& result) {
  if (expectation.held_at != kNever) return;
  const std::string what = "'" + expectation.condition + "' (step " + expectation.step + ")";
  if (!expectation.failed) return doubt(result, "The run ended before " + what + " was decided.");
  // A machine that stood still for so long has given the cluster no time.
  if (2 * stall >= expectation.patience)
    return doubt(result, "The machine held everything up for " + in_milliseconds(stall) + ", while " + what +
                             " had " + in_milliseconds(expectation.patience) + ".");
  // Where servers had no processor meanwhile, it had that much longer.
  const bool longer = expectation.until > expectation.began + expectation.patience + kSecond;
  const std::string until = longer ? " even by " + at(expectation.until) : std::string();
  Anomaly anomaly;
  anomaly.type = std::string(kExpectationKind) + expectation.step;
  anomaly.time = expectation.until;
  anomaly.headline = "Step " + expectation.step + " expected '" + quoted_in_part(expectation.condition) +
                     "' within " + in_milliseconds(expectation.patience) + ", and it did not come to hold";
  anomaly.explanation = what + " was expected at " + at(expectation.began) + " within " +
                        in_milliseconds(expectation.patience) + ", and did not hold" + until + ": " +
                        expectation.why;
  report(result, std::move(anomaly));
}

/// Whether its process ended by itself before it answered: the checker of logs tells so, where the plan has
/// that one check, and nothing is left open. An end that a fault excuses is told by nobody.
bool told_as_exit(const RunRecord& run, const CommandRecord& command) {
  const auto& checks = run.plan.limits.checks;
  if (!checks.empty() && std::ranges::find(checks, "logs") == checks.end()) return false;
  for (std::size_t i = 0; i < run.incarnations.size(); ++i) {
    const Incarnation& life = run.incarnations[i];
    if (life.node == command.node && !life.expected && command.time <= life.ended &&
        life.ended <= command.replied + kSecond && ended_by_itself(run, static_cast<int>(i)))
      return true;
  }
  return false;
}

/// An expression alone fits no error, whatever it says: told where somebody may not know.
std::string error_mend(const CommandRecord& command) {
  const std::string& wanted = command.expected;
  const bool expression = wanted.size() >= 2 && wanted.front() == '/' && wanted.back() == '/';
  if (!command.refused || !expression) return {};
  return ". The reply is an error, which an expression alone does not fit: where an error is wanted, write "
         "reply = "
         "\"error " +
         wanted + "\"";
}

void check_reply(const RunRecord& run, const CommandRecord& command, CheckResult& result) {
  if (command.expected.empty() || command.ok) return;
  const std::string what = command_line(command) + " (step " + command.step + ")";
  if (!command.answered && told_as_exit(run, command)) return;
  if (!command.answered) return doubt(result, "No answer came to " + what + ": " + command.reply + ".");
  Anomaly anomaly;
  anomaly.type = AnomalyKind("unexpected-reply").text();
  anomaly.time = command.replied;
  anomaly.node = node_name(run, command.node);
  anomaly.headline = anomaly.node + " answered " + quoted_in_part(command_line(command)) + " with '" +
                     quoted_in_part(command.reply) + "', where step " + command.step + " expected '" +
                     quoted_in_part(command.expected) + "'";
  anomaly.explanation = anomaly.node + " answered " + what + " at " + at(command.replied) + " with '" +
                        command.reply + "'; expected was '" + command.expected + "'" + error_mend(command);
  report(result, std::move(anomaly));
}

}  // namespace

CheckResult check_expectations(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "expectations";
  result.valid = Validity::kValid;
  std::size_t expectations = 0;
  std::size_t replies = 0;
  for (const ExpectationRecord& expectation : run.expectations) {
    if (expectation.kind != ExpectationRecord::Kind::kExpect) continue;
    ++expectations;
    check_expectation(analysis.stall, expectation, result);
  }
  for (const CommandRecord& command : run.commands) {
    replies += !command.expected.empty();
    check_reply(run, command, result);
  }
  result.operations = expectations + replies;
  figure(result.measured, "expectations", static_cast<double>(expectations));
  figure(result.measured, "replies", static_cast<double>(replies));
  std::string text;
  if (result.violations > 0)
    text = result.anomalies.front().explanation + ".";
  else if (result.operations == 0)
    text = "The plan expects nothing of its own.", result.valid = Validity::kNotApplicable;
  else if (result.valid == Validity::kValid)
    text = counted_noun(expectations, "expectation") + " and " + counted_noun(replies, "reply", "replies") +
           " came as the plan says.";
  if (!text.empty()) result.explanation = result.explanation.empty() ? text : text + " " + result.explanation;
  return result;
}

}  // namespace harness
