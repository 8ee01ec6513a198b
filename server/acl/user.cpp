#include "server/acl/user.h"

#include <algorithm>

#include "server/acl/sha256.h"
#include "server/resp/parser.h"
#include "server/resp/same_word.h"

namespace node::acl {

namespace {

constexpr std::size_t kHashDigits = 64;

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Compares without telling by its duration how much was right.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() != b.size();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

User::User(const Catalogue& catalogue, std::string name, bool all_channels)
    : catalogue_(&catalogue), name_(std::move(name)) {
  selectors_.emplace_back(catalogue, all_channels);
}

RuleError User::apply(std::string_view rule, bool all_channels) {
  RuleError error = RuleError::none;
  if (rule.empty()) return error;
  if (same_word(rule, "on") || same_word(rule, "off")) {
    enabled_ = same_word(rule, "on");
  } else if (same_word(rule, "skip-sanitize-payload")) {
    payloads_ = Payloads::unsanitized;
  } else if (same_word(rule, "sanitize-payload")) {
    payloads_ = Payloads::sanitized;
  } else if (same_word(rule, "nopass") || same_word(rule, "resetpass")) {
    no_password_ = same_word(rule, "nopass");
    passwords_.clear();
  } else if (std::string_view("><#!").find(rule[0]) != std::string_view::npos) {
    error = change_password(rule);
  } else if (rule.front() == '(' && rule.back() == ')') {
    error = add_selector(rule.substr(1, rule.size() - 2), all_channels);
  } else if (same_word(rule, "clearselectors")) {
    selectors_.erase(selectors_.begin() + 1, selectors_.end());
  } else if (same_word(rule, "reset")) {
    reset(all_channels);
  } else {
    error = selectors_.front().apply(rule);
  }
  may_all_ = std::any_of(selectors_.begin(), selectors_.end(), [](const Selector& s) { return s.may_all(); });
  return error;
}

/// ">password", "#hash": one more; "<password", "!hash": one less.
RuleError User::change_password(std::string_view rule) {
  const bool add = rule[0] == '>' || rule[0] == '#', hashed = rule[0] == '#' || rule[0] == '!';
  if (hashed && !is_hash(rule.substr(1))) return RuleError::bad_hash;
  const std::string hash = hashed ? std::string(rule.substr(1)) : sha256_hex(rule.substr(1));
  const auto it = std::find(passwords_.begin(), passwords_.end(), hash);
  if (!add && it == passwords_.end()) return RuleError::no_such_password;
  if (!add)
    passwords_.erase(it);
  else if (it == passwords_.end())
    passwords_.push_back(hash);
  if (add) no_password_ = false;
  return RuleError::none;
}

RuleError User::add_selector(std::string_view rules, bool all_channels) {
  Selector added(*catalogue_, all_channels);
  std::vector<std::string> words;
  split_words(rules, words);
  for (const std::string& word : words)
    if (const RuleError error = added.apply(word); error != RuleError::none) return error;
  selectors_.push_back(std::move(added));
  return RuleError::none;
}

void User::reset(bool all_channels) {
  User fresh(*catalogue_, name_, all_channels);
  fresh.payloads_ = Payloads::sanitized;
  become(fresh);
}

void User::become(const User& other) {
  std::string name = std::move(name_);
  *this = other;
  name_ = std::move(name);
}

bool User::accepts(std::string_view password) const {
  if (!enabled_) return false;
  if (no_password_) return true;
  const std::string hash = sha256_hex(password);
  bool right = false;
  for (const std::string& known : passwords_) right |= same_secret(hash, known);
  return right;
}

std::vector<std::string_view> User::flags() const {
  std::vector<std::string_view> names{enabled_ ? "on" : "off"};
  if (no_password_) names.emplace_back("nopass");
  if (payloads_ == Payloads::unsanitized) names.emplace_back("skip-sanitize-payload");
  if (payloads_ == Payloads::sanitized) names.emplace_back("sanitize-payload");
  return names;
}

std::string User::str() const {
  std::string text;
  for (const std::string_view flag : flags()) text += std::string(flag) + " ";
  for (const std::string& hash : passwords_) text += "#" + hash + " ";
  text += root().str();
  for (const Selector& selector : selectors().subspan(1)) text += " (" + selector.str() + ")";
  return text;
}

std::optional<std::vector<std::string>> merged_rules(std::span<const std::string> words, std::size_t& open) {
  std::vector<std::string> rules;
  std::optional<std::string> selector;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with('(') && !word.ends_with(')')) {
      selector = word;
      open = i;
    } else if (selector) {
      *selector += " " + word;
      if (!word.ends_with(')')) continue;
      rules.push_back(*selector);
      selector.reset();
    } else {
      rules.push_back(word);
    }
  }
  if (selector) return std::nullopt;
  return rules;
}

}  // namespace node::acl
