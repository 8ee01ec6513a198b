/// All commands that a server knows, to be found by their words. The lines themselves stand in a room above
/// those of the handlers (server/commands/table.h); the engine sees them through this alone, so that neither
/// it nor any handler links the others.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/engine/command.h"

namespace node {

class CommandTable {
 public:
  /// Both outlive the table. `subcommands`: "<command>|<subcommand>", those of one command together.
  CommandTable(std::span<const Command> commands, std::span<const Command> subcommands);

  const Command* find(std::string_view name) const;
  /// "config|get", or "config"; null when there is none.
  const Command* find_by_full_name(std::string_view name) const;
  /// The command that the words name: the subcommand where there is one, else its container.
  const Command* resolve(const std::vector<std::string_view>& argv) const;
  std::span<const Command> commands() const { return commands_; }
  std::span<const Command> subcommands() const { return subcommands_; }
  std::span<const Command> subcommands_of(const Command& command) const;
  std::size_t size() const { return commands_.size() + subcommands_.size(); }
  /// Of each line a number of its own, below size(). REQUIRES: the line is one of this table's.
  std::size_t number_of(const Command& command) const;

 private:
  /// Open addressing by a small hash of the lower-case name: one probe as a rule.
  static constexpr std::size_t kSlots = 1024;
  static std::size_t slot_of(const char* name, std::size_t size);
  bool is_container(const Command& command) const {
    return &command >= commands_.data() && &command < commands_.data() + commands_.size();
  }

  std::span<const Command> commands_, subcommands_;
  std::array<std::uint16_t, kSlots> slots_{};        ///< number + 1; 0: free
  std::vector<std::span<const Command>> contained_;  ///< by the number of the container
};

/// Where the keys stand among the words.
std::vector<std::size_t> key_positions(const Command& command, const std::vector<std::string_view>& argv);

}  // namespace node
