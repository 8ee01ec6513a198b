#include "server/cluster/sim/strong_world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace node::cluster::sim {
namespace {

constexpr Ms kTick = 50;
constexpr Ms kGone = 300;           // a connection without a word is broken
constexpr std::size_t kChunk = 20;  // entries
constexpr Ms kPatienceOfClients = 1200;
constexpr int kClients = 8;
constexpr int kKeysOfShard = 2;
constexpr double kDrift = 0.1;

std::uint64_t mix(std::uint64_t chain, std::uint64_t word) {
  chain = (chain ^ word) * 0x9e3779b97f4a7c15;
  return chain ^ chain >> 29;
}

}  // namespace

StrongWorld::StrongWorld(std::uint64_t seed, const StrongPlan& plan) : prng_(seed), plan_(plan) {
  settings_.grant = 400;
  settings_.patience = 300 + static_cast<Ms>(prng_.below(400));
  settings_.defects = plan.defects;
  const int copies = 2 + static_cast<int>(prng_.below(2));
  peers_.resize(static_cast<std::size_t>(shards_ * copies));
  for (int i = 0; i < size(); ++i) {
    Peer& p = peer(i);
    p.id = NodeId::from_bytes(prng_.hex(NodeId::kLength));
    p.index = i;
    p.shard = i % shards_;
    p.master = i < shards_;
    p.following = p.master ? -1 : p.shard;
    p.rate = 1 - kDrift + 2 * kDrift * static_cast<double>(prng_.below(1000)) / 1000;
    p.clock_offset = static_cast<Ms>(prng_.below(1'000'000));
    by_id_[p.id] = i;
  }
  for (Peer& p : peers_) start(p);
  std::vector<NodeId> masters;
  for (int i = 0; i < shards_; ++i) masters.push_back(peer(i).id);
  for (Peer& p : peers_) {
    p.strong->propose(masters);
    pump(p);
  }
  clients_.resize(kClients);
  for (int c = 0; c < kClients; ++c)
    schedule(now_ + 1000 + static_cast<Ms>(prng_.below(100)), -1, -1, 0, Think{c, 0});
}

/// Monotonic, fast or slow; set now and then only where that is the mistake that is made.
Ms StrongWorld::clock(const Peer& p) const {
  return p.clock_offset + static_cast<Ms>(static_cast<double>(now_) * p.rate) +
         (plan_.wall_clock ? p.wall_step : 0);
}

void StrongWorld::say(const Peer& p, const std::string& text) const {
  if (plan_.verbose)
    std::printf("%8.3f node %d: %s\n", static_cast<double>(now_ - 1'000'000) / 1000, p.index, text.c_str());
}

void StrongWorld::start(Peer& p) {
  ++p.life;
  p.frozen = p.flush_due = false;
  p.heard = clock(p);
  p.suspects_after = 300 + static_cast<Ms>(prng_.below(900));
  p.strong = std::make_unique<strong::Strong>(p.id, prng_.next());
  p.strong->settings() = settings_;
  p.strong->start(strong::Durable::parse(p.disk).value_or(strong::Durable{}), false, clock(p));
  if (!pump(p)) return;
  say(p, "starts");
  schedule(now_ + static_cast<Ms>(prng_.below(kTick)), p.index, p.index, p.life, Tick{});
}

void StrongWorld::crash(int index) {
  Peer& p = peer(index);
  if (p.strong == nullptr) return;
  say(p, "crashes");
  p.strong.reset();
  p.log.clear();
  p.values.clear();
  p.waiting.clear();
  p.pulled.clear();
}

void StrongWorld::restart(int index) {
  if (!alive(index)) start(peer(index));
}

void StrongWorld::heal() {
  blocked_.clear();
  set_network(0, 0, 3);
  for (int i = 0; i < size(); ++i) {
    freeze(i, false);
    restart(i);
  }
}

// ---- time and messages ----

void StrongWorld::schedule(Ms at, int from, int to, std::uint64_t life, Payload payload) {
  queue_.push({at, ++order_, from, to, life, std::make_shared<const Payload>(std::move(payload))});
}

void StrongWorld::transmit(int from, int to, Payload payload) {
  if (blocked_.contains({from, to}) || prng_.chance(loss_)) return;
  const auto delay = [this] {
    return 1 + static_cast<Ms>(prng_.below(static_cast<std::uint64_t>(spread_) + 1));
  };
  const auto shared = std::make_shared<const Payload>(std::move(payload));
  queue_.push({now_ + delay(), ++order_, from, to, 0, shared});
  // A client's request comes once: its connection is TCP.
  if (from >= 0 && prng_.chance(twice_)) queue_.push({now_ + delay(), ++order_, from, to, 0, shared});
}

void StrongWorld::run_until(Ms then) {
  while (!queue_.empty() && queue_.top().at <= then) {
    const Event event = queue_.top();
    queue_.pop();
    now_ = std::max(now_, event.at);
    fingerprint_ =
        mix(fingerprint_, static_cast<std::uint64_t>(event.at) << 16 ^
                              static_cast<std::uint64_t>(event.to + 1) << 4 ^ event.payload->index());
    handle(event);
  }
  now_ = std::max(now_, then);
}

void StrongWorld::handle(const Event& event) {
  if (const auto* a = std::get_if<Answer>(event.payload.get())) return on_answer(*a);
  if (const auto* t = std::get_if<Think>(event.payload.get())) {
    Client& c = clients_[static_cast<std::size_t>(t->client)];
    if (c.number == t->number) next_operation(t->client);
    return;
  }
  Peer& p = peer(event.to);
  if (p.strong == nullptr || (event.life != 0 && event.life != p.life)) return;
  if (p.frozen) {  // it finds everything when it wakes
    queue_.push({now_ + 20, ++order_, event.from, event.to, p.life, event.payload});
    return;
  }
  if (const auto* m = std::get_if<strong::Message>(event.payload.get())) {
    p.strong->on_message(peer(event.from).id, *m, clock(p));
  } else if (const auto* claim = std::get_if<Claim>(event.payload.get())) {
    on(p, event.from, *claim);
  } else if (const auto* asked = std::get_if<Pull>(event.payload.get())) {
    on(p, event.from, *asked);
  } else if (const auto* chunk = std::get_if<Chunk>(event.payload.get())) {
    on(p, event.from, *chunk);
  } else if (const auto* request = std::get_if<Request>(event.payload.get())) {
    on(p, *request);
  } else if (std::holds_alternative<Flush>(*event.payload)) {
    flush(p);
  } else {
    tick(p);
  }
  if (p.strong != nullptr) pump(p);
}

/// Disk first, then messages: a process may die in between, or between two of the messages.
bool StrongWorld::pump(Peer& p) {
  while (p.strong != nullptr) {
    const strong::Output output = p.strong->drain();
    if (output.empty()) return true;
    if (output.durable) p.disk = *output.durable;
    deliver(p, output);
  }
  return false;
}

void StrongWorld::deliver(Peer& p, const strong::Output& output) {
  for (const strong::Event& event : output.events) on_event(p, event);
  for (const strong::Outgoing& out : output.messages) {
    if (loss_ > 0 && prng_.chance(0.0005)) return crash(p.index);
    if (out.to == p.id) {
      p.strong->on_message(p.id, out.message, clock(p));
    } else if (!out.to.none()) {
      transmit(p.index, by_id_.at(out.to), out.message);
    } else {
      for (int i = 0; i < size(); ++i)
        if (i != p.index) transmit(p.index, i, out.message);
    }
  }
}

void StrongWorld::on_event(Peer& p, const strong::Event& event) {
  using Kind = strong::Event::Kind;
  if (event.kind == Kind::kNote) return say(p, event.text);
  if (event.kind == Kind::kGranted)
    return say(p, "votes for node " + std::to_string(by_id_.at(event.node)) + " in epoch " +
                      std::to_string(event.epoch));
  p.waiting.clear();  // whatever it was about to answer
  p.pulled.clear();
  say(p, (event.kind == Kind::kSeated ? "takes the seat, epoch " : "loses the seat, epoch ") +
             std::to_string(event.epoch));
  if (event.kind != Kind::kSeated) return;
  ++seats_taken_;
  p.master = true;
  p.following = -1;
  p.claim = event.epoch;
}

// ---- the cluster around it ----

void StrongWorld::tick(Peer& p) {
  const Ms now = clock(p);
  for (const auto& [copy, at] : p.pulled)
    if (now - at > kGone) p.strong->on_gone(copy);
  // A master's word travels with its shard, as it does in pings.
  if (!p.master && p.following >= 0) p.strong->join(peer(p.shard).id);
  p.strong->on_tick(now, p.master || now - p.heard > p.suspects_after,
                    static_cast<std::int64_t>(p.log.size()));
  if (p.master)
    for (int i = 0; i < size(); ++i)
      if (i != p.index) transmit(p.index, i, Claim{p.shard, p.claim});
  if (!p.master) pull(p);
  flush_soon(p);
  schedule(now_ + kTick, p.index, p.index, p.life, Tick{});
}

void StrongWorld::on(Peer& p, int from, const Claim& claim) {
  if (claim.shard != p.shard) return;
  if (from == p.following && claim.epoch == p.claim) p.heard = clock(p);
  if (claim.epoch > p.claim) follow(p, from, claim.epoch);
}

void StrongWorld::follow(Peer& p, int master, std::uint64_t claim) {
  p.strong->resign();
  p.master = false;
  p.following = master;
  p.claim = claim;
  p.heard = clock(p);
  p.waiting.clear();
  say(p, "follows node " + std::to_string(master));
}

std::uint64_t StrongWorld::chain_of(const Log& log, std::size_t size) {
  return size == 0 ? 1 : log[size - 1].chain;
}

void StrongWorld::append(Peer& p, int key, std::uint64_t value) {
  const std::uint64_t chain = mix(mix(chain_of(p.log, p.log.size()), static_cast<std::uint64_t>(key)), value);
  p.log.push_back({key, value, chain});
  p.values[key] = value;
}

void StrongWorld::pull(Peer& p) {
  if (p.following < 0) return;
  transmit(p.index, p.following,
           Pull{p.claim, p.log.size(), chain_of(p.log, p.log.size()), p.strong->self()});
}

void StrongWorld::on(Peer& p, int from, const Pull& asked) {
  if (!p.master || !p.strong->seated() || asked.claim != p.claim) return;
  const bool known = asked.size <= p.log.size() && chain_of(p.log, asked.size) == asked.chain;
  Chunk chunk{p.claim, known ? asked.size : 0, asked.chain, !known, {}};
  const std::size_t end = known ? std::min(p.log.size(), asked.size + kChunk) : p.log.size();
  for (std::size_t i = chunk.base; i < end; ++i) chunk.entries.push_back(p.log[i]);
  if (known) {
    p.pulled[asked.copy] = clock(p);
    p.strong->on_applied(asked.copy, static_cast<std::int64_t>(asked.size));
    flush_soon(p);
    if (chunk.entries.empty()) return;
  }
  transmit(p.index, from, std::move(chunk));
}

void StrongWorld::on(Peer& p, int from, const Chunk& chunk) {
  if (p.master || from != p.following || chunk.claim != p.claim) return;
  if (chunk.whole) {
    p.strong->new_life();
    if (!pump(p)) return;
    p.log.clear();
    p.values.clear();
  } else if (chunk.base != p.log.size() || chunk.chain != chain_of(p.log, p.log.size())) {
    return;
  }
  for (const Entry& e : chunk.entries) append(p, e.key, e.value);
  pull(p);
}

// ---- clients ----

void StrongWorld::on(Peer& p, const Request& request) {
  if (!p.master || !p.strong->may_serve(clock(p))) {
    transmit(p.index, -1, Answer{request.client, request.number, false, 0});
    return;
  }
  if (request.write) append(p, request.key, request.value);
  const auto value = p.values.find(request.key);
  p.waiting.push_back({request.client, request.number, static_cast<std::int64_t>(p.log.size()),
                       value == p.values.end() ? Operation::kNothing : value->second});
  flush_soon(p);
}

/// Later than the command, so that a pause may fall between the two.
void StrongWorld::flush_soon(Peer& p) {
  if (p.flush_due || p.waiting.empty()) return;
  p.flush_due = true;
  schedule(now_ + static_cast<Ms>(prng_.below(3)), p.index, p.index, p.life, Flush{});
}

void StrongWorld::flush(Peer& p) {
  p.flush_due = false;
  std::erase_if(p.waiting, [&](const Waiting& w) {
    if (!p.strong->may_answer(w.offset, clock(p))) return false;
    transmit(p.index, -1, Answer{w.client, w.number, true, w.value});
    return true;
  });
}

void StrongWorld::give_up(Client& c) {
  if (c.busy && c.op.write) histories_[c.key].push_back(c.op);  // it may have taken place
  c.busy = false;
}

void StrongWorld::next_operation(int client) {
  Client& c = clients_[static_cast<std::size_t>(client)];
  give_up(c);
  ++c.number;
  if (clients_stopped_) return;
  c.busy = true;
  c.key = static_cast<int>(prng_.below(static_cast<std::uint64_t>(shards_ * kKeysOfShard)));
  c.op = {prng_.chance(0.5), Operation::kNothing, now_, Operation::kNever};
  if (c.op.write) c.op.value = next_value_++;
  // Most ask a node that calls itself master; there may be several, and they may be wrong.
  std::vector<int> candidates;
  for (const Peer& p : peers_)
    if (p.shard == c.key % shards_ && (p.master || prng_.chance(0.1))) candidates.push_back(p.index);
  const int to = candidates.empty() ? c.key % shards_ : candidates[prng_.below(candidates.size())];
  transmit(-1, to, Request{client, c.number, c.key, c.op.write, c.op.value});
  schedule(now_ + kPatienceOfClients, -1, -1, 0, Think{client, c.number});
}

void StrongWorld::on_answer(const Answer& answer) {
  Client& c = clients_[static_cast<std::size_t>(answer.client)];
  if (!c.busy || c.number != answer.number) return;
  c.busy = false;
  if (answer.ok) {
    ++answered_;
    if (!c.op.write) c.op.value = answer.value;
    c.op.completed = now_;
    histories_[c.key].push_back(c.op);
  }
  schedule(now_ + static_cast<Ms>(prng_.below(answer.ok ? 60 : 120)), -1, -1, 0,
           Think{answer.client, c.number});
}

int StrongWorld::serving() {
  int count = 0;
  for (const Peer& p : peers_)
    if (p.strong != nullptr && p.strong->may_serve(clock(p)) &&
        p.strong->may_answer(static_cast<std::int64_t>(p.log.size()), clock(p)))
      ++count;
  return count;
}

}  // namespace node::cluster::sim
