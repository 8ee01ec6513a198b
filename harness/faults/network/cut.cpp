#include "harness/faults/network/cut.h"

#include <algorithm>

#include "harness/core/wait.h"

namespace harness {
namespace {

/// Cluster bus links ping at least every half node timeout, so a cut is felt within seconds.
constexpr std::chrono::seconds kCutPatience(10);

constexpr int kBusOffset = 10'000;  // the servers' own rule, where cluster-port says nothing

struct DropAt {
  std::string host;
  std::unique_ptr<Drop> drop;
};

class CutInForce final : public ActiveFault {
 public:
  CutInForce(std::vector<DropAt> drops, bool by_all, const RunClock& clock)
      : drops_(std::move(drops)), by_all_(by_all), clock_(clock), since_(clock.now()) {}

  bool felt() const {
    const auto dropped = [](const DropAt& at) { return at.drop->packets() > 0; };
    return by_all_ ? std::ranges::all_of(drops_, dropped) : std::ranges::any_of(drops_, dropped);
  }

  /// The kernel listed the rules from the first: any packet that they dropped proves that they were in force.
  bool verify(FaultRecord& record) const {
    if (!felt()) return false;
    record.active = since_;
    record.evidence = evidence();
    record.error.clear();
    return true;
  }

  std::string evidence() const {
    std::string text;
    for (const DropAt& at : drops_)
      text +=
          (text.empty() ? "" : ", ") + std::to_string(at.drop->packets()) + " packets dropped at " + at.host;
    return text;
  }

  void heal(FaultRecord& record) override {
    if (drops_.empty()) return;
    record.heal_requested = clock_.now();
    if (!verify(record)) record.evidence = evidence();
    for (const DropAt& at : drops_) at.drop->remove();  // verified there by listing
    drops_.clear();
    record.healed = clock_.now();
  }

 private:
  std::vector<DropAt> drops_;
  const bool by_all_;
  const RunClock& clock_;
  const Nanos since_;
};

void add_links(const std::vector<Host*>& from, const std::vector<Host*>& to, Effect& effect) {
  for (const Host* sender : from)
    for (const Host* receiver : to) {
      HostLink link{sender->name(), receiver->name()};
      if (std::ranges::find(effect.links, link) == effect.links.end())
        effect.links.push_back(std::move(link));
    }
}

/// Every directed link that the rules drop.
Effect effect_of(const Cut& cut, const FaultRecord& record) {
  Effect effect;
  effect.kind = EffectKind::kCut;
  effect.nodes = record.nodes;
  effect.traffic = cut.traffic;
  effect.excuses.dead_link = true;
  for (const HostCut& at : cut.hosts) {
    add_links(at.deaf_to, {at.host}, effect);
    add_links({at.host}, at.mute_for, effect);
  }
  return effect;
}

int shared_port(const FaultContext& context, const Cut& cut) {
  return cut.port != 0 ? cut.port : port_of(context.cluster.node(0), cut.traffic);
}

}  // namespace

std::unique_ptr<ActiveFault> put_in_force(FaultContext& context, Cut cut, FaultRecord& record) {
  record.effects = {effect_of(cut, record)};
  record.requested = context.clock.now();
  std::vector<DropAt> drops;
  for (const HostCut& at : cut.hosts)
    drops.push_back({at.host->name(), at.host->drop({.from = addresses_of(at.deaf_to),
                                                     .to = addresses_of(at.mute_for),
                                                     .port = shared_port(context, cut)})});
  // In force from now on; the proof comes with the first packet that it drops.
  auto active = std::make_unique<CutInForce>(std::move(drops), cut.felt_by_all, context.clock);
  (void)wait_for(kCutPatience, [&] { return active->felt() || context.stopped(); });
  if (!active->verify(record)) {
    std::vector<std::string> names;
    for (const HostCut& at : cut.hosts) names.push_back(at.host->name());
    record.error = "no packet was dropped on " + joined(names) + ": " + active->evidence();
  }
  return active;
}

Effect dead_connections(const Host& host, const std::vector<Host*>& peers, Traffic traffic,
                        const FaultRecord& record) {
  Effect effect;
  effect.kind = EffectKind::kDegraded;  // whoever connects anew gets through
  effect.nodes = record.nodes;
  effect.traffic = traffic;
  effect.detail = "established connections alone";
  effect.excuses.dead_link = true;
  for (const Host* peer : peers) {
    effect.links.push_back({host.name(), peer->name()});
    effect.links.push_back({peer->name(), host.name()});
  }
  return effect;
}

Traffic traffic_of(const Parameters& with) {
  const std::string text = with.text("port");
  if (text == kPortChoices[1]) return Traffic::kClientPort;
  return text == kPortChoices[2] ? Traffic::kBusPort : Traffic::kAll;
}

int port_of(const Node& node, Traffic traffic) {
  if (traffic == Traffic::kAll) return 0;
  return traffic == Traffic::kClientPort ? node.port() : node.port() + kBusOffset;
}

HostCut cut_at(Host& host, const std::vector<Host*>& others, const Parameters& with) {
  const std::string text = with.text("direction");
  HostCut cut{&host, others, others};
  if (text == kDirectionChoices[1]) cut.mute_for.clear();
  if (text == kDirectionChoices[2]) cut.deaf_to.clear();
  return cut;
}

Host& host_of(FaultContext& context, int node) {
  return const_cast<Host&>(context.cluster.node(node).host());
}

std::vector<int> member_nodes(FaultContext& context) {
  std::vector<int> numbers;
  const Membership intended = context.cluster.membership();
  for (int number = 0; number < context.cluster.size(); ++number)
    if (intended.is_member(number)) numbers.push_back(number);
  return numbers;
}

std::vector<Host*> node_hosts(FaultContext& context) {
  std::vector<Host*> hosts;
  for (int number = 0; number < context.cluster.size(); ++number) hosts.push_back(&host_of(context, number));
  return hosts;
}

std::vector<Host*> everybody_but(FaultContext& context, const std::vector<Host*>& hosts) {
  std::vector<Host*> others = node_hosts(context);
  others.insert(others.end(), context.client_hosts.begin(), context.client_hosts.end());
  std::erase_if(others, [&](Host* host) { return std::ranges::find(hosts, host) != hosts.end(); });
  return others;
}

std::vector<std::string> addresses_of(const std::vector<Host*>& hosts) {
  std::vector<std::string> ips;
  for (const Host* host : hosts) ips.push_back(host->ip());
  return ips;
}

std::vector<std::string> names_of(const std::vector<Host*>& hosts) {
  std::vector<std::string> names;
  for (const Host* host : hosts) names.push_back(host->name());
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace harness
