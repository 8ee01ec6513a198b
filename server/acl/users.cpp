#include "server/acl/users.h"

#include <algorithm>
#include <utility>

namespace node::acl {

namespace {

constexpr std::string_view kDefault = "default";

std::string_view trimmed(std::string_view text, std::string_view what) {
  const std::size_t begin = text.find_first_not_of(what);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(what) + 1 - begin);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

void allow_everything(User& user) {
  for (const std::string_view rule : {"+@all", "~*", "&*", "on", "nopass"}) user.apply(rule, false);
}

}  // namespace

Users::Users(const Catalogue& catalogue) : catalogue_(catalogue) {
  auto user = fresh(kDefault);
  allow_everything(*user);
  default_ = user.get();
  users_.emplace(kDefault, std::move(user));
}

std::unique_ptr<User> Users::fresh(std::string_view name) const {
  return std::make_unique<User>(catalogue_, std::string(name), all_channels);
}

User* Users::find(std::string_view name) const {
  const auto it = users_.find(name);
  return it == users_.end() ? nullptr : it->second.get();
}

std::optional<std::string> Users::set(std::string_view name, std::span<const std::string> words,
                                      const Changing& changing) {
  std::size_t open = 0;
  const auto rules = merged_rules(words, open);
  if (!rules) return "Unmatched parenthesis in acl selector starting at '" + words[open] + "'.";
  User* const existing = find(name);
  auto changed = existing ? std::make_unique<User>(*existing) : fresh(name);
  for (const std::string& rule : *rules)
    if (const RuleError error = changed->apply(rule, all_channels); error != RuleError::none)
      return "Error in ACL SETUSER modifier '" + rule + "': " + std::string(rule_error_text(error));
  if (existing) {
    changing(*existing, *changed);
    existing->become(*changed);
  } else {
    users_.emplace(name, std::move(changed));
  }
  return std::nullopt;
}

bool Users::remove(std::string_view name, const Leaving& leaving) {
  const auto it = users_.find(name);
  if (it == users_.end() || it->second.get() == default_) return false;
  leaving(*it->second);
  users_.erase(it);
  return true;
}

void Users::set_default_password(std::string_view password) {
  default_->apply("resetpass", all_channels);
  default_->apply(password.empty() ? "nopass" : ">" + std::string(password), all_channels);
}

std::optional<std::string> Users::define(std::span<const std::vector<std::string>> definitions) {
  for (const std::vector<std::string>& words : definitions) {
    const std::string& name = words[0];
    if (has_spaces(name)) return "Spaces not allowed in ACL usernames";
    std::size_t open = 0;
    const auto rules = merged_rules(std::span(words).subspan(1), open);
    if (!rules) return "Unmatched parenthesis in acl selector starting at '" + words[open + 1] + "'.";
    User* user = find(name);
    if (user)
      user->apply("reset", all_channels);  // the default one
    else
      user = users_.emplace(name, fresh(name)).first->second.get();
    for (const std::string& rule : *rules)
      if (const RuleError error = user->apply(rule, all_channels); error != RuleError::none)
        return "Error loading ACL rule '" + rule + "' for the user named '" + name +
               "': " + std::string(rule_error_text(error));
  }
  return std::nullopt;
}

/// What is wrong with one line of a file of users.
std::string Users::load_line(ByName& loaded, const std::vector<std::string>& words, const std::string& path,
                             std::size_t number) const {
  const std::string where = path + ":" + std::to_string(number);
  if (words[0] != "user" || words.size() < 2)
    return where + " should start with user keyword followed by the username. ";
  if (has_spaces(words[1]))
    return "'" + where + ": username '" + words[1] + "' contains invalid characters. ";
  if (loaded.contains(words[1]))
    return "WARNING: Duplicate user '" + words[1] + "' found on line " + std::to_string(number) + ". ";
  User& user = *loaded.emplace(words[1], fresh(words[1])).first->second;
  std::size_t open = 0;
  const auto rules = merged_rules(std::span(words).subspan(2), open);
  if (!rules) return where + ": Unmatched parenthesis in selector definition.";
  std::string errors;
  bool told = false;  // a rule that is no rule may be a password: only the first such error, without the rule
  for (const std::string& word : *rules) {
    const std::string rule(trimmed(word, "\t\r\n"));
    const RuleError error = user.apply(rule, all_channels);
    const std::string text(rule_error_text(error));
    if (error == RuleError::unknown_command)
      errors += where + ": Error in applying operation '" + rule + "': " + text + ". ";
    else if (error != RuleError::none && !std::exchange(told, true))
      errors += where + ": " + text + ". ";
  }
  return errors;
}

std::optional<std::string> Users::load(std::string_view text, const std::string& path,
                                       const Leaving& leaving) {
  ByName loaded;
  std::string errors;
  std::size_t number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    const std::string_view content = trimmed(line, " \t\r\n");
    if (!content.empty()) errors += load_line(loaded, split(content, ' '), path, number);
  }
  if (!errors.empty())
    return errors +
           "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";
  for (const auto& [name, user] : users_)
    if (user.get() != default_) leaving(*user);
  auto& given = loaded[std::string(kDefault)];
  if (!given) allow_everything(*(given = fresh(kDefault)));
  default_->become(*given);
  given = std::move(users_.find(kDefault)->second);
  users_ = std::move(loaded);
  return std::nullopt;
}

std::vector<std::string> Users::lines() const {
  std::vector<std::string> lines;
  for (const auto& [name, user] : users_) lines.push_back("user " + name + " " + user->str());
  return lines;
}

}  // namespace node::acl
