/// ACL: the users, their rules, and what was denied.
#include <algorithm>
#include <random>

#include "server/commands/admin/handlers.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

constexpr std::int64_t kPasswordBitsMax = 4096;

acl::Users& users_of(const Call& c) {
  return c.engine.permissions.users;
}

void acl_cat(Call& c) {
  if (c.argc() == 2) {
    c.reply.array(acl::category_names().size());
    for (std::string_view name : acl::category_names()) c.reply.bulk(name);
    return;
  }
  const auto wanted = acl::category_named(c.arg(2));
  if (!wanted) return c.error("ERR Unknown category '" + std::string(c.arg(2).substr(0, 128)) + "'");
  const acl::Catalogue& all = c.engine.permissions.catalogue;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all.line(i).categories & *wanted) names.push_back(all.line(i).name);
  c.reply.array(names.size());
  for (std::string_view name : names) c.reply.bulk(name);
}

void describe(Call& c, const acl::Selector& selector) {
  c.reply.bulk("commands");
  c.reply.bulk(selector.command_rules());
  c.reply.bulk("keys");
  c.reply.bulk(selector.key_rules());
  c.reply.bulk("channels");
  c.reply.bulk(selector.channel_rules());
}

void acl_getuser(Call& c) {
  const acl::User* user = users_of(c).find(c.arg(2));
  if (!user) return c.reply.null();
  c.reply.map(6);
  c.reply.bulk("flags");
  const auto flags = user->flags();
  c.reply.set(flags.size());
  for (std::string_view flag : flags) c.reply.bulk(flag);
  c.reply.bulk("passwords");
  c.reply.array(user->passwords().size());
  for (const std::string& hash : user->passwords()) c.reply.bulk(hash);
  describe(c, user->root());
  c.reply.bulk("selectors");
  const auto others = user->selectors().subspan(1);
  c.reply.array(others.size());
  for (const acl::Selector& selector : others) {
    c.reply.map(3);
    describe(c, selector);
  }
}

void acl_setuser(Call& c) {
  for (std::size_t i = 2; i < c.argc(); ++i) c.redact(i);
  if (acl::has_spaces(c.arg(2))) return c.error("ERR Usernames can't contain spaces or null characters");
  const std::vector<std::string> rules(c.argv.begin() + 3, c.argv.end());
  const auto why = users_of(c).set(c.arg(2), rules, [&](const acl::User& before, const acl::User& after) {
    c.engine.drop_listeners(before, after);
  });
  why ? c.error("ERR " + *why) : c.reply.ok();
}

void acl_deluser(Call& c) {
  if (std::find(c.argv.begin() + 2, c.argv.end(), users_of(c).first().name()) != c.argv.end())
    return c.error("ERR The 'default' user cannot be removed");
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < c.argc(); ++i)
    removed += users_of(c).remove(c.arg(i), [&](const acl::User& user) { c.engine.drop_sessions_of(user); });
  c.reply.integer(removed);
}

void acl_load(Call& c) {
  std::string text;
  auto why = c.engine.ports.server.read_users(text);
  if (!why)
    why = users_of(c).load(text, c.engine.config.acl_file,
                           [&](const acl::User& user) { c.engine.drop_sessions_of(user); });
  why ? c.error("ERR " + *why) : c.reply.ok();
}

void acl_save(Call& c) {
  std::string text;
  for (const std::string& line : users_of(c).lines()) text += line + "\n";
  const auto why = c.engine.ports.server.write_users(text);
  if (!why) return c.reply.ok();
  c.engine.ports.logger.log('#', "Writing ACL file for ACL SAVE: " + *why);
  c.error(
      "ERR There was an error trying to save the ACLs. Please check the server logs for more information");
}

void acl_dryrun(Call& c) {
  const acl::User* user = users_of(c).find(c.arg(2));
  if (!user) return c.error("ERR User '" + std::string(c.arg(2)) + "' not found");
  const std::vector<std::string_view> words(c.argv.begin() + 3, c.argv.end());
  const Command* command = c.engine.table.resolve(words);
  if (!command || (words.size() > 1 && !c.engine.table.subcommands_of(*command).empty()))
    return c.error("ERR Command '" + std::string(c.arg(3)) + "' not found");
  if (!command->arity_fits(words.size()))
    return c.error("ERR wrong number of arguments for '" + std::string(command->name) + "' command");
  const acl::Decision decision = c.engine.permissions.check(user, *command, words);
  if (decision) return c.reply.ok();
  if (decision.denied == acl::Denied::command)
    return c.reply.bulk("This user has no permissions to run the '" + std::string(command->name) +
                        "' command");
  c.reply.bulk("This user has no permissions to access the '" + std::string(words[decision.at]) + "' " +
               std::string(acl::name_of(decision.denied)));
}

void acl_genpass(Call& c) {
  std::int64_t bits = 256;
  if (c.argc() == 3) {
    const auto n = c.integer(2);
    if (!n) return;
    bits = *n;
  }
  if (bits <= 0 || bits > kPasswordBitsMax)
    return c.error(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up "
        "to " +
        std::to_string(kPasswordBitsMax));
  std::random_device entropy;
  std::string password;
  while (static_cast<std::int64_t>(password.size()) * 4 < bits)
    password += "0123456789abcdef"[entropy() % 16];
  c.reply.bulk(password);
}

void log_entry(Call& c, const acl::LogEntry& entry, std::int64_t now_ms) {
  c.reply.map(7);
  c.reply.bulk("count");
  c.reply.integer(static_cast<std::int64_t>(entry.count));
  const std::pair<std::string_view, std::string_view> texts[] = {{"reason", acl::name_of(entry.reason)},
                                                                 {"context", acl::name_of(entry.context)},
                                                                 {"object", entry.object},
                                                                 {"username", entry.user}};
  for (const auto& [name, value] : texts) {
    c.reply.bulk(name);
    c.reply.bulk(value);
  }
  c.reply.bulk("age-seconds");
  c.reply.real(static_cast<double>(now_ms - entry.time_ms) / 1000);
  c.reply.bulk("client-info");
  c.reply.bulk(entry.client);
}

void acl_log(Call& c) {
  acl::Log& log = c.engine.permissions.log;
  std::int64_t count = 10;
  if (c.argc() == 3) {
    if (c.is(2, "reset")) {
      log.clear();
      return c.reply.ok();
    }
    const auto n = c.integer(2);
    if (!n) return;
    count = std::max<std::int64_t>(0, *n);
  }
  count = std::min(count, static_cast<std::int64_t>(log.entries().size()));
  c.reply.array(static_cast<std::size_t>(count));
  const std::int64_t now_ms = c.engine.ports.clock.now_us() / 1000;
  for (auto it = log.entries().begin(); count > 0; ++it, --count) log_entry(c, *it, now_ms);
}

}  // namespace

void command_acl(Call& c) {
  if (c.subcommand("whoami", 2, 2))
    return c.client.user ? c.reply.bulk(c.client.user->name()) : c.reply.null();
  if (c.subcommand("users", 2, 2)) {
    c.reply.array(users_of(c).all().size());
    for (const auto& [name, user] : users_of(c).all()) c.reply.bulk(name);
    return;
  }
  if (c.subcommand("list", 2, 2)) {
    const auto lines = users_of(c).lines();
    c.reply.array(lines.size());
    for (const std::string& line : lines) c.reply.bulk(line);
    return;
  }
  if (c.subcommand("cat", 2, 3)) return acl_cat(c);
  if (c.subcommand("getuser", 3, 3)) return acl_getuser(c);
  if (c.subcommand("setuser", 3, -1)) return acl_setuser(c);
  if (c.subcommand("deluser", 3, -1)) return acl_deluser(c);
  if (c.subcommand("dryrun", 4, -1)) return acl_dryrun(c);
  if (c.subcommand("genpass", 2, 3)) return acl_genpass(c);
  if (c.subcommand("log", 2, 3)) return acl_log(c);
  const bool load = c.subcommand("load", 2, 2);
  if (load || c.subcommand("save", 2, 2)) {
    if (!c.engine.config.acl_file.empty()) return load ? acl_load(c) : acl_save(c);
    return c.error(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the "
        "ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file "
        "set) in order to store users in the Redis configuration.");
  }
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node
