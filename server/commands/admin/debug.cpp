/// DEBUG: what tests need of a server beyond its normal use. Behind enable-debug-command.
#include <chrono>
#include <csignal>
#include <span>
#include <thread>

#include "server/commands/admin/handlers.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/digest.h"
#include "server/keyspace/glob.h"
#include "server/keyspace/limits.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

void debug_object(Call& c) {
  // Its time may have come: it is shown as long as it is there.
  const Entry* e = c.db().stored(c.arg(2));
  if (!e) return c.error(error::no_such_key);
  std::string line =
      "Value at:0x" + std::to_string(reinterpret_cast<std::uintptr_t>(e)) +
      " refcount:1 encoding:" + encoding_name(e->value) +
      " serializedlength:" + std::to_string(memory_of(*e)) + " lru:" + std::to_string(e->accessed) +
      " lru_seconds_idle:" + std::to_string(access::idle_seconds(e->accessed, c.engine.state.now_ms));
  if (const auto* list = std::get_if<std::unique_ptr<List>>(&e->value))
    line += " ql_nodes:" + std::to_string((*list)->packs().size());
  c.reply.status(line);
}

void debug_populate(Call& c) {
  const auto n = c.integer(2);
  if (!n) return;
  const std::string prefix = c.argc() > 3 ? std::string(c.arg(3)) : "key";
  const auto size = c.argc() > 4 ? c.integer_in(4, 0, INT32_MAX) : std::optional<std::int64_t>(0);
  if (!size) return;
  for (std::int64_t i = 0; i < *n; ++i) {
    const std::string key = prefix + ":" + std::to_string(i);
    if (c.db().contains(key)) continue;
    std::string value = "value:" + std::to_string(i);
    if (*size) value.resize(static_cast<std::size_t>(*size), '\0');
    c.db().set_text(key, value);
    c.db().touched(key);
  }
  c.reply.ok();
}

void debug_reload(Call& c) {
  bool save = true, flush = true, merge = false;
  for (std::size_t i = 2; i < c.argc(); ++i) {
    if (c.is(i, "nosave"))
      save = false;
    else if (c.is(i, "noflush"))
      flush = false;
    else if (c.is(i, "merge"))
      merge = true;
    else
      return c.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
  }
  if (const auto why = c.engine.ports.persistence.debug_reload(save, flush, merge)) return c.error(*why);
  c.reply.ok();
}

/// One reply of each type of the protocol, for those who test parsers.
void debug_protocol(Call& c) {
  Writer& out = c.reply;
  const bool resp3 = out.resp() == 3;
  if (c.is(2, "string")) return out.bulk("Hello World");
  if (c.is(2, "integer")) return out.integer(12345);
  if (c.is(2, "double")) return out.real(3.141);
  if (c.is(2, "null")) return out.null();
  if (c.is(2, "true")) return out.boolean(true);
  if (c.is(2, "false")) return out.boolean(false);
  if (c.is(2, "verbatim")) return out.verbatim("This is a verbatim\nstring");
  if (c.is(2, "bignum"))
    return resp3 ? out.raw("(1234567999999999999999999999999999999\r\n")
                 : out.bulk("1234567999999999999999999999999999999");
  if (c.is(2, "array")) {
    out.array(3);
    for (int i = 0; i < 3; ++i) out.integer(i);
    return;
  }
  if (c.is(2, "set")) {
    out.set(3);
    for (int i = 0; i < 3; ++i) out.integer(i);
    return;
  }
  if (c.is(2, "map")) {
    out.map(3);
    for (int i = 0; i < 3; ++i) {
      out.integer(i);
      out.boolean(i == 1);
    }
    return;
  }
  if (c.is(2, "attrib")) {
    if (resp3) {
      out.raw("|1\r\n");
      out.bulk("key-popularity");
      out.array(2);
      out.bulk("key:123");
      out.integer(90);
    }
    return out.bulk("Some real reply following the attribute");
  }
  if (c.is(2, "push")) {
    if (!resp3) return c.error("ERR RESP2 is not supported by this command");
    out.push(2);
    out.bulk("server-cpu-usage");
    out.integer(42);
    return;
  }
  c.error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

void debug_digest_value(Call& c) {
  c.reply.array(c.argc() - 2);
  for (std::size_t i = 2; i < c.argc(); ++i) {
    const Entry* e = c.db().lookup(c.arg(i));
    c.reply.status(e ? to_hex(digest_of_value(*e, c.db().expiry(*e).has_value())) : std::string(40, '0'));
  }
}

void debug_segfault(Call&) {
  // A real one: the process must die as a faulty one dies.
  std::signal(SIGSEGV, SIG_DFL);
  std::raise(SIGSEGV);
}

void debug_sleep(Call& c) {
  const auto seconds = c.real(2);
  if (!seconds) return;
  std::this_thread::sleep_for(std::chrono::duration<double>(*seconds));
  c.reply.ok();
}

void debug_active_expire(Call& c) {
  c.engine.active_expire = c.arg(2) != "0";
  c.reply.ok();
}

void debug_load_aof(Call& c) {
  if (const auto why = c.engine.ports.persistence.debug_load_aof()) return c.error(*why);
  c.reply.ok();
}

void debug_digest(Call& c) {
  c.reply.status(to_hex(digest_of_all(c.engine.databases())));
}

void debug_packed_threshold(Call& c) {
  const auto bytes = parse_memory(c.arg(2));
  if (!bytes || *bytes < 0 || *bytes > (std::int64_t{1} << 32))
    return c.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  encoding_limits.list_alone = *bytes ? static_cast<std::size_t>(*bytes) : EncodingLimits::kListAlone;
  c.reply.ok();
}

void debug_drop_packets(Call& c) {
  const auto type = c.integer(2);
  if (!type) return;
  if (c.engine.cluster) c.engine.cluster->drop_packets(static_cast<int>(*type));
  c.reply.ok();
}

void debug_log(Call& c) {
  c.engine.ports.logger.log('#', "DEBUG LOG: " + std::string(c.arg(2)));
  c.reply.ok();
}

void debug_error(Call& c) {
  c.error(c.arg(2));
}

void debug_stringmatch(Call& c) {
  const auto n = c.integer(2);
  if (!n) return;
  glob_match(c.arg(3), std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, *n)), 'A'));
  c.reply.ok();
}

void debug_disable_deny_scripts(Call& c) {
  c.engine.scripts->allow_denied_commands(c.arg(2) != "0");
  c.reply.ok();
}

void debug_pause_cron(Call& c) {
  c.engine.cron_paused = c.arg(2) != "0";
  c.reply.ok();
}

void debug_skip_checksums(Call& c) {
  c.engine.skip_checksums = c.arg(2) != "0";
  c.reply.ok();
}

void debug_aof_flush_sleep(Call& c) {
  const auto us = c.integer_in(2, 0, 1000000);
  if (!us) return;
  c.engine.aof_flush_sleep_us = *us;
  c.reply.ok();
}

void debug_cluster_link(Call& c) {
  if (!c.is(2, "kill") || !(c.is(3, "to") || c.is(3, "from") || c.is(3, "all"))) return c.syntax_error();
  if (!c.engine.cluster) return c.error("ERR Debug option only available for cluster mode enabled setup!");
  if (!c.engine.cluster->break_links(c.arg(4), !c.is(3, "from"), !c.is(3, "to")))
    return c.error("ERR Unknown node " + std::string(c.arg(4)));
  c.reply.ok();
}

void debug_change_repl_id(Call& c) {
  const std::string what = "change-repl-id";
  if (const auto why = c.engine.ports.server.apply_config(std::span(&what, 1))) return c.error(*why);
  c.reply.ok();
}

void debug_rewrite_all(Call& c) {
  const std::string marker = "rewrite all";
  if (const auto why = c.engine.ports.server.apply_config(std::span(&marker, 1)))
    return c.error("ERR CONFIG-REWRITE-FORCE-ALL failed: " + why->substr(why->starts_with("ERR ") ? 4 : 0));
  c.reply.ok();
}

struct DebugCommand {
  std::string_view name;
  int min_words, max_words;  ///< -1: any number
  void (*run)(Call&);
  std::string_view usage;
};

constexpr DebugCommand kDebug[] = {
    {"segfault", 2, 2, debug_segfault, "SEGFAULT"},
    {"sleep", 3, 3, debug_sleep, "SLEEP <seconds>"},
    {"set-active-expire", 3, 3, debug_active_expire, "SET-ACTIVE-EXPIRE <0|1>"},
    {"reload", 2, -1, debug_reload, "RELOAD [MERGE] [NOFLUSH] [NOSAVE]"},
    {"loadaof", 2, 2, debug_load_aof, "LOADAOF"},
    {"object", 3, -1, debug_object, "OBJECT <key>"},
    {"digest", 2, 2, debug_digest, "DIGEST"},
    {"digest-value", 2, -1, debug_digest_value, "DIGEST-VALUE [<key> ...]"},
    {"populate", 3, 5, debug_populate, "POPULATE <count> [<prefix>] [<size>]"},
    {"protocol", 3, 3, debug_protocol, "PROTOCOL <type>"},
    {"quicklist-packed-threshold", 3, 3, debug_packed_threshold, "QUICKLIST-PACKED-THRESHOLD <size>"},
    {"stringmatch-len", 4, 4, debug_stringmatch, "STRINGMATCH-LEN <len> <pattern>"},
    {"pause-cron", 3, 3, debug_pause_cron, "PAUSE-CRON <0|1>"},
    {"set-disable-deny-scripts", 3, 3, debug_disable_deny_scripts, "SET-DISABLE-DENY-SCRIPTS <0|1>"},
    {"drop-cluster-packet-filter", 3, 3, debug_drop_packets, "DROP-CLUSTER-PACKET-FILTER <type>"},
    {"clusterlink", 5, 5, debug_cluster_link, "CLUSTERLINK KILL (to|from|all) <node-id>"},
    {"set-skip-checksum-validation", 3, 3, debug_skip_checksums, "SET-SKIP-CHECKSUM-VALIDATION <0|1>"},
    {"aof-flush-sleep", 3, 3, debug_aof_flush_sleep, "AOF-FLUSH-SLEEP <microsec>"},
    {"change-repl-id", 2, 2, debug_change_repl_id, "CHANGE-REPL-ID"},
    {"config-rewrite-force-all", 2, 2, debug_rewrite_all, "CONFIG-REWRITE-FORCE-ALL"},
    {"log", 3, 3, debug_log, "LOG <message>"},
    {"error", 3, 3, debug_error, "ERROR <string>"},
};

}  // namespace

void command_debug(Call& c) {
  if (!allows(c.engine.config.enable_debug, c.client))
    return c.error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run "
        "it from a local connection, otherwise you need to set this option in the configuration file, and "
        "then restart the server.");
  for (const DebugCommand& d : kDebug)
    if (c.subcommand(d.name, d.min_words, d.max_words)) return d.run(c);
  // In other words than those of the other containers: so says redis.
  if (!c.subcommand("help", 2, 2))
    return c.error("ERR unknown subcommand or wrong number of arguments for '" +
                   std::string(c.arg(1).substr(0, 128)) + "'. Try DEBUG HELP.");
  std::vector<std::string_view> lines;
  for (const DebugCommand& d : kDebug) lines.push_back(d.usage);
  help(c, lines);
}

}  // namespace node
