#include "harness/verbs/stored_run.h"

#include <algorithm>

#include "harness/core/check.h"
#include "harness/evidence/damaged.h"
#include "harness/scenario/plan_check.h"
#include "harness/verbs/judgement.h"

namespace harness {
namespace {

Nanos first_violation(const RunVerdict& verdict) {
  Nanos first = kNever;
  for (const CheckResult& check : verdict.checks)
    for (const Anomaly& anomaly : check.anomalies)
      if (!anomaly.allowed && check.valid == Validity::kInvalid) first = std::min(first, anomaly.time);
  return first;
}

}  // namespace

StoredRun stored_run(const std::filesystem::path& root, const std::string& run) {
  StoredRun stored;
  stored.files = find_run(root, run);
  if (!std::filesystem::exists(stored.files.plan()) && load_run_info(stored.files).damage.empty())
    throw UsageError(stored.files.directory.string() + " has no plan.json: it cannot be repeated");
  const Judgement judgement = judge_run(stored.files);
  if (!judgement.record.damage.empty())
    throw DamagedEvidence(stored.files.directory.string(), judgement.record.damage);
  stored.plan = load_plan(stored.files.plan().string());
  for (const ServerInfo& server : all_servers(judgement.record.info)) stored.builds.push_back(server.sha256);
  stored.violations = violations_of(judgement.verdict);
  stored.load_end = judgement.record.info.clients_end;
  stored.first_violation = first_violation(judgement.verdict);
  return stored;
}

}  // namespace harness
