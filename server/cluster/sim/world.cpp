#include "server/cluster/sim/world.h"

#include <algorithm>

namespace node::cluster::sim {
namespace {

constexpr Ms kRetransmission = 200;        // what a lost segment costs
constexpr Ms kConnectTimeout = 3000;       // a connection attempt that nobody answers
constexpr std::int64_t kOffsetStep = 100;  // stream bytes a serving master produces per tick
constexpr int kStructureCheckPeriod = 256;

}  // namespace

World::World(std::uint64_t seed, int nodes, Config config) : prng_(seed), config_(std::move(config)) {
  for (int i = 0; i < nodes; ++i) {
    auto n = std::make_unique<SimNode>();
    n->index = i;
    n->ip = "10.0.0." + std::to_string(i + 1);
    nodes_.push_back(std::move(n));
    start(*nodes_.back());
  }
}

void World::start(SimNode& n) {
  ++n.life;
  n.frozen = n.paused_writes = false;
  n.following.clear();
  n.host.view = ReplicaView{};
  Config config = config_;
  config.announce_ip = n.ip;
  n.cluster = std::make_unique<Cluster>(config, n.host, prng_.next(), now_);
  n.cluster->load(n.file, now_);
  n.id = n.cluster->state().myself->id;
  drain(n);
  schedule(
      {now_ + static_cast<Ms>(prng_.below(Cluster::kTickMs)), 0, Kind::kTick, n.index, n.life, 0, 0, {}});
}

void World::schedule(Event event) {
  event.order = ++order_;
  queue_.push(std::move(event));
}

void World::run_until(Ms then) {
  while (!queue_.empty() && queue_.top().at <= then && !watch_.violation()) {
    Event event =
        std::move(const_cast<Event&>(queue_.top()));  // popped right after: the order is not disturbed
    queue_.pop();
    now_ = std::max(now_, event.at);
    ++processed_;
    mix(static_cast<std::uint64_t>(event.at) << 20 ^ static_cast<std::uint64_t>(event.node) << 8 ^
        static_cast<std::uint64_t>(event.kind) ^ event.bytes.size() << 32);
    handle(event);
  }
  now_ = std::max(now_, then);
}

void World::handle(Event& event) {
  if (event.kind == Kind::kConnect) return establish(event.connection);
  if (event.kind == Kind::kTick) {
    SimNode& n = node(event.node);
    if (!n.alive() || n.life != event.life) return;
    if (!n.frozen) tick(n);
    event.at = now_ + Cluster::kTickMs;
    return schedule(std::move(event));
  }
  const auto it = connections_.find(event.connection);
  if (it == connections_.end()) return;
  End& end = it->second.ends[event.end];
  if (!end.open || !reachable(end)) return;
  SimNode& n = node(end.node);
  if (n.frozen) {  // the kernel keeps it for later
    event.at = now_ + Cluster::kTickMs;
    return schedule(std::move(event));
  }
  const LinkId link = end.link;
  switch (event.kind) {
    case Kind::kUp:
      n.cluster->on_link_up(link, n.ip, now_);
      break;
    case Kind::kBytes:
      n.cluster->on_bytes(link, event.bytes, now_);
      break;
    case Kind::kDown:
      end.open = false;
      by_link_.erase({end.node, link});
      n.cluster->on_link_down(link, now_);
      break;
    default:
      break;
  }
  drain(n);
}

void World::tick(SimNode& n) {
  replicate(n);
  n.cluster->on_tick(now_);
  drain(n);
  if (n.alive() && processed_ % kStructureCheckPeriod == 0)
    if (auto wrong = check_structure(n.cluster->state())) watch_.observe_failure(*wrong);
}

/// A stand-in for replication: a master that serves produces stream, a replica that reaches its master has
/// all of it.
void World::replicate(SimNode& n) {
  const State& state = n.cluster->state();
  if (state.myself->is_master()) {
    if (state.ok && state.myself->slot_count > 0 && !n.paused_writes) n.host.offset += kOffsetStep;
    return;
  }
  SimNode* master = n.following.empty() ? nullptr : by_ip(n.following);
  const bool up = master != nullptr && master->alive() && !master->frozen &&
                  !blocked(n.index, master->index) && !blocked(master->index, n.index) &&
                  master->cluster->state().myself->is_master();
  if (up) {
    if (prng_.chance(0.9)) n.host.offset = master->host.offset;
    n.host.view.connected = true;
    n.host.view.last_interaction = now_;
  } else if (n.host.view.connected) {
    n.host.view.connected = false;
    n.host.view.down_since = now_;
  }
}

void World::drain(SimNode& n) {
  const Actions actions = n.cluster->drain(now_);
  for (const Action& action : actions) {
    const auto doom = doomed_.find(n.index);
    if (doom != doomed_.end() && doom->second.first-- == 0) {
      const bool power_cut = doom->second.second;
      doomed_.erase(doom);
      return drop_process(n, power_cut);
    }
    perform(n, action);
  }
  watch_.observe(n.cluster->state());
}

void World::perform(SimNode& n, const Action& action) {
  if (const auto* a = std::get_if<Send>(&action)) return send(n, *a);
  if (const auto* a = std::get_if<Connect>(&action)) return connect(n, *a);
  if (const auto* a = std::get_if<Close>(&action)) {
    const auto it = by_link_.find({n.index, a->link});
    if (it != by_link_.end()) close_end(it->second.first, it->second.second, delay());
  } else if (const auto* p = std::get_if<Persist>(&action)) {
    n.file = p->text;
    if (!p->fsync) return;
    n.synced_file = p->text;
    n.durable = read_durable(p->text);
  } else if (std::holds_alternative<BecomeMaster>(action)) {
    n.following.clear();
    n.host.view = ReplicaView{};
  } else if (const auto* r = std::get_if<ReplicateFrom>(&action)) {
    n.following = r->ip;
    n.host.view.has_master = true;
    n.host.view.connected = false;
    n.host.view.down_since = now_;
  } else if (std::holds_alternative<PauseWrites>(action)) {
    n.paused_writes = true;
  } else if (std::holds_alternative<ResumeWrites>(action)) {
    n.paused_writes = false;
  } else if (const auto* d = std::get_if<DeleteKeysInSlot>(&action)) {
    n.host.slots_with_keys.erase(d->slot);
  } else if (const auto* l = std::get_if<Log>(&action)) {
    if (on_log) on_log(now_, n.index, l->text);
  }
}

void World::connect(SimNode& n, const Connect& action) {
  const std::uint64_t id = next_connection_++;
  Connection connection;
  connection.ends[0] = {n.index, action.link, n.life, true, now_, {}};
  SimNode* target = by_ip(action.ip);
  connection.ends[1].node = target == nullptr ? -1 : target->index;
  connections_[id] = std::move(connection);
  by_link_[{n.index, action.link}] = {id, 0};
  schedule({now_ + delay(), 0, Kind::kConnect, n.index, n.life, id, 0, {}});
}

void World::establish(std::uint64_t id) {
  const auto it = connections_.find(id);
  if (it == connections_.end() || !it->second.ends[0].open) return;
  Connection& c = it->second;
  const int from = c.ends[0].node, to = c.ends[1].node;
  if (to < 0 || !node(to).alive()) return close_end(id, 1, delay());  // refused
  if (blocked(from, to) || blocked(to, from)) {                       // no answer
    schedule({now_ + kConnectTimeout, 0, Kind::kDown, from, 0, id, 0, {}});
    return;
  }
  SimNode& target = node(to);
  c.established = true;
  c.ends[1] = {to, target.cluster->on_accept(node(from).ip, target.ip, now_), target.life, true, now_, {}};
  by_link_[{to, c.ends[1].link}] = {id, 1};
  c.ends[0].last_arrival = now_ + delay();
  schedule({c.ends[0].last_arrival, 0, Kind::kUp, from, 0, id, 0, {}});
}

void World::send(SimNode& n, const Send& action) {
  const auto it = by_link_.find({n.index, action.link});
  if (it == by_link_.end()) return;
  const auto [id, end] = it->second;
  const int to = connections_[id].ends[1 - end].node;
  watch_.on_send(action.bytes, n.durable, to < 0 ? NodeId{} : node(to).id);
  transmit(id, 1 - end, action.bytes);
}

void World::transmit(std::uint64_t id, int end, std::string bytes) {
  End& to = connections_[id].ends[end];
  const int from = connections_[id].ends[1 - end].node;
  if (!to.open) return;
  if (blocked(from, to.node)) {
    to.held.push_back(std::move(bytes));
    return;
  }
  to.last_arrival = std::max(to.last_arrival, now_ + delay());
  schedule({to.last_arrival, 0, Kind::kBytes, to.node, 0, id, end, std::move(bytes)});
}

/// This end is gone; the other hears of it after `notice`, unless the way to it is blocked.
void World::close_end(std::uint64_t id, int end, Ms notice) {
  Connection& c = connections_[id];
  End& gone = c.ends[end];
  End& other = c.ends[1 - end];
  gone.open = false;
  if (gone.node >= 0) by_link_.erase({gone.node, gone.link});
  if (!other.open) {
    connections_.erase(id);
    return;
  }
  other.held.clear();
  other.last_arrival = std::max(other.last_arrival, now_ + notice);
  const Ms extra = gone.node >= 0 && blocked(gone.node, other.node) ? kConnectTimeout : 0;
  schedule({other.last_arrival + extra, 0, Kind::kDown, other.node, 0, id, 1 - end, {}});
}

Reply World::command(int index, std::string_view words) {
  std::vector<std::string_view> argv{"cluster"};
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    argv.push_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  SimNode& n = node(index);
  Reply reply = n.cluster->command(argv, now_);
  if (argv.back() == "takeover" && !reply.is_error()) watch_.on_takeover(n.id);
  drain(n);
  return reply;
}

void World::drop_process(SimNode& n, bool power_cut) {
  n.cluster.reset();
  if (power_cut) {
    n.file = n.synced_file;
    watch_.on_power_cut(n.id, n.durable);
  }
  std::vector<std::pair<std::uint64_t, int>> mine;
  for (const auto& [key, where] : by_link_)
    if (key.first == n.index) mine.push_back(where);
  for (const auto& [id, end] : mine) close_end(id, end, delay());
}

void World::crash(int index, bool power_cut) {
  if (node(index).alive()) drop_process(node(index), power_cut);
}

void World::crash_within_actions(int index, bool power_cut) {
  doomed_[index] = {static_cast<int>(prng_.below(4)), power_cut};
}

void World::restart(int index) {
  if (!node(index).alive()) start(node(index));
}

void World::freeze(int index, bool frozen) {
  node(index).frozen = frozen;
}

void World::block(int from, int to, bool blocked) {
  if (blocked) {
    blocked_.insert({from, to});
    return;
  }
  blocked_.erase({from, to});
  for (auto& [id, c] : connections_)
    for (int end : {0, 1}) {
      if (c.ends[end].node != to || c.ends[1 - end].node != from) continue;
      for (std::string& bytes : std::exchange(c.ends[end].held, {})) transmit(id, end, std::move(bytes));
    }
}

void World::break_connections(int a, int b) {
  std::vector<std::uint64_t> broken;
  for (const auto& [id, c] : connections_)
    if ((c.ends[0].node == a && c.ends[1].node == b) || (c.ends[0].node == b && c.ends[1].node == a))
      broken.push_back(id);
  for (std::uint64_t id : broken)
    for (int end : {0, 1}) {
      End& e = connections_[id].ends[end];
      e.held.clear();
      if (e.open) schedule({now_, 0, Kind::kDown, e.node, 0, id, end, {}});
    }
}

void World::heal_network() {
  for (const auto& [from, to] : std::set(blocked_)) block(from, to, false);
  set_delays(1, 3, 0);
  doomed_.clear();
}

std::vector<const State*> World::states() const {
  std::vector<const State*> all;
  for (const auto& n : nodes_)
    if (n->alive()) all.push_back(&n->cluster->state());
  return all;
}

bool World::reachable(const End& end) const {
  return end.node >= 0 && nodes_[end.node]->alive() && nodes_[end.node]->life == end.life;
}

Ms World::delay() {
  Ms total = delay_least_ + static_cast<Ms>(prng_.below(static_cast<std::uint64_t>(delay_spread_) + 1));
  while (loss_ > 0 && prng_.chance(loss_)) total += kRetransmission;
  return total;
}

SimNode* World::by_ip(std::string_view ip) {
  const auto it = std::find_if(nodes_.begin(), nodes_.end(), [ip](const auto& n) { return n->ip == ip; });
  return it == nodes_.end() ? nullptr : it->get();
}

}  // namespace node::cluster::sim
