#include "server/cluster/election.h"

#include <algorithm>
#include <cstdlib>

#include "server/cluster/bus.h"
#include "server/cluster/health.h"
#include "server/cluster/manual_failover.h"
#include "server/cluster/open_slots.h"
#include "server/cluster/ownership.h"

namespace node::cluster::election {
namespace {

constexpr Ms kFixedDelay = 500;   // lets FAIL reach everybody, so that nobody refuses its vote
constexpr Ms kRandomDelay = 500;  // keeps replicas of equal rank apart
constexpr Ms kRankDelay = 1000;
constexpr Ms kMinAuthTimeout = 2000;
constexpr int kVoteSpacing = 2;  // × node timeout between votes about the same master
constexpr Ms kRelogPeriod = 300'000;
constexpr Ms kQuietAfterFail = 5000;
constexpr Ms kLateByMistake = 10'000;  // a defect

/// The number of replicas of our master that have more of its data.
int rank(const Context& c) {
  if (c.config.defects(Defect::kRankIgnored)) return 0;
  const Node& me = *c.state.myself;
  const std::int64_t mine = c.host.replication_offset();
  return static_cast<int>(
      std::count_if(me.master->replicas.begin(), me.master->replicas.end(), [&](const Node* other) {
        return other != &me && !other->has(flag::kNoFailover) && other->repl_offset > mine;
      }));
}

/// Logs why nothing happens, but not over and over, and not right after the failure, when waiting is normal.
void blocked(Context& c, std::string_view reason) {
  if (reason == c.election.obstacle && c.now - c.election.obstacle_logged < kRelogPeriod) return;
  c.election.obstacle = reason;
  const Node* master = c.me().master;
  if (master != nullptr && master->failed() &&
      c.now - master->fail_time < c.config.node_timeout + kQuietAfterFail)
    return;
  c.election.obstacle_logged = c.now;
  c.log(LogLevel::kWarning, "Currently unable to failover: {}", reason);
}

bool data_too_old(const Context& c) {
  if (c.config.replica_validity_factor == 0 || c.config.defects(Defect::kDataAgeIgnored)) return false;
  const ReplicaView view = c.host.replica_view();
  Ms age = c.now - (view.connected ? view.last_interaction : view.down_since);
  if (age > c.config.node_timeout) age -= c.config.node_timeout;  // the time it took to see the failure
  return age > c.config.repl_ping_period + c.config.node_timeout * c.config.replica_validity_factor;
}

void schedule(Context& c) {
  Election& e = c.election;
  e.asked = false;
  e.rank = 0;
  e.at = c.now;
  if (c.manual.end == 0) {
    e.rank = rank(c);
    e.at += kFixedDelay + static_cast<Ms>(c.prng.below(kRandomDelay)) + e.rank * kRankDelay;
    if (c.config.defects(Defect::kElectionLate)) e.at += kLateByMistake;
  } else {
    c.todo.failover = true;
  }
  c.log(LogLevel::kWarning, "Start of election delayed for {} milliseconds (rank #{}, offset {}).",
        e.at - c.now, e.rank, c.host.replication_offset());
  // The others compute their rank from our offset: let them know it.
  bus::broadcast_pong(c, bus::Audience::kMyShardsReplicas);
}

void update_rank(Context& c) {
  Election& e = c.election;
  const int current = rank(c);
  if (current <= e.rank) return;
  const Ms added = (current - e.rank) * kRankDelay;
  e.at += added;
  e.rank = current;
  c.log(LogLevel::kWarning, "Replica rank updated to #{}, added {} milliseconds of delay.", current, added);
}

void ask_for_votes(Context& c) {
  c.election.epoch = ++c.state.current_epoch;
  c.election.asked = true;
  c.election.votes.clear();  // late votes of an earlier election count for nothing
  c.save_synced();
  c.update_soon();
  c.log(LogLevel::kWarning, "Starting a failover election for epoch {}.", c.election.epoch);
  bus::broadcast_auth_request(c);
}

bool may_run(const Context& c, bool by_hand) {
  const Node& me = *c.state.myself;
  if (me.is_master() || me.master == nullptr || me.master->slot_count == 0) return false;
  return by_hand || (me.master->failed() && !c.config.replica_no_failover);
}

Ms auth_timeout(const Context& c) {
  return std::max(c.config.node_timeout * 2, kMinAuthTimeout);
}

/// True while the replica we voted for may have become the master in our place.
bool gave_up_seat(Context& c) {
  if (c.heir.none()) return false;
  const Node* heir = c.state.find(c.heir);
  const Ms attempt_over = c.heir_vote_time + auth_timeout(c);
  if (heir == nullptr || heir->failed() ||
      (heir->master == c.state.myself && heir->data_received > attempt_over))
    c.heir = NodeId{};
  return !c.heir.none();
}

/// Why the vote is refused, or an empty text. Who asks with an old epoch is told the newer one.
std::string refusal(Context& c, const Node& candidate, const Header& request) {
  const State& s = c.state;
  const bool forgetful = c.config.defects(Defect::kVoteTwice);
  if (request.current_epoch < s.current_epoch)
    return fmt::format("reqEpoch ({}) < curEpoch({})", request.current_epoch, s.current_epoch);
  if (s.last_vote_epoch == s.current_epoch && !forgetful)
    return fmt::format("already voted for epoch {}", s.current_epoch);
  if (gave_up_seat(c) && candidate.id != c.heir) return "I voted for my own replica";
  if (candidate.is_master()) return "it is a master node";
  if (candidate.master == nullptr) return "I don't know its master";
  if (!candidate.master->failed() && (request.mflags & mflag::kForceAck) == 0) return "its master is up";
  const Ms spacing = c.config.node_timeout * kVoteSpacing - (c.now - candidate.master->voted_time);
  // A failover by hand has five seconds in all: the second one would always be refused (valkey#1305).
  if (spacing > 0 && !forgetful && (request.mflags & mflag::kForceAck) == 0)
    return fmt::format("can't vote about this master before {} milliseconds", spacing);
  int newer = -1;
  request.slots.for_each([&](int slot) {
    if (newer < 0 && !s.unclaimed(slot) && s.owner[slot]->config_epoch > request.config_epoch) newer = slot;
  });
  if (newer < 0) return {};
  // Its master is gone, perhaps: who else could tell it the epoch to ask with (valkey#2178)?
  bus::send_update(c, candidate.link, *s.owner[newer]);
  return fmt::format("slot {} epoch ({}) > reqEpoch ({})", newer, s.owner[newer]->config_epoch,
                     request.config_epoch);
}

}  // namespace

void advance(Context& c) {
  c.todo.failover = false;
  if (c.strong) return;  // seats are given by ballots: strong_mode.cpp
  Election& e = c.election;
  const bool by_hand = c.manual.end != 0 && c.manual.can_start;
  if (!may_run(c, by_hand)) {
    e.obstacle = {};
    return;
  }
  if (data_too_old(c) && !by_hand)
    return blocked(c,
                   "Disconnected from master for longer than allowed. Please check the "
                   "'cluster-replica-validity-factor' configuration option.");
  if (c.now - e.at > auth_timeout(c) * 2) return schedule(c);
  if (!e.asked && c.manual.end == 0) update_rank(c);
  if (c.now < e.at) return blocked(c, "Waiting the delay before I can start a new failover.");
  if (c.now - e.at > auth_timeout(c)) return blocked(c, "Failover attempt expired.");
  if (!e.asked) return ask_for_votes(c);
  const int quorum = c.config.defects(Defect::kElectionWithoutMajority) ? 1 : c.state.size / 2 + 1;
  if (static_cast<int>(e.votes.size()) < quorum)
    return blocked(c, "Waiting for votes, but majority still not reached.");
  c.log(LogLevel::kWarning, "Failover election won: I'm the new master.");
  if (c.config.defects(Defect::kCrashAtPromotion)) std::abort();
  if (c.me().config_epoch < e.epoch && !c.config.defects(Defect::kEpochKept)) {
    c.me().config_epoch = e.epoch;
    c.log(LogLevel::kWarning, "configEpoch set to {} after successful failover", e.epoch);
  }
  replace_master(c);
}

void on_request(Context& c, Node& candidate, const Header& request) {
  if (c.me().is_replica() || c.me().slot_count == 0 || c.strong) return;
  if (const std::string reason = refusal(c, candidate, request); !reason.empty()) {
    c.log(LogLevel::kWarning, "Failover auth denied to {}: {}", candidate.id.view(), reason);
    return;
  }
  c.state.last_vote_epoch = c.state.current_epoch;
  candidate.master->voted_time = c.now;
  if (c.is_me(candidate.master)) {
    c.heir = candidate.id;
    c.heir_vote_time = c.now;
  }
  if (!c.config.defects(Defect::kVoteUnsaved)) c.save_synced();  // drain() puts it in front of the vote
  // Logged first: whoever compares logs finds no election that was won before its votes.
  c.log(LogLevel::kWarning, "Failover auth granted to {} for epoch {}", candidate.id.view(),
        c.state.current_epoch);
  bus::send_plain(c, candidate.link, MessageType::kAuthAck);
}

void on_vote(Context& c, const Node& voter, std::uint64_t voter_epoch) {
  if (!voter.is_master() || voter.slot_count == 0 || voter_epoch < c.election.epoch) return;
  c.election.votes.insert(voter.id);
  c.todo.failover = true;
}

void replace_master(Context& c) {
  Node& me = c.me();
  if (me.is_master() || me.master == nullptr) return;
  SlotSet slots = me.master->slots;
  if (c.election.asked && c.config.defects(Defect::kSlotDropped)) slots.clear(slots.first());
  ownership::make_master(c, me);
  c.following = false;
  c.actions.push_back(BecomeMaster{});
  slots.for_each([&c, &me](int slot) {
    c.state.unassign(slot);
    ownership::assign(c, slot, me);
  });
  open_slots::settle(c);
  health::update(c);
  c.save_synced();
  bus::broadcast_pong(c, bus::Audience::kAll);
  manual_failover::reset(c);
  c.election.forget();
}

}  // namespace node::cluster::election
