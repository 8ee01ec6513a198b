#include "server/acl/selector.h"

#include <algorithm>
#include <cctype>

#include "server/resp/same_word.h"

namespace node::acl {

std::string_view rule_error_text(RuleError error) {
  switch (error) {
    case RuleError::none:
      return "";
    case RuleError::syntax:
      return "Syntax error";
    case RuleError::unknown_command:
      return "Unknown command or category name in ACL";
    case RuleError::key_after_all:
      return "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have "
             "any "
             "effect. Try 'resetkeys' to start with an empty list of patterns";
    case RuleError::channel_after_all:
      return "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
             "have "
             "any effect. Try 'resetchannels' to start with an empty list of channels";
    case RuleError::no_such_password:
      return "The password you are trying to remove from the user does not exist";
    case RuleError::bad_hash:
      return "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
             "characters";
    case RuleError::argument_of_subcommand:
      return "Allowing first-arg of a subcommand is not supported";
  }
  return "Wrong format";
}

bool has_spaces(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == 0 || std::isspace(static_cast<unsigned char>(c)); });
}

std::string KeyPattern::str() const {
  return (read && write ? "~" : read ? "%R~" : "%W~") + text;
}

Selector::Selector(const Catalogue& catalogue, bool all_channels)
    : catalogue_(&catalogue), all_channels_(all_channels) {}

RuleError Selector::apply(std::string_view rule) {
  const auto is = [&](std::string_view a, std::string_view b) {
    return same_word(rule, a) || same_word(rule, b);
  };
  if (is("allkeys", "~*") || is("resetkeys", "resetkeys")) {
    all_keys_ = !same_word(rule, "resetkeys");
    keys_.clear();
  } else if (is("allchannels", "&*") || is("resetchannels", "resetchannels")) {
    all_channels_ = !same_word(rule, "resetchannels");
    channels_.clear();
  } else if (is("allcommands", "+@all")) {
    set_all_commands(true);
  } else if (is("nocommands", "-@all")) {
    set_all_commands(false);
  } else if (rule.starts_with('~') || rule.starts_with('%')) {
    return add_key_pattern(rule);
  } else if (rule.starts_with('&')) {
    return add_channel(rule.substr(1));
  } else if (rule.starts_with("+@") || rule.starts_with("-@")) {
    return change_category(rule.substr(2), rule[0] == '+');
  } else if (rule.starts_with('+')) {
    return add_command(rule.substr(1));
  } else if (rule.starts_with('-')) {
    return change_command(rule.substr(1), false);
  } else {
    return RuleError::syntax;
  }
  return RuleError::none;
}

RuleError Selector::add_key_pattern(std::string_view rule) {
  if (all_keys_) return RuleError::key_after_all;
  KeyPattern added{rule[0] == '~', rule[0] == '~', ""};
  std::size_t at = 1;
  if (rule[0] == '%') {
    for (; at < rule.size() && rule[at] != '~'; ++at) {
      bool& permission = std::toupper(static_cast<unsigned char>(rule[at])) == 'R' ? added.read : added.write;
      if (std::string_view("RrWw").find(rule[at]) == std::string_view::npos || permission)
        return RuleError::syntax;
      permission = true;
    }
    if (!added.read && !added.write) return RuleError::syntax;
    if (at < rule.size()) ++at;  // redis takes "%R" as the empty pattern
  }
  added.text = rule.substr(at);
  if (has_spaces(added.text)) return RuleError::syntax;
  const auto it =
      std::find_if(keys_.begin(), keys_.end(), [&](const KeyPattern& p) { return p.text == added.text; });
  if (it == keys_.end()) {
    keys_.push_back(std::move(added));
  } else {
    it->read |= added.read;
    it->write |= added.write;
  }
  return RuleError::none;
}

RuleError Selector::add_channel(std::string_view pattern) {
  if (all_channels_) return RuleError::channel_after_all;
  if (has_spaces(pattern)) return RuleError::syntax;
  if (std::find(channels_.begin(), channels_.end(), pattern) == channels_.end())
    channels_.emplace_back(pattern);
  return RuleError::none;
}

/// A name, "container|subcommand", or "command|first argument".
RuleError Selector::add_command(std::string_view name) {
  const std::size_t bar = name.rfind('|');
  if (bar == std::string_view::npos) return change_command(name, true);
  const auto command = catalogue_->find(name.substr(0, bar));
  const std::string_view argument = name.substr(bar + 1);
  if (!command) return RuleError::unknown_command;
  if (catalogue_->is_subcommand(*command)) return RuleError::argument_of_subcommand;
  if (argument.empty()) return RuleError::syntax;
  if (!catalogue_->subcommands(*command).empty()) return change_command(name, true);
  if (!allows_first_argument(*command, argument)) first_arguments_[*command].emplace_back(argument);
  return RuleError::none;
}

RuleError Selector::change_command(std::string_view name, bool allow) {
  const auto number = catalogue_->find(name);
  if (!number) return RuleError::unknown_command;
  set_command(commands_, *number, allow);
  all_commands_ &= allow;
  first_arguments_.erase(*number);
  return RuleError::none;
}

RuleError Selector::change_category(std::string_view name, bool allow) {
  const auto category = category_named(name);
  if (!category) return RuleError::unknown_command;
  set_category(commands_, *category, allow);
  for (std::size_t i = 0; i < catalogue_->size(); ++i)
    if (catalogue_->line(i).categories & *category) {
      first_arguments_.erase(i);
      all_commands_ &= allow;
    }
  return RuleError::none;
}

void Selector::set_all_commands(bool allow) {
  allow ? commands_.set() : commands_.reset();
  all_commands_ = allow;
  first_arguments_.clear();
}

/// With all of its subcommands.
void Selector::set_command(Commands& commands, std::size_t number, bool allow) const {
  commands[number] = allow;
  for (const std::size_t sub : catalogue_->subcommands(number)) commands[sub] = allow;
}

void Selector::set_category(Commands& commands, Categories category, bool allow) const {
  for (std::size_t i = 0; i < catalogue_->size(); ++i)
    if (catalogue_->line(i).categories & category) set_command(commands, i, allow);
}

bool Selector::allows_first_argument(std::size_t number, std::string_view argument) const {
  const auto it = first_arguments_.find(number);
  return it != first_arguments_.end() &&
         std::any_of(it->second.begin(), it->second.end(),
                     [&](const std::string& allowed) { return same_word(allowed, argument); });
}

// ---- as text
// --------------------------------------------------------------------------------------------------------

std::optional<std::size_t> Selector::best_category(const Commands& left, bool additive,
                                                   Categories applied) const {
  std::optional<std::size_t> best;
  std::size_t least = SIZE_MAX, most = 0;
  for (std::size_t j = 0; j < category_names().size(); ++j) {
    const Categories category = Categories{1} << j;
    if (applied & category) continue;
    std::size_t wanted = 0, unwanted = 0;
    for (std::size_t i = 0; i < catalogue_->size(); ++i)
      if (catalogue_->line(i).categories & category) ++(left[i] == additive ? wanted : unwanted);
    if (wanted <= unwanted || unwanted > least || (unwanted == least && wanted <= most)) continue;
    best = j;
    least = unwanted;
    most = wanted;
  }
  return best;
}

std::string Selector::command_rules() const {
  // Who was given +@all may run the commands of later releases as well: the two beginnings differ.
  const bool additive = !commands_[kCommands - 1];
  std::string rules = additive ? "-@all" : "+@all";
  Commands described, left = commands_;
  if (!additive) described.set();
  Categories applied = 0;
  while (const auto best = best_category(left, additive, applied)) {
    rules += (additive ? " +@" : " -@") + std::string(category_names()[*best]);
    applied |= Categories{1} << *best;
    set_category(described, Categories{1} << *best, additive);
    set_category(left, Categories{1} << *best, !additive);
  }
  return rules + single_commands(described);
}

std::string Selector::single_commands(Commands& described) const {
  std::string rules;
  const auto tell = [&](std::size_t i) {
    const std::string name(catalogue_->line(i).name);
    if (commands_[i] != described[i]) {
      rules += (commands_[i] ? " +" : " -") + name;
      set_command(described, i, commands_[i]);
    }
    const auto arguments = first_arguments_.find(i);
    if (commands_[i] || arguments == first_arguments_.end()) return;
    for (const std::string& argument : arguments->second) rules += " +" + name + "|" + argument;
  };
  for (std::size_t i = 0; i < catalogue_->size(); ++i) {
    if (catalogue_->is_subcommand(i)) continue;
    tell(i);
    for (const std::size_t sub : catalogue_->subcommands(i)) tell(sub);
  }
  return rules;
}

std::string Selector::key_rules() const {
  if (all_keys_) return "~*";
  std::string rules;
  for (const KeyPattern& pattern : keys_) rules += (rules.empty() ? "" : " ") + pattern.str();
  return rules;
}

std::string Selector::channel_rules() const {
  if (all_channels_) return "&*";
  std::string rules;
  for (const std::string& pattern : channels_) rules += (rules.empty() ? "&" : " &") + pattern;
  return rules;
}

std::string Selector::str() const {
  std::string text = key_rules();
  if (!text.empty()) text += ' ';
  if (!all_channels_) text += "resetchannels ";
  if (const std::string channels = channel_rules(); !channels.empty()) text += channels + ' ';
  return text + command_rules();
}

}  // namespace node::acl
