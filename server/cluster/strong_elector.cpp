// The elector: it promises, it keeps records, it grants leases. Every promise and every record is on disk
// before anybody hears of it; leases are not, so that after a start it promises nothing for as long as one
// may last.
#include "server/cluster/strong.h"

namespace node::cluster::strong {
namespace {

constexpr Ms kCourtesy = 200;

}  // namespace

Message Strong::about(Kind kind, const NodeId& shard) const {
  const Elected& e = durable_.shards.at(shard);
  Message m;
  m.kind = kind;
  m.shard = shard;
  m.epoch = e.promised;
  m.record = e.record;
  return m;
}

/// To somebody else than the asker: whoever asks while its own lease lasts has started anew, and its old life
/// answers nobody.
bool Strong::leased(const NodeId& shard, const NodeId& asker, Ms now) const {
  if (settings_.defects(Defect::kStrongLeaseIgnored)) return false;
  if (now - started_ < durable_.grant) return true;
  const auto lease = leases_.find(shard);
  return lease != leases_.end() && lease->second.holder != asker && now < lease->second.until;
}

void Strong::refuse(const NodeId& to, const NodeId& shard) {
  Message no = about(Kind::kRefuse, shard);
  no.flag = true;
  send(to, std::move(no));
}

void Strong::on_probe(const NodeId& from, const Message& m, Ms now) {
  Message status = about(Kind::kStatus, m.shard);
  status.flag = leased(m.shard, from, now);
  status.sent = m.sent;
  status.epoch = std::max(durable_.voted, durable_.epoch);
  send(from, std::move(status));
}

void Strong::on_prepare(const NodeId& from, const Message& m, Ms now) {
  Elected& e = durable_.shards.at(m.shard);
  const bool again = e.promised == m.epoch && e.candidate == from;
  if (!again) {
    if (leased(m.shard, from, now)) return;
    if (m.epoch <= durable_.voted || m.epoch <= e.promised) {
      Message no = about(Kind::kRefuse, m.shard);
      no.epoch = std::max(durable_.voted, e.promised);
      return send(from, std::move(no));
    }
    e.promised = durable_.voted = m.epoch;
    e.candidate = from;
    if (!settings_.defects(Defect::kStrongPromiseUnsaved)) save();
    // A while to take the seat in: candidates that depose each other would get nowhere.
    leases_[m.shard] = {from, now + kCourtesy};
    output_.events.push_back({Event::Kind::kGranted, m.epoch, from, {}});
  }
  Message promise = about(Kind::kPromise, m.shard);
  promise.epoch = m.epoch;
  send(from, std::move(promise));
}

void Strong::on_accept(const NodeId& from, const Message& m) {
  Elected& e = durable_.shards.at(m.shard);
  const Version version = m.record.version;
  if (version.epoch < e.promised) return refuse(from, m.shard);
  if (version > e.record.version) {
    e.promised = version.epoch;
    e.candidate = from;
    e.record = m.record;
    durable_.voted = std::max(durable_.voted, version.epoch);
    if (!settings_.defects(Defect::kStrongPromiseUnsaved)) save();
  } else if (version < e.record.version) {
    return;  // late
  }
  Message done = about(Kind::kAccepted, m.shard);
  done.epoch = version.epoch;
  send(from, std::move(done));
}

void Strong::on_renew(const NodeId& from, const Message& m, Ms now) {
  Elected& e = durable_.shards.at(m.shard);
  if (m.epoch < e.promised) return refuse(from, m.shard);
  // A ballot that was won without this elector.
  if (m.epoch > e.promised) {
    e.promised = m.epoch;
    e.candidate = from;
    durable_.voted = std::max(durable_.voted, m.epoch);
    save();
  }
  leases_[m.shard] = {from, now + durable_.grant};
  Message renewed = m;
  renewed.life = static_cast<std::uint64_t>(durable_.grant);
  renewed.kind = Kind::kRenewed;
  send(from, std::move(renewed));
}

}  // namespace node::cluster::strong
