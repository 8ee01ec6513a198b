#include "checkers/promises/votes.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/bus_votes.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/cluster_command.h"
#include "harness/core/counted.h"
#include "harness/core/saved_epochs.h"

namespace harness {
namespace {

// Texts of redis 7.0.15's cluster_legacy.c; 7.2 and Valkey put the node's name in brackets behind the id.
constexpr std::string_view kGranted = "Failover auth granted to ";
constexpr std::string_view kDenied = "Failover auth denied to ";

/// One vote, as the voter logged it.
struct Vote {
  const LogLine* line = nullptr;
  int voter = -1;
  int candidate = -1;
  int master = -1;  // the candidate's master by its own view before the vote; -1: not known
  long long epoch = -1;
};

class Votes {
 public:
  Votes(const RunRecord& run, const Bounds& bounds, CheckResult& result)
      : run_(run), views_(views_by_node(run)), bounds_(bounds), result_(result) {
    for (const LogLine& line : run.logs) {
      if (line.text.find(kDenied) != std::string::npos) ++denied_;
      if (line.text.find(kGranted) != std::string::npos) add(line);
    }
  }

  std::size_t count() const { return votes_.size(); }

  void check() {
    for (int node = 0; node < static_cast<int>(run_.nodes.size()); ++node) check_voter(node);
    for (const Vote& vote : votes_) check_reason(vote);
    for (const Vote& vote : votes_) check_claim(vote);
    check_majorities();
    check_saved();
    figure(result_.measured, "votes", static_cast<double>(votes_.size()));
    figure(result_.measured, "votes_denied", static_cast<double>(denied_));
    figure(result_.measured, "elections_won", static_cast<double>(won_));
    figure(result_.bound, "vote_spacing_ms_min", to_ms(bounds_.vote_spacing));
  }

 private:
  void add(const LogLine& line) {
    Vote vote;
    vote.line = &line;
    vote.voter = line.node;
    vote.candidate = run_.node_by_id(id_after(line.text, kGranted));
    vote.epoch = number_after(line.text, " for epoch ");
    if (vote.candidate >= 0) {
      // The last look at the candidate that showed it as a replica, before the vote.
      for (const View* view : views_[static_cast<std::size_t>(vote.candidate)]) {
        if (view->begin > line.time) break;
        if (const TopologyNode* own = own_line(view); own != nullptr && !own->is(kFlagMaster))
          vote.master = run_.node_by_id(own->master_id);
      }
    }
    votes_.push_back(vote);
  }

  void tell(AnomalyKind type, const Vote& vote, std::string text) {
    accuse(run_, result_, type, vote.voter, vote.line->time, std::move(text));
  }

  std::string told(const Vote& vote) const {
    return "at " + at(vote.line->time) + " " + node_name(run_, vote.voter) + " voted for " +
           node_name(run_, vote.candidate) + " in epoch " + std::to_string(vote.epoch);
  }

  /// One voter's votes, in order: epochs rise, across restarts too; votes about one master keep their
  /// distance.
  void check_voter(int voter) {
    const Vote* last = nullptr;
    std::map<int, const Vote*> last_about;
    for (const Vote& vote : votes_) {
      if (vote.voter != voter) continue;
      if (last != nullptr && damaged_between(run_, voter, last->line->time, vote.line->time)) last = nullptr;
      if (last != nullptr && vote.epoch == last->epoch)
        tell("voted-twice", vote, told(vote) + ", in which it had voted already: " + told(*last));
      else if (last != nullptr && vote.epoch < last->epoch)
        tell("voted-for-old-epoch", vote,
             told(vote) + ", although it had voted in a later one: " + told(*last));
      last = &vote;
      if (vote.master < 0 || bounds_.vote_spacing == 0 || elects_by_ballot(run_)) continue;
      // Newer nodes vote for a failover by hand at once: its five seconds would be over (valkey#1305).
      const bool by_hand = handover_to(run_, vote.candidate, vote.line->time);
      if (by_hand) continue;
      const Vote*& before = last_about[vote.master];
      // The time of the last vote is not saved: another process may vote at once. Logs have whole ms.
      if (before != nullptr && before->line->pid == vote.line->pid && !clock_was_moved(run_, voter) &&
          vote.line->time - before->line->time + kLogResolution < bounds_.vote_spacing)
        tell("votes-too-close", vote,
             told(vote) + ", " + in_milliseconds(vote.line->time - before->line->time) +
                 " after its last vote about " + node_name(run_, vote.master) + "; at least " +
                 in_milliseconds(bounds_.vote_spacing) + " must pass");
      before = &vote;
    }
  }

  /// Whether the candidate's build asks with force in an automatic election: only the best-ranked replica
  /// does, so a candidate that last logged a lower rank did not.
  bool forces(const Vote& vote) const {
    const NodeInfo& candidate = run_.nodes[static_cast<std::size_t>(vote.candidate)];
    if (!bounds_of(server_of(run_.info, candidate), run_.info.config).forces_votes) return false;
    bool best = true;
    for (const LogLine& line : run_.logs) {
      if (line.node != vote.candidate || line.time > vote.line->time) continue;
      if (line.text.find("(rank #") != std::string::npos)
        best = number_after(line.text, "(rank #") == 0 && number_after(line.text, "primary rank #") <= 0;
    }
    return best;
  }

  /// The voter must have the candidate's master as FAIL, by its log or its views; a forced vote needs none.
  /// When a voter whose clock was moved wrote its lines is not known well enough.
  void check_reason(const Vote& vote) {
    if (vote.master < 0 || elects_by_ballot(run_) || forces(vote) || clock_was_moved(run_, vote.voter) ||
        handover_to(run_, vote.candidate, vote.line->time))
      return;
    const std::string& id = run_.nodes[static_cast<std::size_t>(vote.master)].id;
    bool failed = false;
    bool heard = false;  // this process logged anything about failures of that master
    for (const LogLine& line : run_.logs) {
      if (line.node != vote.voter || line.pid != vote.line->pid || line.time > vote.line->time) continue;
      if (line.text.find(id) == std::string::npos) continue;
      if (line.text.starts_with("Clear FAIL state")) failed = false, heard = true;
      if (line.text.starts_with("Marking node") || line.text.starts_with("FAIL message received"))
        failed = heard = true;
    }
    if (failed) return;
    // A FAIL flag can also come from nodes.conf at a restart. Only looks around the vote that deny it count.
    const NodeViews& looks = views_[static_cast<std::size_t>(vote.voter)];
    const auto after = std::ranges::find_if(
        looks, [&](const View* view) { return view->reachable && view->end >= vote.line->time; });
    const auto denies = [&](const View* view) {
      const TopologyNode* line = line_of(view, vote.master);
      return line != nullptr && !line->is(kFlagFail);
    };
    if (!denies(answer_at(looks, vote.line->time)) || after == looks.end() || !denies(*after)) return;
    tell("vote-without-failure", vote,
         told(vote) + ", while it did not have " + node_name(run_, vote.master) + " as failed" +
             (heard ? " any more" : ""));
  }

  /// What a view (or none) shows of that master.
  const TopologyNode* line_of(const View* view, int master) const {
    return view == nullptr ? nullptr : view->topology.find(run_.nodes[static_cast<std::size_t>(master)].id);
  }

  /// A candidate asks with the config epoch that it knows of its master. Who shows a lesser one even after
  /// the vote than the voter had before it cannot have asked with that one.
  void check_claim(const Vote& vote) {
    if (vote.master < 0 || vote.candidate < 0 || elects_by_ballot(run_)) return;
    const NodeViews& voter = views_[static_cast<std::size_t>(vote.voter)];
    const NodeViews& candidate = views_[static_cast<std::size_t>(vote.candidate)];
    const TopologyNode* known = line_of(answer_at(voter, vote.line->time), vote.master);
    const TopologyNode* claimed = line_of(answer_at(candidate, vote.line->time), vote.master);
    const TopologyNode* later = line_of(answer_from(candidate, vote.line->time), vote.master);
    if (known == nullptr || claimed == nullptr || later == nullptr || known->slots.empty()) return;
    if (claimed->slots != known->slots || later->config_epoch >= known->config_epoch) return;
    tell("voted-for-stale-claim", vote,
         told(vote) + ", which knew its master " + node_name(run_, vote.master) + " at config epoch " +
             std::to_string(later->config_epoch) + " only; the voter had it at " +
             std::to_string(known->config_epoch));
  }

  /// Whether the vote can have reached its candidate before that line: a voter logs it when it sends it. Logs
  /// have whole ms; where clocks were moved they tell nothing of the order.
  bool counts_for(const Vote& vote, const LogLine& won) const {
    return any_effect(run_, {EffectKind::kClock}) || vote.line->time <= won.time + 2 * kMillisecond;
  }

  void check_majorities() {
    for (const LogLine& line : run_.logs) {
      if (line.text.find("Failover election won") == std::string::npos) continue;
      ++won_;
      // The winner logs its epoch in the line before or after; the last election that it started.
      long long epoch = -1;
      for (const LogLine& other : run_.logs)
        if (other.node == line.node && other.pid == line.pid && other.time <= line.time &&
            other.text.find("Starting a failover election for epoch ") != std::string::npos)
          epoch = number_after(other.text, "for epoch ");
      if (epoch < 0) continue;
      std::set<int> voters;
      for (const Vote& vote : votes_)
        if (vote.candidate == line.node && vote.epoch == epoch && counts_for(vote, line))
          voters.insert(vote.voter);
      const std::size_t masters = size_seen_by(line.node, line.time);
      const bool all_logged = logged_nodes() == run_.nodes.size();
      if (masters == 0 || !all_logged || voters.size() >= masters / 2 + 1) continue;
      Vote winner;
      winner.line = &line;
      winner.voter = winner.candidate = line.node;
      tell("won-without-majority", winner,
           "at " + at(line.time) + " " + node_name(run_, line.node) + " won the election of epoch " +
               std::to_string(epoch) + " with " + counted_noun(voters.size(), "vote") + "; a majority of " +
               std::to_string(masters) + " masters is " + std::to_string(masters / 2 + 1));
    }
  }

  /// Row 12: a vote is in nodes.conf before it is sent, and nothing takes it out again.
  void check_saved() {
    for (const LogLine& line : run_.logs) {
      if (!line.text.starts_with(kSavedEpochs) || not_judged(line.node)) continue;
      ++saved_;
      const long long saved = number_after(line.text, "last vote in epoch ");
      for (const Vote& vote : votes_)
        if (vote.voter == line.node && vote.epoch > saved && lived_on(vote))
          return tell("vote-not-saved", vote,
                      told(vote) + "; its nodes.conf holds " + std::to_string(saved) +
                          " as the epoch of its last vote in the end");
    }
    figure(result_.measured, "nodes_conf_read", static_cast<double>(saved_));
  }

  /// A node that was reset begins anew; what a disk did not take or lost is not the node's fault.
  bool not_judged(int node) const {
    const bool reset = std::ranges::any_of(
        run_.commands, [&](const CommandRecord& command) { return is_cluster_command(command, "RESET"); });
    return reset || std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
             if (damages_views(fault, node) || has_effect(fault, {EffectKind::kDisk})) return true;
             return has_effect(fault, {EffectKind::kMembership}) && acts_on(run_, fault, node);
           });
  }

  /// Whether the voter went on after it had logged the vote: it saves it before it waits for the next event.
  bool lived_on(const Vote& vote) const {
    constexpr Nanos kWhile = 100 * kMillisecond;
    return std::ranges::any_of(run_.incarnations, [&](const Incarnation& life) {
      return life.node == vote.voter && life.pid == vote.line->pid && life.ended > vote.line->time + kWhile;
    });
  }

  std::size_t size_seen_by(int node, Nanos time) const {
    const View* view = view_at(views_[static_cast<std::size_t>(node)], time);
    return view == nullptr || !view->reachable ? 0
                                               : static_cast<std::size_t>(std::max(0, view->cluster.size));
  }

  std::size_t logged_nodes() const {
    std::set<int> nodes;
    for (const LogLine& line : run_.logs) nodes.insert(line.node);
    return nodes.size();
  }

  const RunRecord& run_;
  std::vector<std::vector<const View*>> views_;
  const Bounds& bounds_;
  CheckResult& result_;
  std::vector<Vote> votes_;
  std::size_t denied_ = 0;
  std::size_t won_ = 0;
  std::size_t saved_ = 0;
};

}  // namespace

CheckResult check_votes(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "votes";
  result.valid = Validity::kValid;
  Votes votes(run, analysis.bounds, result);
  votes.check();
  check_bus_votes(analysis, result);
  result.operations = votes.count();
  conclude(result, counted_noun(votes.count(), "vote") + " in the logs, all lawful.");
  // A replica that takes over by force need not ask anybody (CLUSTER FAILOVER TAKEOVER).
  const auto needs_votes = [&](const Failover& failover) {
    const FaultRecord* handover =
        failover.promoted == kNever ? nullptr : handover_to(run, failover.to, failover.promoted);
    return handover == nullptr || !forced_handover(*handover);
  };
  if (votes.count() == 0 && std::ranges::any_of(analysis.failovers, needs_votes))
    doubt(result, "A failover happened, but no log holds a vote for it.");
  if (run.logs.empty()) doubt(result, "No log was harvested.");
  return result;
}

}  // namespace harness
