/// The server as a whole: configuration, persistence, replication, tests.
#include <algorithm>
#include <csignal>
#include <thread>

#include "server/commands/admin/handlers.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/limits.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

void config_get(Call& c) {
  const std::vector<std::string> patterns(c.argv.begin() + 2, c.argv.end());
  const auto found = get_directives(c.engine.config, patterns);
  c.reply.map(found.size());
  for (const auto& [name, value] : found) {
    c.reply.bulk(name);
    c.reply.bulk(value);
  }
}

/// All or nothing: any refused value restores what was before.
void config_set(Call& c) {
  if (c.argc() % 2) return c.error("ERR wrong number of arguments for 'config|set' command");
  Config& config = c.engine.config;
  const Config before = config;
  std::vector<std::string> names;
  auto refuse = [&](const std::string& why) {
    config = before;
    c.error(why);
  };
  for (std::size_t i = 2; i < c.argc(); i += 2) {
    std::string name(c.arg(i));
    for (char& ch : name) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    const Directive* d = find_directive(name);
    if (get_directives(config, std::span(&name, 1)).empty())
      return refuse("ERR Unknown option or number of arguments for CONFIG SET - '" + std::string(c.arg(i)) +
                    "'");
    if (std::find(names.begin(), names.end(), name) != names.end())
      return refuse("ERR CONFIG SET failed (possibly related to argument '" + name +
                    "') - duplicate parameter");
    if (d ? !d->mutable_at_run : inert_rule(name).immutable)
      return refuse("ERR CONFIG SET failed (possibly related to argument '" + name +
                    "') - can't set immutable config");
    if (is_protected(name) && !allows(before.enable_protected_configs, c.client))
      return refuse("ERR CONFIG SET failed (possibly related to argument '" + name +
                    "') - can't set protected config");
    const std::string value(c.arg(i + 1));
    if (name == "requirepass" || name == "masterauth" || name == "masteruser") c.redact(i + 1);
    if (const auto why = set_directive(config, name, std::span(&value, 1)))
      return refuse("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + *why);
    names.push_back(std::move(name));
  }
  if (const auto why = c.engine.ports.server.apply_config(names)) {
    refuse("ERR CONFIG SET failed (possibly related to argument '" + names.back() + "') - " + *why);
    c.engine.ports.server.apply_config(
        names);  // what was taken over before the one that failed goes back, too
    return;
  }
  c.reply.ok();
}

void reset_statistics(Call& c) {
  c.engine.stats.assign(c.engine.stats.size(), {});
  c.engine.error_counts.clear();
  c.engine.commands_processed = c.engine.evicted_keys = 0;
  c.engine.state.hits = c.engine.state.misses = c.engine.state.expired = 0;
  const std::string marker = "resetstat";
  c.engine.ports.server.apply_config(std::span(&marker, 1));
  c.reply.ok();
}

}  // namespace

void command_config(Call& c) {
  if (c.subcommand("get", 3, -1)) return config_get(c);
  if (c.subcommand("set", 4, -1)) return config_set(c);
  if (c.subcommand("resetstat", 2, 2)) return reset_statistics(c);
  if (c.subcommand("rewrite", 2, 2)) {
    const std::string marker = "rewrite";
    if (const auto why = c.engine.ports.server.apply_config(std::span(&marker, 1))) return c.error(*why);
    return c.reply.ok();
  }
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

void command_shutdown(Call& c) {
  bool save = false, nosave = false, now = false, force = false, abort = false;
  for (std::size_t i = 1; i < c.argc(); ++i) {
    if (c.is(i, "save"))
      save = true;
    else if (c.is(i, "nosave"))
      nosave = true;
    else if (c.is(i, "now"))
      now = true;
    else if (c.is(i, "force"))
      force = true;
    else if (c.is(i, "abort"))
      abort = true;
    else
      return c.syntax_error();
  }
  if ((save && nosave) || (abort && c.argc() > 2)) return c.syntax_error();
  if (abort) {
    if (!c.engine.ports.shutdown.abort()) return c.error("ERR No shutdown in progress.");
    return c.reply.ok();
  }
  if (!now && c.client.executing)
    return c.error("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");
  if (!nosave)
    if (const auto line = c.engine.scripts->busy_line()) return c.error(*line);
  if (c.engine.loading) nosave = true;  // half of the data must never replace the whole
  if (const auto why = c.engine.ports.shutdown.begin(nosave, save, now, force)) return c.error(*why);
  if (!c.engine.ports.shutdown.waiting()) return;
  c.client.blocked = std::make_unique<Blocked>();
  c.client.blocked->reason = Blocked::For::shutdown;
  ++c.engine.blocked_count;
}

void command_save(Call& c) {
  const auto why = c.engine.ports.persistence.save();
  why ? c.error(*why) : c.reply.ok();
}

void command_bgsave(Call& c) {
  if (c.argc() > 2 || (c.argc() == 2 && !c.is(1, "schedule"))) return c.syntax_error();
  if (const auto why = c.engine.ports.persistence.background_save(c.argc() == 2)) return c.error(*why);
  c.reply.status("Background saving started");
}

void command_bgrewriteaof(Call& c) {
  bool scheduled = false;
  if (const auto why = c.engine.ports.persistence.background_rewrite(scheduled)) return c.error(*why);
  c.reply.status(scheduled ? "Background append only file rewriting scheduled"
                           : "Background append only file rewriting started");
}

void command_lastsave(Call& c) {
  c.reply.integer(c.engine.ports.persistence.last_save_s());
}

void command_time(Call& c) {
  const std::int64_t now = c.engine.ports.clock.now_us();
  c.reply.array(2);
  c.reply.bulk_integer(now / 1000000);
  c.reply.bulk_integer(now % 1000000);
}

void command_slowlog(Call& c) {
  auto& log = c.engine.slow_log;
  if (c.subcommand("len", 2, 2)) return c.reply.integer(static_cast<std::int64_t>(log.size()));
  if (c.subcommand("reset", 2, 2)) {
    log.clear();
    return c.reply.ok();
  }
  if (c.subcommand("get", 2, 3)) {
    std::size_t n = 10;
    if (c.argc() == 3) {
      const auto count = c.integer_in(2, -1, INT64_MAX, "ERR count should be greater than or equal to -1");
      if (!count) return;
      n = *count == -1 ? log.size() : static_cast<std::size_t>(*count);
    }
    n = std::min(n, log.size());
    c.reply.array(n);
    for (std::size_t i = 0; i < n; ++i) {
      const SlowEntry& e = log[log.size() - 1 - i];
      c.reply.array(6);
      c.reply.integer(static_cast<std::int64_t>(e.id));
      c.reply.integer(e.time_s);
      c.reply.integer(e.usec);
      c.reply.array(e.argv.size());
      for (const std::string& word : e.argv) c.reply.bulk(word);
      c.reply.bulk(e.address);
      c.reply.bulk(e.name);
    }
    return;
  }
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

void command_monitor(Call& c) {
  if (!c.client.monitor) ++c.engine.monitors;
  c.client.monitor = true;
  c.reply.ok();
}

void command_lolwut(Call& c) {
  if (c.argc() > 2 && c.is(1, "version") && !c.integer(2)) return;
  c.reply.verbatim("cluster-node, compatible with Redis ver. 7.0.15\n");
}

void command_replicaof(Call& c) {
  c.engine.ports.replication.command_replicaof(c);
}
void command_role(Call& c) {
  c.engine.ports.replication.command_role(c);
}
void command_replconf(Call& c) {
  c.engine.ports.replication.command_replconf(c);
}
void command_psync(Call& c) {
  c.engine.ports.replication.command_psync(c);
}
void command_wait(Call& c) {
  c.engine.ports.replication.command_wait(c);
}
void command_failover(Call& c) {
  c.engine.ports.replication.command_failover(c);
}
void command_migrate(Call& c) {
  c.engine.ports.migration.command_migrate(c);
}

}  // namespace node
