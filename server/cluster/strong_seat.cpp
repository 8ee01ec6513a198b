// The seat of a shard: how a node gets it (probe, prepare, accept), keeps it (leases), and who must have what
// it answers (the in-sync set).
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "server/cluster/strong.h"

namespace node::cluster::strong {
namespace {

constexpr Ms kProbing =
    200;  // how long an answer may take; twice as long after each attempt that had too few
constexpr Ms kVoting = 500;
constexpr int kMostDoublings = 4;
constexpr Ms kRetry = 50;  // and as much again by chance
constexpr Ms kInvitePeriod = 500;
constexpr Ms kInvited = 3000;

Message ask(Kind kind, const NodeId& shard, std::uint64_t epoch) {
  Message m;
  m.kind = kind;
  m.shard = shard;
  m.epoch = epoch;
  return m;
}

}  // namespace

// ---- the candidate ----

void Strong::begin_attempt(Ms now) {
  attempt_ = Attempt{};
  attempt_->began = now;
  attempt_->ends = now + (kProbing << slow_attempts_);
  Message probe = ask(Kind::kProbe, durable_.shard, durable_.epoch);
  probe.sent = now;
  ask_electors(probe);
}

void Strong::give_up_attempt(Ms now) {
  if (now >= attempt_->ends) slow_attempts_ = std::min(slow_attempts_ + 1, kMostDoublings);
  attempt_.reset();
  next_attempt_ = now + kRetry + static_cast<Ms>(prng_.below(kRetry));
}

void Strong::on_status(const NodeId& from, const Message& m, Ms now) {
  if (!attempt_ || attempt_->phase != Attempt::Phase::kProbing || m.sent != attempt_->began) return;
  if (!attempt_->answered.insert(from).second) return;
  if (!m.flag) ++attempt_->free;
  if (m.record.version >= attempt_->best.version) attempt_->best = m.record;
  if (attempt_->answered.size() < majority()) return;
  if (!attempt_->best.admits(self()) && !settings_.defects(Defect::kStrongAnyHeir)) {
    invite(attempt_->best, now);
    return give_up_attempt(now);
  }
  if (attempt_->free >= majority()) return prepare(now);
  if (attempt_->answered.size() == durable_.electors.size()) give_up_attempt(now);
}

/// A node that has not the data cannot take the seat; those who have it may not know that nobody holds it.
void Strong::invite(const Record& record, Ms now) {
  if (now < next_invite_) return;
  next_invite_ = now + kInvitePeriod;
  Message m = ask(Kind::kInvite, durable_.shard, durable_.epoch);
  m.record = record;
  for (const Copy& copy : record.in_sync)
    if (copy.node != me_) send(copy.node, m);
}

void Strong::on_invite(const Message& m, Ms now) {
  if (m.record.admits(self())) invited_until_ = now + kInvited;
}

void Strong::prepare(Ms now) {
  attempt_->phase = Attempt::Phase::kPreparing;
  attempt_->epoch = durable_.epoch = std::max(durable_.epoch, durable_.voted) + 1;
  attempt_->ends = now + (kVoting << slow_attempts_);
  attempt_->answered.clear();
  attempt_->best = {};
  save();  // a ballot is used once
  note(fmt::format("Starting a failover election for epoch {}.", attempt_->epoch));
  ask_electors(ask(Kind::kPrepare, durable_.shard, attempt_->epoch));
}

void Strong::on_promise(const NodeId& from, const Message& m, Ms now) {
  if (!attempt_ || attempt_->phase != Attempt::Phase::kPreparing || m.epoch != attempt_->epoch) return;
  attempt_->answered.insert(from);
  if (m.record.version >= attempt_->best.version) attempt_->best = m.record;
  if (attempt_->answered.size() < majority()) return;
  Record& record = attempt_->best;
  if (!record.admits(self()) && !settings_.defects(Defect::kStrongAnyHeir)) return give_up_attempt(now);
  attempt_->phase = Attempt::Phase::kAccepting;
  attempt_->answered.clear();
  attempt_->displaced = record.master;
  record.version = {attempt_->epoch, 1};
  record.master = me_;
  for (Copy& copy : record.in_sync)
    if (copy.node == me_) copy = self();
  Message accept = ask(Kind::kAccept, durable_.shard, attempt_->epoch);
  accept.record = record;
  ask_electors(accept);
}

void Strong::on_refuse(const Message& m, Ms now) {
  if (seat_ && m.flag && m.epoch > seat_->epoch) return lose_seat();
  if (attempt_ && attempt_->phase != Attempt::Phase::kProbing && m.epoch > attempt_->epoch)
    give_up_attempt(now);
}

void Strong::on_accepted(const NodeId& from, const Message& m, Ms now) {
  if (attempt_ && attempt_->phase == Attempt::Phase::kAccepting &&
      m.record.version == attempt_->best.version) {
    attempt_->answered.insert(from);
    if (attempt_->answered.size() >= majority()) take_seat(now);
    return;
  }
  if (!seat_ || !seat_->proposed || m.record.version != seat_->proposed->version) return;
  seat_->accepted.insert(from);
  if (seat_->accepted.size() < majority()) return;
  seat_->agreed = std::move(*seat_->proposed);
  seat_->proposed.reset();
  note(fmt::format("strong mode: {} copies in sync, epoch {} step {}", seat_->agreed.in_sync.size(),
                   seat_->agreed.version.epoch, seat_->agreed.version.step));
}

void Strong::take_seat(Ms now) {
  Seat seat;
  seat.epoch = attempt_->epoch;
  seat.agreed = attempt_->best;
  seat.displaced = attempt_->displaced;
  for (const Copy& copy : seat.agreed.in_sync)
    if (copy != self()) seat.followers[copy].kept_up = now;
  seat_ = std::move(seat);
  attempt_.reset();
  invited_until_ = 0;
  slow_attempts_ = 0;
  output_.events.push_back({Event::Kind::kSeated, seat_->epoch, me_, {}});
  renew(now);
}

void Strong::resign() {
  attempt_.reset();
  if (seat_) lose_seat();
}

void Strong::lose_seat() {
  const std::uint64_t epoch = seat_->epoch;
  seat_.reset();
  output_.events.push_back({Event::Kind::kDeposed, epoch, me_, {}});
}

// ---- the lease ----

void Strong::renew(Ms now) {
  Message m = ask(Kind::kRenew, durable_.shard, seat_->epoch);
  m.sent = now;
  ask_electors(m);
}

/// Each elector counts from when it granted, which was after we asked: so we count from when we asked. The
/// lease lasts as long as a majority's grants.
void Strong::on_renewed(const NodeId& from, const Message& m) {
  if (!seat_ || m.epoch != seat_->epoch) return;
  const Ms trusted = trusted_part(static_cast<Ms>(m.life));
  const Ms until = m.sent + (settings_.defects(Defect::kStrongLeaseLong) ? trusted * 7 : trusted);
  seat_->trusted[from] = std::max(seat_->trusted[from], until);
  if (seat_->trusted.size() < majority()) return;
  std::vector<Ms> ends;
  for (const auto& [elector, end] : seat_->trusted) ends.push_back(end);
  std::sort(ends.begin(), ends.end(), std::greater<>());
  seat_->lease_until = std::max(seat_->lease_until, ends[majority() - 1]);
}

Ms Strong::lease_left(Ms now) const {
  return seat_ ? std::max<Ms>(0, seat_->lease_until - now) : 0;
}

bool Strong::may_serve(Ms now) const {
  return seat_ && (now < seat_->lease_until || settings_.defects(Defect::kStrongLeaseUnasked));
}

bool Strong::may_answer(std::int64_t offset, Ms now) {
  if (!may_serve(now) || !everybody_has(offset)) return false;
  seat_->answered = std::max(seat_->answered, offset);
  return true;
}

// ---- the in-sync set ----

bool Strong::has(const Record& record, std::int64_t offset) const {
  return std::all_of(record.in_sync.begin(), record.in_sync.end(), [&](const Copy& copy) {
    const auto follower = seat_->followers.find(copy);
    return copy == self() || (follower != seat_->followers.end() && follower->second.applied >= offset);
  });
}

/// While a change is not agreed upon, either set may be the one that an heir is taken from.
bool Strong::everybody_has(std::int64_t offset) const {
  if (settings_.defects(Defect::kStrongAnswerEarly)) return true;
  if (!seat_->proposed) return has(seat_->agreed, offset);
  const bool hasty = settings_.defects(Defect::kStrongRemovalEarly);
  return (hasty || has(seat_->agreed, offset)) && has(*seat_->proposed, offset);
}

void Strong::on_applied(const Copy& copy, std::int64_t offset) {
  if (!seat_ || copy.node == me_ || copy.life == 0) return;
  Follower& follower = seat_->followers[copy];
  follower.connected = true;
  follower.applied = std::max(follower.applied, offset);
}

/// What it applied it still has, as long as its life lasts.
void Strong::on_gone(const Copy& copy) {
  if (!seat_) return;
  const auto follower = seat_->followers.find(copy);
  if (follower != seat_->followers.end()) follower->second.connected = false;
}

void Strong::keep_set(Ms now, std::int64_t offset) {
  for (auto& [copy, follower] : seat_->followers)
    if (follower.connected && follower.applied >= seat_->before) follower.kept_up = now;
  if (seat_->proposed) {
    send_proposal();
  } else if (auto fewer = without_absent(now)) {
    propose_set(std::move(*fewer));
  } else if (auto more = with_newcomer()) {
    propose_set(std::move(*more));
  }
  seat_->before = offset;
}

bool Strong::was_replaced(const Copy& copy) const {
  return std::any_of(seat_->followers.begin(), seat_->followers.end(), [&copy](const auto& entry) {
    return entry.first.node == copy.node && entry.first.life != copy.life && entry.second.connected;
  });
}

bool Strong::absent(const Copy& copy, Ms now) const {
  if (copy == self()) return false;
  const auto follower = seat_->followers.find(copy);
  if (follower == seat_->followers.end() || was_replaced(copy)) return true;
  const Follower& f = follower->second;
  return now - f.kept_up > settings_.patience || (copy.node == seat_->displaced && !f.connected);
}

std::optional<std::vector<Copy>> Strong::without_absent(Ms now) const {
  std::vector<Copy> set = seat_->agreed.in_sync;
  if (std::erase_if(set, [&](const Copy& copy) { return absent(copy, now); }) == 0) return std::nullopt;
  return set;
}

/// It must have all that was ever answered; what comes from now on waits for it.
std::optional<std::vector<Copy>> Strong::with_newcomer() const {
  const std::vector<Copy>& set = seat_->agreed.in_sync;
  const bool hasty = settings_.defects(Defect::kStrongJoinEarly);
  for (const auto& [copy, follower] : seat_->followers) {
    const bool there =
        std::any_of(set.begin(), set.end(), [&node = copy.node](const Copy& c) { return c.node == node; });
    if (there || !follower.connected) continue;
    if (!hasty && (follower.applied < seat_->answered || follower.applied < seat_->before)) continue;
    std::vector<Copy> more = set;
    more.push_back(copy);
    return more;
  }
  return std::nullopt;
}

void Strong::propose_set(std::vector<Copy> in_sync) {
  Record record = seat_->agreed;
  ++record.version.step;
  record.in_sync = std::move(in_sync);
  seat_->proposed = std::move(record);
  seat_->accepted.clear();
  send_proposal();
}

void Strong::send_proposal() {
  Message m = ask(Kind::kAccept, durable_.shard, seat_->epoch);
  m.record = *seat_->proposed;
  for (const NodeId& elector : durable_.electors)
    if (!seat_->accepted.contains(elector)) send(elector, m);
}

}  // namespace node::cluster::strong
