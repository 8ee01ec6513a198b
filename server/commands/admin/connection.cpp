/// The connection itself: protocol version, authentication, names, other connections.
#include <algorithm>
#include <cstdio>

#include "server/commands/admin/handlers.h"
#include "server/engine/client_line.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr std::string_view kVersion = "7.0.15";

bool authenticate(Call& c, std::string_view name, std::string_view password) {
  acl::User* const user = c.engine.permissions.users.find(name);
  if (user && user->accepts(password)) {
    c.client.authenticated = true;
    c.client.user = user;
    return true;
  }
  c.engine.note_denied(c.client, acl::Denied::login,
                       c.client.in_multi ? acl::Context::multi : acl::Context::toplevel,
                       std::string(c.arg(0)), std::string(name));
  c.error("WRONGPASS invalid username-password pair or user is disabled.");
  return false;
}

bool valid_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char ch) { return ch >= '!' && ch <= '~'; });
}

std::string_view type_of_client(const Session& s) {
  if (s.kind == Session::Kind::replica) return "replica";
  if (s.kind == Session::Kind::master) return "master";
  return s.subscribed() ? "pubsub" : "normal";
}

bool known_type(std::string_view t) {
  return t == "normal" || t == "master" || t == "replica" || t == "slave" || t == "pubsub";
}

void client_list(Call& c) {
  std::string type;
  std::vector<std::uint64_t> ids;
  if (c.argc() == 4 && c.is(2, "type")) {
    type = c.arg(3);
    for (char& ch : type) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    if (!known_type(type)) return c.error("ERR Unknown client type '" + std::string(c.arg(3)) + "'");
    if (type == "slave") type = "replica";
  } else if (c.argc() > 3 && c.is(2, "id")) {
    for (std::size_t i = 3; i < c.argc(); ++i) {
      const auto id = c.integer_in(i, 1, INT64_MAX, "ERR Invalid client ID");
      if (!id) return;
      ids.push_back(static_cast<std::uint64_t>(*id));
    }
  } else if (c.argc() != 2) {
    return c.syntax_error();
  }
  std::string text;
  c.engine.ports.sessions.for_each([&](Session& s) {
    if (!type.empty() && type != type_of_client(s)) return;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), s.id) == ids.end()) return;
    text += client_line(c.engine.ports.sessions, s, c.engine.state.now_ms) + "\n";
  });
  c.reply.verbatim(text);
}

void client_kill(Call& c) {
  struct Filter {
    std::string address, local, type;
    const acl::User* user = nullptr;
    std::uint64_t id = 0;
    bool skip_me = true;
  } f;
  const bool old_style = c.argc() == 3;
  if (old_style) {
    f.address = c.arg(2);
    f.skip_me = false;
  } else {
    if (c.argc() % 2) return c.syntax_error();
    for (std::size_t i = 2; i < c.argc(); i += 2) {
      const std::string value(c.arg(i + 1));
      if (c.is(i, "id")) {
        const auto id = c.integer_in(i + 1, 1, INT64_MAX, "ERR client-id should be greater than 0");
        if (!id) return;
        f.id = static_cast<std::uint64_t>(*id);
      } else if (c.is(i, "addr")) {
        f.address = value;
      } else if (c.is(i, "laddr")) {
        f.local = value;
      } else if (c.is(i, "type")) {
        if (!known_type(value)) return c.error("ERR Unknown client type '" + value + "'");
        f.type = value == "slave" ? "replica" : value;
      } else if (c.is(i, "user")) {
        f.user = c.engine.permissions.users.find(value);
        if (!f.user) return c.error("ERR No such user '" + value + "'");
      } else if (c.is(i, "skipme") && (c.is(i + 1, "yes") || c.is(i + 1, "no"))) {
        f.skip_me = c.is(i + 1, "yes");
      } else {
        return c.syntax_error();
      }
    }
  }
  std::vector<Session*> victims;
  c.engine.ports.sessions.for_each([&](Session& s) {
    if (!f.address.empty() && s.address != f.address) return;
    if (!f.local.empty() && s.local_address != f.local) return;
    if (!f.type.empty() && f.type != type_of_client(s)) return;
    if (f.user && s.user != f.user) return;
    if (f.id && s.id != f.id) return;
    if (f.skip_me && &s == &c.client) return;
    victims.push_back(&s);
  });
  for (Session* s : victims) {
    if (s == &c.client)
      s->close_after_reply = true;
    else
      c.engine.ports.sessions.close(*s);
  }
  if (!old_style) return c.reply.integer(static_cast<std::int64_t>(victims.size()));
  victims.empty() ? c.error("ERR No such client") : c.reply.ok();
}

void client_reply(Call& c) {
  using Mode = Session::ReplyMode;
  if (c.is(2, "on")) {
    c.client.reply_mode = Mode::on;
    c.reply.ok();
  } else if (c.is(2, "off")) {
    c.client.reply_mode = Mode::off;
  } else if (c.is(2, "skip")) {
    if (c.client.reply_mode == Mode::on) c.client.reply_mode = Mode::skip_next;
  } else {
    c.syntax_error();
  }
}

void client_pause(Call& c) {
  bool writes_only = false;
  if (c.argc() == 4) {
    if (!c.is(3, "write") && !c.is(3, "all")) return c.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    writes_only = c.is(3, "write");
  }
  const auto ms = parse_integer(c.arg(2));
  if (!ms) return c.error("ERR timeout is not an integer or out of range");
  if (*ms < 0) return c.error(error::timeout_negative);
  c.engine.ports.sessions.pause(c.engine.state.now_ms + *ms, writes_only);
  c.reply.ok();
}

void client_unblock(Call& c) {
  bool with_error = false;
  if (c.argc() == 4) {
    with_error = c.is(3, "error");
    if (!with_error && !c.is(3, "timeout"))
      return c.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto id = c.integer(2);
  if (!id) return;
  Session* s = c.engine.ports.sessions.find(static_cast<std::uint64_t>(*id));
  if (!s || !s->blocked || s->blocked->reason != Blocked::For::keys) return c.reply.integer(0);
  // Its command failed, in redis's statistics, either way.
  const Command& command = *c.engine.table.find(s->blocked->argv[0]);
  CommandStats& stats = c.engine.stats_of(command);
  if (c.engine.config.latency_tracking) stats.latency.add(0);
  if (with_error) {
    constexpr std::string_view line = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    s->out.error(line);
    c.engine.note_error(line, &command, false);
  } else {
    s->blocked->null_array ? s->out.null_array() : s->out.null();
    ++stats.failed;
  }
  c.engine.unblock(*s);
  c.reply.integer(1);
}

}  // namespace

bool allows(std::string_view mode, const Session& client) {
  const std::string_view from = client.address;
  const bool unix_socket = from.ends_with(":0");
  return mode == "yes" ||
         (mode == "local" && (from.starts_with("127.") || from.starts_with("[::1]") || unix_socket));
}

void command_ping(Call& c) {
  if (c.argc() > 2) return c.wrong_arity();
  if (c.client.subscribed() && c.reply.resp() == 2) {
    c.reply.array(2);
    c.reply.bulk("pong");
    return c.reply.bulk(c.argc() == 2 ? c.arg(1) : "");
  }
  c.argc() == 2 ? c.reply.bulk(c.arg(1)) : c.reply.status("PONG");
}

void command_echo(Call& c) {
  c.reply.bulk(c.arg(1));
}

void command_auth(Call& c) {
  if (c.argc() > 3) return c.syntax_error();
  for (std::size_t i = 1; i < c.argc(); ++i) c.redact(i);
  if (c.argc() == 2 && c.engine.permissions.users.first().no_password())
    return c.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure "
        "your configuration is correct?");
  if (authenticate(c, c.argc() == 3 ? c.arg(1) : "default", c.arg(c.argc() - 1))) c.reply.ok();
}

void command_hello(Call& c) {
  int version = c.reply.resp();
  std::size_t i = 1;
  if (c.argc() > 1) {
    const auto v = parse_integer(c.arg(1));
    if (!v) return c.error("ERR Protocol version is not an integer or out of range");
    if (*v < 2 || *v > 3) return c.error("NOPROTO unsupported protocol version");
    version = static_cast<int>(*v);
    i = 2;
  }
  std::optional<std::string> name;
  for (; i < c.argc(); ++i) {
    if (c.is(i, "auth") && i + 2 < c.argc()) {
      c.redact(i + 1);
      c.redact(i + 2);
      if (!authenticate(c, c.arg(i + 1), c.arg(i + 2))) return;
      i += 2;
    } else if (c.is(i, "setname") && i + 1 < c.argc()) {
      name = std::string(c.arg(++i));
      if (!valid_name(*name))
        return c.error("ERR Client names cannot contain spaces, newlines or special characters.");
    } else {
      return c.error("ERR Syntax error in HELLO option '" + std::string(c.arg(i)) + "'");
    }
  }
  if (!c.client.authenticated)
    return c.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
        "version at the same time");
  if (name) c.client.name = *name;
  c.reply.set_resp(version);
  c.reply.map(7);
  c.reply.bulk("server");
  c.reply.bulk("redis");
  c.reply.bulk("version");
  c.reply.bulk(kVersion);
  c.reply.bulk("proto");
  c.reply.integer(version);
  c.reply.bulk("id");
  c.reply.integer(static_cast<std::int64_t>(c.client.id));
  c.reply.bulk("mode");
  c.reply.bulk(c.engine.config.cluster_enabled ? "cluster" : "standalone");
  c.reply.bulk("role");
  c.reply.bulk(c.engine.ports.replication.is_replica() ? "replica" : "master");
  c.reply.bulk("modules");
  c.reply.array(0);
}

void command_select(Call& c) {
  const auto n = c.integer_32(1);
  if (!n) return;
  if (c.engine.config.cluster_enabled && *n != 0) return c.error("ERR SELECT is not allowed in cluster mode");
  if (*n < 0 || *n >= static_cast<std::int64_t>(c.engine.db_count()))
    return c.error("ERR DB index is out of range");
  c.client.db = static_cast<int>(*n);
  c.reply.ok();
}

void command_client(Call& c) {
  Session& s = c.client;
  if (c.subcommand("id", 2, 2)) return c.reply.integer(static_cast<std::int64_t>(s.id));
  if (c.subcommand("getname", 2, 2)) return s.name.empty() ? c.reply.null() : c.reply.bulk(s.name);
  if (c.subcommand("setname", 3, 3)) {
    if (!valid_name(c.arg(2)))
      return c.error("ERR Client names cannot contain spaces, newlines or special characters.");
    s.name = c.arg(2);
    return c.reply.ok();
  }
  if (c.subcommand("setinfo", 4, 4)) {
    if (!c.is(2, "lib-name") && !c.is(2, "lib-ver"))
      return c.error("ERR Unrecognized option '" + std::string(c.arg(2)) + "'");
    (c.is(2, "lib-name") ? s.lib_name : s.lib_version) = c.arg(3);
    return c.reply.ok();
  }
  if (c.subcommand("info", 2, 2))
    return c.reply.verbatim(client_line(c.engine.ports.sessions, s, c.engine.state.now_ms) + "\n");
  if (c.subcommand("list", 2, -1)) return client_list(c);
  if (c.subcommand("kill", 3, -1)) return client_kill(c);
  if (c.subcommand("reply", 3, 3)) return client_reply(c);
  if (c.subcommand("pause", 3, 4)) return client_pause(c);
  if (c.subcommand("unpause", 2, 2)) {
    c.engine.ports.sessions.pause(0, false);
    return c.reply.ok();
  }
  if (c.subcommand("unblock", 3, 4)) return client_unblock(c);
  if (c.subcommand("no-evict", 3, 3)) {
    if (!c.is(2, "on") && !c.is(2, "off")) return c.syntax_error();
    s.no_evict = c.is(2, "on");
    return c.reply.ok();
  }
  if (c.subcommand("getredir", 2, 2)) return client_redirection(c);
  if (c.subcommand("tracking", 3, -1)) return client_tracking(c);
  if (c.subcommand("trackinginfo", 2, 2)) return client_tracking_info(c);
  if (c.subcommand("caching", 3, 3)) return client_caching(c);
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

void command_quit(Call& c) {
  c.client.close_after_reply = true;
  c.reply.ok();
}

void command_reset(Call& c) {
  Session& s = c.client;
  s.in_multi = s.abort_exec = false;
  s.queue.clear();
  c.engine.unwatch(s);
  c.engine.pubsub.forget(s);
  c.engine.tracking.disable(s);
  if (s.monitor) --c.engine.monitors;
  s.monitor = s.asking = s.readonly = s.no_evict = false;
  s.name.clear();
  s.db = 0;
  s.reply_mode = Session::ReplyMode::on;
  s.out.set_resp(2);
  c.engine.begin_as_default(s);
  c.reply.status("RESET");
}

void command_asking(Call& c) {
  if (!c.engine.cluster) return c.error("ERR This instance has cluster support disabled");
  c.client.asking = true;
  c.reply.ok();
}

void command_readonly(Call& c) {
  if (!c.engine.cluster) return c.error("ERR This instance has cluster support disabled");
  c.client.readonly = true;
  c.reply.ok();
}

void command_readwrite(Call& c) {
  if (!c.engine.cluster) return c.error("ERR This instance has cluster support disabled");
  c.client.readonly = false;
  c.reply.ok();
}

void command_cluster(Call& c) {
  if (!c.engine.cluster) return c.error("ERR This instance has cluster support disabled");
  c.reply.raw(c.engine.cluster->command(c.argv, c.reply.resp()));
}

}  // namespace node
