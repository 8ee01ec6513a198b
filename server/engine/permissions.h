/// Who may do what: the users with their rules, and what was denied. It knows of each command, beside its
/// name and categories, which of its words are keys that it reads or writes, and which are channels.
#pragma once

#include <string_view>
#include <vector>

#include "server/acl/log.h"
#include "server/acl/users.h"
#include "server/engine/command_table.h"
#include "server/engine/key_rules.h"

namespace node {

class Permissions {
 public:
  explicit Permissions(const CommandTable& table);

  /// No user: the master's stream, a loader. Nothing is denied to those.
  acl::Decision check(const acl::User* user, const Command& command,
                      const std::vector<std::string_view>& argv) const;
  /// The same, and that it may read any key besides.
  bool may_read_any_key(const acl::User* user, const Command& command,
                        const std::vector<std::string_view>& argv) const;

  const acl::Catalogue catalogue;
  acl::Users users;
  acl::Log log;

 private:
  acl::Attempt attempt(const Command& command, const std::vector<std::string_view>& argv) const;

  const CommandTable& table_;
  std::vector<std::vector<KeyRule>> rules_;  ///< by the number of the command
};

}  // namespace node
