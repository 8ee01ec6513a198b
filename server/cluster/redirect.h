// Where a command belongs: here, or MOVED, ASK, CROSSSLOT, TRYAGAIN, CLUSTERDOWN.
// Source of the rules: Redis Cluster specification, "Redirection and resharding".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/cluster/host.h"
#include "server/cluster/state.h"

namespace node::cluster {

/// A command (or all commands of a transaction, keys and flags merged) and its client, as routing sees them.
struct Request {
  std::span<const std::string_view> keys;  // channels, for the sharded pub/sub commands
  bool write = false;                      // the command (or one of the transaction) is a write
  bool asking = false;                     // client said ASKING, or the command implies it (RESTORE-ASKING)
  bool readonly = false;                   // client said READONLY
  bool shard_pubsub = false;
  bool migrate = false;  // MIGRATE itself
};

struct Route {
  enum class Kind { kExecute, kMoved, kAsk, kCrossSlot, kTryAgain, kDown, kDownReadOnly, kUnbound };
  Kind kind = Kind::kExecute;
  int slot = -1;                 // -1: no keys
  const Node* target = nullptr;  // kMoved, kAsk
};

/// key_exists(key) is called only for slots that are being migrated or imported.
template <typename KeyExists>
Route route(const State& state, const Config& config, const Request& request, KeyExists key_exists);

/// For a client blocked on a key: kExecute while it may go on waiting.
Route route_blocked(const State& state, std::string_view key, bool readonly_client, bool write);

/// The whole error line without '-' and line end ("MOVED 42 10.0.0.1:6379"). REQUIRES: not kExecute.
std::string error_text(const Route& route, const Config& config);

// ---- implementation of the template ----

namespace detail {
struct KeySurvey {
  bool any = false, many = false, crossed = false;
  int slot = -1;
};
KeySurvey survey(std::span<const std::string_view> keys);
Route decide(const State& state, const Config& config, const Request& request, const KeySurvey& keys,
             int missing, int existing);
}  // namespace detail

template <typename KeyExists>
Route route(const State& state, const Config& config, const Request& request, KeyExists key_exists) {
  if (request.keys.empty()) return {};
  const detail::KeySurvey keys = detail::survey(request.keys);
  int missing = 0, existing = 0;
  const bool moving =
      !(state.migrating.empty() && state.importing.empty()) && !keys.crossed && !request.shard_pubsub &&
      (state.migrating_to(keys.slot) != nullptr || state.importing_from(keys.slot) != nullptr);
  if (moving)
    for (std::string_view key : request.keys) ++(key_exists(key) ? existing : missing);
  return detail::decide(state, config, request, keys, missing, existing);
}

}  // namespace node::cluster
