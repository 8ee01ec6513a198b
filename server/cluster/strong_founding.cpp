// The founding: who the electors are. Each accepts one set, once; it counts when all of its members accepted
// it, so two sets with a member in common never both count. And the dispatch of messages.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/cluster/strong.h"

namespace node::cluster::strong {
namespace {

constexpr Ms kHelloPeriod = 500;

}  // namespace

void Strong::start(Durable durable, bool data_kept, Ms now) {
  durable_ = std::move(durable);
  started_ = now;
  next_attempt_ = next_hello_ = now;
  if (!data_kept && !settings_.defects(Defect::kStrongLifeKept)) new_life();
  if (durable_.life == 0) new_life();
  durable_.grant = std::max(durable_.grant, settings_.grant);
  save();
}

void Strong::new_life() {
  // Drawn, not counted: a nodes.conf that was copied must not make two lives one.
  for (const std::uint64_t before = durable_.life; durable_.life == before;) durable_.life = prng_.next() | 1;
  if (seat_) lose_seat();
  attempt_.reset();
  save();
}

void Strong::join(const NodeId& shard) {
  if (durable_.shard == shard) return;
  durable_.shard = shard;
  new_life();
}

NodeId Strong::shard_of(const NodeId& node) const {
  if (node == me_) return durable_.shard;
  const auto heard = heard_.find(node);
  return heard == heard_.end() ? NodeId{} : heard->second.shard;
}

bool Strong::is_elector(const NodeId& node) const {
  return std::binary_search(durable_.electors.begin(), durable_.electors.end(), node);
}

bool Strong::elector() const {
  return is_elector(me_);
}

void Strong::propose(std::vector<NodeId> masters) {
  if (!durable_.electors.empty() || masters.empty()) return;
  std::sort(masters.begin(), masters.end());
  // Whoever is none of them waits for their word.
  if (!std::binary_search(masters.begin(), masters.end(), me_)) return;
  adopt(masters);
  durable_.shard = me_;
  check_agreement();
}

/// The first record of a shard admits its first master alone, whose data, whatever it is, is what there is.
void Strong::adopt(const std::vector<NodeId>& electors) {
  durable_.electors = electors;
  for (const NodeId& shard : electors) durable_.shards[shard].record.in_sync = {{shard, 0}};
  note(fmt::format("strong mode: {} electors accepted", electors.size()));
  save();
}

void Strong::check_agreement() {
  if (durable_.agreed || durable_.electors.empty()) return;
  const bool all = std::all_of(durable_.electors.begin(), durable_.electors.end(), [this](const NodeId& id) {
    const auto heard = heard_.find(id);
    return id == me_ || (heard != heard_.end() && heard->second.electors == durable_.electors);
  });
  if (!all) return;
  durable_.agreed = true;
  note("strong mode: the electors are agreed upon");
  save();
}

void Strong::say_hello(Ms now) {
  if (now < next_hello_) return;
  next_hello_ = now + kHelloPeriod;
  Message m;
  m.kind = Kind::kHello;
  m.shard = durable_.shard;
  m.life = durable_.life;
  m.epoch = durable_.epoch;
  m.electors = durable_.electors;
  m.flag = durable_.agreed;
  send(NodeId{}, std::move(m));
}

void Strong::on_hello(const NodeId& from, const Message& m) {
  heard_[from] = {m.shard, m.electors};
  // Agreed upon by all of them: there can be no other set that counts.
  if (m.flag && durable_.electors.empty() && !m.electors.empty()) adopt(m.electors);
  if (m.flag && durable_.electors == m.electors && !durable_.agreed) {
    durable_.agreed = true;
    save();
  }
  check_agreement();
}

void Strong::on_message(const NodeId& from, const Message& m, Ms now) {
  hear_epoch(std::max(m.epoch, m.record.version.epoch));
  if (m.kind == Kind::kHello) {
    if (from != me_) on_hello(from, m);
    return;
  }
  if (!founded()) return;
  const bool asks =
      m.kind == Kind::kProbe || m.kind == Kind::kPrepare || m.kind == Kind::kAccept || m.kind == Kind::kRenew;
  if (asks) {
    if (!elector() || !durable_.shards.contains(m.shard)) return;
    if (m.kind == Kind::kProbe) return on_probe(from, m, now);
    if (m.kind == Kind::kPrepare) return on_prepare(from, m, now);
    if (m.kind == Kind::kAccept) return on_accept(from, m);
    return on_renew(from, m, now);
  }
  if (m.shard != durable_.shard) return;
  if (m.kind == Kind::kInvite) return on_invite(m, now);
  if (!is_elector(from)) return;
  if (m.kind == Kind::kStatus) return on_status(from, m, now);
  if (m.kind == Kind::kPromise) return on_promise(from, m, now);
  if (m.kind == Kind::kAccepted) return on_accepted(from, m, now);
  if (m.kind == Kind::kRenewed) return on_renewed(from, m);
  on_refuse(m, now);
}

void Strong::on_tick(Ms now, bool wants_seat, std::int64_t offset, bool yields) {
  say_hello(now);
  if (!founded() || durable_.shard.none()) return;
  if (seat_) {
    if (!yields) renew(now);
    keep_set(now, offset);
    return;
  }
  const bool stands = wants_seat || now < invited_until_;
  if (attempt_ && (!stands || now >= attempt_->ends)) give_up_attempt(now);
  if (stands && !attempt_ && now >= next_attempt_) begin_attempt(now);
}

Output Strong::drain() {
  Output out = std::exchange(output_, {});
  if (std::exchange(dirty_, false)) out.durable = durable_.text();
  return out;
}

void Strong::ask_electors(const Message& message) {
  for (const NodeId& elector : durable_.electors) send(elector, message);
}

void Strong::note(std::string text) {
  output_.events.push_back({Event::Kind::kNote, 0, {}, std::move(text)});
}

void Strong::hear_epoch(std::uint64_t epoch) {
  durable_.epoch = std::max(durable_.epoch, epoch);
}

}  // namespace node::cluster::strong
