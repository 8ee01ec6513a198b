/// Keys that clients watch (WATCH) or wait for (BLPOP and its like).
#include <algorithm>
#include <utility>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/slow_log.h"

namespace node {

namespace {
/// The wait is over. The call was counted when it began; the time is that of serving it, not of the wait.
void note_served(Engine& engine, const Command& command, std::int64_t usec) {
  CommandStats& s = engine.stats_of(command);
  s.usec += static_cast<std::uint64_t>(usec);
  if (engine.config.latency_tracking) s.latency.add(usec);
}
}  // namespace

void Engine::tell_watchers(Database& d, std::string_view key) {
  if (tracking.active()) tracking.invalidate(key, current_);
  if (watchers_.empty()) return;
  const std::pair<int, std::string> name(d.index(), key);
  if (const auto it = watchers_.find(name); it != watchers_.end())
    for (Session* s : it->second) {
      WatchedKey& w = watched_key(*s, name);
      if (w.expired && !d.stored(key))
        w.expired = false;  // what was past its time is gone now: no change
      else
        s->watch_broken = !config.defects(Defect::kWatchMissed);
    }
}

void Engine::touched(Database& d, std::string_view key) {
  tell_watchers(d, key);
  note_ready(d, key);
}

void Engine::note_ready(Database& d, std::string_view key) {
  if (waiting_.empty()) return;
  const std::pair<int, std::string> name(d.index(), key);
  if (waiting_.contains(name) && std::find(ready_.begin(), ready_.end(), name) == ready_.end())
    ready_.push_back(name);
}

void Engine::publish_event(char event_class, std::string_view name, std::string_view key, int db_index) {
  if (loading || !(notify_classes & notify_bit(event_class))) return;
  const std::string at = "@" + std::to_string(db_index) + "__:";
  const auto wake = [this](const Subscriber& s) { ports.sessions.wake(s); };
  if (notify_classes & notify_bit('K'))
    pubsub.publish("__keyspace" + at + std::string(key), name, false, wake);
  if (notify_classes & notify_bit('E'))
    pubsub.publish("__keyevent" + at + std::string(name), key, false, wake);
}

void Engine::before_replaced(Database& old, Database* fresh) {
  for (auto& [name, sessions] : watchers_) {
    if (name.first != old.index()) continue;
    const Entry* was = old.stored(name.second);
    const Entry* comes = fresh ? fresh->stored(name.second) : nullptr;
    const bool stale = comes && fresh->past(*comes);
    for (Session* s : sessions) {
      WatchedKey& w = watched_key(*s, name);
      if (w.expired) {
        if (!comes) w.expired = false;
        if (!comes || stale) continue;
      } else if (!was && (!comes || stale)) {
        w.expired = stale;
        continue;
      }
      s->watch_broken = true;
    }
  }
  for (auto& [name, sessions] : waiting_) {
    if (name.first != old.index()) continue;
    const Entry* was = old.stored(name.second);
    if ((fresh && fresh->stored(name.second)) || (was && was->type() == Type::stream)) ready_.push_back(name);
  }
}

WatchedKey& Engine::watched_key(Session& session, const std::pair<int, std::string>& name) {
  return *std::find_if(session.watched.begin(), session.watched.end(),
                       [&](const WatchedKey& w) { return w.db == name.first && w.key == name.second; });
}

void Engine::watch(Session& session, std::string_view key) {
  const std::pair<int, std::string> name(session.db, key);
  for (const WatchedKey& w : session.watched)
    if (w.db == name.first && w.key == key) return;
  const Entry* e = db(session.db).stored(key);
  session.watched.push_back({session.db, name.second, e && db(session.db).past(*e)});
  watchers_[name].push_back(&session);
}

bool Engine::watched_expired(const Session& session) {
  return std::any_of(session.watched.begin(), session.watched.end(), [&](const WatchedKey& w) {
    const Entry* e = w.expired ? nullptr : db(w.db).stored(w.key);
    return e && db(w.db).past(*e);
  });
}

void Engine::unwatch(Session& session) {
  for (const WatchedKey& w : session.watched) {
    const auto it = watchers_.find({w.db, w.key});
    std::erase(it->second, &session);
    if (it->second.empty()) watchers_.erase(it);
  }
  session.watched.clear();
  session.watch_broken = false;
}

void Engine::unblock(Session& session) {
  if (!session.blocked) return;
  for (const std::string& key : session.blocked->keys) {
    const auto it = waiting_.find({session.db, key});
    if (it == waiting_.end()) continue;
    std::erase(it->second, &session);
    if (it->second.empty()) waiting_.erase(it);
  }
  session.blocked.reset();
  --blocked_count;
  ports.sessions.wake(session);
}

void Engine::retry_blocked(Session& session, std::string_view ready_key) {
  const std::vector<std::string> words = session.blocked->argv;
  const std::vector<std::string_view> argv(words.begin(), words.end());
  const Command* command = table.find(argv[0]);
  Call one{*this, session, *command, argv, session.out};
  one.retry = true;
  one.ready_key = ready_key;
  const std::uint64_t dirty = state.dirty;
  const std::size_t mark = session.out.mark();
  const std::int64_t started = ports.clock.monotonic_us();
  Session* const outer = std::exchange(current_, &session);
  begin_unit();
  command->handler(one);
  if (state.dirty != dirty && !one.replaced) enqueue_propagation(session.db, argv);
  end_unit();
  const std::string& out = session.out.buffer();
  if (out.size() > mark && out[mark] == '-')
    note_error(std::string_view(out).substr(mark + 1, 64), command, false);
  current_ = outer;
  if (tracking.active()) tracking.tell_pending(session);
  if (one.still_blocked) return;
  const std::int64_t took = ports.clock.monotonic_us() - started;
  note_served(*this, *command, took);
  if (is_slow(config, session, took)) keep_slow(*this, session, took, shown_words(argv));
  session.write_offset = ports.replication.offset();
  unblock(session);
}

/// The stream that it reads in a group went, and the group with it.
void Engine::lose_stream(Session& session) {
  constexpr std::string_view line = "UNBLOCKED the stream key no longer exists";
  session.out.error(line);
  const std::vector<std::string> words = session.blocked->argv;
  const Command* const command = table.find(words[0]);
  note_error(line, command, false);
  note_served(*this, *command, 0);
  if (is_slow(config, session, 0)) keep_slow(*this, session, 0, shown_words({words.begin(), words.end()}));
  unblock(session);
}

void Engine::serve_ready() {
  while (!ready_.empty()) {
    const auto round = std::exchange(ready_, {});
    for (const auto& name : round) {
      const auto it = waiting_.find(name);
      if (it == waiting_.end()) continue;
      const std::vector<Session*> queue = it->second;
      for (Session* s : queue) {
        Entry* e = db(name.first).lookup(name.second);
        if (!s->blocked) continue;
        if (e && e->type() == s->blocked->wanted)
          retry_blocked(*s, name.second);
        else if (s->blocked->needs_stream)
          lose_stream(*s);
      }
    }
  }
}

void Engine::expire_blocked() {
  if (!ready_.empty()) serve_ready();  // streams that expired without a command
  if (state.now_ms < next_deadline_ms) return;
  next_deadline_ms = INT64_MAX;
  std::vector<Session*> due;
  ports.sessions.for_each([&](Session& s) {
    if (!s.blocked || s.blocked->reason != Blocked::For::keys || !s.blocked->deadline_ms) return;
    if (s.blocked->deadline_ms <= state.now_ms)
      due.push_back(&s);
    else
      next_deadline_ms = std::min(next_deadline_ms, s.blocked->deadline_ms);
  });
  for (Session* s : due) {
    s->blocked->null_array ? s->out.null_array() : s->out.null();
    unblock(*s);
  }
}

void Engine::redirect_blocked() {
  if (blocked_count == 0 || !cluster) return;
  std::vector<std::pair<Session*, std::string>> gone;
  ports.sessions.for_each([&](Session& s) {
    if (!s.blocked || s.blocked->reason != Blocked::For::keys || s.blocked->keys.empty()) return;
    if (auto line = cluster->redirect_blocked(s.blocked->keys[0], s.readonly)) gone.emplace_back(&s, *line);
  });
  for (auto& [session, line] : gone) {
    session->out.error(line);
    note_error(line, nullptr, false);
    unblock(*session);
  }
}

void Engine::release_blocked() {
  if (blocked_count == 0) return;
  std::vector<Session*> waiting;
  ports.sessions.for_each([&](Session& s) {
    if (s.blocked && s.blocked->reason == Blocked::For::keys) waiting.push_back(&s);
  });
  for (Session* s : waiting) {
    constexpr std::string_view line =
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    s->out.error(line);
    note_error(line, nullptr, false);
    s->close_after_reply = true;
    unblock(*s);
  }
}

void Engine::forget(Session& session) {
  if (session.blocked) {
    for (const std::string& key : session.blocked->keys) {
      const auto it = waiting_.find({session.db, key});
      if (it == waiting_.end()) continue;
      std::erase(it->second, &session);
      if (it->second.empty()) waiting_.erase(it);
    }
    session.blocked.reset();
    --blocked_count;
  }
  if (session.monitor) --monitors;
  unwatch(session);
  pubsub.forget(session);
  tracking.disable(session);
}

}  // namespace node
