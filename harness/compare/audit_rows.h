// What every form of an audit's report says, line by line.
#pragma once

#include <string>
#include <vector>

#include "harness/compare/audit_report.h"

namespace harness {

struct AuditRow {
  std::string name;  // stable: a figure's name, or a violation's kind
  std::string what;  // in words
  Compared answer = Compared::kUnclear;
  std::string difference;  // "+0.52 s, +26 % (95 % interval +0.47 s to +0.58 s)"
  std::string baseline;
  std::string candidate;
  std::string note;
};

/// New kinds of violation, known kinds, then figures that were measured; within them worse ones first.
std::vector<AuditRow> audit_rows(const AuditReport& report);

/// "redis 7.0.15 (sha256 …)", of the first run there is; the SPEC when there is none.
std::string baseline_build(const AuditReport& report);
std::string candidate_build(const AuditReport& report);

/// "14 of 24 pairs, ended early: the answer is clear; 7 min 3 s"
std::string effort_text(const AuditReport& report);
/// Runs with any violation, what such a number of runs can rule out, pairs that do not count.
std::vector<std::string> audit_notes(const AuditReport& report);

}  // namespace harness
