#include "checkers/promises/failure_reports.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "checkers/promises/analysis.h"
#include "checkers/promises/bus_gossip.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/quiet.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

// Of redis's cluster_legacy.c; Valkey puts the node's name in brackets behind the id, and says how many
// reported.
constexpr std::string_view kMarked = "Marking node ";
constexpr std::string_view kQuorum = "as failing (quorum reached)";
constexpr std::string_view kToldFailed = "FAIL message received from ";
constexpr std::string_view kCleared = "Clear FAIL state for node ";
constexpr std::string_view kUnserved = "is reachable again and nobody is serving its slots after some time";

class FailureReports {
 public:
  FailureReports(const Analysis& analysis, CheckResult& result)
      : run_(analysis.run), analysis_(analysis), quiet_(analysis), result_(result) {}

  void check() {
    for (const LogLine& line : run_.logs)
      if (line.text.starts_with(kMarked) && line.text.find(kQuorum) != std::string::npos) check_line(line);
    doubt_unexplained();
    check_clearings();
    figure(result_.measured, "declared_failed", static_cast<double>(declared_));
    figure(result_.measured, "declarations_compared", static_cast<double>(compared_));
    const bool timed_by_us = any_effect(run_, {EffectKind::kClock, EffectKind::kConfig});
    for (const auto& views : analysis_.views)
      if (!timed_by_us) check_first_suspicions(views);
    figure(result_.measured, "suspicions_timed", static_cast<double>(suspicions_));
  }

  /// What may be said where nothing was found.
  std::string kept() const {
    if (declared_ == 0) return "No node was declared failed by a quorum.";
    std::string text = counted_noun(declared_, "declaration", "declarations") + " of a failure";
    if (compared_ == 0) return text + ", none of which could be compared with what had happened.";
    text += compared_ == declared_ ? ", each"
                                   : ", " + std::to_string(compared_) + " of them compared, each of these";
    return text + " when a majority of the masters may have had a reason to suspect the node.";
  }

 private:
  /// The node that a log line marks as failed, by its own count or another's FAIL; -1: none.
  int marked(const LogLine& line) const {
    if (line.text.starts_with(kMarked) && line.text.find(kQuorum) != std::string::npos)
      return run_.node_by_id(id_after(line.text, kMarked));
    return line.text.starts_with(kToldFailed) ? run_.node_by_id(id_after(line.text, " about ")) : -1;
  }

  /// Row 16: a master that has its slots still is taken back when more than 2·NT have passed by the clock of
  /// whoever marked it (clearNodeFailureIfNeeded). Both lines are of one process, whose clock is untouched.
  void check_clearings() {
    std::map<std::pair<int, int>, const LogLine*> marks;  // by who marked and who was
    for (const LogLine& line : run_.logs) {
      if (const int failed = marked(line); failed >= 0) marks[{line.node, failed}] = &line;
      if (!line.text.starts_with(kCleared) || line.text.find(kUnserved) == std::string::npos) continue;
      const auto mark = marks.find({line.node, run_.node_by_id(id_after(line.text, kCleared))});
      if (mark != marks.end() && same_clock(*mark->second, line)) check_clearing(*mark->second, line);
    }
    figure(result_.measured, "fails_cleared", static_cast<double>(cleared_));
  }

  bool same_clock(const LogLine& from, const LogLine& until) const {
    return from.pid == until.pid &&
           life_at(run_, from.node, from.time) == life_at(run_, until.node, until.time) &&
           !clock_was_moved(run_, until.node);
  }

  /// A server whose loop reads the clock once may have marked a little before the line. To wait for a
  /// processor makes the time between the lines longer, and is no excuse.
  void check_clearing(const LogLine& mark, const LogLine& line) {
    const Nanos timeout = analysis_.timed_bounds.between(mark.time, line.time).needless_spec;  // the smallest
    const Nanos passed = line.time - mark.time;
    ++cleared_;
    if (passed + timeout / 2 + kLogResolution + analysis_.stall >= 2 * timeout) return;
    accuse(run_, result_, "fail-cleared-early", line.node, line.time,
           "at " + at(line.time) + " " + node_name(run_, line.node) + " took " +
               node_name(run_, marked(mark)) + " back, whose slots nobody had taken over, only " +
               in_milliseconds(passed) + " after it had marked it as failed; more than " +
               in_milliseconds(2 * timeout) + " must pass");
  }

  /// Of each process: the looks at which a node begins to be suspected or failed to it.
  void check_first_suspicions(const std::vector<const View*>& views) {
    const View* before = nullptr;
    for (const View* view : views) {
      if (!view->reachable) continue;
      const bool same = before != nullptr && before->replication.run_id == view->replication.run_id;
      for (const TopologyNode& node : view->topology.nodes) {
        const TopologyNode* was = same ? before->topology.find(node.id) : nullptr;
        if (was != nullptr && !was->is(kFlagPfail) && !was->is(kFlagFail) &&
            (node.is(kFlagPfail) || node.is(kFlagFail)))
          check_time(*view, run_.node_by_id(node.id));
      }
      before = view;
    }
  }

  /// The first moment of that span from which something may have kept the two apart; kNever: there is none.
  Nanos reason_since(int failed, int viewer, Nanos from, Nanos until) const {
    Nanos since = kNever;
    const auto take = [&](Nanos time) {
      if (time >= from && time <= until && (since == kNever || time < since)) since = time;
    };
    for (const FaultRecord& fault : run_.faults)
      if (parts(fault, failed, viewer, from, until)) take(fault.requested);
    for (const Incarnation& life : run_.incarnations)
      if ((life.node == failed || life.node == viewer) && life.ended != kNever) take(life.ended);
    return since;
  }

  /// Nobody is suspected before it was silent for a node timeout. Judged where all was well until the reason
  /// came, so that the last ping before it was answered.
  void check_time(const View& view, int failed) {
    const Nanos timeout = analysis_.bounds.node_timeout;
    if (failed < 0 || timeout == 0) return;
    const Nanos since = reason_since(failed, view.node, view.begin - 2 * timeout, view.begin);
    if (since == kNever || !quiet_.holds(since - timeout, since - 1)) return;
    ++suspicions_;
    if (view.begin - since >= timeout - timeout / 4 - analysis_.stall) return;
    accuse(run_, result_, "suspected-too-early", view.node, view.begin,
           node_name(run_, view.node) + " shows " + node_name(run_, failed) + " as failing at " +
               at(view.begin) + ", only " + in_milliseconds(view.begin - since) +
               " after all was well; the node timeout is " + in_milliseconds(timeout));
  }

  /// Whether the fault may have kept the two from hearing each other at some time of that span.
  bool parts(const FaultRecord& fault, int failed, int master, Nanos from, Nanos until) const {
    if (fault.requested > until) return false;
    if (std::max(over_at(run_, fault, failed), over_at(run_, fault, master)) < from) return false;
    if (cuts(fault) && (drops(run_, fault, failed, master) || drops(run_, fault, master, failed)))
      return true;
    const bool only_cuts = std::ranges::all_of(
        fault.effects, [](const Effect& effect) { return effect.kind == EffectKind::kCut; });
    return !only_cuts && (acts_on(run_, fault, failed) || acts_on(run_, fault, master));
  }

  enum class Reason { kNone, kSilence, kCause };

  /// What may have made the master suspect the other: a fault or the end of a process, or that one of the
  /// two was silent without either. A report counts for two timeouts, and a suspicion that it tells
  /// takes one more to arise and to end.
  Reason reason(int master, int failed, Nanos time) const {
    const Nanos from = time - 4 * analysis_.bounds.node_timeout - kSecond;
    const auto ended = [&](const Incarnation& life) {
      return (life.node == failed || life.node == master) && life.ended >= from && life.ended <= time;
    };
    if (std::ranges::any_of(run_.incarnations, ended) ||
        std::ranges::any_of(
            run_.faults, [&](const FaultRecord& fault) { return parts(fault, failed, master, from, time); }))
      return Reason::kCause;
    return was_silent(failed, from, time) || was_silent(master, from, time) ? Reason::kSilence
                                                                            : Reason::kNone;
  }

  /// Whether the node may have answered nobody for half a node timeout, by the looks that it did answer: one
  /// look that failed between two others is no silence that anybody suspects a node for.
  bool was_silent(int node, Nanos from, Nanos until) const {
    Nanos answered = -kNever / 2;  // not yet
    bool missed = false;
    for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
      if (!view->reachable) {
        missed = missed || (view->end >= from && view->begin <= until);
        continue;
      }
      if (missed && view->begin - answered >= analysis_.bounds.node_timeout / 2) return true;
      if (view->begin > until) return false;
      answered = view->end;
      missed = false;
    }
    return missed;
  }

  /// Whose reports the node may count: they were masters to it when they reported, and Redis 7.0 asks no more
  /// of them (clusterProcessGossipSection), so one that has lost its slots since counts too.
  /// One that the first look after the line shows as a master may have been promoted before it.
  std::set<std::string> reporters(const LogLine& line) const {
    const Nanos from = line.time - 2 * analysis_.bounds.node_timeout - kSecond;
    std::set<std::string> ids;
    for (const View* view : analysis_.views[static_cast<std::size_t>(line.node)]) {
      if (view->end < from) continue;
      for (const TopologyNode& node : view->topology.nodes)
        if (node.is(kFlagMaster)) ids.insert(node.id);
      if (view->begin > line.time && view->reachable) break;
    }
    return ids;
  }

  /// The fewest masters with slots that the node knew around the line, by its last answer before and its
  /// first one after; 0: it had not answered for so long that nobody knows.
  std::size_t masters_known(const LogLine& line) const {
    const auto& views = analysis_.views[static_cast<std::size_t>(line.node)];
    const View* before = answer_at(views, line.time);
    const View* after = answer_from(views, line.time);
    if (before == nullptr || before->end < line.time - 2 * analysis_.bounds.node_timeout - kSecond) return 0;
    const auto masters = [](const View* view) {
      return static_cast<std::size_t>(std::ranges::count_if(
          view->topology.nodes,
          [](const TopologyNode& node) { return node.is(kFlagMaster) && !node.slots.empty(); }));
    };
    return after == nullptr ? masters(before) : std::min(masters(before), masters(after));
  }

  void check_line(const LogLine& line) {
    ++declared_;
    if (clock_was_moved(run_, line.node)) return;
    const int failed = run_.node_by_id(id_after(line.text, kMarked));
    const std::size_t masters = masters_known(line);
    if (failed < 0 || masters == 0) return;
    const std::size_t majority = masters / 2 + 1;
    std::size_t suspicious = 0;
    std::size_t caused = 0;
    for (const std::string& id : reporters(line)) {
      const int master = run_.node_by_id(id);
      if (master == failed) continue;
      const Reason why = master < 0 ? Reason::kCause : reason(master, failed, line.time);
      suspicious += why != Reason::kNone;
      caused += why == Reason::kCause;
    }
    ++compared_;
    if (suspicious < majority) return tell(line, failed, suspicious, masters);
    if (caused < majority && unexplained_++ == 0)
      first_unexplained_ = "at " + at(line.time) + " " + node_name(run_, line.node) + " declared " +
                           node_name(run_, failed) + " failed";
  }

  void doubt_unexplained() {
    if (unexplained_ == 0) return;
    doubt(result_,
          counted_noun(unexplained_, "declaration of a failure has", "declarations of a failure have") +
              " no fault and no end of a process for a reason: masters, or the node itself, "
              "answered nobody for a time, and nothing that the run did says why; the first: " +
              first_unexplained_ + ".");
  }

  void tell(const LogLine& line, int failed, std::size_t suspicious, std::size_t masters) {
    const std::string text = "at " + at(line.time) + " " + node_name(run_, line.node) + " declared " +
                             node_name(run_, failed) + " failed, although no more than " +
                             std::to_string(suspicious) + " of " + std::to_string(masters) +
                             " masters could have had a reason to suspect it";
    if (analysis_.stall >= analysis_.bounds.node_timeout / 2)
      return doubt(result_,
                   text + "; but this machine stood still for " + in_milliseconds(analysis_.stall) + ".");
    Anomaly anomaly;
    anomaly.type = AnomalyKind("failed-without-majority").text();
    anomaly.node = node_name(run_, line.node);
    anomaly.time = line.time;
    anomaly.explanation = text;
    report(result_, std::move(anomaly));
  }

  const RunRecord& run_;
  const Analysis& analysis_;
  const Quiet quiet_;
  CheckResult& result_;
  std::size_t declared_ = 0;
  std::size_t compared_ = 0;
  std::size_t unexplained_ = 0;
  std::string first_unexplained_;
  std::size_t suspicions_ = 0;
  std::size_t cleared_ = 0;
};

}  // namespace

CheckResult check_failure_reports(const Analysis& analysis, const CheckOptions&) {
  CheckResult result;
  result.name = "failure-reports";
  result.valid = Validity::kValid;
  result.operations = analysis.run.logs.size();
  FailureReports reports(analysis, result);
  reports.check();
  check_bus_gossip(analysis, result);
  conclude(result, reports.kept());
  if (analysis.run.logs.empty()) doubt(result, "No log was harvested.");
  return result;
}

}  // namespace harness
