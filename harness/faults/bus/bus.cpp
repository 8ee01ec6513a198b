#include "harness/faults/bus/bus.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kProofPatience(2);  // for a message that felt it, or came by

BusTypeSet types_of(const Parameters& with) {
  std::string problem;  // told before anything began
  return bus_types_of(with.json().at("type"), problem);
}

class BusFaultInForce final : public ActiveFault {
 public:
  BusFaultInForce(std::unique_ptr<BusRuleInForce> rule, const BusTypeSet& types, const RunClock& clock)
      : rule_(std::move(rule)), types_(types), clock_(clock) {}

  BusRuleCounts counts() const { return rule_->counts(); }
  std::string evidence() const {
    const BusRuleCounts counts = rule_->counts();
    return std::to_string(counts.seen) + " messages came by, " + std::to_string(counts.matched) +
           " of type " + words_of(types_) + ", " + std::to_string(counts.acted) + " acted on";
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    record.heal_requested = clock_.now();
    rule_->remove();  // verified there: nothing is held back any more
    record.evidence = evidence();
    if (rule_->counts().acted == 0 && record.error.empty()) {
      // What nobody felt has not taken effect.
      record.active = kNever;
      record.error = "no message of type " + words_of(types_) + " passed while it was in force";
    }
    healed_ = true;
    record.healed = clock_.now();
  }

 private:
  std::unique_ptr<BusRuleInForce> rule_;
  const BusTypeSet types_;
  const RunClock& clock_;
  bool healed_ = false;
};

struct Aim {
  std::vector<int> senders, receivers;
  bool both_ways = false;
  std::vector<int> nodes;  // that were named
  std::string description;
};

std::vector<int> numbers_of(const std::vector<Node*>& nodes) {
  std::vector<int> numbers;
  for (const Node* node : nodes) numbers.push_back(node->number());
  return numbers;
}

std::string names_of(FaultContext& context, const std::vector<int>& nodes) {
  std::string names;
  for (const int node : nodes) names += (names.empty() ? "" : " ") + context.cluster.node(node).name();
  return names;
}

std::vector<int> everybody(const FaultContext& context) {
  std::vector<int> nodes;
  for (int node = 0; node < context.cluster.size(); ++node) nodes.push_back(node);
  return nodes;
}

/// Nobody, with the reason in the record's error, when there is no such node.
std::vector<int> named(FaultContext& context, std::string_view target, FaultRecord& record) {
  const TargetNodes aim = resolve_target(context, target);
  if (aim.nodes.empty()) record.error = aim.problem;
  return numbers_of(aim.nodes);
}

Aim aim_between(FaultContext& context, const Parameters& with, FaultRecord& record) {
  Aim aim;
  aim.senders = with.has("from") ? named(context, with.text("from"), record) : everybody(context);
  aim.receivers = with.has("to") ? named(context, with.text("to"), record) : everybody(context);
  if (with.has("from")) {
    aim.nodes = aim.senders;
    aim.description = " from " + names_of(context, aim.senders);
  }
  if (with.has("to")) {
    for (const int node : aim.receivers)
      if (std::ranges::find(aim.nodes, node) == aim.nodes.end()) aim.nodes.push_back(node);
    aim.description += " to " + names_of(context, aim.receivers);
  }
  return aim;
}

Aim aim_at_target(FaultContext& context, const FaultRequest& request, FaultRecord& record) {
  Aim aim;
  aim.nodes = named(context, request.target, record);
  const std::string direction = request.with.text("direction");
  aim.senders = direction == kDirectionChoices[1] ? everybody(context) : aim.nodes;
  aim.receivers = direction == kDirectionChoices[1] ? aim.nodes : everybody(context);
  aim.both_ways = direction == kDirectionChoices[0];
  aim.description = " at " + names_of(context, aim.nodes);
  return aim;
}

std::vector<BusLink> links_of(FaultContext& context, const Aim& aim) {
  std::vector<BusLink> links;
  const auto add = [&](int from, int to) {
    BusLink link{host_of(context, from).name(), host_of(context, to).name()};
    if (from != to && std::ranges::find(links, link) == links.end()) links.push_back(std::move(link));
  };
  for (const int from : aim.senders)
    for (const int to : aim.receivers) {
      add(from, to);
      if (aim.both_ways) add(to, from);
    }
  return links;
}

Effect effect_of(const std::vector<BusLink>& links, const BusTypeSet& types, const BusFaultRequest& wanted,
                 const FaultRecord& record) {
  Effect effect;
  effect.kind = EffectKind::kBus;
  effect.nodes = record.nodes;
  for (const BusLink& link : links) effect.links.push_back({link.from, link.to});
  effect.traffic = Traffic::kBusPort;
  effect.delay_ms = to_ms(wanted.delay);
  effect.loss_percent = wanted.loss_percent;
  effect.detail = wanted.what + " " + words_of(types);
  effect.excuses.dead_link = true;  // a failover that it causes ends links
  return effect;
}

}  // namespace

std::string problem_with_bus(const Parameters& with) {
  std::string problem;
  bus_types_of(with.json().at("type"), problem);
  return problem;
}

std::unique_ptr<ActiveFault> act_on_bus(FaultContext& context, const FaultRequest& request,
                                        const BusFaultRequest& wanted, FaultRecord& record) {
  const Parameters& with = request.with;
  record.requested = context.clock.now();
  record.description = wanted.what;
  if (!context.bus) {
    record.error = "the run has no bus path";
    return nullptr;
  }
  const bool between = with.has("from") || with.has("to");
  const Aim aim = between ? aim_between(context, with, record) : aim_at_target(context, request, record);
  BusRule rule;
  rule.act = wanted.act;
  rule.types = types_of(with);
  rule.links = links_of(context, aim);
  rule.count = static_cast<std::uint64_t>(with.integer("count"));
  rule.delay = wanted.delay;
  record.nodes = aim.nodes;
  record.description = wanted.what + " " + words_of(rule.types) + aim.description;
  if (rule.links.empty() && record.error.empty()) record.error = "there is no link between these nodes";
  if (!record.error.empty()) return nullptr;
  record.effects = {effect_of(rule.links, rule.types, wanted, record)};
  record.requested = context.clock.now();
  auto active = std::make_unique<BusFaultInForce>(context.bus->apply(rule), rule.types, context.clock);
  const Nanos in_force = context.clock.now();
  // Of rare types one may come only when something else happens, and to a dead node none comes at all: the
  // proof is asked for when it ends.
  const bool frequent = rule.types.holds(BusType::kPing) || rule.types.holds(BusType::kPong);
  const auto proof = frequent ? &BusRuleCounts::acted : &BusRuleCounts::seen;
  (void)wait_for(kProofPatience, [&] { return active->counts().*proof > 0 || context.stopped(); });
  record.evidence = active->evidence();
  record.active = in_force;
  return active;
}

}  // namespace harness
