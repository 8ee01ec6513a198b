#include "harness/faults/network/degrade.h"

#include <algorithm>
#include <cstdio>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kProofPatience(2);    // for a frame that felt it
constexpr std::chrono::seconds kFramesPatience(10);  // for a frame that came by at all

std::string words(const WireCounts& counts) {
  std::string text = std::to_string(counts.frames) + " frames came by";
  const auto add = [&](std::uint64_t count, const char* what) {
    if (count > 0) text += ", " + std::to_string(count) + " " + what;
  };
  add(counts.delayed, "held back");
  add(counts.lost, "lost");
  add(counts.duplicated, "doubled");
  add(counts.reordered, "out of order");
  add(counts.corrupted, "damaged");
  add(counts.overflowed, "lost for want of room");
  return text;
}

class DegradeInForce final : public ActiveFault {
 public:
  DegradeInForce(std::unique_ptr<Degradation> degradation, const RunClock& clock)
      : degradation_(std::move(degradation)), clock_(clock) {}

  WireCounts counts() const { return degradation_->counts(); }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    record.heal_requested = clock_.now();
    degradation_->remove();  // verified there by listing
    record.evidence = words(counts());
    healed_ = true;
    record.healed = clock_.now();
  }

 private:
  std::unique_ptr<Degradation> degradation_;
  const RunClock& clock_;
  bool healed_ = false;
};

std::vector<DirectedLink> links_of(const HostCut& ends) {
  std::vector<DirectedLink> links;
  for (const Host* host : ends.deaf_to) links.push_back({host, ends.host});
  for (const Host* host : ends.mute_for) links.push_back({ends.host, host});
  return links;
}

Effect effect_of(const std::vector<DirectedLink>& links, const DegradeRequest& wanted,
                 const FaultRecord& record) {
  Effect effect;
  effect.kind = EffectKind::kDegraded;
  effect.nodes = record.nodes;
  for (const DirectedLink& link : links) effect.links.push_back({link.from->name(), link.to->name()});
  effect.delay_ms = wanted.delay_ms;
  effect.loss_percent = wanted.loss_percent;
  effect.excuses.dead_link = true;
  return effect;
}

}  // namespace

double share_of(const Parameters& with, std::string_view percent) {
  return with.number(percent) / 100;
}

Nanos millis_of(const Parameters& with, std::string_view name) {
  return static_cast<Nanos>(with.number(name) * static_cast<double>(kMillisecond));
}

std::string plain_number(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

std::vector<Host*> peers_of(FaultContext& context, const Host& host, const Parameters& with) {
  const std::string peers = with.text("peers");
  std::vector<Host*> hosts;
  if (peers != kPeersChoices[2]) hosts = node_hosts(context);
  if (peers != kPeersChoices[1])
    hosts.insert(hosts.end(), context.client_hosts.begin(), context.client_hosts.end());
  std::erase(hosts, &host);
  return hosts;
}

std::unique_ptr<ActiveFault> degrade(FaultContext& context, const FaultRequest& request,
                                     const DegradeRequest& wanted, FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  Host& host = host_of(context, node->number());
  const auto links = links_of(cut_at(host, peers_of(context, host, request.with), request.with));
  record.effects = {effect_of(links, wanted, record)};
  record.description = wanted.what + " at " + record.description;
  record.requested = context.clock.now();
  auto active = std::make_unique<DegradeInForce>(
      context.sandbox.degrade(links, wanted.rule, Prng(context.prng.next())), context.clock);
  const Nanos in_force = context.clock.now();
  const auto any = [&](std::uint64_t WireCounts::*count) {
    return [&, count] { return active->counts().*count > 0 || context.stopped(); };
  };
  if (!wait_for(kProofPatience, any(wanted.proof))) (void)wait_for(kFramesPatience, any(&WireCounts::frames));
  if (active->counts().frames > 0) {
    record.active = in_force;
    record.evidence = words(active->counts());
  } else {
    record.error = "no frame came by on the links of " + node->name();
  }
  return active;
}

}  // namespace harness
