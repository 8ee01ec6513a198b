// An audit as people and machines read it: the terminal, audit.json, summary.md, audit.html, junit.xml.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/compare/audit.h"

namespace harness {

/// An audit that ended, or was interrupted.
struct AuditReport {
  const Audit& audit;
  const AuditAnswer& answer;
  std::string baseline;  // SPECs as they were given; the builds themselves are in the pairs
  std::string candidate;
  std::vector<std::string> scenarios;
  double tolerance = 0;  // a share
  double seconds = 0;    // that it took
  bool interrupted = false;
  std::string directory;
  std::string reproduce;
  std::vector<std::string> baseline_with = {};  // directives that this side alone has
  std::vector<std::string> candidate_with = {};
};

/// Interrupted 130, a regression 1, inconclusive 4, pass 0.
int exit_code_of(const AuditReport& report);

std::string audit_text(const AuditReport& report);
std::string audit_markdown(const AuditReport& report);
std::string audit_html(const AuditReport& report);
std::string audit_junit(const AuditReport& report);
/// audit.json (harness/FORMATS.md).
nlohmann::ordered_json audit_json(const AuditReport& report);

}  // namespace harness
