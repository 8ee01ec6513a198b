#include "checkers/known.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <set>

#include "checkers/checkers.h"
#include "checkers/promises/bounds.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/list_cut.h"
#include "checkers/transactions/consistency_models.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"
#include "harness/core/slot.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

bool compares(int version, std::string_view sign, int wanted) {
  if (sign == "<") return version < wanted;
  if (sign == "<=") return version <= wanted;
  if (sign == ">") return version > wanted;
  if (sign == ">=") return version >= wanted;
  return sign == "=" && version == wanted;
}

bool build_applies(std::string_view builds, const ServerInfo& server) {
  const std::size_t flavor_end = std::min(builds.find_first_of("<>="), builds.size());
  if (builds.substr(0, flavor_end) != server.flavor) return false;
  if (flavor_end == builds.size()) return true;
  const std::size_t digit = builds.find_first_not_of("<>=", flavor_end);
  // A build without a version ("unstable") is below no version and above none.
  if (digit == std::string_view::npos || version_number(server.version) == 0) return false;
  if (std::isdigit(static_cast<unsigned char>(builds[digit])) == 0) return false;
  return compares(version_number(server.version), builds.substr(flavor_end, digit - flavor_end),
                  version_number(builds.substr(digit)));
}

std::string why_not_applied(const KnownViolation& known, const RunInfo& info) {
  if (!builds_apply(known.builds, info)) return "it is of other builds (" + known.builds + ")";
  if (known.until.empty()) return {};
  // Days written as 2027-06-30 are ordered as texts are.
  if (info.started_utc.size() < 10) return "the record does not say on which day it was made";
  return info.started_utc.substr(0, 10) <= known.until ? "" : "its time is over since " + known.until;
}

/// By its own check's name, or by that of the checker that judges the loads under their names.
bool is_of(const CheckResult& check, const KnownViolation& known, const RunVerdict& verdict) {
  const auto named = [&](const CheckResult& each) { return each.name == known.check; };
  return named(check) || std::ranges::none_of(verdict.checks, named);
}

std::size_t times_seen(const KnownViolation& known, const RunVerdict& verdict) {
  std::size_t seen = 0;
  for (const CheckResult& check : verdict.checks) {
    if (!is_of(check, known, verdict)) continue;
    const auto is_known = [](const Anomaly& anomaly) { return !anomaly.known.empty(); };
    const auto is_this = [&](const Anomaly& anomaly) {
      return anomaly.type == known.anomaly && anomaly.known == known.reason;
    };
    const auto listed = static_cast<std::size_t>(std::ranges::count_if(check.anomalies, is_this));
    const auto all = static_cast<std::size_t>(std::ranges::count_if(check.anomalies, is_known));
    // A list may be cut: of one that holds nothing else the whole number is known.
    seen += listed > 0 && listed == all ? check.known : listed;
  }
  return seen;
}

/// Whoever was seen in the shard that served the key's slot, and those that answered the operations. Empty:
/// nobody was seen to have it.
std::set<int> had_key(const RunRecord& run, const Anomaly& anomaly) {
  std::set<int> nodes;
  const int slot = slot_of(anomaly.key);
  for (const View& view : run.views) {
    const TopologyNode* own = own_line(&view);
    const TopologyNode* owner = own == nullptr ? nullptr : view.topology.owner_of(slot);
    if (owner != nullptr && (owner == own || owner->id == own->master_id)) nodes.insert(view.node);
  }
  if (nodes.empty()) return nodes;
  for (const Operation& op : run.history.operations)
    if (op.node != kNoNode &&
        std::ranges::find(anomaly.operations, op.invoke_event) != anomaly.operations.end())
      if (const int node = run.node_by_name(run.history.node_text(op)); node >= 0) nodes.insert(node);
  return nodes;
}

bool was_looked_for(const KnownViolation& known, const RunRecord& run, const RunVerdict& verdict) {
  const std::vector<std::string>& checks = run.plan.limits.checks;
  return std::ranges::any_of(verdict.checks,
                             [&](const CheckResult& check) { return check.name == known.check; }) ||
         (find_checker(known.check) != nullptr &&
          (checks.empty() || std::ranges::find(checks, known.check) != checks.end()));
}

}  // namespace

bool builds_apply(std::string_view builds, const RunInfo& info) {
  if (builds.empty()) return true;
  return std::ranges::any_of(all_servers(info),
                             [&](const ServerInfo& server) { return build_applies(builds, server); });
}

std::string problem_with_builds(std::string_view builds) {
  static const std::regex condition("(redis|valkey|bundled)((<|<=|>|>=|=)\\d+(\\.\\d+){0,2})?");
  if (builds.empty() || std::regex_match(builds.begin(), builds.end(), condition)) return {};
  constexpr std::string_view kFlavors[] = {"redis", "valkey", "bundled"};
  const std::string_view flavor = builds.substr(0, builds.find_first_of("<>="));
  const bool known = std::ranges::find(kFlavors, flavor) != std::end(kFlavors);
  return "'builds' must be redis, valkey or bundled, and perhaps which releases (redis<8.2, valkey>=9): '" +
         std::string(builds) + "' is not" + (known ? "" : suggestion(flavor, kFlavors));
}

std::string problem_with_anomaly(std::string_view name) {
  if (name.starts_with(kExpectationKind) && name.size() > kExpectationKind.size()) return {};
  const NameSet transactional = anomaly_names();
  std::vector<std::string_view> names(std::begin(kAnomalyKinds), std::end(kAnomalyKinds));
  names.insert(names.end(), transactional.begin(), transactional.end());
  if (std::ranges::find(names, name) != names.end()) return {};
  names.push_back(kExpectationKind);
  return "unknown anomaly '" + std::string(name) + "'" + suggestion(name, names) +
         " in [[known]]: no checker gives that name";
}

KnownViolations::KnownViolations(const RunRecord& run) : run_(run) {
  for (const KnownViolation& known : run.plan.known)
    entries_.push_back({&known, why_not_applied(known, run.info)});
}

void KnownViolations::forgive(std::string_view checker, CheckResult& result) const {
  // What judges a load is shown under the load's name, and may be known by it.
  const auto meant = [&](const Entry& entry) {
    return entry.known->check == checker || entry.known->check == result.name;
  };
  for (Anomaly& anomaly : result.anomalies) {
    if (anomaly.allowed) continue;
    const auto listed = [&](const Entry& e) { return meant(e) && e.known->anomaly == anomaly.type; };
    const auto entry = std::ranges::find_if(entries_, [&](const Entry& e) {
      return e.why_not.empty() && listed(e) && of_its_builds(*e.known, anomaly);
    });
    if (entry == entries_.end()) {
      if (const auto refused = std::ranges::find_if(entries_, listed); refused != entries_.end())
        anomaly.explanation += " (It is listed as known, " + refused->known->reason +
                               ", which is not applied: " +
                               (refused->why_not.empty()
                                    ? "a build that is not " + refused->known->builds + " may have caused it"
                                    : refused->why_not) +
                               ".)";
      continue;
    }
    anomaly.allowed = true;
    anomaly.known = entry->known->reason;
    ++result.known;
  }
  const bool list_was_cut = result.truncated == list_cut();
  if (list_was_cut && result.known > 0 && std::ranges::all_of(result.anomalies, &Anomaly::allowed))
    result.known = std::max(result.known, result.violations);
  result.violations -= std::min(result.violations, result.known);
  if (result.known == 0 || result.violations > 0 || result.valid != Validity::kInvalid) return;
  // A list that was cut is no search that was cut: each violation is in it, before what is allowed.
  const bool cut_short = !result.truncated.empty() && !list_was_cut;
  const bool incomplete = result.doubtful || cut_short;
  result.valid = incomplete ? Validity::kUnknown : Validity::kValid;
  result.explanation = "Known: " + result.explanation;
}

/// In a mixed cluster a violation is of the builds of those that can have caused it: of the node that it
/// names, of the shard that had its key, or else of any. The entry has to fit all of them.
bool KnownViolations::of_its_builds(const KnownViolation& known, const Anomaly& anomaly) const {
  if (known.builds.empty() || run_.info.peers.empty()) return true;
  const auto fits = [&](const ServerInfo& server) { return build_applies(known.builds, server); };
  std::set<int> suspects;
  if (const int named = run_.node_by_name(anomaly.node); named >= 0)
    suspects = {named};
  else if (!anomaly.key.empty())
    suspects = had_key(run_, anomaly);
  if (suspects.empty()) return std::ranges::all_of(all_servers(run_.info), fits);
  return std::ranges::all_of(suspects, [&](int node) {
    return fits(server_of(run_.info, run_.nodes[static_cast<std::size_t>(node)]));
  });
}

std::vector<std::string> known_told(const RunRecord& run, const RunVerdict& verdict) {
  std::vector<std::string> told;
  for (const KnownViolation& known : run.plan.known) {
    const std::string name = known.check + " / " + known.anomaly + " (" + known.reason + ")";
    const std::string why_not = why_not_applied(known, run.info);
    if (!why_not.empty())
      told.push_back(name + " is not applied: " + why_not + ".");
    else if (!was_looked_for(known, run, verdict))
      told.push_back(name + " was not looked for.");
    else if (const std::size_t seen = times_seen(known, verdict); seen > 0)
      told.push_back(name + ": seen " + counted_noun(seen, "time") + ", no failure.");
    else
      told.push_back(name + " did not appear.");
  }
  return told;
}

}  // namespace harness
