#include "server/commands/engine.h"

#include <algorithm>
#include <cstring>

#include "server/commands/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/scripting/scripting.h"

namespace node {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// "unknown command `x`, with args beginning with: `a` `b`": no more than redis shows.
std::string unknown_command(const std::vector<std::string_view>& argv) {
  std::string args;
  for (std::size_t i = 1; i < argv.size() && args.size() < 128; ++i) {
    args += '\'';
    args += argv[i].substr(0, 128 - args.size());
    args += "' ";
  }
  return "ERR unknown command '" + std::string(argv[0].substr(0, 128)) +
         "', with args beginning with: " + args;
}

}  // namespace

Engine::Engine(Config& cfg, Host& h, Database::SlotOf slot_of) : config(cfg), host(h) {
  const std::int64_t count = cfg.cluster_enabled ? 1 : cfg.databases;
  for (std::int64_t i = 0; i < count; ++i)
    databases_.push_back(std::make_unique<Database>(static_cast<int>(i), state, slot_of));
  stats.resize(commands().size());
  scripting = std::make_unique<Scripting>(*this);
  state.on_touched = [this](Database& d, std::string_view key) { touched(d, key); };
  state.on_expired = [this](Database& d, std::string_view key) {
    touched(d, key);
    if (host.propagating()) enqueue_propagation(d.index(), {"DEL", key});
    if (unit_depth_ == 0) flush_propagation();
  };
}

Engine::~Engine() = default;

// ---- Call
// -------------------------------------------------------------------------------------------------------

Database& Call::db() {
  return engine.db(client.db);
}

bool Call::is(std::size_t i, std::string_view option) const {
  return argv[i].size() == option.size() && strncasecmp(argv[i].data(), option.data(), option.size()) == 0;
}

std::optional<std::int64_t> Call::integer(std::size_t i, std::string_view text) {
  const auto n = parse_integer(argv[i]);
  if (!n) error(text.empty() ? error::not_integer : text);
  return n;
}

std::optional<std::int64_t> Call::integer_in(std::size_t i, std::int64_t min, std::int64_t max,
                                             std::string_view text) {
  const auto n = parse_integer(argv[i]);
  if (n && *n >= min && *n <= max) return n;
  error(text.empty() ? (n ? error::out_of_range : error::not_integer) : text);
  return std::nullopt;
}

std::optional<double> Call::real(std::size_t i) {
  const auto v = parse_double(argv[i]);
  if (!v) error(error::not_float);
  return v;
}

void Call::changed(std::string_view key, std::uint64_t n) {
  engine.state.dirty += n;
  db().touched(key);
}

void Call::drop_if_empty(std::string_view key, bool empty) {
  if (empty) db().remove(key);
}

void Call::propagate_as(std::initializer_list<std::string_view> words) {
  propagate_as(std::vector<std::string_view>(words));
}

void Call::propagate_as(const std::vector<std::string_view>& words) {
  replaced = true;
  engine.enqueue_propagation(client.db, words);
}

void Call::wrong_type() {
  error(error::wrong_type);
}
void Call::syntax_error() {
  error(error::syntax);
}

void Call::wrong_arity() {
  error("ERR wrong number of arguments for '" + std::string(command.name) + "' command");
}

bool Call::subcommand(std::string_view name, int min_words, int max_words) {
  if (!is(1, name)) return false;
  const auto n = static_cast<int>(argc());
  if (n >= min_words && (max_words < 0 || n <= max_words)) return true;
  arity_failed = true;
  error("ERR wrong number of arguments for '" + std::string(command.name) + "|" + lower(name) + "' command");
  return false;
}

void Call::unknown_subcommand() {
  if (arity_failed) return;
  std::string upper(command.name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  error("ERR unknown subcommand '" + std::string(arg(1).substr(0, 128)) + "'. Try " + upper + " HELP.");
}

void Call::block(std::vector<std::string> keys, Type wanted, std::int64_t deadline_ms, bool null_array) {
  if (retry) {
    still_blocked = true;
    return;
  }
  if (client.executing || client.kind == Session::Kind::script || client.kind == Session::Kind::master) {
    null_array ? reply.null_array() : reply.null();
    return;
  }
  auto wait = std::make_unique<Blocked>();
  for (std::string_view word : argv) wait->argv.emplace_back(word);
  wait->keys = std::move(keys);
  wait->wanted = wanted;
  wait->deadline_ms = deadline_ms;
  wait->null_array = null_array;
  for (const std::string& key : wait->keys) {
    auto& queue = engine.waiting_[{client.db, key}];
    if (std::find(queue.begin(), queue.end(), &client) == queue.end()) queue.push_back(&client);
  }
  if (deadline_ms) engine.next_deadline_ms = std::min(engine.next_deadline_ms, deadline_ms);
  client.blocked = std::move(wait);
  ++engine.blocked_count;
}

// ---- dispatch
// ---------------------------------------------------------------------------------------------------

std::optional<std::string> Engine::cluster_refusal(Session& session, const Command& command,
                                                   const std::vector<std::string_view>& argv) {
  RouteQuery query;
  std::vector<std::string_view> keys;
  if (command.name == "exec") {
    if (session.queue.empty()) return std::nullopt;
    for (const QueuedCommand& q : session.queue) {
      const std::vector<std::string_view> words(q.argv.begin(), q.argv.end());
      for (std::size_t at : key_positions(*q.command, words)) keys.push_back(words[at]);
      query.write |= q.command->is(flag::write);
      query.shard_pubsub |= q.command->is(flag::shard);
    }
  } else {
    if (command.keys.first == 0 && !command.keys.find) return std::nullopt;
    for (std::size_t at : key_positions(command, argv)) keys.push_back(argv[at]);
    query.write = command.is(flag::write) || command.is(flag::may_replicate);
    query.shard_pubsub = command.is(flag::shard);
    query.migrate = command.name == "migrate";
  }
  if (keys.empty()) return std::nullopt;
  query.keys = keys;
  query.asking = session.asking || command.is(flag::asking);
  query.readonly = session.readonly;
  return cluster->redirect(query, [this](std::string_view key) { return db(0).contains(key); });
}

std::optional<std::string> Engine::refusal(Session& session, const Command& command,
                                           const std::vector<std::string_view>& argv) {
  const bool from_master = session.kind == Session::Kind::master || session.kind == Session::Kind::loader;
  const bool writes =
      command.is(flag::write) ||
      (command.name == "exec" && std::any_of(session.queue.begin(), session.queue.end(),
                                             [](auto& q) { return q.command->is(flag::write); }));
  if (cluster && !from_master && session.kind != Session::Kind::script)
    if (auto line = cluster_refusal(session, command, argv)) return line;
  if (from_master) return std::nullopt;
  if (config.maxmemory > 0 && command.is(flag::denyoom) &&
      host.used_memory() > static_cast<std::size_t>(config.maxmemory))
    return std::string(error::out_of_memory);
  if (writes) {
    if (host.is_replica() && config.replica_read_only) return std::string(error::readonly);
    if (!host.is_replica()) {
      if (auto line = host.write_refusal()) return line;
      if (config.min_replicas > 0 && host.good_replicas() < config.min_replicas)
        return "NOREPLICAS Not enough good replicas to write.";
    }
  }
  if (host.is_replica() && !config.serve_stale && !command.is(flag::stale) && !host.master_link_up())
    return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
  return std::nullopt;
}

bool Engine::process(Session& session, const std::vector<std::string_view>& argv) {
  const Command* command = find_command(argv[0]);
  session.active_ms = state.now_ms;
  const bool asking = session.asking;

  auto refuse = [&](const std::string& line) {
    session.abort_exec |= session.in_multi;
    session.out.error(line);
    if (command) note_error(line, *command, true);
    if (command && command->name == "exec") {
      // A refused EXEC ends its transaction.
      session.out.buffer().resize(session.out.buffer().size() - line.size() - 3);
      session.out.error("EXECABORT Transaction discarded because of: " + line);
      session.in_multi = session.abort_exec = session.watch_broken = false;
      session.queue.clear();
      unwatch(session);
    }
    return true;
  };
  if (!command) return refuse(unknown_command(argv));
  if (!command->arity_fits(argv.size()))
    return refuse("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
  if (!session.authenticated && !command->is(flag::no_auth)) return refuse("NOAUTH Authentication required.");
  if (session.in_multi && command->is(flag::no_multi))
    return refuse("ERR Command not allowed inside a transaction");
  session.last_command = command;
  if (session.kind == Session::Kind::normal) {
    const bool writes = command->is(flag::write | flag::may_replicate) || command->name == "exec";
    if (host.paused(writes) && command->name != "client" && command->name != "info" &&
        command->name != "cluster" && command->name != "ping" && command->name != "replconf" &&
        command->name != "config") {
      return false;
    }
    if (auto line = refusal(session, *command, argv)) {
      if (command->name != "asking") session.asking = false;
      return refuse(*line);
    }
    if (session.subscribed() && session.out.resp() == 2 && command->name != "ping" &&
        command->name != "quit" && command->name != "reset" && command->group != "pubsub_only")
      return refuse(
          "ERR Can't execute '" + lower(argv[0]) +
          "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  }
  if (session.in_multi && command->name != "exec" && command->name != "discard" && command->name != "multi" &&
      command->name != "watch" && command->name != "quit" && command->name != "reset") {
    queue_command(session, *command, argv);
    return true;
  }
  call(session, *command, argv);
  if (asking && command->name != "asking") session.asking = false;
  session.write_offset = host.replication_offset();
  if (!ready_.empty()) serve_ready();
  return true;
}

void Engine::queue_command(Session& session, const Command& command,
                           const std::vector<std::string_view>& argv) {
  session.queue.push_back({&command, std::vector<std::string>(argv.begin(), argv.end())});
  session.out.status("QUEUED");
}

void Engine::call(Session& session, const Command& command, const std::vector<std::string_view>& argv) {
  Call one{*this, session, command, argv, session.out};
  const std::uint64_t dirty = state.dirty;
  const std::size_t mark = session.out.mark();
  const std::int64_t started = host.monotonic_us();
  if (monitors && !command.is(flag::skip_monitor | flag::admin) && session.kind != Session::Kind::loader)
    feed_monitors(session, argv);
  begin_unit();
  command.handler(one);
  if (state.dirty != dirty && !one.replaced && command.is(flag::write | flag::may_replicate) &&
      host.propagating())
    enqueue_propagation(session.db, argv);
  end_unit();

  const std::int64_t took = host.monotonic_us() - started;
  CommandStats& s = stats[static_cast<std::size_t>(&command - commands().data())];
  ++s.calls;
  s.usec += static_cast<std::uint64_t>(took);
  ++commands_processed;
  const std::string& out = session.out.buffer();
  if (out.size() > mark && out[mark] == '-')
    note_error(std::string_view(out).substr(mark + 1, 64), command, false);
  if (config.slowlog_threshold_us >= 0 && took >= config.slowlog_threshold_us &&
      session.kind == Session::Kind::normal && command.name != "exec" && config.slowlog_length > 0) {
    SlowEntry entry{slow_id++, state.now_ms / 1000, took, {}, session.address, session.name};
    for (std::size_t i = 0; i < std::min<std::size_t>(argv.size(), 32); ++i)
      entry.argv.emplace_back(argv[i].substr(0, 128));
    slow_log.push_back(std::move(entry));
    while (slow_log.size() > static_cast<std::size_t>(config.slowlog_length))
      slow_log.erase(slow_log.begin());
  }
}

void Engine::note_error(std::string_view line, const Command& command, bool before) {
  ++error_counts[std::string(line.substr(0, line.find_first_of(" \r")))];
  CommandStats& s = stats[static_cast<std::size_t>(&command - commands().data())];
  ++(before ? s.rejected : s.failed);
}

void Engine::feed_monitors(const Session& session, const std::vector<std::string_view>& argv) {
  char stamp[64];
  const std::int64_t now = host.now_us();
  std::snprintf(stamp, sizeof stamp, "%lld.%06lld", static_cast<long long>(now / 1000000),
                static_cast<long long>(now % 1000000));
  std::string line = std::string(stamp) + " [" + std::to_string(session.db) + " " +
                     (session.kind == Session::Kind::script ? "lua" : session.address) + "]";
  for (std::string_view word : argv) {
    line += " \"";
    for (char c : word) {
      char hex[8];
      if (c == '"' || c == '\\') {
        line += '\\';
        line += c;
      } else if (c == '\n') {
        line += "\\n";
      } else if (c == '\r') {
        line += "\\r";
      } else if (c == '\t') {
        line += "\\t";
      } else if (c < 32 || c == 127) {
        std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
        line += hex;
      } else {
        line += c;
      }
    }
    line += '"';
  }
  host.for_each_session([&](Session& s) {
    if (!s.monitor) return;
    s.out.status(line);
    host.wake(s);
  });
}

// ---- propagation
// ------------------------------------------------------------------------------------------------

void Engine::enqueue_propagation(int db, const std::vector<std::string_view>& words) {
  if (!host.propagating()) return;
  Propagated p{db, {}};
  append_command(p.resp, words.data(), words.size());
  pending_.push_back(std::move(p));
}

void Engine::end_unit() {
  if (--unit_depth_ == 0 && !pending_.empty()) flush_propagation();
}

void Engine::flush_propagation() {
  if (pending_.empty()) return;
  const bool wrap = pending_.size() > 1;
  const int db = pending_.front().db;
  if (wrap) host.propagate(db, "*1\r\n$5\r\nMULTI\r\n");
  for (const Propagated& p : pending_) host.propagate(p.db, p.resp);
  if (wrap) host.propagate(pending_.back().db, "*1\r\n$4\r\nEXEC\r\n");
  pending_.clear();
}

// ---- keys that others watch or wait for
// -------------------------------------------------------------------------

void Engine::touched(Database& d, std::string_view key) {
  if (watchers_.empty() && waiting_.empty()) return;
  const std::pair<int, std::string> name(d.index(), key);
  if (const auto it = watchers_.find(name); it != watchers_.end())
    for (Session* s : it->second) s->watch_broken = true;
  if (waiting_.contains(name) && std::find(ready_.begin(), ready_.end(), name) == ready_.end())
    ready_.push_back(name);
}

void Engine::touch_all(int db_index) {
  for (auto& [name, sessions] : watchers_) {
    if (db_index >= 0 && name.first != db_index) continue;
    for (Session* s : sessions) s->watch_broken = true;
  }
  for (auto& [name, sessions] : waiting_)
    if (db_index < 0 || name.first == db_index) ready_.push_back(name);
}

void Engine::watch(Session& session, std::string_view key) {
  const std::pair<int, std::string> name(session.db, key);
  if (std::find(session.watched.begin(), session.watched.end(), name) != session.watched.end()) return;
  session.watched.push_back(name);
  watchers_[name].push_back(&session);
}

void Engine::unwatch(Session& session) {
  for (const auto& name : session.watched) {
    const auto it = watchers_.find(name);
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
  host.wake(session);
}

void Engine::retry_blocked(Session& session) {
  const std::vector<std::string> words = session.blocked->argv;
  const std::vector<std::string_view> argv(words.begin(), words.end());
  const Command* command = find_command(argv[0]);
  Call one{*this, session, *command, argv, session.out};
  one.retry = true;
  const std::uint64_t dirty = state.dirty;
  begin_unit();
  command->handler(one);
  if (state.dirty != dirty && !one.replaced) enqueue_propagation(session.db, argv);
  end_unit();
  if (!one.still_blocked) {
    session.write_offset = host.replication_offset();
    unblock(session);
  }
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
        if (!e) break;
        if (s->blocked && e->type() == s->blocked->wanted) retry_blocked(*s);
      }
    }
  }
}

void Engine::expire_blocked() {
  if (state.now_ms < next_deadline_ms) return;
  next_deadline_ms = INT64_MAX;
  std::vector<Session*> due;
  host.for_each_session([&](Session& s) {
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
  host.for_each_session([&](Session& s) {
    if (!s.blocked || s.blocked->reason != Blocked::For::keys || s.blocked->keys.empty()) return;
    if (auto line = cluster->redirect_blocked(s.blocked->keys[0], s.readonly)) gone.emplace_back(&s, *line);
  });
  for (auto& [session, line] : gone) {
    session->out.error(line);
    unblock(*session);
  }
}

void Engine::release_blocked() {
  if (blocked_count == 0) return;
  std::vector<Session*> waiting;
  host.for_each_session([&](Session& s) {
    if (s.blocked && s.blocked->reason == Blocked::For::keys) waiting.push_back(&s);
  });
  for (Session* s : waiting) {
    s->out.error(
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
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
}

void Engine::flush_all() {
  for (auto& d : databases_) d->clear();
  touch_all(-1);
}

std::uint64_t Engine::total_keys() const {
  std::uint64_t n = 0;
  for (const auto& d : databases_) n += d->size();
  return n;
}

std::vector<std::size_t> Engine::key_positions(const Command& command,
                                               const std::vector<std::string_view>& argv) {
  if (command.keys.find) return command.keys.find(argv);
  std::vector<std::size_t> at;
  if (command.keys.first == 0) return at;
  const auto n = static_cast<int>(argv.size());
  const int last = command.keys.last < 0 ? n + command.keys.last : command.keys.last;
  for (int i = command.keys.first; i <= last && i < n; i += command.keys.step)
    at.push_back(static_cast<std::size_t>(i));
  return at;
}

}  // namespace node
