#include "checkers/promises/documented.h"

#include <algorithm>
#include <numeric>

#include "checkers/objects/objects.h"
#include "checkers/objects/one_master.h"
#include "checkers/objects/register.h"
#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/ledger.h"
#include "checkers/promises/terms.h"
#include "checkers/promises/windows.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

/// More unplaced operations than this share, and the ledger looked at too little of the run.
constexpr double kUnplacedShareMax = 0.05;

/// The plain answer, and of registers the guard of the documented one: a key that is not linearizable over
/// the run must have an anomaly that says why.
struct Plain {
  bool told = false;               // whether this object has a plain answer here
  std::set<std::uint32_t> broken;  // instances that are not linearizable over the whole run
  std::size_t unexplained = 0;     // of these, those with no anomaly that explains it
};

void measure(CheckResult& result, const LedgerFigures& figures, const Plain& plain, std::size_t terms) {
  result.operations = figures.operations;
  figure(result.measured, "operations", static_cast<double>(figures.operations));
  figure(result.measured, "keys", static_cast<double>(figures.keys));
  figure(result.measured, "terms", static_cast<double>(terms));
  figure(result.measured, "lost_writes", static_cast<double>(figures.lost_writes));
  figure(result.measured, "stale_reads", static_cast<double>(figures.stale_reads));
  for (const auto& [window, number] : figures.by_window)
    figure(result.measured, "anomalies_window_" + std::string(to_string(window)),
           static_cast<double>(number));
  for (const auto& [window, age] : figures.age_max)
    figure(result.measured, "age_ms_max_" + std::string(to_string(window)), to_ms(age));
  if (plain.told) {
    figure(result.measured, "linearizable", plain.broken.empty() ? 1 : 0);
    figure(result.measured, "keys_not_linearizable", static_cast<double>(plain.broken.size()));
  }
  if (figures.moved_keys > 0) figure(result.measured, "moved_keys", static_cast<double>(figures.moved_keys));
  figure(result.measured, "operations_compared",
         static_cast<double>(figures.acknowledged - figures.unplaced));
  figure(result.measured, "operations_unplaced", static_cast<double>(figures.unplaced));
}

/// "3 acknowledged writes lost, 0 stale reads from deposed masters; documented: 3 in window a (acknowledged
/// at most 8.0 ms before the fault). The whole history is linearizable." Empty: none of this is to be told.
std::string sentence(const LedgerFigures& figures, const Plain& plain) {
  std::string text;
  if (figures.lost_writes + figures.stale_reads > 0) {
    text = counted_noun(figures.lost_writes, "acknowledged write") + " lost, " +
           counted_noun(figures.stale_reads, "stale read") + " from deposed masters";
    std::string windows;
    for (const auto& [window, number] : figures.by_window) {
      windows += windows.empty() ? "" : ", ";
      windows += std::to_string(number) + " in window " + std::string(to_string(window));
      if (window == Window::kCrash)
        windows +=
            " (acknowledged at most " + in_milliseconds(figures.age_max.at(window)) + " before the fault)";
      if (window == Window::kStaleClient)
        windows += " (at most " + in_milliseconds(figures.age_max.at(window)) + " after the return)";
      if (window == Window::kMinority)
        windows += " (at most " + in_milliseconds(figures.age_max.at(window)) + " after the cut)";
    }
    if (!windows.empty()) text += "; documented: " + windows;
    text += ". ";
  }
  if (plain.told)
    text += plain.broken.empty()
                ? "The whole history is linearizable."
                : "Plainly linearizable: no, on " + counted_noun(plain.broken.size(), "key") + ".";
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

double measured_of(const CheckResult& result, std::string_view name) {
  for (const auto& [known, value] : result.measured)
    if (known == name) return value;
  return 0;
}

void doubt_what_is_missing(CheckResult& result, const LedgerFigures& figures, const Plain& plain,
                           bool no_terms) {
  if (no_terms)
    doubt(result, "No view of any master was recorded, so which term answered an operation cannot be told.");
  if (figures.unknown > 0)
    doubt(result, counted_noun(figures.unknown, "lost write or stale read") +
                      " could not be attributed for want of evidence: " + figures.doubt + ".");
  if (static_cast<double>(figures.unplaced) > kUnplacedShareMax * static_cast<double>(figures.acknowledged))
    doubt(result, counted_noun(figures.unplaced, "operation") + " of " +
                      std::to_string(figures.acknowledged) +
                      " could not be placed in a term: the answering node or its views are missing, or keys "
                      "may have been evicted then.");
  if (figures.repeated_keys > 0)
    doubt(result, counted_noun(figures.repeated_keys, "key") +
                      " had a value written twice, which these rules cannot judge.");
  if (figures.strange_keys > 0)
    doubt(result, counted_noun(figures.strange_keys, "key") +
                      " served by shards between which no view shows a move of the slot.");
  if (figures.keys_by_hand > 0)
    doubt(result, counted_noun(figures.keys_by_hand, "key") +
                      " not judged: a command of the plan wrote it, or gave or took its slot without it.");
  if (plain.unexplained > 0)
    doubt(result, counted_noun(plain.unexplained, "key") +
                      " not linearizable, without evidence that tells whether it was allowed.");
}

Plain plain_answer(const RunRecord& run, Object& object, const Ledger& ledger, bool strict,
                   CheckResult& result) {
  Plain plain;
  plain.told = true;
  const History& history = run.history;
  for (const Ledger::Seen& key : ledger.seen()) {
    const auto conflicts = conflicts_on_one_master(history, object, key.operations);
    if (conflicts.empty()) continue;
    plain.broken.insert(key.instance);
    if (!key.explained && !strict) ++plain.unexplained;
    if (!strict) continue;
    for (const Conflict& conflict : conflicts) {
      Anomaly anomaly;
      anomaly.type = AnomalyKind("not-linearizable").text();
      anomaly.key = object.instance_name(key.instance);
      anomaly.explanation = anomaly.key + " is not linearizable (--strict): " + conflict.text;
      for (const std::uint32_t id : conflict.operations)
        anomaly.operations.push_back(history.operations[id].invoke_event);
      if (!conflict.operations.empty()) anomaly.time = history.operations[conflict.operations.back()].invoked;
      report(result, std::move(anomaly));
    }
  }
  return plain;
}

}  // namespace

void tell_outcome(CheckResult& result) {
  std::string text;
  if (result.violations > 0) {
    const auto first = std::ranges::find(result.anomalies, false, &Anomaly::allowed);
    text = counted_noun(result.violations, "violation") +
           (first == result.anomalies.end() ? "." : ", first: " + first->explanation + ".");
  } else if (measured_of(result, "operations_compared") > 0 &&
             measured_of(result, "lost_writes") + measured_of(result, "stale_reads") == 0) {
    text = "No acknowledged write was seen to be lost.";
  }
  const bool both = !text.empty() && !result.explanation.empty();
  result.explanation = text + (both ? " " : "") + result.explanation;
}

std::unique_ptr<Object> object_of(const ObjectEntry& entry, const RunRecord& run) {
  std::unique_ptr<Object> object = entry.make(run.history);
  if (any_effect(run, {EffectKind::kClock})) object->times_are_uncertain();
  return object;
}

CheckResult check_object(const Analysis& analysis, const CheckOptions& options, const ObjectEntry& entry,
                         const std::vector<std::uint32_t>& operations,
                         std::set<std::uint32_t>* not_linearizable) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = entry.name;
  result.valid = Validity::kValid;
  const Terms& terms = analysis.terms;
  const Bounds& bounds = analysis.bounds;
  const Nanos stall = analysis.stall;
  const Windows& windows = analysis.windows;
  const std::unique_ptr<Object> object = object_of(entry, run);
  Ledger ledger(run, terms, windows, *object, result);
  ledger.work_out(operations);

  const LedgerFigures& figures = ledger.figures();
  Plain plain;
  const bool strict = options.strict || run.info.strict;
  // Of a register it costs little, and guards the documented answer.
  if (object->shape() == Object::Shape::kLast || strict)
    plain = plain_answer(run, *object, ledger, strict, result);
  if (not_linearizable != nullptr && strict) *not_linearizable = plain.broken;
  measure(result, figures, plain, terms.size());
  figure(result.bound, "minority_writes_ms_max", to_ms(bounds.minority_writes));
  figure(result.bound, "host_stall_ms", to_ms(stall));
  for (std::size_t child = 0; child < terms.size(); ++child) {
    const auto& causes = windows.causes(static_cast<int>(child));
    const Nanos replicated = windows.replicated_until(static_cast<int>(child));
    if (causes.empty() || replicated < 0) continue;
    figure(result.measured,
           "replication_lag_ms_before_" + node_name(run, terms[static_cast<int>(child)].node),
           to_ms(std::max<Nanos>(0, causes.front()->requested - replicated)));
  }
  result.explanation = sentence(figures, plain);
  doubt_what_is_missing(result, figures, plain, terms.empty());
  return result;
}

CheckResult check_register(const Analysis& analysis, const CheckOptions& options) {
  const auto& all = analysis.run.history.operations;
  std::vector<std::uint32_t> operations(all.size());
  std::iota(operations.begin(), operations.end(), 0U);
  CheckResult result;
  result.name = "register";
  if (all.empty() && analysis.run.plan.loads.empty() && !analysis.run.plan.steps.empty()) {
    result.valid = Validity::kNotApplicable;
    result.explanation = "Does not apply: the plan has no load.";
    return result;
  }
  if (all.empty()) {
    result.valid = Validity::kValid;
    doubt(result, "No operation was recorded.");
    return result;
  }
  if (std::none_of(all.begin(), all.end(),
                   [](const Operation& op) { return is_register_function(op.function); })) {
    result.valid = Validity::kNotApplicable;
    result.explanation = "Does not apply: the workload has no registers.";
    return result;
  }
  result = check_object(analysis, options, *find_object("register"), operations);
  tell_outcome(result);
  return result;
}

}  // namespace harness
