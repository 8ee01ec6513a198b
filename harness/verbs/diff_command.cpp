#include "harness/verbs/diff_command.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/compare/difference.h"
#include "harness/compare/figure_text.h"
#include "harness/evidence/damaged.h"
#include "harness/run/store.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/judgement.h"
#include "harness/verbs/verbs.h"

namespace harness {
namespace {

struct Judged {
  RunSummary summary;
  nlohmann::json plan;  // without its builds: what must be equal for the runs to be comparable
};

/// Both runs are judged by the checkers of today, whatever judged them when they were made.
Judged judged(const std::filesystem::path& store, const std::string& run) {
  const RunFiles files = find_run(store, run);
  const Judgement judgement = judge_run(files);
  if (!judgement.record.damage.empty())
    throw DamagedEvidence(files.directory.string(), judgement.record.damage);
  Judged out{summary_of(judgement.record, judgement.verdict), judgement.record.plan};
  out.plan.at("cluster").erase("servers");
  return out;
}

/// Owns what the difference refers to.
struct JudgedPair {
  Judged before;
  Judged after;
  Difference difference() const { return {before.summary, after.summary, before.plan == after.plan}; }
};

JudgedPair judged_pair(const std::string& store, const std::string& before, const std::string& after) {
  return {judged(store, before), judged(store, after)};
}

}  // namespace

std::string diff_text(const std::string& store, const std::string& before, const std::string& after) {
  const JudgedPair pair = judged_pair(store, before, after);
  return difference_text(pair.difference());
}

int diff_command(int argc, const char* const* argv) {
  CLI::App app("two stored runs side by side, judged by the checkers of today", "diff");
  std::string before;
  std::string after;
  std::string store = "store";
  bool json = false;
  app.add_option("BEFORE", before, "a store directory, a run's id or a prefix of it, or latest")->required();
  app.add_option("AFTER", after, "likewise")->required();
  app.add_option("--store", store, "where the runs are")->capture_default_str();
  app.add_flag("--json", json, "print one JSON object");
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  const JudgedPair pair = judged_pair(store, before, after);
  const Difference difference = pair.difference();
  std::cout << (json ? json_text(difference_json(difference)) : difference_text(difference)) << std::flush;
  return exit_code_of(difference);
}

}  // namespace harness
