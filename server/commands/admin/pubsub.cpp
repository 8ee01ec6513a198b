/// Publish and subscribe, plain and sharded.
#include "server/commands/admin/handlers.h"

namespace node {

namespace {

struct Words {
  PubSub::Kind kind;
  std::string_view on, off;
};
constexpr Words kPlain{PubSub::Kind::channel, "subscribe", "unsubscribe"};
constexpr Words kPattern{PubSub::Kind::pattern, "psubscribe", "punsubscribe"};
constexpr Words kShard{PubSub::Kind::shard, "ssubscribe", "sunsubscribe"};

std::int64_t count_of(const Session& s, PubSub::Kind kind) {
  return static_cast<std::int64_t>(kind == PubSub::Kind::shard ? s.shard_channels.size() : s.subscriptions());
}

void subscribe(Call& c, const Words& w) {
  if (c.client.executing && c.reply.resp() == 2)
    return c.error("ERR " + std::string(w.on) + " is not allowed inside a transaction under RESP2");
  for (std::size_t i = 1; i < c.argc(); ++i) {
    c.engine.pubsub.subscribe(w.kind, c.client, c.arg(i));
    c.reply.push(3);
    c.reply.bulk(w.on);
    c.reply.bulk(c.arg(i));
    c.reply.integer(count_of(c.client, w.kind));
  }
}

void unsubscribe(Call& c, const Words& w) {
  std::vector<std::string> names(c.argv.begin() + 1, c.argv.end());
  if (names.empty()) {
    const auto& mine = w.kind == PubSub::Kind::channel   ? c.client.channels
                       : w.kind == PubSub::Kind::pattern ? c.client.patterns
                                                         : c.client.shard_channels;
    names.assign(mine.begin(), mine.end());
    if (names.empty()) {
      c.reply.push(3);
      c.reply.bulk(w.off);
      c.reply.null();
      return c.reply.integer(count_of(c.client, w.kind));
    }
  }
  for (const std::string& name : names) {
    c.engine.pubsub.unsubscribe(w.kind, c.client, name);
    c.reply.push(3);
    c.reply.bulk(w.off);
    c.reply.bulk(name);
    c.reply.integer(count_of(c.client, w.kind));
  }
}

void publish(Call& c, bool shard) {
  const std::size_t n = c.engine.pubsub.publish(
      c.arg(1), c.arg(2), shard, [&](const Subscriber& s) { c.engine.ports.sessions.wake(s); });
  if (c.engine.cluster)
    c.engine.cluster->publish(c.arg(1), c.arg(2), shard);
  else
    c.engine.enqueue_propagation(c.client.db, c.argv);
  c.propagate_nothing();
  c.reply.integer(static_cast<std::int64_t>(n));
}

}  // namespace

void command_subscribe(Call& c) {
  subscribe(c, kPlain);
}
void command_psubscribe(Call& c) {
  subscribe(c, kPattern);
}
void command_ssubscribe(Call& c) {
  subscribe(c, kShard);
}
void command_unsubscribe(Call& c) {
  unsubscribe(c, kPlain);
}
void command_punsubscribe(Call& c) {
  unsubscribe(c, kPattern);
}
void command_sunsubscribe(Call& c) {
  unsubscribe(c, kShard);
}
void command_publish(Call& c) {
  publish(c, false);
}
void command_spublish(Call& c) {
  publish(c, true);
}

void command_pubsub(Call& c) {
  const PubSub& hub = c.engine.pubsub;
  auto names = [&](PubSub::Kind kind) {
    const auto list = hub.active(kind, c.argc() > 2 ? std::optional(c.arg(2)) : std::nullopt);
    c.reply.array(list.size());
    for (const std::string& name : list) c.reply.bulk(name);
  };
  auto counts = [&](PubSub::Kind kind) {
    c.reply.array(2 * (c.argc() - 2));  // flat, under RESP3 too
    for (std::size_t i = 2; i < c.argc(); ++i) {
      c.reply.bulk(c.arg(i));
      c.reply.integer(static_cast<std::int64_t>(hub.listeners(kind, c.arg(i))));
    }
  };
  if (c.subcommand("channels", 2, 3)) return names(PubSub::Kind::channel);
  if (c.subcommand("shardchannels", 2, 3)) return names(PubSub::Kind::shard);
  if (c.subcommand("numsub", 2, -1)) return counts(PubSub::Kind::channel);
  if (c.subcommand("shardnumsub", 2, -1)) return counts(PubSub::Kind::shard);
  if (c.subcommand("numpat", 2, 2)) return c.reply.integer(static_cast<std::int64_t>(hub.pattern_count()));
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node
