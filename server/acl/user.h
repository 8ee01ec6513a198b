/// A user: a name, whether it may log in and how, and its selectors.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/acl/selector.h"

namespace node::acl {

class User {
 public:
  /// Off, without a password and without permissions, but for all channels where acl-pubsub-default says so.
  User(const Catalogue& catalogue, std::string name, bool all_channels);

  /// One rule of ACL SETUSER; selectors are one rule each ("(+get ~key)"). On an error nothing changes.
  /// `all_channels`: what a new selector and `reset` begin with.
  RuleError apply(std::string_view rule, bool all_channels);

  const std::string& name() const { return name_; }
  bool enabled() const { return enabled_; }
  bool no_password() const { return no_password_; }
  /// Whether these words let somebody in as this user, who is to be enabled.
  bool accepts(std::string_view password) const;
  /// The names of its flags, in redis's order.
  std::vector<std::string_view> flags() const;
  /// SHA-256 of each, in hexadecimal.
  const std::vector<std::string>& passwords() const { return passwords_; }
  const Selector& root() const { return selectors_.front(); }
  /// The root one first.
  std::span<const Selector> selectors() const { return selectors_; }
  /// Nothing is to be checked for it. Asked before each command.
  bool may_all() const { return may_all_; }
  /// As ACL LIST shows it, without the word "user" and the name.
  std::string str() const;
  /// Takes over all but the name.
  void become(const User& other);

 private:
  enum class Payloads : std::uint8_t { unsaid, sanitized, unsanitized };

  RuleError change_password(std::string_view rule);
  RuleError add_selector(std::string_view rules, bool all_channels);
  void reset(bool all_channels);

  const Catalogue* catalogue_;
  std::string name_;
  bool enabled_ = false, no_password_ = false, may_all_ = false;
  Payloads payloads_ = Payloads::unsaid;  ///< kept and shown; dumps are always checked in full here
  std::vector<std::string> passwords_;
  std::vector<Selector> selectors_;
};

/// Words of a user's definition, those of one selector put together: "(+get" "~key)" are one rule. Nothing
/// where a parenthesis stays open; `open` is then its word.
std::optional<std::vector<std::string>> merged_rules(std::span<const std::string> words, std::size_t& open);

}  // namespace node::acl
