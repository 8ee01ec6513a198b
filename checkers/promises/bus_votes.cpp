#include "checkers/promises/bus_votes.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/counted.h"

namespace harness {
namespace {

using Election = std::pair<std::uint64_t, int>;  // epoch, candidate

// A message has surely arrived this long after it was sent, where nothing delays it and the machine keeps up.
constexpr Nanos kArrives = 500 * kMillisecond;

class BusVotes {
 public:
  BusVotes(const Analysis& analysis, CheckResult& result) : analysis_(analysis), result_(result) {}

  void check() {
    for (const BusSighting& seen : run().bus.messages) {
      const int sender = run().node_by_id(seen.message.sender);
      if (sender < 0) continue;
      take(seen, sender);
    }
    for (const LogLine& line : run().logs) check_told(line);
    figure(result_.measured, "bus_votes", static_cast<double>(votes_));
    figure(result_.measured, "bus_elections_won", static_cast<double>(won_.size()));
    figure(result_.measured, "bus_failures_told", static_cast<double>(failures_));
  }

 private:
  struct Suspicion {
    bool now = false;
    bool any_time = false;
    Nanos last = kNever;       // kNever: never
    Nanos withdrawn = kNever;  // when the reporter first said that the node is well
  };

  const RunRecord& run() const { return analysis_.run; }

  void take(const BusSighting& seen, int sender) {
    switch (seen.message.type) {
      case BusType::kAuthRequest:
        asked_.insert({seen.message.current_epoch, sender});
        check_offset(seen, sender);
        break;
      case BusType::kAuthAck:
        take_vote(seen, sender);
        break;
      case BusType::kFail:
        take_failure(seen, sender);
        break;
      case BusType::kPing:
      case BusType::kPong:
      case BusType::kMeet:
        take_claim(seen, sender);
        take_suspicions(seen, sender);
        break;
      default:
        break;
    }
  }

  /// A vote is a message of its own; what our own fault doubled stands here once.
  void take_vote(const BusSighting& seen, int voter) {
    const int candidate = run().node_by_name(seen.link.to);
    const std::uint64_t epoch = seen.message.current_epoch;
    ++votes_;
    const auto [before, first] = voted_.try_emplace({epoch, voter}, &seen);
    if (!first && !damaged_between(run(), voter, before->second->time, seen.time))
      tell("voted-twice-on-bus", voter, seen.time,
           told(seen) + ", in which it had voted already: " + told(*before->second));
    check_saved(seen, voter);
    if (seen.fate == BusFate::kDropped) return;
    if (seen.fate == BusFate::kDuplicated) doubled_.insert({epoch, candidate});
    voters_[{epoch, candidate}].insert(voter);
  }

  /// Row 12: whoever forgets a vote in a crash can vote again in the same epoch, so it is on the disk before
  /// it is sent. What a disk did not take is not the voter's fault, and one that is reset begins anew.
  void check_saved(const BusSighting& seen, int voter) {
    const auto epoch = static_cast<std::int64_t>(seen.message.current_epoch);
    if (seen.saved_vote < 0 || seen.saved_vote >= epoch) return;
    const bool excused = std::ranges::any_of(run().faults, [&](const FaultRecord& fault) {
      return fault.requested <= seen.time &&
             (damages_views(fault, voter) || has_effect(fault, {EffectKind::kDisk}) ||
              (has_effect(fault, {EffectKind::kMembership}) && acts_on(run(), fault, voter)));
    });
    if (excused) return;
    tell("vote-not-saved", voter, seen.time,
         told(seen) + ", and its nodes.conf held " + std::to_string(seen.saved_vote) +
             " as the epoch of its last vote when that was on its way");
  }

  /// A master that has the config epoch of an election it asked for has won it.
  void take_claim(const BusSighting& seen, int sender) {
    const Election election{seen.message.config_epoch, sender};
    if ((seen.message.flags & bus_flag::kMaster) == 0 || !asked_.contains(election)) return;
    if (!won_.insert(election).second) return;
    const std::size_t votes = voters_[election].size();
    const std::size_t masters = masters_least(sender, seen.time);
    // TCP never doubles a message: servers need not notice what only our fault can do.
    if (masters == 0 || votes >= masters / 2 + 1 || doubled_.contains(election)) return;
    tell("won-without-majority-on-bus", sender, seen.time,
         "at " + at(seen.time) + " " + node_name(run(), sender) + " claims the config epoch " +
             std::to_string(election.first) + " of its election, for which " +
             counted_noun(votes, "acknowledgement was", "acknowledgements were") +
             " sent to it; a majority of " + std::to_string(masters) + " masters is " +
             std::to_string(masters / 2 + 1));
  }

  void take_suspicions(const BusSighting& seen, int sender) {
    if (seen.fate == BusFate::kDropped) return;
    const int receiver = run().node_by_name(seen.link.to);
    const bool counts = (seen.message.flags & bus_flag::kMaster) != 0;  // replicas' reports do not
    std::set<int> suspected, well;
    for (const BusGossip& gossip : seen.message.gossip)
      ((gossip.flags & (bus_flag::kPfail | bus_flag::kFail)) != 0 ? suspected : well)
          .insert(run().node_by_id(gossip.node));
    for (int node = 0; node < static_cast<int>(run().nodes.size()); ++node) {
      Suspicion& its = suspicions_[{receiver, node}][sender];
      // It counts until its reporter says otherwise, and for a while longer.
      if (its.now) its.last = seen.time;
      its.now = counts && suspected.contains(node);
      if (its.now) its.last = seen.time;
      if (its.now)
        its.withdrawn = kNever;
      else if (counts && well.contains(node) && its.withdrawn == kNever)
        its.withdrawn = seen.time;
      // What a fault held back arrives at a time that is not told here: it counts for good.
      const bool late = seen.fate == BusFate::kDelayed || seen.fate == BusFate::kReordered;
      its.any_time = its.any_time || (late && its.now);
    }
  }

  /// Whether the reporter had said before, by a message that surely had arrived, that the node is well.
  bool was_withdrawn(const Suspicion& suspicion, int reporter, Nanos time, int receiver) const {
    const Nanos arrives = kArrives + analysis_.stall;
    if (suspicion.any_time || suspicion.withdrawn == kNever || suspicion.withdrawn > time - arrives)
      return false;
    return !comes_late(reporter, receiver, suspicion.withdrawn - kSecond, time);
  }

  /// Whether what one sent the other in that span may have waited on its way: behind a cut, it goes on when
  /// the cut has healed.
  bool comes_late(int from, int to, Nanos since, Nanos until) const {
    return std::ranges::any_of(run().faults, [&](const FaultRecord& fault) {
      const bool slow = has_effect(fault, {EffectKind::kDegraded, EffectKind::kBus, EffectKind::kStopped,
                                           EffectKind::kLoad}) ||
                        drops(run(), fault, from, to);
      return slow && fault.requested <= until && over_at(run(), fault, to) >= since;
    });
  }

  void take_failure(const BusSighting& seen, int sender) {
    const int failed = run().node_by_id(seen.message.about);
    if (failed < 0 || failed == sender || !told_failed_.insert({sender, failed, seen.time / kSecond}).second)
      return;
    // To somebody it was cut off from the same word may come long after the others had it.
    const auto [told, first] = told_before_.try_emplace({sender, failed}, seen.time);
    if (!first && comes_late(sender, run().node_by_name(seen.link.to), told->second, seen.time)) return;
    told->second = seen.time;
    ++failures_;
    // Reports count for twice the node timeout. Twice that, since messages take their time.
    const Nanos window = 4 * analysis_.bounds.node_timeout + analysis_.stall;
    if (seen.time < run().bus.opening.time + window && !well_at_opening(failed)) return;
    std::size_t reports = (seen.message.flags & bus_flag::kMaster) != 0 ? 1 : 0;  // its own, of a master
    for (const auto& [reporter, suspicion] : suspicions_[{sender, failed}])
      reports += reporter != sender && reporter != failed &&
                 !was_withdrawn(suspicion, reporter, seen.time, sender) &&
                 (suspicion.now || suspicion.any_time ||
                  (suspicion.last != kNever && suspicion.last >= seen.time - window));
    const std::size_t masters = masters_least(sender, seen.time);
    if (masters == 0 || reports >= masters / 2 + 1) return;
    tell("failed-without-majority", sender, seen.time,
         "at " + at(seen.time) + " " + node_name(run(), sender) + " tells that " + node_name(run(), failed) +
             " has failed, of which the masters that said so, itself among them, are " +
             std::to_string(reports) + "; a majority of " + std::to_string(masters) + " masters is " +
             std::to_string(masters / 2 + 1));
  }

  /// Who finds that a quorum suspects a node tells all others, who may not have heard of that quorum.
  void check_told(const LogLine& line) {
    constexpr Nanos kAtOnce = kSecond;
    const Nanos until = line.time + kAtOnce + analysis_.stall;
    if (!line.text.starts_with("Marking node ") || line.text.find("quorum reached") == std::string::npos)
      return;
    if (line.role == 'S') return;  // of old makes replicas tell nobody
    if (line.time < run().bus.opening.time + kAtOnce || until > run().info.clients_end) return;
    const int failed = run().node_by_id(id_after(line.text, "Marking node "));
    const bool told = std::ranges::any_of(run().bus.messages, [&](const BusSighting& seen) {
      return seen.message.type == BusType::kFail && seen.time >= line.time - kAtOnce && seen.time <= until &&
             run().node_by_id(seen.message.sender) == line.node &&
             run().node_by_id(seen.message.about) == failed;
    });
    const bool kept = std::ranges::any_of(run().faults, [&](const FaultRecord& fault) {
      return acts_on(run(), fault, line.node) && fault.requested <= until &&
             over_at(run(), fault, line.node) >= line.time - kAtOnce;
    });
    if (failed < 0 || told || kept) return;
    tell("failure-not-told", line.node, line.time,
         "at " + at(line.time) + " " + node_name(run(), line.node) + " logged that a quorum found " +
             node_name(run(), failed) + " failed, and sent nobody a FAIL");
  }

  /// A candidate tells how much of the stream it has: others take their rank from it.
  void check_offset(const BusSighting& seen, int sender) {
    const Nanos built = built_after(seen, sender);
    std::int64_t had = -1;
    for (const OffsetSample& sample : run().offsets)
      if (sample.node == sender && sample.time <= built && sample.time >= built - kSecond)
        had = sample.is_master ? -1 : sample.offset;
    if (had <= 0 || seen.message.offset >= static_cast<std::uint64_t>(had)) return;
    if (begins_anew(sender, built, seen.time)) return;
    tell("offset-understated", sender, seen.time,
         "at " + at(seen.time) + " " + node_name(run(), sender) + " asked for votes with offset " +
             std::to_string(seen.message.offset) + ", although it had shown " + std::to_string(had));
  }

  /// A moment before which the request was surely not built yet: its stream may have moved on until it passed
  /// us. The candidate's own log tells it, else messages take as long as elsewhere here.
  Nanos built_after(const BusSighting& seen, int candidate) const {
    const std::string starts =
        "Starting a failover election for epoch " + std::to_string(seen.message.current_epoch) + ".";
    Nanos built = seen.time - kArrives - analysis_.stall;
    for (const LogLine& line : run().logs)
      if (line.node == candidate && line.time <= seen.time && line.text.starts_with(starts))
        built = line.time - kLogResolution;
    return built;
  }

  /// Whether the replica gave up what it had shortly before, for a whole copy of some master.
  bool begins_anew(int node, Nanos from, Nanos until) const {
    constexpr Nanos kBefore = 2 * kSecond;
    return std::ranges::any_of(run().logs, [&](const LogLine& line) {
      return line.node == node && line.time <= until && line.time >= from - kBefore &&
             (line.text.find("Full resync from") != std::string::npos ||
              line.text.find("Discarding previously cached") != std::string::npos);
    });
  }

  /// Whether nobody had a doubt about the node when the path was opened, by the first looks at all nodes:
  /// then no report about it had been told before.
  bool well_at_opening(int node) const {
    const std::string& id = run().nodes[static_cast<std::size_t>(node)].id;
    return std::ranges::all_of(analysis_.views, [&](const std::vector<const View*>& views) {
      const TopologyNode* line =
          views.empty() || !views.front()->reachable ? nullptr : views.front()->topology.find(id);
      return line != nullptr && !line->is(kFlagPfail) && !line->is(kFlagFail);
    });
  }

  /// The fewest masters with slots that the node counted about then: the majority it needs is surely no
  /// smaller. A master that has just started has not counted yet, and shows 0 (redis: 1): it alone is a
  /// majority until it has (clusterUpdateState waits for CLUSTER_WRITABLE_DELAY before). Without a look about
  /// then, the fewest of all; 0: it was never seen.
  std::size_t masters_least(int node, Nanos time) const {
    constexpr Nanos kAbout = 3 * kSecond;
    const auto least = [&](Nanos from, Nanos until) {
      std::size_t fewest = 0;
      for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
        if (!view->reachable || view->end < from || view->begin > until) continue;
        const auto size = static_cast<std::size_t>(std::max(1, view->cluster.size));
        fewest = fewest == 0 ? size : std::min(fewest, size);
      }
      return fewest;
    };
    const std::size_t about = least(time - kAbout - analysis_.stall, time + kSecond);
    return about > 0 ? about : least(0, kNever);
  }

  std::string told(const BusSighting& seen) const {
    return "at " + at(seen.time) + " " + seen.link.from + " acknowledged " + seen.link.to + " in epoch " +
           std::to_string(seen.message.current_epoch);
  }

  void tell(AnomalyKind type, int node, Nanos time, std::string text) {
    Anomaly anomaly;
    anomaly.type = type.text();
    anomaly.node = node_name(run(), node);
    anomaly.time = time;
    anomaly.explanation = std::move(text);
    report(result_, std::move(anomaly));
  }

  const Analysis& analysis_;
  CheckResult& result_;
  std::set<Election> asked_, won_, doubled_;
  std::map<std::pair<std::uint64_t, int>, const BusSighting*> voted_;  // by epoch and voter
  std::map<Election, std::set<int>> voters_;
  std::map<std::pair<int, int>, std::map<int, Suspicion>> suspicions_;  // receiver, suspected -> reporter
  std::map<std::pair<int, int>, Nanos> told_before_;   // sender, failed: when it told so last
  std::set<std::tuple<int, int, Nanos>> told_failed_;  // once a second: it goes to everybody
  std::size_t votes_ = 0;
  std::size_t failures_ = 0;
};

/// A node that listens elsewhere, or says so, is spoken to past the path.
bool on_port(const std::vector<View>& views, int port) {
  return std::ranges::all_of(views, [&](const View& view) {
    return std::ranges::all_of(view.topology.nodes, [&](const TopologyNode& node) {
      return node.bus_port == 0 || node.bus_port == port;
    });
  });
}

}  // namespace

void check_bus_votes(const Analysis& analysis, CheckResult& result) {
  if (bus_was_read(analysis.run)) BusVotes(analysis, result).check();
}

bool bus_was_read(const RunRecord& run) {
  std::vector<std::string> names;
  for (const NodeInfo& node : run.nodes) names.push_back(node.name);
  return run.bus.saw_all(names) && on_port(run.views, run.bus.opening.port);
}

}  // namespace harness
