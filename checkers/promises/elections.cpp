#include "checkers/promises/elections.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/looks.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

// Texts of redis 7.0.15's cluster_legacy.c; Valkey has a second rank between the first and the offset.
constexpr std::string_view kDelayed = "Start of election delayed for ";
constexpr std::string_view kRankUpdated = "Replica rank updated to #";
constexpr std::string_view kOk = "Cluster state changed: ok";
constexpr std::string_view kStarting = "Starting a failover election for epoch ";

// A master that was restarted waits as long before it calls the cluster ok (CLUSTER_WRITABLE_DELAY).
constexpr Nanos kQuarantine = 2 * kSecond;
// A master that was in a minority waits for the node timeout, within these (CLUSTER_MIN_REJOIN_DELAY and
// CLUSTER_MAX_REJOIN_DELAY), counted from when its cron found it there last, ten times a second.
constexpr Nanos kRejoinLeast = 500 * kMillisecond;
constexpr Nanos kRejoinMost = 5 * kSecond;
constexpr Nanos kCron = 100 * kMillisecond;
// A look that is answered comes to us so soon.
constexpr Nanos kLooked = 500 * kMillisecond;
// The cron that asks for votes runs ten times a second.
constexpr Nanos kTurnTaken = 500 * kMillisecond;
// By then an offset that was broadcast has arrived, the cron that looks at it has run, and so have we.
constexpr Nanos kToldWithin = 400 * kMillisecond;

/// An election that a replica announced: when it will ask for votes, as what, with how much of the stream.
struct Announced {
  const LogLine* line = nullptr;
  int master = -1;  // its master by its own view; -1: not known
  Nanos delay = 0;
  long long rank = 0;   // the last that it logged before it asked
  Nanos added = 0;      // to the delay, by all that it logged before it asked
  Nanos taken_off = 0;  // Valkey: when it found out that it has more of the stream than it thought
  long long offset = -1;
  const LogLine* asked = nullptr;        // null: it never asked for votes after this
  const LogLine* asked_again = nullptr;  // without another announcement
  bool held_up = false;                  // before it asked it saw another reason to wait
};

class Elections {
 public:
  Elections(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {
    for (const LogLine& line : run_.logs) take(line);
    for (const LogLine& line : run_.logs) {
      const auto [first, added] = first_lines_.try_emplace({line.node, line.pid}, line.time);
      if (!added) first->second = std::min(first->second, line.time);
    }
  }

  void check() {
    const bool clocks_moved = any_effect(run_, {EffectKind::kClock});
    for (const Announced& own : announced_) {
      if (!clocks_moved) check_delay(own);
      if (!clocks_moved) check_asked(own);
      for (const Announced& other : announced_) check_rank(own, other);
    }
    const bool by_ballot = elects_by_ballot(run_);
    for (const LogLine& line : run_.logs)
      if (!by_ballot && line.text.starts_with(kStarting)) check_epoch(line);
    if (!clocks_moved)
      for (const View& view : run_.views) check_quarantine(view);
    for (const LogLine& line : run_.logs)
      if (!clocks_moved && line.text.starts_with(kOk)) {
        check_quarantine_in_log(line);
        if (!by_ballot) check_rejoin(line);
      }
    figure(result_.measured, "elections_announced", static_cast<double>(announced_.size()));
    figure(result_.measured, "delays_compared", static_cast<double>(delays_));
    figure(result_.measured, "turns_compared", static_cast<double>(turns_));
    figure(result_.measured, "epochs_compared", static_cast<double>(epochs_));
    figure(result_.measured, "ranks_compared", static_cast<double>(compared_));
    figure(result_.measured, "restarted_masters", static_cast<double>(restarted_));
    figure(result_.measured, "rejoined_masters", static_cast<double>(rejoined_));
  }

  std::size_t seen() const { return delays_ + turns_ + compared_ + epochs_ + restarted_ + rejoined_; }

  std::string nothing_compared() const {
    const std::string masters = ", and no master was seen to wait after it came back.";
    if (announced_.empty()) return "No replica announced an election" + masters;
    return counted_noun(announced_.size(), "election was", "elections were") +
           " announced, of which nothing could be compared" + masters;
  }

  /// What was compared, and how many times: "1 replica asked for votes once, and in its turn."
  std::string text() const {
    std::string text;
    const auto add = [&](std::size_t count, std::string_view one, std::string_view many) {
      if (count > 0) text += (text.empty() ? "" : "; ") + counted_noun(count, one, many);
    };
    add(delays_, "announced election was delayed as it has to be",
        "announced elections were delayed as they have to be");
    add(turns_, "replica asked for votes once, and in its turn",
        "replicas asked for votes once, and in turn");
    add(epochs_, "epoch of an election was new to its candidate",
        "epochs of elections were new to their candidates");
    add(compared_, "time a replica let one with more of the stream go first",
        "times a replica let one with more of the stream go first");
    add(restarted_, "look at a restarted master found it waiting",
        "looks at restarted masters found them waiting");
    add(rejoined_, "master waited after it had been in a minority",
        "masters waited after they had been in a minority");
    return text + ".";
  }

 private:
  void take(const LogLine& line) {
    Announced* last = nullptr;
    for (Announced& announced : announced_)
      if (announced.line->node == line.node && announced.line->pid == line.pid) last = &announced;
    if (line.text.starts_with(kDelayed)) {
      Announced announced;
      announced.line = &line;
      announced.master = master_of(line.node, line.time);
      announced.delay = number_after(line.text, kDelayed) * kMillisecond;
      announced.rank = number_after(line.text, "(rank #");
      announced.offset = number_after(line.text, "offset ");
      announced_.push_back(announced);
    } else if (last != nullptr && last->asked == nullptr && line.text.starts_with(kRankUpdated)) {
      last->rank = number_after(line.text, kRankUpdated);
      take_change(line, *last);
    } else if (last != nullptr && last->asked == nullptr && line.text.starts_with(kStarting)) {
      last->asked = &line;
    } else if (last != nullptr && last->asked_again == nullptr && line.text.starts_with(kStarting)) {
      last->asked_again = &line;
    } else if (last != nullptr && last->asked == nullptr) {
      last->held_up = last->held_up || holds_up(line);
      take_change(line, *last);
    }
  }

  /// "Replica rank updated to #1, added 1000 milliseconds of delay."; Valkey has another rank, too.
  static void take_change(const LogLine& line, Announced& announced) {
    if (line.text.find("milliseconds of delay") == std::string::npos) return;
    if (line.text.find("added ") == std::string::npos) return;
    const Nanos change = number_after(line.text, "added ") * kMillisecond;
    (change > 0 ? announced.added : announced.taken_off) += std::abs(change);
  }

  /// The delay alone is no further reason to wait. A node that fails later may be the heir of the first: its
  /// own failure is what the node asks for votes about then, without announcing it once more.
  static bool holds_up(const LogLine& line) {
    const bool waits_its_turn = line.text.find("Waiting the delay") != std::string::npos;
    return (line.text.find("unable to failover") != std::string::npos && !waits_its_turn) ||
           line.text.starts_with("Clear FAIL state") || line.text.starts_with("FAIL message received") ||
           line.text.starts_with("Marking node");
  }

  /// When the process surely ran: the stamp of its start is made after it, late where the machine is busy.
  Nanos began(const Incarnation& life) const {
    const auto logged = first_lines_.find({life.node, life.pid});
    return logged == first_lines_.end() ? life.started : std::min(life.started, logged->second);
  }

  const std::vector<const View*>& views_of(int node) const {
    return analysis_.views[static_cast<std::size_t>(node)];
  }

  int master_of(int node, Nanos time) const {
    int master = -1;
    for (const View* view : views_of(node)) {
      if (view->begin > time) break;
      if (const TopologyNode* own = own_line(view); own != nullptr)
        master = own->is(kFlagMaster) ? -1 : run_.node_by_id(own->master_id);
    }
    return master;
  }

  void tell(AnomalyKind type, int node, Nanos time, std::string text) {
    accuse(run_, result_, type, node, time, std::move(text));
  }

  /// Whether somebody told the node, or its master, to hand over: then nobody waits.
  bool by_hand(int node, Nanos time) const {
    if (handover_to(run_, node, time) != nullptr) return true;
    return std::ranges::any_of(run_.logs, [&](const LogLine& line) {
      return line.node == node && line.time <= time + kSecond && line.time >= time - 15 * kSecond &&
             line.text.find("anual failover") != std::string::npos;
    });
  }

  /// Row 2.
  void check_delay(const Announced& own) {
    const int node = own.line->node;
    const Nanos least =
        bounds_of(server_of(run_.info, run_.nodes[static_cast<std::size_t>(node)]), run_.info.config)
            .election_delay;
    if (least == 0 || by_hand(node, own.line->time)) return;
    ++delays_;
    const std::string text = node_name(run_, node) + " announced its election at " + at(own.line->time);
    if (own.delay + kLogResolution < least)
      return tell("election-too-early", node, own.line->time,
                  text + " for " + in_milliseconds(own.delay) + " later; it has to wait for at least " +
                      in_milliseconds(least));
    if (own.asked != nullptr && own.asked->time + kLogResolution < own.line->time + own.delay - own.taken_off)
      tell("election-too-early", node, own.asked->time,
           text + " for " + in_milliseconds(own.delay) + " later, and asked for votes already at " +
               at(own.asked->time));
  }

  /// Row 2: when its turn has come it asks for votes, once.
  void check_asked(const Announced& own) {
    const int node = own.line->node;
    if (own.asked == nullptr || by_hand(node, own.line->time)) return;
    const std::string text = node_name(run_, node) + " announced its election at " + at(own.line->time);
    if (own.asked_again != nullptr)
      tell("election-asked-again", node, own.asked_again->time,
           text + " and asked for votes at " + at(own.asked->time) + ", and again at " +
               at(own.asked_again->time) + " without announcing another one");
    const Nanos turn = own.line->time + own.delay + own.added;
    const Nanos latest = turn + kTurnTaken + analysis_.bounds.grace + analysis_.stall;
    if (own.held_up || disturbed(node, node, own.line->time, own.asked->time)) return;
    ++turns_;
    if (own.asked->time <= latest) return;
    tell("election-too-late", node, own.asked->time,
         text + "; its turn came at " + at(turn) + ", and it asked for votes at " + at(own.asked->time) +
             " only");
  }

  /// Whether `from` may have been kept from telling `to` its offset in this time, or either from acting.
  bool disturbed(int from, int to, Nanos begin, Nanos end) const {
    return std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
      if (fault.requested > end) return false;
      const bool on_links =
          degrades(fault) || has_effect(fault, {EffectKind::kBus, EffectKind::kCut, EffectKind::kDegraded});
      const Nanos over =
          on_links ? fault.healed : std::max(over_at(run_, fault, from), over_at(run_, fault, to));
      if (over != kNever && over < begin - analysis_.bounds.node_timeout) return false;
      if (degrades(fault) || has_effect(fault, {EffectKind::kBus, EffectKind::kDegraded})) return true;
      if (on_links) return drops(run_, fault, from, to);
      return acts_on(run_, fault, from) || acts_on(run_, fault, to);
    });
  }

  /// The most that the node was seen to have of its master's stream until then; -1: it was not seen.
  std::int64_t offset_until(int node, Nanos time) const {
    std::int64_t most = -1;
    for (const OffsetSample& sample : run_.offsets)
      if (sample.node == node && !sample.is_master && sample.time <= time)
        most = std::max(most, sample.offset);
    return most;
  }

  /// Row 2: whoever has less of the stream than another replica of the same master, which has told so, lets
  /// it go first.
  void check_rank(const Announced& own, const Announced& other) {
    const int node = own.line->node;
    const int better = other.line->node;
    // Until one of the two asks for votes, nothing changes for the other.
    const LogLine* first = own.asked != nullptr ? own.asked : other.asked;
    if (node == better || own.master < 0 || own.master != other.master || first == nullptr) return;
    const Nanos apart = std::abs(own.line->time - other.line->time);
    if (apart > kSecond || own.offset < 0 || other.offset <= own.offset) return;
    if (by_hand(node, own.line->time) || by_hand(better, own.line->time)) return;
    const Nanos asked = first->time;
    if (asked < std::max(own.line->time, other.line->time) + kToldWithin + analysis_.stall) return;
    const std::int64_t had = offset_until(node, asked);
    if (had < 0 || had >= other.offset) return;
    if (disturbed(better, node, std::min(own.line->time, other.line->time), asked)) return;
    ++compared_;
    if (own.rank > 0) return;
    tell("rank-ignored", node, asked,
         node_name(run_, node) + " still took itself for the first in rank at " + at(asked) + ", with " +
             std::to_string(own.offset) + " bytes of the stream, although " + node_name(run_, better) +
             " had told at " + at(other.line->time) + " that it has " + std::to_string(other.offset));
  }

  /// Row 11: the epoch of an election is one that its candidate had not seen.
  void check_epoch(const LogLine& line) {
    const long long epoch = number_after(line.text, kStarting);
    const View* before = nullptr;
    for (const View* view : views_of(line.node)) {
      if (view->begin + kLogResolution > line.time) break;
      if (view->reachable && view->replication.process_id == line.pid) before = view;
    }
    if (epoch < 0 || before == nullptr) return;
    ++epochs_;
    if (before->cluster.current_epoch < static_cast<std::uint64_t>(epoch)) return;
    tell("election-in-old-epoch", line.node, line.time,
         node_name(run_, line.node) + " asked for votes at " + at(line.time) + " in epoch " +
             std::to_string(epoch) + ", although its current epoch was " +
             std::to_string(before->cluster.current_epoch) + " already at " + at(before->begin));
  }

  /// The same by the log, which shows what happens between two looks: a process whose first look showed it as
  /// a master with slots, and that has not become a replica since.
  void check_quarantine_in_log(const LogLine& line) {
    const int life = life_at(run_, line.node, line.time);
    if (line.role != 'M' || life < 0) return;
    const Incarnation& now = run_.incarnations[static_cast<std::size_t>(life)];
    if (now.pid != line.pid || line.time - began(now) >= kQuarantine - kLogResolution) return;
    const bool demoted = std::ranges::any_of(run_.logs, [&](const LogLine& other) {
      return other.pid == line.pid && other.node == line.node && other.time <= line.time &&
             other.text.find("Reconfiguring myself") != std::string::npos;
    });
    const View* looked = nullptr;  // the last before, of this process
    for (const View* view : views_of(line.node))
      if (view->reachable && view->replication.process_id == line.pid && view->begin <= line.time)
        looked = view;
    const TopologyNode* own = own_line(looked);
    const bool master = own != nullptr && own->is(kFlagMaster) && !own->slots.empty();
    if (demoted || !master || was_replica(line.node, now, line.time) || is_first(now) ||
        !told_.insert(life).second)
      return;
    tell("served-in-quarantine", line.node, line.time,
         node_name(run_, line.node) + ", restarted as a master at " + at(began(now)) +
             ", logged that the cluster is ok at " + at(line.time) + ", " +
             in_milliseconds(line.time - began(now)) + " later; it has to wait for " +
             in_milliseconds(kQuarantine));
  }

  /// Row 6, of a master that was in a minority: when it was seen to be there last, by the very rule that a
  /// server has for it, and when it logged that all is well.
  void check_rejoin(const LogLine& line) {
    if (line.role != 'M' || any_effect(run_, {EffectKind::kConfig})) return;
    const View* minority = nullptr;
    for (const View* view : views_of(line.node))
      if (view->begin <= line.time && view->replication.process_id == line.pid && in_minority(*view))
        minority = view;
    const int life = life_at(run_, line.node, line.time);
    if (minority == nullptr || life < 0) return;
    const Nanos seen = looks_.before(line.node, std::min(minority->end, line.time) + 1);
    const Nanos started = run_.incarnations[static_cast<std::size_t>(life)].started;
    if (seen < minority->begin || seen - started < kQuarantine + kSecond) return;
    if (held_back(line.node, seen - kSecond, line.time)) return;
    ++rejoined_;
    const Nanos answered =
        std::max(looks_.before(line.node, seen), seen - kLooked - analysis_.stall) - kCron - kLogResolution;
    const Nanos delay = std::clamp(analysis_.bounds.node_timeout, kRejoinLeast, kRejoinMost);
    if (line.time >= answered + delay - analysis_.stall) return;
    tell("served-in-quarantine", line.node, line.time,
         node_name(run_, line.node) + ", which found itself without a majority of the masters still at " +
             at(seen) + ", logged that the cluster is ok at " + at(line.time) + ", " +
             in_milliseconds(line.time - seen) + " later; it has to wait for " + in_milliseconds(delay));
  }

  /// Whether a master calls the cluster down and lists too few masters as well, as clusterUpdateState counts.
  static bool in_minority(const View& view) {
    const TopologyNode* own = own_line(&view);
    if (!view.reachable || view.cluster.state_ok || own == nullptr || own->slots.empty() ||
        !own->is(kFlagMaster))
      return false;
    int masters = 0;
    int well = 0;
    for (const TopologyNode& node : view.topology.nodes) {
      if (!node.is(kFlagMaster) || node.slots.empty()) continue;
      ++masters;
      well += !node.is(kFlagPfail) && !node.is(kFlagFail);
    }
    return well < std::min(masters, view.cluster.size) / 2 + 1;
  }

  /// Whether the process may have stood still then, or its answers to us have come late.
  bool held_back(int node, Nanos from, Nanos until) const {
    return analysis_.was_silent(node, from, until) ||
           std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
             const Nanos over = fault.heals ? fault.healed : over_at(run_, fault, node);
             return fault.requested <= until && (over == kNever || over >= from) &&
                    (degrades(fault) || (acts_on(run_, fault, node) &&
                                         has_effect(fault, {EffectKind::kStopped, EffectKind::kLoad,
                                                            EffectKind::kDisk, EffectKind::kDown})));
           });
  }

  /// Whether it was a replica before, in the same life, by its looks or its log: then it was promoted, and
  /// need not wait.
  bool was_replica(int node, const Incarnation& life, Nanos until) const {
    const auto shows = [&](const View* view) {
      const TopologyNode* own = own_line(view);
      return view->begin <= until && view->replication.process_id == life.pid && own != nullptr &&
             !own->is(kFlagMaster);
    };
    const auto logs = [&](const LogLine& line) {
      return line.node == node && line.pid == life.pid && line.role == 'S' && line.time <= until;
    };
    return std::ranges::any_of(views_of(node), shows) || std::ranges::any_of(run_.logs, logs);
  }

  bool is_first(const Incarnation& life) const {
    return std::ranges::none_of(run_.incarnations, [&](const Incarnation& other) {
      return other.node == life.node && other.started < life.started;
    });
  }

  /// Row 6, of a master that comes back: the life is not its node's first.
  void check_quarantine(const View& view) {
    const TopologyNode* own = own_line(&view);
    if (own == nullptr || !own->is(kFlagMaster) || own->slots.empty() || !view.replication.is_master) return;
    const int life = life_at(run_, view.node, view.begin);
    if (life < 0) return;
    const Incarnation& now = run_.incarnations[static_cast<std::size_t>(life)];
    if (is_first(now) || now.pid != view.replication.process_id || view.begin - began(now) >= kQuarantine ||
        was_replica(view.node, now, view.begin))
      return;
    ++restarted_;
    if (!view.cluster.state_ok || !told_.insert(life).second) return;
    tell("served-in-quarantine", view.node, view.begin,
         node_name(run_, view.node) + ", restarted as a master at " + at(began(now)) +
             ", called the cluster ok at " + at(view.begin) + ", " +
             in_milliseconds(view.begin - began(now)) + " later; it has to wait for " +
             in_milliseconds(kQuarantine));
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  const Looks looks_{run_};
  std::vector<Announced> announced_;
  std::map<std::pair<int, int>, Nanos> first_lines_;  // by node and process id
  std::set<int> told_;                                // lives, once each
  std::size_t delays_ = 0;
  std::size_t turns_ = 0;
  std::size_t epochs_ = 0;
  std::size_t compared_ = 0;
  std::size_t restarted_ = 0;
  std::size_t rejoined_ = 0;
};

}  // namespace

CheckResult check_elections(const Analysis& analysis, const CheckOptions&) {
  CheckResult result;
  result.name = "elections";
  result.valid = Validity::kValid;
  Elections elections(analysis, result);
  elections.check();
  result.operations = elections.seen();
  conclude(result, elections.text(), elections.seen() > 0, elections.nothing_compared());
  return result;
}

}  // namespace harness
