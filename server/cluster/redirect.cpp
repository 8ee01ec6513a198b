#include "server/cluster/redirect.h"

#include <fmt/format.h>

namespace node::cluster {
namespace {

Route moved(int slot, const Node* target) {
  return {Route::Kind::kMoved, slot, target};
}

/// A replica may serve what its master owns, to clients that accept stale reads.
bool served_as_replica(const State& state, const Node* owner, bool readonly, bool write) {
  return readonly && !write && state.myself->is_replica() && state.myself->master == owner;
}

std::string endpoint(const Config& config, const Node& node) {
  if (config.preferred_endpoint == EndpointType::kUnknown) return "";
  if (config.preferred_endpoint == EndpointType::kHostname)
    return node.hostname.empty() ? "?" : node.hostname;
  return node.ip;
}

}  // namespace

namespace detail {

KeySurvey survey(std::span<const std::string_view> keys) {
  KeySurvey result;
  result.slot = slot_of(keys[0]);
  for (std::string_view key : keys.subspan(1)) {
    if (key == keys[0]) continue;
    if (slot_of(key) != result.slot) {
      result.crossed = true;
      return result;
    }
    result.many = true;
  }
  return result;
}

Route decide(const State& state, const Config& config, const Request& request, const KeySurvey& keys,
             int missing, int existing) {
  using Kind = Route::Kind;
  const int slot = keys.slot;
  const Node* owner = state.owner[slot];
  if (owner == nullptr) return {Kind::kUnbound, slot, nullptr};
  if (keys.crossed && !config.defects(Defect::kCrossSlotAccepted)) return {Kind::kCrossSlot, slot, nullptr};
  if (!state.ok && (request.write || !config.defects(Defect::kMinorityReads))) {
    if (request.shard_pubsub) {
      if (!config.allow_pubsubshard_when_down) return {Kind::kDown, slot, nullptr};
    } else if (!config.allow_reads_when_down) {
      return {Kind::kDown, slot, nullptr};
    } else if (request.write) {
      return {Kind::kDownReadOnly, slot, nullptr};
    }
  }
  const Node* target = owner == state.myself ? state.migrating_to(slot) : nullptr;
  const bool importing =
      target == nullptr && state.myself->is_master() && state.importing_from(slot) != nullptr;
  if (request.migrate && (target != nullptr || importing)) return {Kind::kExecute, slot, nullptr};
  if (target != nullptr && missing > 0 && !config.defects(Defect::kMigratingKeyServed))
    return existing > 0 ? Route{Kind::kTryAgain, slot, nullptr} : Route{Kind::kAsk, slot, target};
  if (importing && request.asking)
    return keys.many && missing > 0 ? Route{Kind::kTryAgain, slot, nullptr}
                                    : Route{Kind::kExecute, slot, nullptr};
  const bool readonly = request.readonly || request.shard_pubsub || config.defects(Defect::kReplicaAnswers);
  if (owner == state.myself || served_as_replica(state, owner, readonly, request.write))
    return {Kind::kExecute, slot, nullptr};
  return moved(slot, config.defects(Defect::kMovedToItself) ? state.myself : owner);
}

}  // namespace detail

Route route_blocked(const State& state, std::string_view key, bool readonly_client, bool write) {
  const int slot = slot_of(key);
  if (!state.ok) return {Route::Kind::kDown, slot, nullptr};
  const Node* owner = state.owner[slot];
  const bool importing = state.myself->is_master() && state.importing_from(slot) != nullptr;
  if (owner == state.myself || importing || served_as_replica(state, owner, readonly_client, write))
    return {Route::Kind::kExecute, slot, nullptr};
  return owner == nullptr ? Route{Route::Kind::kUnbound, slot, nullptr} : moved(slot, owner);
}

std::string error_text(const Route& route, const Config& config) {
  switch (route.kind) {
    case Route::Kind::kCrossSlot:
      return "CROSSSLOT Keys in request don't hash to the same slot";
    case Route::Kind::kTryAgain:
      return "TRYAGAIN Multiple keys request during rehashing of slot";
    case Route::Kind::kDown:
      return "CLUSTERDOWN The cluster is down";
    case Route::Kind::kDownReadOnly:
      return "CLUSTERDOWN The cluster is down and only accepts read commands";
    case Route::Kind::kUnbound:
      return "CLUSTERDOWN Hash slot not served";
    default:
      break;
  }
  return fmt::format("{} {} {}:{}", route.kind == Route::Kind::kAsk ? "ASK" : "MOVED", route.slot,
                     endpoint(config, *route.target), route.target->port);
}

}  // namespace node::cluster
