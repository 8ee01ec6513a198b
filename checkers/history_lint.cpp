#include "checkers/history_lint.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

#include "checkers/loads.h"
#include "checkers/objects/object.h"
#include "checkers/promises/analysis.h"
#include "checkers/promises/documented.h"
#include "checkers/promises/evidence.h"

namespace harness {
namespace {

/// Reasons that say that the client did not understand an answer (harness/client/outcome.h).
constexpr std::array<std::string_view, 3> kNotUnderstood = {"error-reply", "unexpected-reply", "protocol"};

struct Findings {
  std::size_t failed_read = 0;  // values whose only writer failed
  std::size_t at_odds = 0;      // operations of a process that was not free, or had ended
  std::size_t nobody = 0;       // answered by no node
  std::size_t strange = 0;
  std::string first;  // in words

  void tell(std::size_t& count, std::string text) {
    if (++count == 1 && first.empty()) first = std::move(text);
  }
};

void lint_processes(const History& history, Findings& findings) {
  std::unordered_map<std::int32_t, const Operation*> last;
  for (const Operation& op : history.operations) {
    const auto [known, added] = last.try_emplace(op.process, &op);
    const Operation& before = *known->second;
    if (!added && before.outcome == Outcome::kInfo)
      findings.tell(findings.at_odds,
                    "process " + std::to_string(op.process) +
                        " went on after an operation without an answer: " + history.describe(op));
    else if (!added && before.completed > op.invoked)
      findings.tell(findings.at_odds, "process " + std::to_string(op.process) +
                                          " offered two things at once: " + history.describe(op));
    known->second = &op;
    // Of no function that anybody judges: a process that waited, which asked nobody.
    if (op.outcome == Outcome::kOk && op.node == kNoNode && op.function != Function::kOther)
      findings.tell(findings.nobody, "nobody is named who answered: " + history.describe(op));
    const std::string_view error = history.error_text(op);
    for (const std::string_view reason : kNotUnderstood) findings.strange += error == reason;
  }
}

/// Of one load: what failed writes alone would have written, and who read it.
class FailedWrites {
 public:
  FailedWrites(const RunRecord& run, const ObjectEntry& entry) : run_(run), object_(object_of(entry, run)) {}

  void lint(const std::vector<std::uint32_t>& operations, Findings& findings) {
    if (object_->tokens_repeat()) return;  // a count says nothing of who made it
    const auto failed = [&](std::uint32_t id) {
      return op(id).outcome == Outcome::kFail && object_->takes(op(id));
    };
    if (std::ranges::none_of(operations, failed)) return;
    for (const std::uint32_t id : operations)
      if (object_->takes(op(id))) object_->prepare(op(id));
    for (const std::uint32_t id : operations)
      if (failed(id)) collect(id);
    if (failed_.empty()) return;
    for (const std::uint32_t id : operations)
      if (op(id).outcome != Outcome::kFail && object_->takes(op(id))) clear(id);
    if (failed_.empty()) return;
    for (const std::uint32_t id : operations) look(id, findings);
  }

 private:
  const Operation& op(std::uint32_t id) const { return run_.history.operations[id]; }

  void collect(std::uint32_t id) {
    object_->read_writes(op(id), effects_);
    for (const Token token : effects_.writes) failed_[{object_->instance(op(id)), token}] = id;
  }
  /// Somebody else may have written what this one wrote.
  void clear(std::uint32_t id) {
    object_->read_writes(op(id), effects_);
    for (const Token token : effects_.writes) failed_.erase({object_->instance(op(id)), token});
  }
  void look(std::uint32_t id, Findings& findings) {
    if (!object_->takes(op(id))) return;
    object_->read(op(id), effects_);
    if (!effects_.observes) return;
    const std::uint32_t instance = object_->instance(op(id));
    for (const Token token : effects_.sees) {
      const auto failed = failed_.find({instance, token});
      if (failed == failed_.end()) continue;
      findings.tell(findings.failed_read,
                    run_.history.describe(op(id)) + " shows what was to be written by " +
                        run_.history.describe(op(failed->second)) +
                        " alone, which failed: perhaps the client takes an error for a failure that is none");
    }
  }

  const RunRecord& run_;
  std::unique_ptr<Object> object_;
  Effects effects_;
  std::map<std::pair<std::uint32_t, Token>, std::uint32_t> failed_;  // by instance and token: its writer
};

std::vector<std::vector<std::uint32_t>> by_load(const RunRecord& run) {
  std::vector<std::vector<std::uint32_t>> loads(run.plan.loads.size());
  for (std::uint32_t id = 0; id < run.history.operations.size(); ++id) {
    const auto load =
        static_cast<std::size_t>(load_of_process(run.history.operations[id].process, loads.size()));
    if (load < loads.size()) loads[load].push_back(id);
  }
  return loads;
}

}  // namespace

CheckResult check_history_lint(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "history-lint";
  result.valid = Validity::kValid;
  result.operations = run.history.operations.size();
  Findings findings;
  lint_processes(run.history, findings);
  const auto loads = by_load(run);
  for (std::size_t load = 0; load < loads.size(); ++load)
    if (const ObjectEntry* object = object_of_workload(run.plan.loads[load].workload); object != nullptr)
      FailedWrites(run, *object).lint(loads[load], findings);
  figure(result.measured, "operations", static_cast<double>(result.operations));
  figure(result.measured, "failed_writes_read", static_cast<double>(findings.failed_read));
  figure(result.measured, "processes_at_odds", static_cast<double>(findings.at_odds));
  figure(result.measured, "answers_without_node", static_cast<double>(findings.nobody));
  figure(result.measured, "errors_not_understood", static_cast<double>(findings.strange));
  if (result.operations == 0) {
    result.valid = Validity::kNotApplicable;
    result.explanation = "Does not apply: no operation was recorded.";
  } else if (!findings.first.empty()) {
    doubt(result, "The history itself is suspect: " + findings.first + ".");
  } else {
    result.explanation =
        "The history is sound: every process did one thing at a time, and nothing that failed "
        "was read.";
  }
  return result;
}

}  // namespace harness
