#include "checkers/promises/reload.h"

#include <algorithm>

#include "checkers/promises/analysis.h"
#include "checkers/promises/data_difference.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"

namespace harness {
namespace {

class Reload {
 public:
  Reload(const RunRecord& run, CheckResult& result)
      : run_(run), before_(data_by_node(run, data_in_the_end(run))), result_(result) {}

  void check() {
    for (const FinalData& after : run_.reloaded)
      if (0 <= after.node && static_cast<std::size_t>(after.node) < before_.size()) check_node(after);
    figure(result_.measured, "nodes", nodes_);
    figure(result_.measured, "keys_compared", static_cast<double>(result_.operations));
    say_what_was_not_compared(run_, run_.reloaded, result_);
  }

 private:
  void check_node(const FinalData& after) {
    const std::string name = node_name(run_, after.node);
    if (disk_was_touched(after.node) || left_dead(run_, after.node)) return;
    const FinalData* before = before_[static_cast<std::size_t>(after.node)];
    if (before == nullptr || !before->complete || !after.complete)
      return doubt(result_, "What the files of " + name + " give could not be compared" +
                                (after.error.empty() ? "." : ": " + after.error + "."));
    ++nodes_;
    result_.operations += before->values.size();
    for (const DataDifference& difference : differences(*before, after))
      report(result_, anomaly_of(run_, difference, "reload-differs", after.node,
                                 "with persistence " + std::string(to_string(run_.plan.cluster.persistence)) +
                                     ", before its orderly end " +
                                     in_words(difference, name, "what it loads afterwards")));
  }

  /// A fault of its disk or files: nothing is promised of what they give then.
  bool disk_was_touched(int node) const {
    return std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
      return has_effect(fault, {EffectKind::kDisk}) && acts_on(run_, fault, node);
    });
  }

  const RunRecord& run_;
  std::vector<const FinalData*> before_;
  CheckResult& result_;
  int nodes_ = 0;
};

}  // namespace

CheckResult check_reload(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "reload";
  result.valid = Validity::kValid;
  const bool wanted = run.plan.limits.reload_at_end.value_or(false);
  if (!wanted || !keeps_data(run.plan.cluster.persistence)) {
    result.valid = Validity::kNotApplicable;
    result.explanation = wanted ? "The persistence of this run does not keep the data of a node that ends."
                                : "The plan does not load the nodes' files again.";
    return result;
  }
  if (run.reloaded.empty()) {
    doubt(result, "The nodes' files were not loaded again.");
    return result;
  }
  Reload(run, result).check();
  conclude(result, "What each node held before its end is what its files give.");
  if (!result.note.empty()) result.explanation += " " + result.note;
  return result;
}

}  // namespace harness
