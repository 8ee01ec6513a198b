/// The table of all commands that this server knows, with its subcommands: the one place that names every
/// handler.
#pragma once

#include <span>

#include "server/engine/command_table.h"

namespace node {

const CommandTable& command_table();
/// Its second half (table_subcommands.cpp).
std::span<const Command> subcommand_lines();

}  // namespace node
