#include "server/pubsub/tracking.h"

#include <algorithm>

namespace node {

namespace {

constexpr std::string_view kChannel = "__redis__:invalidate";

std::string array_of(const std::vector<std::string_view>& keys) {
  Writer out;
  out.array(keys.size());
  for (const std::string_view key : keys) out.bulk(key);
  return std::move(out.buffer());
}

}  // namespace

void Tracking::enable(Subscriber& session, TrackingMode mode) {
  std::vector<std::string> prefixes = std::move(mode.prefixes);
  mode.prefixes.clear();
  if (session.tracking)
    mode.prefixes = std::move(session.tracking->prefixes);
  else
    sessions_.push_back(session.id);
  if (mode.broadcast && prefixes.empty() && mode.prefixes.empty()) prefixes.emplace_back();
  for (std::string& prefix : prefixes) {
    if (std::find(mode.prefixes.begin(), mode.prefixes.end(), prefix) != mode.prefixes.end()) continue;
    prefixes_[prefix].sessions.push_back(session.id);
    mode.prefixes.push_back(std::move(prefix));
  }
  session.tracking = std::make_unique<TrackingMode>(std::move(mode));
}

void Tracking::disable(Subscriber& session) {
  if (!session.tracking) return;
  for (const std::string& prefix : session.tracking->prefixes) {
    const auto it = prefixes_.find(prefix);
    if (it == prefixes_.end()) continue;
    std::erase(it->second.sessions, session.id);
    if (it->second.sessions.empty()) prefixes_.erase(it);
  }
  std::erase(sessions_, session.id);
  session.tracking.reset();
  // Keys that it has read stay in the table until they change: nobody is found under its number then.
}

void Tracking::remember(Subscriber& session, std::string_view key) {
  auto& readers = readers_[std::string(key)];
  if (std::find(readers.begin(), readers.end(), session.id) != readers.end()) return;
  readers.push_back(session.id);
  ++items_;
}

void Tracking::gather(std::string_view key, Subscriber* by) {
  for (auto& [prefix, state] : prefixes_)
    if (key.starts_with(prefix)) state.changed.insert_or_assign(std::string(key), by ? by->id : 0);
}

void Tracking::invalidate(std::string_view key, Subscriber* by) {
  if (!prefixes_.empty()) gather(key, by);
  if (!readers_.empty()) forget_readers(std::string(key), by);
}

void Tracking::forget_readers(const std::string& key, Subscriber* by) {
  const auto it = readers_.find(key);
  if (it == readers_.end()) return;
  const std::vector<std::uint64_t> readers = std::move(it->second);
  readers_.erase(it);
  items_ -= readers.size();
  for (const std::uint64_t id : readers) {
    Subscriber* s = clients_.find(id);
    if (!s || !s->tracking || s->tracking->broadcast) continue;
    if (s != by)
      send(*s, array_of({key}));
    else if (!s->tracking->no_loop)
      pending_.push_back(key);
  }
}

void Tracking::invalidate_all(Subscriber* by) {
  for (const std::uint64_t id : sessions_) {
    Subscriber* s = clients_.find(id);
    if (!s || !s->tracking) continue;
    if (s == by)
      pending_all_ = true;
    else
      send(*s, s->out.resp() == 3 ? "_\r\n" : "$-1\r\n");
  }
  readers_.clear();
  items_ = 0;
}

void Tracking::tell_pending(Subscriber& session) {
  if (pending_.empty() && !pending_all_) return;
  if (session.tracking) {
    for (const std::string& key : pending_) send(session, array_of({key}));
    if (pending_all_) send(session, session.out.resp() == 3 ? "_\r\n" : "$-1\r\n");
  }
  pending_.clear();
  pending_all_ = false;
}

void Tracking::tell_prefixes() {
  for (auto& [prefix, state] : prefixes_) {
    if (state.changed.empty()) continue;
    for (const std::uint64_t id : state.sessions) {
      Subscriber* s = clients_.find(id);
      if (!s || !s->tracking) continue;
      std::vector<std::string_view> keys;
      for (const auto& [key, by] : state.changed)
        if (!s->tracking->no_loop || by != id) keys.push_back(key);
      if (!keys.empty()) send(*s, array_of(keys));
    }
    state.changed.clear();
  }
}

void Tracking::limit(std::size_t keys, Random& rng) {
  while (keys > 0 && readers_.size() > keys) {
    auto bucket = rng.below(readers_.bucket_count());
    while (readers_.begin(bucket) == readers_.end(bucket)) bucket = (bucket + 1) % readers_.bucket_count();
    forget_readers(std::string(readers_.begin(bucket)->first), nullptr);
  }
}

void Tracking::send(Subscriber& session, std::string_view keys) {
  Subscriber* to = &session;
  const bool redirected = session.tracking->redirect != 0;
  if (redirected) {
    to = clients_.find(session.tracking->redirect);
    if (!to) {
      session.tracking->broken_redirect = true;
      if (session.out.resp() == 3) {
        session.out.push(2);
        session.out.bulk("tracking-redir-broken");
        session.out.integer(static_cast<std::int64_t>(session.tracking->redirect));
        clients_.wake(session);
      }
      return;
    }
  }
  if (to->out.resp() == 3) {
    to->out.push(2);
    to->out.bulk("invalidate");
  } else if (redirected && to->subscribed()) {
    to->out.push(3);
    to->out.bulk("message");
    to->out.bulk(kChannel);
  } else {
    return;  // no way to tell it under RESP2
  }
  to->out.raw(keys);
  clients_.wake(*to);
}

}  // namespace node
