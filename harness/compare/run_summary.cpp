#include "harness/compare/run_summary.h"

namespace harness {
namespace {

std::string builds_of(const RunInfo& info) {
  std::string text;
  for (const ServerInfo& server : all_servers(info))
    text += (text.empty() ? "" : " + ") + build_name(server) + " (sha256 " + server.sha256.substr(0, 8) + ")";
  return text;
}

}  // namespace

RunSummary summary_of(const RunRecord& record, const RunVerdict& verdict) {
  RunSummary summary;
  summary.id = record.info.id;
  summary.scenario = record.info.scenario;
  summary.seed = record.info.seed;
  summary.builds = builds_of(record.info);
  summary.verdict = verdict_word(verdict);
  summary.exit_code = verdict.exit_code;
  summary.explanation = verdict.explanation;
  for (const CheckResult& check : verdict.checks)
    summary.checks.push_back({check.name, check.valid, check.allowed});
  summary.violations = violations_of(verdict);
  summary.host_stall = record.counters.host_stall_max;
  if (verdict.error) return summary;
  summary.figures = figures_of(record, verdict);
  summary.seconds = seconds_of(record);
  return summary;
}

}  // namespace harness
