/// A client as publish/subscribe and tracking see it: what it listens to, and where messages for it go.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/resp/writer.h"

namespace node {

/// CLIENT TRACKING of a client.
struct TrackingMode {
  bool broadcast = false, opt_in = false, opt_out = false, no_loop = false;
  bool caching = false;  ///< CLIENT CACHING came: the next command counts, or does not
  bool broken_redirect = false;
  std::uint64_t redirect = 0;  ///< the client that is told instead; 0: itself
  std::vector<std::string> prefixes;
};

struct Subscriber {
  std::uint64_t id = 0;
  Writer out;
  std::set<std::string, std::less<>> channels, patterns, shard_channels;
  std::unique_ptr<TrackingMode> tracking;  ///< null: off

  std::size_t subscriptions() const { return channels.size() + patterns.size(); }
  bool subscribed() const { return subscriptions() + shard_channels.size() > 0; }
};

}  // namespace node
