// A subscription to one channel: a connection of its own, on which a node sends messages unasked.
//
// The messages that have come are taken with a PING behind them: whatever the node had sent before its answer
// to that is there. So nothing waits blindly, and silence is told from a dead connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/client/client.h"

namespace harness {

class Subscription {
 public:
  using Words = std::vector<std::string>;
  /// Commands of more than a subscription needs. kOwnId stands for the client id, once CLIENT ID was
  /// answered.
  struct Preparation {
    std::vector<Words> before;  // sent by the connection before it subscribes
    std::vector<Words> beside;  // by another one once it is subscribed, which then stays open as long
  };
  static constexpr std::string_view kOwnId = "{id}";

  enum class Way : std::uint8_t {
    kChannel,  // SUBSCRIBE
    kPattern,  // PSUBSCRIBE with a pattern that fits this channel alone
    kSharded,  // SSUBSCRIBE, which the shard that serves the channel's slot answers
  };
  Subscription(ClientGroup& group, std::string channel, Way way, Preparation preparation = {});

  /// At this node; a redirection is followed once. ok: from now on it is subscribed.
  Task<Answer> open(int node);

  /// How taking ended.
  enum class End {
    kStill,         // it is subscribed still
    kUnsubscribed,  // the node said that it is over
    kClosed,        // the connection broke
    kTimeout,       // no answer to the PING within the operation timeout
  };
  struct Taken {
    std::vector<std::string> messages;  // in order of arrival; of one that is a list, its elements
    bool all = false;                   // a message without content came: CLIENT TRACKING's word for all keys
    End end = End::kStill;
    bool sound = true;  // nothing came that is neither a message nor an answer
  };
  /// REQUIRES: open() was ok, and nothing has ended since.
  Task<Taken> take();

  bool open() const { return open_; }
  int node() const { return node_; }
  const std::string& channel() const { return channel_; }
  Way way() const { return way_; }

 private:
  Task<Answer> subscribe(int node, int& elsewhere);
  Task<Answer> carry_out(Wire& wire, const std::vector<Words>& commands, SteadyTime deadline);
  Answer refused(const redisReply& error, int& elsewhere);
  /// The message of a push for this subscription; null: it is something else.
  const redisReply* message_of(const redisReply& push) const;
  bool take_push(const redisReply& push, Taken& taken) const;
  Task<WireFailure> ping(Wire& wire, Taken& taken) const;

  ClientGroup& group_;
  std::string channel_;
  Way way_;
  Preparation preparation_;
  std::string id_;  // of the connection
  std::unique_ptr<Wire> wire_;
  std::unique_ptr<Wire> beside_;
  int node_ = -1;
  bool open_ = false;
};

}  // namespace harness
