// What happened, as moments in order of time: the words that the terminal and the page share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"
#include "reports/headline.h"

namespace harness::reporting {

/// One sentence of the story.
struct Moment {
  Nanos time = 0;
  std::string
      kind;  // "run", "fault", "healed", "suspect", "promotion", "crash", "loss", "violation", "operation"
  std::string who;                            // "n3", "p7", "!" for the nemesis, or empty
  std::string text;                           // untrusted: escape it for where it goes
  std::string anomaly;                        // "v1" when it belongs to the first violation, "a2", or empty
  std::size_t operation = std::string::npos;  // into history.operations, for an operation
};

/// The whole run: faults, suspicion, promotions, crashes, losses (grouped), violations (each), phases.
std::vector<Moment> tell_story(const RunRecord& record, const RunVerdict& verdict);

/// One anomaly close up: its operations (at most `operations_max`, the outermost kept) among the faults and
/// promotions around them.
std::vector<Moment> tell_anomaly(const RunRecord& record, const RunVerdict& verdict, const Anomaly& anomaly,
                                 std::size_t operations_max = 64);

/// An anomaly with the name that reports give it, counted through all checks: "v1", "v2", … for violations,
/// "a1", … for what a window allows.
struct NamedAnomaly {
  std::string name;
  const CheckResult* check = nullptr;
  const Anomaly* anomaly = nullptr;
};
/// Violations first, then what is allowed; each in order of time.
std::vector<NamedAnomaly> named_anomalies(const RunVerdict& verdict);

/// "write r17 42 -> ok": an operation without its times.
std::string operation_words(const History& history, const Operation& op);
/// "at 8.000 s"; of what a look found, which may have begun before: "seen in the end, 11.609 s".
std::string when(const RunRecord& record, const Anomaly& anomaly);
/// The verdict as one plain sentence with its cause.
std::string verdict_sentence(const RunRecord& record, const RunVerdict& verdict);

}  // namespace harness::reporting
