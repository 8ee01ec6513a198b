#include <nlohmann/json.hpp>

#include "harness/suite/suite_reports.h"

namespace harness {
namespace {

using Json = nlohmann::ordered_json;

std::string where(const std::string& folder, const std::string& store) {
  return store.empty() || folder.empty() ? store : folder + "/" + store;
}

Json group_json(const Group& group, const std::string& folder) {
  Json json = {
      {"scenario", group.key.scenario}, {"build", group.key.build},     {"check", group.key.check},
      {"type", group.key.type},         {"promise", group.key.promise}, {"headline", group.headline},
      {"runs_with", group.runs_with},   {"runs", group.runs},           {"replays_with", group.replays_with},
      {"replays", group.replays},       {"seed", group.seed},           {"store", where(folder, group.store)},
      {"reproduce", group.reproduce}};
  if (!group.known.empty()) json["known"] = group.known;
  if (group.shrunk)
    json["shrunk"] = {{"scenario", where(folder, group.shrunk->scenario)},
                      {"steps_before", group.shrunk->steps_before},
                      {"steps", group.shrunk->steps},
                      {"failed", group.shrunk->failed},
                      {"of", group.shrunk->of},
                      {"why", group.shrunk->why}};
  if (group.ongoing) json["before"] = {{"runs_with", group.before_with}, {"runs", group.before_runs}};
  return json;
}

Json groups_json(const std::vector<Group>& groups, bool ongoing, const std::string& folder) {
  Json list = Json::array();
  for (const Group& group : groups)
    if (group.ongoing == ongoing) list.push_back(group_json(group, folder));
  return list;
}

Json run_json(const RunOutcome& run, const std::string& folder) {
  Json json = {{"number", run.task + 1},
               {"scenario", run.scenario},
               {"build", run.build},
               {"server", run.server},
               {"seed", run.seed},
               {"verdict", run.verdict},
               {"exit_code", run.exit_code},
               {"seconds", run.seconds},
               {"attempt", run.attempt},
               {"host_stall_ms", run.stall_ms},
               {"store", where(folder, run.store)},
               {"reproduce", run.reproduce}};
  if (run.replayed()) json["replay"] = run.replay;
  if (run.verdict != "pass") json["explanation"] = run.explanation;
  return json;
}

Json runs_json(const std::vector<RunOutcome>& runs, const std::string& folder) {
  Json list = Json::array();
  for (const RunOutcome& run : runs) list.push_back(run_json(run, folder));
  return list;
}

Json silences_json(const SuiteResult& result, const std::string& verdict, const std::string& folder) {
  Json list = Json::array();
  for (const Silence& silence : result.silences)
    if ((silence.verdict == "unknown") == (verdict == "unknown"))
      list.push_back({{"scenario", silence.scenario},
                      {"build", silence.build},
                      {"runs", silence.runs},
                      {"why", silence.why},
                      {"store", where(folder, silence.store)}});
  return list;
}

}  // namespace

std::string suite_json(const SuiteResult& result, const std::string& folder) {
  Json skipped = Json::array();
  for (const Skipped& entry : result.skipped)
    skipped.push_back({{"scenario", entry.scenario}, {"build", entry.build}, {"why", entry.why}});
  Json resolved = Json::array();
  for (const Group& group : result.resolved) resolved.push_back(group_json(group, ""));
  const Matrix& matrix = result.matrix;
  const KindCounts kinds = kinds_of(result);
  const Json json = {{"schema", 1},
                     {"suite", matrix.suite},
                     {"seed", matrix.seed},
                     {"shard", {{"index", matrix.shard.index}, {"of", matrix.shard.of}}},
                     {"verdict", verdict_of(result)},
                     {"exit_code", exit_code_of(result)},
                     {"finished", result.finished},
                     {"interrupted", result.interrupted},
                     {"seconds", result.seconds},
                     {"counts",
                      {{"runs", result.runs.size()},
                       {"pass", result.passed},
                       {"fail", result.failed},
                       {"unknown", result.unknown},
                       {"error", result.errors},
                       {"redone", result.redone},
                       {"skipped", result.skipped.size()},
                       {"not_run", result.not_reached},
                       {"new", kinds.fresh},
                       {"ongoing", kinds.ongoing},
                       {"known", kinds.known},
                       {"resolved", kinds.resolved}}},
                     {"incomplete", result.incomplete},
                     {"new", groups_json(result.groups, false, folder)},
                     {"ongoing", groups_json(result.groups, true, folder)},
                     {"known", groups_json(result.known, false, folder)},
                     {"resolved", resolved},
                     {"unknown", silences_json(result, "unknown", folder)},
                     {"errors", silences_json(result, "error", folder)},
                     {"skipped", skipped},
                     {"runs", runs_json(result.runs, folder)},
                     {"replays", runs_json(result.replays, folder)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace harness
