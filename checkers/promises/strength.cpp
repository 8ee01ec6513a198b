#include "checkers/promises/strength.h"

#include <algorithm>
#include <map>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/intention.h"
#include "checkers/promises/reached.h"
#include "harness/core/counted.h"
#include "harness/core/fault_span.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

// Low on purpose: they tell a run that did nothing from one that did something, on a slow machine too.
constexpr double kOperationsMin = 200;
constexpr double kOperationsDuringFaultMin = 20;
constexpr Nanos kServesNobody = 2 * kSecond;            // a master that was just started (PROMISES.md, row 6)
constexpr Nanos kFaultJudgedFrom = 300 * kMillisecond;  // shorter ones may pass between two operations
constexpr Nanos kObserverGapMax = 2 * kSecond;

std::string name_of(const FaultRecord& fault) {
  return fault.description.empty() ? fault.fault : fault.description;
}

bool faults_planned(const RunRecord& run) {
  return std::ranges::any_of(run.plan.steps,
                             [](const StepPlan& step) { return step.kind == StepPlan::Kind::kFault; });
}

/// Whether the plan says by itself what shall come of its steps.
bool expects_something(const Plan& plan) {
  return std::ranges::any_of(plan.steps, [](const StepPlan& step) {
    return step.kind == StepPlan::Kind::kExpect ||
           (step.kind == StepPlan::Kind::kCommand && !step.reply.empty());
  });
}

/// A run without clients, judged by what its steps expect: a bug report, word for word.
bool judged_by_steps(const RunRecord& run) {
  return run.plan.loads.empty() && run.history.operations.empty() && expects_something(run.plan);
}

/// How many of the plan's expectations and wanted replies were decided.
std::size_t decided_steps(const RunRecord& run) {
  const auto expectations = std::ranges::count_if(run.expectations, [](const ExpectationRecord& expectation) {
    return expectation.kind == ExpectationRecord::Kind::kExpect &&
           (expectation.failed || expectation.held_at != kNever);
  });
  const auto replies = std::ranges::count_if(run.commands, [](const CommandRecord& command) {
    return command.answered && !command.expected.empty();
  });
  return static_cast<std::size_t>(expectations + replies);
}

bool lasting(const FaultRecord& fault) {
  return fault.heals || silences(fault);
}

class Strength {
 public:
  Strength(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result), by_steps_(judged_by_steps(run_)) {}

  void check() {
    check_operations();
    check_tried();
    check_faults();
    check_steps();
    check_failovers();
    check_reached();
    check_observer();
    check_end();
  }

 private:
  void need(bool enough, std::string_view why) {
    if (!enough) doubt(result_, why);
  }

  void check_operations() {
    const auto acknowledged = std::count_if(run_.history.operations.begin(), run_.history.operations.end(),
                                            [](const Operation& op) { return op.outcome == Outcome::kOk; });
    result_.operations = run_.history.operations.size();
    figure(result_.bound, "operations_min", kOperationsMin);
    figure(result_.measured, "operations", static_cast<double>(acknowledged));
    if (by_steps_) {
      figure(result_.measured, "decided_steps", static_cast<double>(decided_steps(run_)));
      return need(decided_steps(run_) > 0, "Nothing of what the plan's steps expect was decided.");
    }
    need(static_cast<double>(acknowledged) >= kOperationsMin,
         "Only " + std::to_string(acknowledged) + " operations were acknowledged in the whole run" +
             commonest_refusal() + ".");
  }

  /// Why most of the others were not; empty: no reason was recorded.
  std::string commonest_refusal() const {
    std::map<std::string_view, std::size_t> reasons;
    for (const Operation& op : run_.history.operations)
      if (op.error != kNoError) ++reasons[run_.history.error_text(op)];
    if (reasons.empty()) return "";
    const auto most = std::ranges::max_element(reasons, {}, [](const auto& reason) { return reason.second; });
    return " (" + std::to_string(most->second) + " ended with " + std::string(most->first) + ")";
  }

  /// A run that no fault disturbed says nothing about faults, unless its plan wants none, or says itself what
  /// it wants of its steps.
  void check_tried() {
    if (!run_.faults.empty() || run_.plan.limits.no_faults) return;
    if (!faults_planned(run_) && expects_something(run_.plan)) return;
    need(false, faults_planned(run_) ? "None of the plan's faults was tried."
                                     : "No fault was tried, and the plan does not say that it wants none.");
  }

  /// How much of that time at least one server could answer: it ran, and had not just been started.
  Nanos served_for(Nanos from, Nanos until) const {
    std::vector<Span> lives;
    for (const Incarnation& life : run_.incarnations)
      lives.push_back({std::max(life.started + kServesNobody, from), std::min(life.ended, until)});
    std::ranges::sort(lives, {}, &Span::begin);
    Nanos sum = 0;
    Nanos counted_to = from;
    for (const Span& life : lives) {
      sum += std::max<Nanos>(0, life.end - std::max(life.begin, counted_to));
      counted_to = std::max(counted_to, life.end);
    }
    return sum;
  }

  void check_faults() {
    double fewest = -1;
    for (const FaultRecord& fault : run_.faults) {
      const std::string name = (is_command(run_, fault) ? "command " : "fault ") + name_of(fault);
      need(fault.verified_active(), "The " + name + " was never verified to be active" +
                                        (fault.error.empty() ? "." : ": " + fault.error + "."));
      need(fault.verified_healed(), "The " + name + " was never verified to be healed.");
      if (!fault.verified_active() || !lasting(fault) || by_steps_) continue;
      Span span = fault_span(run_, fault);
      span.end = std::min(span.end, judged_at(run_));
      if (served_for(span.begin, span.end) < kFaultJudgedFrom) continue;
      const auto number = static_cast<double>(operations_in(run_, span));
      fewest = fewest < 0 ? number : std::min(fewest, number);
      need(number >= kOperationsDuringFaultMin, "Only " + std::to_string(static_cast<long>(number)) +
                                                    " operations were acknowledged during " + name_of(fault) +
                                                    ", from " + at(span.begin) + " to " + at(span.end) + ".");
    }
    const FaultCounts counts = count_faults(run_);
    for (const auto& [name, kind] :
         {std::pair{std::string("faults"), counts.faults}, {"commands", counts.commands}}) {
      figure(result_.measured, name + "_requested", static_cast<double>(kind.requested));
      figure(result_.measured, name + "_verified", static_cast<double>(kind.verified));
      figure(result_.measured, name + "_to_heal", static_cast<double>(kind.to_heal));
      figure(result_.measured, name + "_healed", static_cast<double>(kind.healed));
    }
    figure(result_.bound, "operations_during_fault_min", kOperationsDuringFaultMin);
    if (fewest >= 0) figure(result_.measured, "operations_during_fault_min", fewest);
    figure(result_.measured, "operations_during_faults", static_cast<double>(operations_during_faults(run_)));
  }

  /// Waits that the plan insists on, and commands: a step that did not happen was not tried.
  void check_steps() {
    for (const ExpectationRecord& wait : run_.expectations)
      need(!(wait.must && wait.failed && wait.kind != ExpectationRecord::Kind::kExpect),
           "Step " + wait.step + " waited in vain for '" + wait.condition + "': " + wait.why + ".");
    for (const CommandRecord& command : run_.commands)
      need(command.node >= 0,
           "The command of step " + command.step + " was never sent: " + command.reply + ".");
  }

  /// A scenario of failovers in which none happened proves nothing about them.
  void check_failovers() {
    const auto& failovers = analysis_.failovers;
    const bool implied = !analysis_.due.empty();
    figure(result_.bound, "failovers_min", implied ? 1 : 0);
    figure(result_.measured, "failovers", static_cast<double>(failovers.size()));
    need(!implied || !failovers.empty(),
         "No failover was seen, though the scenario's faults should cause one.");
  }

  void check_reached() {
    for (const std::string& state : run_.plan.limits.must_reach)
      if (const std::string why = why_not_reached(analysis_, state); !why.empty()) doubt(result_, why);
  }

  void check_observer() {
    if (run_.views.empty()) {
      doubt(result_, "The observer recorded no view.");
      return;
    }
    const Nanos gap = observer_gap(run_);
    figure(result_.bound, "observer_gap_ms_max", to_ms(kObserverGapMax));
    figure(result_.measured, "observer_gap_ms_max", to_ms(gap));
    figure(result_.measured, "observer_looks", static_cast<double>(run_.counters.observer_looks));
    need(gap <= kObserverGapMax, "The observer was silent for " + in_milliseconds(gap) + ".");
    const auto& views = analysis_.views;
    for (std::size_t node = 0; node < views.size(); ++node)
      need(std::any_of(views[node].begin(), views[node].end(),
                       [](const View* view) { return view->reachable; }),
           "The observer never reached " + run_.nodes[node].name + ".");
  }

  void check_end() {
    need(!run_.info.interrupted, "The run was interrupted.");
    need(!run_.info.environment.contains("final_reads"), "The final reads were not finished.");
    need(run_.info.settled != kNever, "The cluster was not seen to settle.");
    if (by_steps_) return;
    std::size_t reads = 0;
    std::map<std::uint32_t, bool> answered;  // each key that was read finally: whether any try got an answer
    const Membership intended = intended_in_the_end(run_);
    const auto served = [&](std::uint32_t key) {  // of a slot in a gap that was intended there is no answer
      return key == kNoKey || is_assigned(intended, slot_of(run_.history.keys.text(key)));
    };
    for (const Operation& op : run_.history.operations) {
      if (run_.info.settled == kNever || op.invoked < run_.info.settled || !served(op.key)) continue;
      const bool ok = op.outcome == Outcome::kOk;
      reads += ok;
      answered[op.key] |= ok;
    }
    figure(result_.bound, "final_reads_min", 1);
    figure(result_.measured, "final_reads", static_cast<double>(reads));
    need(reads > 0, "No final read was acknowledged.");
    const auto silent =
        std::count_if(answered.begin(), answered.end(), [](const auto& key) { return !key.second; });
    need(reads == 0 || silent == 0, "The final read of " + std::to_string(silent) + " of " +
                                        std::to_string(answered.size()) + " keys was never answered.");
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  const bool by_steps_;
};

/// "2 faults and 1 command, all verified active; 1 was to heal, and did"
std::string deeds_text(const FaultCounts& counts) {
  const DeedCounts& faults = counts.faults;
  const DeedCounts& commands = counts.commands;
  std::string text;
  if (faults.requested > 0) text = counted_noun(faults.requested, "fault");
  if (commands.requested > 0)
    text += (text.empty() ? "" : " and ") + counted_noun(commands.requested, "command");
  const std::size_t all = faults.requested + commands.requested;
  const std::size_t verified = faults.verified + commands.verified;
  text += verified == all ? std::string(all == 1 ? ", verified active; " : ", all verified active; ")
                          : ", " + std::to_string(verified) + " verified active; ";
  const std::size_t to_heal = faults.to_heal + commands.to_heal;
  const std::size_t healed = faults.healed + commands.healed;
  if (to_heal == 0) return text + "none was to heal";
  return text + std::to_string(to_heal) + (to_heal == 1 ? " was" : " were") + " to heal, and " +
         (healed == to_heal ? "did"
          : healed == 0     ? "none was seen to"
                            : std::to_string(healed) + " did");
}

}  // namespace

CheckResult check_strength(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "strength";
  result.valid = Validity::kValid;
  Strength(analysis, result).check();
  if (result.valid != Validity::kValid) return result;
  if (judged_by_steps(run)) {
    result.explanation = std::to_string(decided_steps(run)) + " of what the plan's steps expect was decided.";
    return result;
  }
  if (run.faults.empty()) {
    result.explanation = "No fault was wanted, and none acted.";
    return result;
  }
  result.explanation = deeds_text(count_faults(run)) + "; " +
                       counted_noun(operations_during_faults(run), "operation was", "operations were") +
                       " acknowledged meanwhile.";
  return result;
}

}  // namespace harness
