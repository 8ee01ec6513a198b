#include "server/engine/permissions.h"

#include <algorithm>

#include "server/engine/categories.h"

namespace node {

namespace {

/// Commands whose words are channels, from the first one on.
struct Channels {
  std::string_view command;
  bool all, patterns;
};
constexpr Channels kChannels[] = {{"subscribe", true, false},
                                  {"ssubscribe", true, false},
                                  {"psubscribe", true, true},
                                  {"publish", false, false},
                                  {"spublish", false, false}};

bool has(const std::vector<std::string_view>& flags, std::string_view flag) {
  return std::find(flags.begin(), flags.end(), flag) != flags.end();
}

std::vector<acl::KeyUse> key_uses(const Command& command, const std::vector<KeyRule>& rules,
                                  const std::vector<std::string_view>& argv) {
  std::vector<acl::KeyUse> uses;
  if (rules.empty()) return uses;
  for (const std::size_t at : key_positions(command, argv)) {
    const auto flags = key_flags(command, rules, argv, at);
    if (has(flags, "not_key")) continue;
    uses.push_back(
        {at, has(flags, "access"), has(flags, "insert") || has(flags, "delete") || has(flags, "update")});
  }
  return uses;
}

std::vector<acl::ChannelUse> channel_uses(const Command& command, std::size_t words) {
  std::vector<acl::ChannelUse> uses;
  if (!command.is(flag::pubsub)) return uses;
  for (const Channels& line : kChannels)
    if (line.command == command.name)
      for (std::size_t at = 1; at < (line.all ? words : 2); ++at) uses.push_back({at, line.patterns});
  return uses;
}

}  // namespace

Permissions::Permissions(const CommandTable& table)
    : catalogue(catalogue_of(table)), users(catalogue), table_(table), rules_(table.size()) {
  for (const Command& command : table.commands()) rules_[table.number_of(command)] = key_rules(command);
  for (const Command& command : table.subcommands()) rules_[table.number_of(command)] = key_rules(command);
}

acl::Attempt Permissions::attempt(const Command& command, const std::vector<std::string_view>& argv) const {
  const std::size_t number = table_.number_of(command);
  return {number, command.is(flag::no_auth), argv, key_uses(command, rules_[number], argv),
          channel_uses(command, argv.size())};
}

acl::Decision Permissions::check(const acl::User* user, const Command& command,
                                 const std::vector<std::string_view>& argv) const {
  if (!user || user->may_all()) return {};
  return acl::check(*user, attempt(command, argv));
}

bool Permissions::may_read_any_key(const acl::User* user, const Command& command,
                                   const std::vector<std::string_view>& argv) const {
  return !user || user->may_all() || acl::may_read_any_key(*user, attempt(command, argv));
}

}  // namespace node
