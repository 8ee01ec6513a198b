/// The server as a whole: configuration, persistence, replication, tests.
#include <algorithm>
#include <csignal>
#include <thread>

#include "server/commands/debug_digest.h"
#include "server/commands/handlers.h"
#include "server/commands/reply_errors.h"
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
    if (d && !d->mutable_at_run)
      return refuse("ERR CONFIG SET failed (possibly related to argument '" + name +
                    "') - can't set immutable config");
    const std::string value(c.arg(i + 1));
    if (const auto why = set_directive(config, name, std::span(&value, 1)))
      return refuse("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + *why);
    names.push_back(std::move(name));
  }
  if (const auto why = c.engine.host.apply_config(names))
    return refuse("ERR CONFIG SET failed (possibly related to argument '" + names.back() + "') - " + *why);
  c.reply.ok();
}

void reset_statistics(Call& c) {
  c.engine.stats.assign(c.engine.stats.size(), {});
  c.engine.error_counts.clear();
  c.engine.commands_processed = 0;
  c.engine.state.hits = c.engine.state.misses = c.engine.state.expired = 0;
  const std::string marker = "resetstat";
  c.engine.host.apply_config(std::span(&marker, 1));
  c.reply.ok();
}

bool debug_allowed(Call& c) {
  const std::string& mode = c.engine.config.enable_debug;
  const bool local = c.client.address.starts_with("127.") || c.client.address.starts_with("[::1]") ||
                     c.client.address.starts_with("/") || c.client.address.empty();
  return mode == "yes" || (mode == "local" && local);
}

void flags_of(Call& c, const Command& k) {
  constexpr std::pair<std::uint32_t, std::string_view> names[] = {
      {flag::write, "write"},
      {flag::readonly, "readonly"},
      {flag::denyoom, "denyoom"},
      {flag::admin, "admin"},
      {flag::pubsub, "pubsub"},
      {flag::noscript, "noscript"},
      {flag::blocking, "blocking"},
      {flag::loading, "loading"},
      {flag::stale, "stale"},
      {flag::skip_monitor, "skip_monitor"},
      {flag::asking, "asking"},
      {flag::fast, "fast"},
      {flag::no_auth, "no_auth"},
      {flag::no_multi, "no_multi"},
      {flag::may_replicate, "may_replicate"},
      {flag::no_mandatory_keys, "no_mandatory_keys"}};
  const std::size_t mark = c.reply.mark();
  std::size_t n = 0;
  for (const auto& [bit, name] : names)
    if (k.is(bit)) {
      c.reply.status(name);
      ++n;
    }
  if (k.keys.find) {
    c.reply.status("movablekeys");
    ++n;
  }
  c.reply.wrap_set(mark, n);
}

void command_info_of(Call& c, const Command* k) {
  if (!k) return c.reply.null_array();
  c.reply.array(10);
  c.reply.bulk(k->name);
  c.reply.integer(k->arity);
  flags_of(c, *k);
  c.reply.integer(k->keys.first);
  c.reply.integer(k->keys.last);
  c.reply.integer(k->keys.step);
  c.reply.set(0);
  c.reply.array(0);
  c.reply.array(0);
  c.reply.array(0);
}

void command_docs_of(Call& c, const Command& k) {
  c.reply.bulk(k.name);
  c.reply.map(3);
  c.reply.bulk("summary");
  c.reply.bulk(k.summary);
  c.reply.bulk("since");
  c.reply.bulk("1.0.0");
  c.reply.bulk("group");
  c.reply.bulk(k.group == "pubsub_only" ? "pubsub" : k.group);
}

void command_getkeys(Call& c) {
  const std::vector<std::string_view> words(c.argv.begin() + 2, c.argv.end());
  const Command* k = Engine::find_command(words[0]);
  if (!k) return c.error("ERR Invalid command specified");
  if (!k->arity_fits(words.size())) return c.error("ERR Invalid number of arguments specified for command");
  const auto at = Engine::key_positions(*k, words);
  if (at.empty()) return c.error("ERR The command has no key arguments");
  c.reply.array(at.size());
  for (std::size_t i : at) c.reply.bulk(words[i]);
}

void command_list(Call& c) {
  c.reply.set(Engine::commands().size());
  for (const Command& k : Engine::commands()) c.reply.bulk(k.name);
}

}  // namespace

void command_command(Call& c) {
  const auto all = Engine::commands();
  if (c.argc() == 1) {
    c.reply.array(all.size());
    for (const Command& k : all) command_info_of(c, &k);
    return;
  }
  if (c.subcommand("count", 2, 2)) return c.reply.integer(static_cast<std::int64_t>(all.size()));
  if (c.subcommand("list", 2, -1)) return command_list(c);
  if (c.subcommand("info", 2, -1)) {
    if (c.argc() == 2) {
      c.reply.array(all.size());
      for (const Command& k : all) command_info_of(c, &k);
      return;
    }
    c.reply.array(c.argc() - 2);
    for (std::size_t i = 2; i < c.argc(); ++i) command_info_of(c, Engine::find_command(c.arg(i)));
    return;
  }
  if (c.subcommand("docs", 2, -1)) {
    std::vector<const Command*> wanted;
    for (std::size_t i = 2; i < c.argc(); ++i)
      if (const Command* k = Engine::find_command(c.arg(i))) wanted.push_back(k);
    if (c.argc() == 2)
      for (const Command& k : all) wanted.push_back(&k);
    c.reply.map(wanted.size());
    for (const Command* k : wanted) command_docs_of(c, *k);
    return;
  }
  if (c.subcommand("getkeys", 3, -1)) return command_getkeys(c);
  if (c.subcommand("help", 2, 2))
    return help(c, {"COUNT", "DOCS [<command> …]", "GETKEYS <command>", "INFO [<command> …]", "LIST"});
  c.unknown_subcommand();
}

void command_config(Call& c) {
  if (c.subcommand("get", 3, -1)) return config_get(c);
  if (c.subcommand("set", 4, -1)) return config_set(c);
  if (c.subcommand("resetstat", 2, 2)) return reset_statistics(c);
  if (c.subcommand("rewrite", 2, 2)) {
    const std::string marker = "rewrite";
    if (const auto why = c.engine.host.apply_config(std::span(&marker, 1))) return c.error(*why);
    return c.reply.ok();
  }
  if (c.subcommand("help", 2, 2))
    return help(c, {"GET <pattern>", "SET <directive> <value>", "RESETSTAT", "REWRITE"});
  c.unknown_subcommand();
}

void command_debug(Call& c) {
  if (!debug_allowed(c))
    return c.error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run "
        "it from a local connection, otherwise you need to set this option in the configuration file, and "
        "then restart the server.");
  if (c.subcommand("segfault", 2, 2)) {
    // A real one: the process must die as a faulty one dies.
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
    return;
  }
  if (c.subcommand("sleep", 3, 3)) {
    const auto seconds = c.real(2);
    if (!seconds) return;
    std::this_thread::sleep_for(std::chrono::duration<double>(*seconds));
    return c.reply.ok();
  }
  if (c.subcommand("set-active-expire", 3, 3)) {
    c.engine.active_expire = c.arg(2) != "0";
    return c.reply.ok();
  }
  if (c.subcommand("reload", 2, -1)) {
    if (const auto why = c.engine.host.debug_reload()) return c.error(*why);
    return c.reply.ok();
  }
  if (c.subcommand("object", 3, -1)) {
    Entry* e = c.db().lookup(c.arg(2));
    if (!e) return c.error(error::no_such_key);
    return c.reply.status("Value at:0x" + std::to_string(reinterpret_cast<std::uintptr_t>(e)) +
                          " refcount:1 encoding:" + encoding_name(e->value) + " serializedlength:" +
                          std::to_string(memory_of(*e)) + " lru:" + std::to_string(e->accessed) +
                          " lru_seconds_idle:" + std::to_string(c.engine.state.now_ms / 1000 - e->accessed));
  }
  if (c.subcommand("drop-cluster-packet-filter", 3, 3)) {
    const auto type = c.integer(2);
    if (!type) return;
    c.engine.host.drop_bus_packets(static_cast<int>(*type));
    return c.reply.ok();
  }
  if (c.subcommand("clusterlink", 5, 5)) {
    if (!c.is(2, "kill") || !(c.is(3, "to") || c.is(3, "from") || c.is(3, "all"))) return c.syntax_error();
    if (!c.engine.cluster) return c.error("ERR Debug option only available for cluster mode enabled setup!");
    if (!c.engine.cluster->break_links(c.arg(4), !c.is(3, "from"), !c.is(3, "to")))
      return c.error("ERR Unknown node " + std::string(c.arg(4)));
    return c.reply.ok();
  }
  if (c.subcommand("digest", 2, 2)) return c.reply.status(dataset_digest(c.engine));
  if (c.subcommand("digest-value", 2, -1)) {
    c.reply.array(c.argc() - 2);
    for (std::size_t i = 2; i < c.argc(); ++i) {
      const Entry* e = c.db().lookup(c.arg(i));
      c.reply.bulk(e ? value_digest(*e) : std::string(40, '0'));
    }
    return;
  }
  if (c.subcommand("log", 3, 3)) {
    c.engine.host.log('#', "DEBUG LOG: " + std::string(c.arg(2)));
    return c.reply.ok();
  }
  if (c.subcommand("error", 3, 3)) return c.error(c.arg(2));
  if (c.subcommand("populate", 3, 5)) {
    const auto n = c.integer(2);
    if (!n) return;
    const std::string prefix = c.argc() > 3 ? std::string(c.arg(3)) : "key";
    for (std::int64_t i = 0; i < *n; ++i) {
      const std::string key = prefix + ":" + std::to_string(i);
      if (!c.db().contains(key)) c.db().set_text(key, "value:" + std::to_string(i));
    }
    return c.reply.ok();
  }
  if (c.subcommand("help", 2, 2))
    return help(c, {"SEGFAULT", "SLEEP <seconds>", "SET-ACTIVE-EXPIRE <0|1>", "RELOAD", "OBJECT <key>",
                    "POPULATE <n>", "DROP-CLUSTER-PACKET-FILTER <type>", "DIGEST", "DIGEST-VALUE <key> …",
                    "CLUSTERLINK KILL (to|from|all) <node-id>", "LOG <message>", "ERROR <string>"});
  c.unknown_subcommand();
}

void command_shutdown(Call& c) {
  bool save = false, nosave = false, now = false, force = false;
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
      return c.error("ERR No shutdown in progress.");
    else
      return c.syntax_error();
  }
  if (save && nosave) return c.syntax_error();
  if (const auto why = c.engine.host.shutdown(nosave, save, now, force)) c.error(*why);
}

void command_save(Call& c) {
  const auto why = c.engine.host.save();
  why ? c.error(*why) : c.reply.ok();
}

void command_bgsave(Call& c) {
  if (c.argc() > 2 || (c.argc() == 2 && !c.is(1, "schedule"))) return c.syntax_error();
  if (const auto why = c.engine.host.background_save(c.argc() == 2)) return c.error(*why);
  c.reply.status("Background saving started");
}

void command_bgrewriteaof(Call& c) {
  bool scheduled = false;
  if (const auto why = c.engine.host.background_rewrite(scheduled)) return c.error(*why);
  c.reply.status(scheduled ? "Background append only file rewriting scheduled"
                           : "Background append only file rewriting started");
}

void command_lastsave(Call& c) {
  c.reply.integer(c.engine.host.last_save_s());
}

void command_time(Call& c) {
  const std::int64_t now = c.engine.host.now_us();
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
  if (c.subcommand("help", 2, 2)) return help(c, {"GET [<count>]", "LEN", "RESET"});
  c.unknown_subcommand();
}

void command_latency(Call& c) {
  if (c.subcommand("latest", 2, 2) || c.subcommand("history", 3, 3)) return c.reply.array(0);
  if (c.subcommand("reset", 2, -1)) return c.reply.integer(0);
  if (c.subcommand("histogram", 2, -1)) return c.reply.map(0);
  if (c.subcommand("doctor", 2, 2))
    return c.reply.verbatim("No latency events are recorded by this server.\n");
  if (c.subcommand("help", 2, 2)) return help(c, {"LATEST", "HISTORY <event>", "RESET", "DOCTOR"});
  c.unknown_subcommand();
}

void command_memory(Call& c) {
  if (c.subcommand("usage", 3, 5)) {
    Entry* e = c.db().lookup(c.arg(2));
    return e ? c.reply.integer(static_cast<std::int64_t>(memory_of(*e))) : c.reply.null();
  }
  if (c.subcommand("doctor", 2, 2)) return c.reply.verbatim("Memory is not analysed by this server.");
  if (c.subcommand("purge", 2, 2)) return c.reply.ok();
  if (c.subcommand("malloc-stats", 2, 2))
    return c.reply.verbatim("Stats not supported for the current allocator");
  if (c.subcommand("stats", 2, 2)) {
    c.reply.map(2);
    c.reply.bulk("total.allocated");
    c.reply.integer(static_cast<std::int64_t>(c.engine.host.used_memory()));
    c.reply.bulk("keys.count");
    return c.reply.integer(static_cast<std::int64_t>(c.engine.total_keys()));
  }
  if (c.subcommand("help", 2, 2)) return help(c, {"USAGE <key>", "STATS", "DOCTOR", "PURGE"});
  c.unknown_subcommand();
}

void command_monitor(Call& c) {
  if (!c.client.monitor) ++c.engine.monitors;
  c.client.monitor = true;
  c.reply.ok();
}

void command_acl(Call& c) {
  if (c.subcommand("whoami", 2, 2)) return c.reply.bulk("default");
  if (c.subcommand("users", 2, 2)) {
    c.reply.array(1);
    return c.reply.bulk("default");
  }
  if (c.subcommand("list", 2, 2)) {
    c.reply.array(1);
    return c.reply.bulk("user default on " +
                        std::string(c.engine.config.requirepass.empty() ? "nopass" : "#hidden") +
                        " ~* &* +@all");
  }
  if (c.arity_failed) return;
  c.error("ERR ACL beyond the default user is not supported by this server");
}

void command_lolwut(Call& c) {
  c.reply.verbatim("cluster-node, compatible with Redis ver. 7.0.15\n");
}

void command_function(Call& c) {
  // Libraries of functions are not kept; the answers say that there are none, which is what stock tools ask.
  if (c.subcommand("list", 2, -1)) return c.reply.array(0);
  if (c.subcommand("flush", 2, 3)) return c.reply.ok();
  if (c.subcommand("dump", 2, 2)) return c.error("ERR FUNCTION DUMP is not supported by this server");
  if (c.arity_failed) return;
  c.error("ERR functions are not supported by this server");
}

void command_replicaof(Call& c) {
  c.engine.host.command_replicaof(c);
}
void command_role(Call& c) {
  c.engine.host.command_role(c);
}
void command_replconf(Call& c) {
  c.engine.host.command_replconf(c);
}
void command_psync(Call& c) {
  c.engine.host.command_psync(c);
}
void command_wait(Call& c) {
  c.engine.host.command_wait(c);
}
void command_failover(Call& c) {
  c.engine.host.command_failover(c);
}
void command_migrate(Call& c) {
  c.engine.host.command_migrate(c);
}

}  // namespace node
