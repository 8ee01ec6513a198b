/// Client-side caching (CLIENT TRACKING): which client may hold which key in a cache of its own, and who is
/// told when a key changes. By default a client is told of keys that it has read; with BCAST of all keys that
/// begin with one of its prefixes. The memory is bounded: when too many keys are remembered some are
/// forgotten, by telling their readers that they changed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/keyspace/hash.h"
#include "server/pubsub/subscriber.h"

namespace node {

class Tracking {
 public:
  struct Clients {
    std::function<Subscriber*(std::uint64_t id)> find;
    std::function<void(Subscriber&)> wake;
  };
  explicit Tracking(Clients clients) : clients_(std::move(clients)) {}

  bool active() const { return !sessions_.empty() || !readers_.empty(); }
  std::size_t sessions() const { return sessions_.size(); }
  std::size_t keys() const { return readers_.size(); }
  std::size_t items() const { return items_; }
  std::size_t prefixes() const { return prefixes_.size(); }

  /// Turns it on as `mode` says; again: changes the mode and adds the prefixes.
  void enable(Subscriber& session, TrackingMode mode);
  void disable(Subscriber& session);

  /// The session has read the key.
  void remember(Subscriber& session, std::string_view key);
  /// The key changed, or went. `by`: whose command runs; null when nobody's.
  void invalidate(std::string_view key, Subscriber* by);
  void invalidate_all(Subscriber* by);
  /// What the running command's own client is to be told, once it has its reply.
  void tell_pending(Subscriber& session);
  /// What was gathered for prefixes, once a turn of the event loop.
  void tell_prefixes();
  /// Forgets readers until at most so many keys are remembered.
  void limit(std::size_t keys, Random& rng);

 private:
  struct Prefix {
    std::vector<std::uint64_t> sessions;
    std::map<std::string, std::uint64_t> changed;  ///< key and who changed it (0: nobody)
  };
  void gather(std::string_view key, Subscriber* by);
  /// `keys`: a whole RESP value, as the push carries it.
  void send(Subscriber& session, std::string_view keys);
  void forget_readers(const std::string& key, Subscriber* by);

  Clients clients_;
  std::vector<std::uint64_t> sessions_;
  std::unordered_map<std::string, std::vector<std::uint64_t>> readers_;
  std::size_t items_ = 0;
  std::map<std::string, Prefix, std::less<>> prefixes_;
  std::vector<std::string> pending_;  ///< keys for the client whose command runs
  bool pending_all_ = false;
};

}  // namespace node
