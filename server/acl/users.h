/// All users by name. There always is one called "default", which new connections are.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/acl/user.h"

namespace node::acl {

class Users {
 public:
  using ByName = std::map<std::string, std::unique_ptr<User>, std::less<>>;
  /// Told before a user goes; its connections are to be someone else by then.
  using Leaving = std::function<void(const User&)>;
  /// Told before the rules of a user change to those of the second.
  using Changing = std::function<void(const User& before, const User& after)>;

  explicit Users(const Catalogue& catalogue);

  /// What new users begin with: acl-pubsub-default.
  bool all_channels = false;

  User* find(std::string_view name) const;
  /// The same object for as long as the server lives.
  User& first() const { return *default_; }
  const ByName& all() const { return users_; }

  /// A text says what is wrong, in redis's words; nothing was changed then.
  std::optional<std::string> set(std::string_view name, std::span<const std::string> words,
                                 const Changing& changing);
  bool remove(std::string_view name, const Leaving& leaving);
  /// requirepass; empty: none.
  void set_default_password(std::string_view password);

  /// Lines "user NAME rules" as the configuration has them, at the start. A text says which rule is wrong.
  std::optional<std::string> define(std::span<const std::vector<std::string>> definitions);
  /// ACL LOAD: the text of a file replaces all users, or, where anything is wrong with it, none.
  std::optional<std::string> load(std::string_view text, const std::string& path, const Leaving& leaving);
  /// A line each, as a file of users has them.
  std::vector<std::string> lines() const;

 private:
  std::string load_line(ByName& loaded, const std::vector<std::string>& words, const std::string& path,
                        std::size_t number) const;
  std::unique_ptr<User> fresh(std::string_view name) const;

  const Catalogue& catalogue_;
  ByName users_;
  User* default_;
};

}  // namespace node::acl
