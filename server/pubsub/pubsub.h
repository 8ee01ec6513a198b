/// Who listens to which channel: plain channels, patterns, and shard channels. Knows subscribers, not
/// sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/pubsub/subscriber.h"

namespace node {

class PubSub {
 public:
  enum class Kind { channel, pattern, shard };
  using Wake = std::function<void(Subscriber&)>;

  bool subscribe(Kind kind, Subscriber& session, std::string_view name);
  bool unsubscribe(Kind kind, Subscriber& session, std::string_view name);
  /// Forgets a session that is going away.
  void forget(Subscriber& session);

  /// Appends the message to every listener's output and wakes it; returns how many there were.
  std::size_t publish(std::string_view channel, std::string_view message, bool shard, const Wake& wake);

  /// Names with listeners that match; all without a pattern (an empty one matches the empty name alone).
  std::vector<std::string> active(Kind kind, std::optional<std::string_view> pattern = std::nullopt) const;
  std::size_t listeners(Kind kind, std::string_view name) const;
  std::size_t pattern_count() const { return patterns_.size(); }
  bool any(bool shard) const { return shard ? !shards_.empty() : !channels_.empty() || !patterns_.empty(); }

  /// Pushes sunsubscribe messages for every shard channel for which `gone` holds.
  void drop_shard_channels(const std::function<bool(std::string_view)>& gone, const Wake& wake);

 private:
  using Listeners = std::map<std::string, std::vector<Subscriber*>, std::less<>>;
  Listeners& of(Kind kind) {
    return kind == Kind::channel ? channels_ : kind == Kind::pattern ? patterns_ : shards_;
  }
  const Listeners& of(Kind kind) const { return const_cast<PubSub*>(this)->of(kind); }
  static std::set<std::string, std::less<>>& own(Kind kind, Subscriber& s) {
    return kind == Kind::channel ? s.channels : kind == Kind::pattern ? s.patterns : s.shard_channels;
  }

  Listeners channels_, patterns_, shards_;
};

}  // namespace node
