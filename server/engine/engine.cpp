#include "server/engine/engine.h"

#include <algorithm>

#include "server/engine/call.h"
#include "server/engine/reply_errors.h"
#include "server/engine/slow_log.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr std::string_view kRedacted = "(redacted)";

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

/// A browser that was made to talk to us: what it sends first must not be skipped as an error, or the body of
/// its request would be obeyed.
bool begins_http(std::string_view word) {
  return lower(word) == "post" || lower(word) == "host:";
}

std::string denied_line(const acl::Decision& decision, const Command& command) {
  if (decision.denied == acl::Denied::command)
    return "NOPERM this user has no permissions to run the '" + std::string(command.name) + "' command";
  return "NOPERM this user has no permissions to access one of the " +
         std::string(decision.denied == acl::Denied::key ? "keys" : "channels") + " used as arguments";
}

}  // namespace

Engine::Engine(Config& cfg, const Ports& outside, const CommandTable& commands, Database::SlotOf slot_of)
    : config(cfg),
      ports(outside),
      table(commands),
      permissions(commands),
      tracking({[this](std::uint64_t id) { return ports.sessions.find(id); },
                [this](const Subscriber& s) { ports.sessions.wake(s); }}) {
  const std::int64_t count = cfg.cluster_enabled ? 1 : cfg.databases;
  for (std::int64_t i = 0; i < count; ++i)
    databases_.push_back(std::make_unique<Database>(static_cast<int>(i), state, slot_of));
  stats.resize(table.size());
  state.on_touched = [this](Database& d, std::string_view key) { touched(d, key); };
  state.on_new = [this](Database& d, std::string_view key) { notify('n', "new", key, d.index()); };
  state.on_missed = [this](Database& d, std::string_view key) { notify('m', "keymiss", key, d.index()); };
  state.on_expired = [this](Database& d, std::string_view key) {
    notify('x', "expired", key, d.index());
    touched(d, key);
    if (ports.changes.propagating() && !config.defects(Defect::kExpiryUnpropagated))
      enqueue_propagation(d.index(), {"DEL", key});
    if (unit_depth_ == 0) flush_propagation();
  };
}

Engine::~Engine() = default;

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
  // EXEC is what its commands are.
  const bool exec = command.name == "exec";
  auto any = [&](std::uint32_t f) {
    return command.is(f) || (exec && std::any_of(session.queue.begin(), session.queue.end(),
                                                 [&](auto& q) { return (q.flags & f) != 0; }));
  };
  auto lacks = [&](std::uint32_t f) {
    return !command.is(f) || (exec && std::any_of(session.queue.begin(), session.queue.end(),
                                                  [&](auto& q) { return (q.flags & f) == 0; }));
  };
  if (cluster && !from_master && session.kind != Session::Kind::script)
    if (auto line = cluster_refusal(session, command, argv)) return line;
  if (from_master) return std::nullopt;
  if (config.maxmemory > 0 && out_of_memory(session, any(flag::denyoom | flag::may_replicate)) &&
      any(flag::denyoom))
    return std::string(error::out_of_memory);
  const bool writes = any(flag::write), replica = ports.replication.is_replica();
  if ((writes || command.name == "ping") && !replica)
    if (auto line = ports.persistence.write_refusal()) return line;
  if (writes && !replica && config.min_replicas > 0 &&
      ports.replication.good_replicas() < config.min_replicas)
    return "NOREPLICAS Not enough good replicas to write.";
  if (writes && replica && config.replica_read_only) return std::string(error::readonly);
  if (session.kind == Session::Kind::normal && session.subscribed() && session.out.resp() == 2 &&
      command.name != "ping" && command.name != "quit" && command.name != "reset" &&
      command.group != "pubsub_only")
    return "ERR Can't execute '" + lower(command.name) +
           "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
  if (replica && !config.serve_stale && lacks(flag::stale) && !ports.replication.link_up())
    return "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
  if (loading && lacks(flag::loading)) return std::string(error::loading);
  if (session.kind == Session::Kind::normal && !command.is(flag::allow_busy))
    if (const auto line = scripts->busy_line()) return std::string(*line);
  return std::nullopt;
}

/// Whether memory is full, after an attempt to make room. Within a script: whether it was when it began, so
/// that no key vanishes between its commands and it does not stop half-way.
bool Engine::out_of_memory(const Session& session, bool may_grow) {
  if (session.kind != Session::Kind::script && (may_grow || eviction.policy().evicts()))
    out_of_memory_ = evict();
  return out_of_memory_;
}

bool Engine::process(Session& session, const std::vector<std::string_view>& argv) {
  const Command* command = table.resolve(argv);
  session.active_ms = state.now_ms;
  const bool asking = session.asking;

  auto refuse = [&](const std::string& line) {
    session.abort_exec |= session.in_multi;
    note_error(line, command, true);
    if (!command || command->name != "exec") {
      session.out.error(line);
      return true;
    }
    // A refused EXEC ends its transaction.
    session.out.error("EXECABORT Transaction discarded because of: " + line);
    session.in_multi = session.abort_exec = session.watch_broken = false;
    session.queue.clear();
    unwatch(session);
    return true;
  };
  if (!command && begins_http(argv[0])) {
    ports.logger.log(
        '#', "A client at " + session.address +
                 " speaks HTTP: closed, since a web page may be using a browser to get at this server.");
    ports.sessions.close(session);
    return true;
  }
  if (!command) return refuse(unknown_command(argv));
  if (argv.size() > 1 && !table.subcommands_of(*command).empty()) return refuse(no_such_subcommand(argv));
  if (!command->arity_fits(argv.size()))
    return refuse("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
  if (!command->is(flag::no_auth) && is_stranger(session)) return refuse("NOAUTH Authentication required.");
  if (session.in_multi && command->is(flag::no_multi))
    return refuse("ERR Command not allowed inside a transaction");
  if (session.user && !session.user->may_all()) {
    const auto context = session.in_multi ? acl::Context::multi : acl::Context::toplevel;
    if (const acl::Decision decision = permitted(session, *command, argv, context); !decision)
      return refuse(denied_line(decision, *command));
  }
  session.last_command = command;
  // What runs a script counts as what the script says about itself.
  const bool runs_script = command->group == "scripting" && command->keys.find;
  const auto by_script = runs_script ? scripts->judged(*command, argv) : std::nullopt;
  const Command& judged = by_script ? *by_script : *command;
  if (tracking.active()) tracking.limit(static_cast<std::size_t>(config.tracking_keys), random_source());
  if (session.kind == Session::Kind::normal) {
    if (auto line = refusal(session, judged, argv)) {
      if (command->name != "asking") session.asking = false;
      return refuse(*line);
    }
    constexpr std::uint32_t kWriting = flag::write | flag::may_replicate;
    const bool writes =
        judged.is(kWriting) ||
        (command->name == "exec" && std::any_of(session.queue.begin(), session.queue.end(),
                                                [](const QueuedCommand& q) { return q.flags & kWriting; }));
    // A pause of all holds CLIENT UNPAUSE, too, as in redis.
    if (ports.sessions.paused(writes)) return false;
  }
  if (session.in_multi && command->name != "exec" && command->name != "discard" && command->name != "multi" &&
      command->name != "watch" && command->name != "quit" && command->name != "reset") {
    queue_command(session, *command, judged.flags, argv);
    return true;
  }
  current_ = &session;
  call(session, *command, argv);
  current_ = nullptr;
  if (tracking.active()) {
    tracking.tell_pending(session);
    // CLIENT CACHING holds for one command, or for one transaction.
    if (session.tracking && !session.in_multi && !command->name.starts_with("client|"))
      session.tracking->caching = false;
  }
  if (asking && command->name != "asking") session.asking = false;
  session.write_offset = ports.replication.offset();
  // Not from within a script that lets others in: what it pushes is served when it ends.
  if (!ready_.empty() && !scripts->running()) serve_ready();
  return true;
}

void Engine::queue_command(Session& session, const Command& command, std::uint32_t flags,
                           const std::vector<std::string_view>& argv) {
  session.queue.push_back({&command, flags, std::vector<std::string>(argv.begin(), argv.end())});
  session.out.status("QUEUED");
}

bool Engine::memory_is_full() const {
  return config.maxmemory > 0 && out_of_memory_;
}

void Engine::call(Session& session, const Command& command, const std::vector<std::string_view>& argv) {
  Call one{*this, session, command, argv, session.out};
  const std::uint64_t dirty = state.dirty;
  const std::size_t mark = session.out.mark();
  const std::int64_t started = ports.clock.monotonic_us();
  const bool shown = !command.is(flag::admin) && session.kind != Session::Kind::loader;
  // A script is shown before the commands that it calls.
  if (monitors && shown && command.is(flag::skip_monitor)) feed_monitors(session, argv);
  redacted_.clear();
  if (session.kind != Session::Kind::script) outer_ = {&command, &argv};
  begin_unit();
  // A client's write on a writable replica ends keys as on a master.
  const bool local = state.keep_expired && command.is(flag::write) && !config.replica_read_only &&
                     (session.kind == Session::Kind::normal || session.kind == Session::Kind::script) &&
                     ports.replication.is_replica();
  if (local) state.keep_expired = false;
  command.handler(one);
  if (local) {
    state.keep_expired = true;
    note_written_here(command, session.db, argv);
  }
  if (state.dirty != dirty && !one.replaced && command.is(flag::write | flag::may_replicate) &&
      ports.changes.propagating() && !config.defects(Defect::kWriteUnpropagated)) {
    enqueue_propagation(session.db, argv);
    if (config.defects(Defect::kWritePropagatedTwice)) enqueue_propagation(session.db, argv);
  }
  if (tracking.active() && command.is(flag::readonly) && current_) track_reads(session, command, argv);
  end_unit(!command.is(flag::arbitrary_keys));

  const std::int64_t took = ports.clock.monotonic_us() - started;
  // Time stands still within a unit of work; after a long one it must catch up before the next.
  if (took >= 500 && unit_depth_ == 0) state.now_ms = ports.clock.now_us() / 1000;
  CommandStats& s = stats_of(command);
  ++s.calls;
  s.usec += static_cast<std::uint64_t>(took);
  // Who begins to wait is done when it is served: see retry_blocked().
  const bool waits = session.blocked != nullptr;
  if (config.latency_tracking && !waits) s.latency.add(took);
  note_latency(command.is(flag::fast) ? "fast-command" : "command", took);
  ++commands_processed;
  const std::string& out = session.out.buffer();
  if (out.size() > mark && out[mark] == '-')
    error_counted ? static_cast<void>(++s.failed)
                  : note_error(std::string_view(out).substr(mark + 1, 64), &command, false);
  error_counted = false;
  if (monitors && shown && !command.is(flag::skip_monitor)) feed_monitors(session, argv);
  if (!waits && command.name != "exec" && is_slow(config, session, took))
    keep_slow(*this, session, took, shown_words(argv));
}

/// A client that tracks is told when what it reads here changes; the reads of a script count as reads of the
/// keys that the script was given.
void Engine::track_reads(Session& session, const Command& command,
                         const std::vector<std::string_view>& argv) {
  const bool script = session.kind == Session::Kind::script;
  Session& reader = script ? *current_ : session;
  const TrackingMode* mode = reader.tracking.get();
  if (!mode || mode->broadcast || command.group == "scripting") return;
  if ((mode->opt_in && !mode->caching) || (mode->opt_out && mode->caching)) return;
  const Command& named = script ? *outer_.command : command;
  const auto& words = script ? *outer_.argv : argv;
  for (const std::size_t at : key_positions(named, words)) tracking.remember(reader, words[at]);
}

/// The words as the slow log keeps them: few, short, and without passwords.
std::vector<std::string> Engine::shown_words(const std::vector<std::string_view>& argv) const {
  constexpr std::size_t kWords = 32, kBytes = 128;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (words.size() == kWords - 1 && argv.size() > kWords) {
      words.push_back("... (" + std::to_string(argv.size() - kWords + 1) + " more arguments)");
      break;
    }
    const std::string_view word = is_redacted(i) ? kRedacted : argv[i];
    words.emplace_back(word.substr(0, kBytes));
    if (word.size() > kBytes) words.back() += "... (" + std::to_string(word.size() - kBytes) + " more bytes)";
  }
  return words;
}

bool Engine::is_redacted(std::size_t word) const {
  return std::find(redacted_.begin(), redacted_.end(), word) != redacted_.end();
}

void Engine::note_error(std::string_view line, const Command* command, bool before) {
  ++error_counts[std::string(line.substr(0, line.find_first_of(" \r")))];
  if (!command) return;
  CommandStats& s = stats_of(*command);
  ++(before ? s.rejected : s.failed);
}

void Engine::feed_monitors(const Session& session, const std::vector<std::string_view>& argv) {
  char stamp[64];
  const std::int64_t now = ports.clock.now_us();
  std::snprintf(stamp, sizeof stamp, "%lld.%06lld", static_cast<long long>(now / 1000000),
                static_cast<long long>(now % 1000000));
  std::string line = std::string(stamp) + " [" + std::to_string(session.db) + " " +
                     (session.kind == Session::Kind::script ? "lua" : session.address) + "]";
  for (std::size_t i = 0; i < argv.size(); ++i) {
    const std::string_view word = is_redacted(i) ? kRedacted : argv[i];
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
  ports.sessions.for_each([&](Session& s) {
    if (!s.monitor) return;
    s.out.status(line);
    ports.sessions.wake(s);
  });
}

// ---- propagation
// ------------------------------------------------------------------------------------------------

void Engine::enqueue_propagation(int db, const std::vector<std::string_view>& words) {
  if (!ports.changes.propagating() || propagation_targets == 0) return;
  Propagated p{db, {}, propagation_targets};
  append_command(p.resp, words.data(), words.size());
  pending_.push_back(std::move(p));
}

void Engine::end_unit(bool atomic) {
  if (--unit_depth_ == 0 && !pending_.empty()) flush_propagation(atomic);
}

void Engine::flush_propagation(bool atomic) {
  if (pending_.empty()) return;
  const bool wrap = atomic && pending_.size() > 1;
  const int db = pending_.front().db;
  if (wrap && config.defects(Defect::kTransactionHalfPropagated)) pending_.erase(pending_.begin());
  if (wrap) ports.changes.propagate(db, "*1\r\n$5\r\nMULTI\r\n", propagate_to::all);
  for (const Propagated& p : pending_) ports.changes.propagate(p.db, p.resp, p.targets);
  if (wrap) ports.changes.propagate(pending_.back().db, "*1\r\n$4\r\nEXEC\r\n", propagate_to::all);
  pending_.clear();
}

void Engine::note_written_here(const Command& command, int database,
                               const std::vector<std::string_view>& argv) {
  for (const std::size_t at : key_positions(command, argv))
    if (const Entry* e = db(database).stored(argv[at]); e && e->has_expiry)
      written_here_.emplace(database, argv[at]);
}

void Engine::expire_written_here() {
  if (written_here_.empty()) return;
  if (!ports.replication.is_replica()) return written_here_.clear();
  state.keep_expired = false;
  std::erase_if(written_here_, [this](const auto& key) {
    const Entry* e = db(key.first).lookup(key.second);
    return !e || !e->has_expiry;
  });
  state.keep_expired = true;
}

void Engine::flush_all() {
  written_here_.clear();
  if (tracking.active()) tracking.invalidate_all(current_);
  for (auto& d : databases_) {
    before_replaced(*d, nullptr);
    d->clear();
  }
}

void Engine::flush(Database& d) {
  if (tracking.active()) tracking.invalidate_all(current_);
  before_replaced(d, nullptr);
  d.clear();
}

std::uint64_t Engine::total_keys() const {
  std::uint64_t n = 0;
  for (const auto& d : databases_) n += d->size();
  return n;
}

}  // namespace node
