/// ACL: there is one user, "default", who may do everything once the password is said. What clients ask about
/// it is answered as redis does; rules that would make it another one are refused, never silently dropped.
#include <algorithm>
#include <cctype>
#include <random>

#include "server/commands/admin/handlers.h"
#include "server/commands/admin/sha256.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr std::string_view kCategories[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};

void acl_cat(Call& c) {
  if (c.argc() == 2) {
    c.reply.array(std::size(kCategories));
    for (std::string_view name : kCategories) c.reply.bulk(name);
    return;
  }
  std::string wanted = "@" + std::string(c.arg(2));
  for (char& ch : wanted) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
  if (std::find(std::begin(kCategories), std::end(kCategories), wanted.substr(1)) == std::end(kCategories))
    return c.error("ERR Unknown category '" + std::string(c.arg(2)) + "'");
  std::vector<std::string_view> names;
  const auto collect = [&](std::span<const Command> commands) {
    for (const Command& command : commands) {
      const auto of_it = categories_of(c.engine.table, command);
      if (std::find(of_it.begin(), of_it.end(), wanted) != of_it.end()) names.push_back(command.name);
    }
  };
  collect(c.engine.table.commands());
  collect(c.engine.table.subcommands());
  c.reply.array(names.size());
  for (std::string_view name : names) c.reply.bulk(name);
}

void acl_getuser(Call& c) {
  if (c.arg(2) != "default") return c.reply.null();
  const std::string& password = c.engine.config.requirepass;
  c.reply.map(6);
  c.reply.bulk("flags");
  c.reply.set(password.empty() ? 2 : 1);
  c.reply.bulk("on");
  if (password.empty()) c.reply.bulk("nopass");
  c.reply.bulk("passwords");
  c.reply.array(password.empty() ? 0 : 1);
  if (!password.empty()) c.reply.bulk(sha256_hex(password));
  for (const auto& [name, value] :
       {std::pair("commands", "+@all"), std::pair("keys", "~*"), std::pair("channels", "&*")}) {
    c.reply.bulk(name);
    c.reply.bulk(value);
  }
  c.reply.bulk("selectors");
  c.reply.array(0);
}

/// Rules of the default user that leave it what it is: its password is the only thing to change.
void acl_setuser(Call& c) {
  for (std::size_t i = 3; i < c.argc(); ++i)
    if (c.arg(i).starts_with('>') || c.arg(i).starts_with('<')) c.redact(i);
  if (c.arg(2) != "default")
    return c.error("ERR users other than 'default' are not supported by this server");
  constexpr std::string_view same[] = {"on",
                                       "~*",
                                       "allkeys",
                                       "&*",
                                       "allchannels",
                                       "+@all",
                                       "allcommands",
                                       "sanitize-payload",
                                       "skip-sanitize-payload"};
  std::string password = c.engine.config.requirepass;
  bool locked = false;
  for (std::size_t i = 3; i < c.argc(); ++i) {
    const std::string_view rule = c.arg(i);
    if (c.is(i, "nopass")) {
      password.clear();
      locked = false;
    } else if (c.is(i, "resetpass")) {
      password.clear();
      locked = true;
    } else if (rule.starts_with('>') && rule.size() > 1) {
      password = rule.substr(1);
      locked = false;
    } else if (std::none_of(std::begin(same), std::end(same),
                            [&](std::string_view s) { return c.is(i, s); })) {
      return c.error("ERR Error in ACL SETUSER modifier '" + std::string(rule) +
                     "': not supported by this server, whose only user may do everything");
    }
  }
  if (locked) return c.error("ERR a user without any password could not log in: say nopass or >password");
  c.engine.config.requirepass = password;
  c.reply.ok();
}

void acl_dryrun(Call& c) {
  if (c.arg(2) != "default") return c.error("ERR User '" + std::string(c.arg(2)) + "' not found");
  const std::vector<std::string_view> words(c.argv.begin() + 3, c.argv.end());
  const Command* command = c.engine.table.resolve(words);
  if (!command) return c.error("ERR Command '" + std::string(c.arg(3)) + "' not found");
  if (!command->arity_fits(words.size()))
    return c.error("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
  c.reply.ok();
}

void acl_genpass(Call& c) {
  constexpr std::string_view wrong =
      "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to "
      "4096";
  std::int64_t bits = 256;
  if (c.argc() == 3) {
    const auto n = c.integer(2);
    if (!n) return;
    if (*n < 1 || *n > 4096) return c.error(wrong);
    bits = *n;
  }
  std::random_device entropy;
  std::string password;
  while (static_cast<std::int64_t>(password.size()) * 4 < bits)
    password += "0123456789abcdef"[entropy() % 16];
  c.reply.bulk(password);
}

void acl_log(Call& c) {
  // Nothing is denied to the one user; wrong passwords stand in INFO errorstats.
  if (c.argc() == 3 && c.is(2, "reset")) return c.reply.ok();
  if (c.argc() == 3 && !c.integer(2)) return;
  c.reply.array(0);
}

}  // namespace

void command_acl(Call& c) {
  const std::string& password = c.engine.config.requirepass;
  if (c.subcommand("whoami", 2, 2)) return c.reply.bulk("default");
  if (c.subcommand("users", 2, 2)) {
    c.reply.array(1);
    return c.reply.bulk("default");
  }
  if (c.subcommand("list", 2, 2)) {
    c.reply.array(1);
    return c.reply.bulk("user default on " + (password.empty() ? "nopass" : "#" + sha256_hex(password)) +
                        " ~* &* +@all");
  }
  if (c.subcommand("cat", 2, 3)) return acl_cat(c);
  if (c.subcommand("getuser", 3, 3)) return acl_getuser(c);
  if (c.subcommand("setuser", 3, -1)) return acl_setuser(c);
  if (c.subcommand("dryrun", 4, -1)) return acl_dryrun(c);
  if (c.subcommand("genpass", 2, 3)) return acl_genpass(c);
  if (c.subcommand("log", 2, 3)) return acl_log(c);
  if (c.subcommand("deluser", 3, -1)) {
    if (std::find(c.argv.begin() + 2, c.argv.end(), "default") != c.argv.end())
      return c.error("ERR The 'default' user cannot be removed");
    return c.reply.integer(0);
  }
  if (c.subcommand("load", 2, 2) || c.subcommand("save", 2, 2))
    return c.error(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the "
        "ACL "
        "SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) "
        "in "
        "order to store users in the Redis configuration.");
  if (c.subcommand("help", 2, 2))
    return help(c,
                {"CAT [<category>]", "DELUSER <username> [<username> ...]",
                 "DRYRUN <username> <command> [<arg> ...]", "GETUSER <username>", "GENPASS [<bits>]", "LIST",
                 "LOG [<count> | RESET]", "SETUSER default (nopass | ><password>)", "USERS", "WHOAMI"});
  c.unknown_subcommand();
}

}  // namespace node
