/// One set of permissions: which commands, on which keys, to which channels. A user has a root one and any
/// number of others; what one of them allows is allowed.
#pragma once

#include <bitset>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/acl/catalogue.h"

namespace node::acl {

/// What is wrong with a rule; redis's texts are in rule_error_text().
enum class RuleError : std::uint8_t {
  none,
  syntax,
  unknown_command,
  key_after_all,
  channel_after_all,
  no_such_password,
  bad_hash,
  argument_of_subcommand,
};
std::string_view rule_error_text(RuleError error);

/// No spaces and no zero bytes: names and patterns stand between spaces where rules are written down.
bool has_spaces(std::string_view text);

struct KeyPattern {
  bool read = false, write = false;
  std::string text;

  /// With its prefix: "~", "%R~" or "%W~".
  std::string str() const;
};

class Selector {
 public:
  Selector(const Catalogue& catalogue, bool all_channels);

  /// "+get", "-@write", "~key*", "&channel", … On an error nothing changes.
  RuleError apply(std::string_view rule);

  bool all_keys() const { return all_keys_; }
  bool all_channels() const { return all_channels_; }
  bool all_commands() const { return all_commands_; }
  bool may_all() const { return all_keys_ && all_channels_ && all_commands_; }
  const std::vector<KeyPattern>& keys() const { return keys_; }
  const std::vector<std::string>& channels() const { return channels_; }

  bool allows_command(std::size_t number) const { return all_commands_ || commands_[number]; }
  /// Of a command that is not allowed as a whole: it is with this first argument ("+select|0").
  bool allows_first_argument(std::size_t number, std::string_view argument) const;

  /// "+@all -@dangerous +info": rules that make the same commands out of none.
  std::string command_rules() const;
  std::string key_rules() const;
  std::string channel_rules() const;
  /// All of it, as ACL LIST shows a selector.
  std::string str() const;

 private:
  // As many as redis has room for; the last bit stands for commands yet to come.
  static constexpr std::size_t kCommands = 1024;
  using Commands = std::bitset<kCommands>;

  RuleError add_key_pattern(std::string_view rule);
  RuleError add_channel(std::string_view pattern);
  RuleError add_command(std::string_view name);
  RuleError change_command(std::string_view name, bool allow);
  RuleError change_category(std::string_view name, bool allow);
  void set_all_commands(bool allow);
  void set_command(Commands& commands, std::size_t number, bool allow) const;
  void set_category(Commands& commands, Categories category, bool allow) const;
  /// The category that brings the most of what is still missing, and hardly anything else.
  std::optional<std::size_t> best_category(const Commands& left, bool additive, Categories applied) const;
  std::string single_commands(Commands& described) const;

  const Catalogue* catalogue_;
  bool all_keys_ = false, all_channels_ = false, all_commands_ = false;
  Commands commands_;
  std::map<std::size_t, std::vector<std::string>> first_arguments_;
  std::vector<KeyPattern> keys_;
  std::vector<std::string> channels_;
};

}  // namespace node::acl
