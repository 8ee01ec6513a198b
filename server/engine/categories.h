/// The categories of a command, as ACL CAT and COMMAND INFO tell them: most follow from its flags and group.
#pragma once

#include <string_view>
#include <vector>

#include "server/acl/catalogue.h"
#include "server/engine/command_table.h"

namespace node {

/// Each with its "@".
std::vector<std::string_view> categories_of(const CommandTable& table, const Command& command);

/// All commands for the rules of users: the number of each is table.number_of() of its line.
acl::Catalogue catalogue_of(const CommandTable& table);

}  // namespace node
