#include "harness/faults/partition.h"

#include <algorithm>

#include "harness/core/wait.h"
#include "harness/faults/target.h"

namespace harness {
namespace {

/// Cluster bus links ping at least every half node timeout, so a cut is felt within seconds.
constexpr std::chrono::seconds kPatience(10);

/// The hosts that are cut off, and those they are cut off from.
struct Sides {
  std::vector<Host*> inner;
  std::vector<Host*> outer;
};

std::vector<std::string> addresses(const std::vector<Host*>& hosts) {
  std::vector<std::string> ips;
  for (const Host* host : hosts) ips.push_back(host->ip());
  return ips;
}

std::vector<std::string> names(const std::vector<Host*>& hosts) {
  std::vector<std::string> texts;
  for (const Host* host : hosts) texts.push_back(host->name());
  return texts;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

class Partition final : public ActiveFault {
 public:
  Partition(Sides sides, const RunClock& clock) : sides_(std::move(sides)), clock_(clock) {}
  ~Partition() override {
    if (healed_) return;
    for (Host* host : sides_.inner) {
      try {
        host->undrop();
      } catch (const std::exception& trouble) {
        // Unwinding already: the sandbox takes the rules away with the namespace.
        std::fprintf(stderr, "harness: %s keeps its drop rules: %s\n", host->name().c_str(), trouble.what());
      }
    }
  }

  /// The rules stand on the inner side's hosts alone: there both directions pass.
  void cut(bool one_way) {
    const auto others = addresses(sides_.outer);
    for (Host* host : sides_.inner) host->drop(one_way ? std::vector<std::string>{} : others, others);
  }

  /// Active means that every host that was cut off has lost packets to it.
  bool felt() const {
    return std::ranges::all_of(sides_.inner, [](const Host* host) { return host->dropped_packets() > 0; });
  }

  std::string evidence() const {
    std::string text;
    for (const Host* host : sides_.inner)
      text += (text.empty() ? "" : ", ") + std::to_string(host->dropped_packets()) + " packets dropped at " +
              host->name();
    return text;
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    record.heal_requested = clock_.now();
    record.evidence = evidence();
    for (Host* host : sides_.inner) host->undrop();  // verified there by listing
    healed_ = true;
    record.healed = clock_.now();
  }

 private:
  Sides sides_;
  const RunClock& clock_;
  bool healed_ = false;
};

Host& host_of(FaultContext& context, int node) {
  return const_cast<Host&>(context.cluster.node(node).host());
}

/// Everybody who is not on the inner side.
std::vector<Host*> everybody_else(FaultContext& context, const std::vector<Host*>& inner) {
  std::vector<Host*> outer;
  for (int number = 0; number < context.cluster.size(); ++number) outer.push_back(&host_of(context, number));
  outer.insert(outer.end(), context.client_hosts.begin(), context.client_hosts.end());
  std::erase_if(outer, [&](Host* host) { return std::ranges::find(inner, host) != inner.end(); });
  return outer;
}

/// The clients that go with the minority: the last group, unless it is the only one.
void add_minority_clients(FaultContext& context, std::vector<Host*>& inner) {
  if (context.client_hosts.size() > 1) inner.push_back(context.client_hosts.back());
}

/// Every directed link that the rules drop. The nodes that it acts on are those of the inner side.
Effect cut_effect(const FaultContext& context, const Sides& sides, bool one_way) {
  Effect effect;
  effect.kind = EffectKind::kCut;
  effect.excuses.dead_link = true;
  for (const Host* inner : sides.inner) {
    for (int number = 0; number < context.cluster.size(); ++number)
      if (&context.cluster.node(number).host() == inner) effect.nodes.push_back(number);
    for (const Host* outer : sides.outer) {
      effect.links.push_back({inner->name(), outer->name()});
      if (!one_way) effect.links.push_back({outer->name(), inner->name()});
    }
  }
  return effect;
}

std::unique_ptr<ActiveFault> cut(FaultContext& context, std::vector<Host*> inner, bool one_way,
                                 FaultRecord& record) {
  const Sides sides{inner, everybody_else(context, inner)};
  record.sides = {names(sides.inner), names(sides.outer)};
  record.one_way = one_way;
  record.effects = {cut_effect(context, sides, one_way)};
  record.description =
      (one_way ? "mute " : "cut ") + joined(record.sides[0]) + " | " + joined(record.sides[1]);
  record.requested = context.clock.now();
  auto partition = std::make_unique<Partition>(sides, context.clock);
  partition->cut(one_way);
  // In force from now on; the proof comes with the first packet that it drops.
  const Nanos in_force = context.clock.now();
  if (wait_for(kPatience, [&] { return partition->felt(); })) {
    record.active = in_force;
    record.evidence = partition->evidence();
  } else {
    record.error = "no packet was dropped on " + joined(record.sides[0]);
  }
  return partition;
}

/// Nodes of half the cluster: the target, then replicas first. The masters' majority stays on the other side,
/// with a replica of the target, if it has one: or nobody could take over.
std::vector<int> half_with(FaultContext& context, int target) {
  const Roles roles = context.cluster.look();
  const std::vector<int> masters = roles.masters();
  const std::vector<int> replicas_of_target = roles.replicas_of(target);
  const auto among = [](const std::vector<int>& numbers, int number) {
    return std::ranges::find(numbers, number) != numbers.end();
  };
  std::vector<int> others;
  for (int number = 0; number < context.cluster.size(); ++number)
    if (number != target && !among(replicas_of_target, number)) others.push_back(number);
  context.prng.shuffle(others);
  std::ranges::stable_partition(others, [&](int number) { return !among(masters, number); });

  std::vector<int> half{target};
  std::size_t masters_inside = among(masters, target) ? 1 : 0;
  for (int number : others) {
    if (static_cast<int>(half.size()) == context.cluster.size() / 2) break;
    if (among(masters, number) && 2 * ++masters_inside >= masters.size()) break;
    half.push_back(number);
  }
  return half;
}

}  // namespace

std::unique_ptr<ActiveFault> inject_partition_one(FaultContext& context, const FaultRequest& request,
                                                  FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  return node ? cut(context, {&host_of(context, node->number())}, false, record) : nullptr;
}

std::unique_ptr<ActiveFault> inject_partition_minority(FaultContext& context, const FaultRequest& request,
                                                       FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  std::vector<Host*> inner{&host_of(context, node->number())};
  add_minority_clients(context, inner);
  return cut(context, std::move(inner), false, record);
}

std::unique_ptr<ActiveFault> inject_partition_halves(FaultContext& context, const FaultRequest& request,
                                                     FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.nodes = half_with(context, node->number());
  std::vector<Host*> inner;
  for (int number : record.nodes) inner.push_back(&host_of(context, number));
  add_minority_clients(context, inner);
  return cut(context, std::move(inner), false, record);
}

std::unique_ptr<ActiveFault> inject_partition_one_way(FaultContext& context, const FaultRequest& request,
                                                      FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  return node ? cut(context, {&host_of(context, node->number())}, true, record) : nullptr;
}

}  // namespace harness
