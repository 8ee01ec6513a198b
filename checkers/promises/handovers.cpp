#include "checkers/promises/handovers.h"

#include <algorithm>
#include <string_view>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/reads_when_down.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/same_word.h"

namespace harness {
namespace {

// Texts of redis 7.0.15's cluster.c, and of Valkey's. A master pauses its writers before the first, and lets
// them go on after one of the others.
constexpr std::string_view kRequested = "Manual failover requested by replica";
constexpr std::string_view kTimedOut = "Manual failover timed out";
constexpr std::string_view kDemoted = "Reconfiguring myself";
constexpr std::string_view kRequestAccepted = "Manual failover user request accepted";
constexpr std::string_view kStartingElection = "Starting a failover election";

// It is given up after as long (CLUSTER_MF_TIMEOUT), the pause of the writers after twice that.
constexpr Nanos kGivenUp = 5 * kSecond;
// Whoever follows its master has what that one had so long before.
constexpr Nanos kFollows = kSecond;

class Handovers {
 public:
  Handovers(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {}

  std::size_t check() {
    // Clients that a fault or a setting holds back, and clocks that move, are other reasons.
    const bool judged = !any_effect(run_, {EffectKind::kClock, EffectKind::kClients, EffectKind::kConfig}) &&
                        !elects_by_ballot(run_);
    for (const LogLine& line : run_.logs) {
      if (line.text.starts_with(kRequested)) {
        ++asked_;
        if (judged) check_writes(line);
      }
      if (judged && line.text.starts_with(kTimedOut)) check_timed_out(line);
    }
    figure(result_.measured, "handovers_asked", static_cast<double>(asked_));
    figure(result_.measured, "handovers_timed_out", static_cast<double>(timed_out_));
    return asked_;
  }

 private:
  /// Until when the master's writers surely wait.
  Nanos paused_until(const LogLine& asked) const {
    Nanos until = asked.time + kGivenUp;
    for (const LogLine& line : run_.logs) {
      if (&line <= &asked || line.node != asked.node) continue;
      const bool over = line.pid != asked.pid || line.role == 'S' || line.text.starts_with(kTimedOut) ||
                        line.text.starts_with(kRequested) || line.text.find(kDemoted) != std::string::npos;
      if (over) until = std::min(until, line.time);
    }
    for (const CommandRecord& command : run_.commands)
      if (command.node == asked.node && command.time > asked.time) until = std::min(until, command.time);
    return until;
  }

  static bool writes(const History& history, const Operation& op) {
    switch (op.function) {
      case Function::kWrite:
      case Function::kCas:
      case Function::kAdd:
      case Function::kEnqueue:
      case Function::kIncr:
      case Function::kAppend:
      case Function::kRemove:
      case Function::kTransfer:
        return true;
      case Function::kTxn:
        return changes_data(history, op);
      default:
        return false;
    }
  }

  void check_writes(const LogLine& asked) {
    const Nanos from = asked.time + kLogResolution;
    const Nanos until = paused_until(asked) - kLogResolution;
    const std::uint32_t node = run_.history.nodes.find(node_name(run_, asked.node));
    const Operation* first = nullptr;
    std::size_t count = 0;
    for (const Operation& op : run_.history.operations) {
      if (op.outcome != Outcome::kOk || op.node != node || op.invoked < from || op.completed > until ||
          !writes(run_.history, op))
        continue;
      if (first == nullptr || op.completed < first->completed) first = &op;
      ++count;
    }
    if (first == nullptr) return;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("wrote-during-handover").text();
    anomaly.node = node_name(run_, asked.node);
    anomaly.time = first->completed;
    anomaly.operations = {first->invoke_event};
    if (first->key != kNoKey) anomaly.key = std::string(run_.history.key_text(*first));
    anomaly.explanation = anomaly.node + " was asked at " + at(asked.time) +
                          " to hand over, which pauses its writers until " + at(until) +
                          " at least, and acknowledged " + std::to_string(count) +
                          " of their writes meanwhile, the first: " + run_.history.describe(*first);
    report(result_, std::move(anomaly));
  }

  /// When the replica's plain request was accepted that this line gives up; null: there is none, or it went
  /// on to an election, which may be lost.
  const LogLine* accepted_before(const LogLine& timed_out) const {
    const LogLine* accepted = nullptr;
    for (const LogLine& line : run_.logs) {
      if (&line >= &timed_out) break;
      if (line.node != timed_out.node || line.pid != timed_out.pid) continue;
      if (line.text.starts_with(kRequestAccepted)) accepted = &line;
      if (line.text.starts_with(kTimedOut) || line.text.starts_with(kStartingElection)) accepted = nullptr;
    }
    return accepted;
  }

  /// The one master that the replica followed all the while, over a link that was up; -1: it did not.
  int followed(int node, Nanos from, Nanos until) const {
    int master = -1;
    for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
      if (view->end < from || view->begin > until) continue;
      const TopologyNode* own = own_line(view);
      if (own == nullptr || own->is(kFlagMaster) || !view->replication.link_up) return -1;
      const int its = run_.node_by_id(own->master_id);
      if (its < 0 || (master >= 0 && its != master)) return -1;
      master = its;
    }
    return master;
  }

  std::int64_t offset_by(int node, Nanos time, bool is_master) const {
    std::int64_t offset = -1;
    for (const OffsetSample& sample : run_.offsets)
      if (sample.node == node && sample.time <= time)
        offset = sample.is_master == is_master ? sample.offset : -1;
    return offset;
  }

  /// Whether anything but handovers that had ended was at work. Not quiet.h's question: the handover that is
  /// judged is itself a fault and a command there, and one of another node may last until it is given up.
  bool disturbed(int node, Nanos from, Nanos until) const {
    const Nanos after = 2 * analysis_.bounds.node_timeout + 2 * kSecond;
    if (analysis_.stall > analysis_.bounds.node_timeout / 4) return true;
    const auto acts = [&](const FaultRecord& fault) {
      if (fault.requested == kNever || fault.requested > until) return false;
      if (hands_over(fault) && !forced_handover(fault))
        return !acts_on(run_, fault, node) && fault.requested + 2 * kGivenUp + after >= from;
      const Nanos over = fault.heals ? fault.healed : over_at(run_, fault, node);
      return !fault.effects.empty() && (over == kNever || over + after >= from);
    };
    const auto is_told = [&](const CommandRecord& command) {
      const auto& words = command.words;
      const bool asks =
          words.size() == 2 && same_word(words[0], "CLUSTER") && same_word(words[1], "FAILOVER");
      return !(asks && command.node == node) && command.time <= until && command.replied >= from - after;
    };
    return std::ranges::any_of(run_.faults, acts) || std::ranges::any_of(run_.commands, is_told) ||
           std::ranges::any_of(analysis_.terms.all(), [&](const Term& term) {
             return term.origin != Term::Origin::kCreated && term.maybe_from <= until &&
                    term.surely_from + after >= from;
           });
  }

  /// The master's writers wait: the replica has the whole stream as soon as it follows, and is elected.
  void check_timed_out(const LogLine& line) {
    const LogLine* accepted = accepted_before(line);
    if (accepted == nullptr) return;
    ++timed_out_;
    const int master = followed(line.node, accepted->time, line.time);
    if (master < 0 || disturbed(line.node, accepted->time, line.time)) return;
    const std::int64_t had = offset_by(line.node, line.time - kFollows - analysis_.stall, false);
    const std::int64_t there = offset_by(master, line.time - 2 * kFollows - analysis_.stall, true);
    if (had < 0 || there < 0 || had < there) return;
    accuse(run_, result_, "handover-timed-out", line.node, line.time,
           node_name(run_, line.node) + " accepted CLUSTER FAILOVER at " + at(accepted->time) +
               " and gave it up at " + at(line.time) + ", although it followed " + node_name(run_, master) +
               " all the while, offset " + std::to_string(had) + " at the last, and nothing else happened");
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  std::size_t asked_ = 0;
  std::size_t timed_out_ = 0;
};

}  // namespace

std::size_t check_handovers(const Analysis& analysis, CheckResult& result) {
  return Handovers(analysis, result).check();
}

}  // namespace harness
