#include "server/pubsub/pubsub.h"

#include <algorithm>

#include "server/keyspace/glob.h"

namespace node {

bool PubSub::subscribe(Kind kind, Subscriber& session, std::string_view name) {
  if (!own(kind, session).insert(std::string(name)).second) return false;
  of(kind)[std::string(name)].push_back(&session);
  return true;
}

bool PubSub::unsubscribe(Kind kind, Subscriber& session, std::string_view name) {
  auto& mine = own(kind, session);
  const auto it = mine.find(name);
  if (it == mine.end()) return false;
  const auto all = of(kind).find(name);
  std::erase(all->second, &session);
  if (all->second.empty()) of(kind).erase(all);
  mine.erase(it);
  return true;
}

void PubSub::forget(Subscriber& session) {
  for (const Kind kind : {Kind::channel, Kind::pattern, Kind::shard})
    while (!own(kind, session).empty()) unsubscribe(kind, session, std::string(*own(kind, session).begin()));
}

std::size_t PubSub::publish(std::string_view channel, std::string_view message, bool shard,
                            const Wake& wake) {
  std::size_t count = 0;
  const Listeners& direct = shard ? shards_ : channels_;
  if (const auto it = direct.find(channel); it != direct.end()) {
    for (Subscriber* s : it->second) {
      s->out.push(3);
      s->out.bulk(shard ? "smessage" : "message");
      s->out.bulk(channel);
      s->out.bulk(message);
      wake(*s);
      ++count;
    }
  }
  if (shard) return count;
  for (const auto& [pattern, sessions] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    for (Subscriber* s : sessions) {
      s->out.push(4);
      s->out.bulk("pmessage");
      s->out.bulk(pattern);
      s->out.bulk(channel);
      s->out.bulk(message);
      wake(*s);
      ++count;
    }
  }
  return count;
}

std::vector<std::string> PubSub::active(Kind kind, std::optional<std::string_view> pattern) const {
  std::vector<std::string> names;
  for (const auto& [name, sessions] : of(kind))
    if (!pattern || glob_match(*pattern, name)) names.push_back(name);
  return names;
}

std::size_t PubSub::listeners(Kind kind, std::string_view name) const {
  const auto it = of(kind).find(name);
  return it == of(kind).end() ? 0 : it->second.size();
}

void PubSub::drop_shard_channels(const std::function<bool(std::string_view)>& gone, const Wake& wake) {
  for (const std::string& name : active(Kind::shard)) {
    if (!gone(name)) continue;
    const std::vector<Subscriber*> sessions = shards_.find(name)->second;
    for (Subscriber* s : sessions) {
      unsubscribe(Kind::shard, *s, name);
      s->out.push(3);
      s->out.bulk("sunsubscribe");
      s->out.bulk(name);
      s->out.integer(static_cast<std::int64_t>(s->shard_channels.size()));
      wake(*s);
    }
  }
}

}  // namespace node
