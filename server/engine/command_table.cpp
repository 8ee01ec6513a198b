#include "server/engine/command_table.h"

#include <strings.h>

#include <cstring>

namespace node {

std::size_t CommandTable::slot_of(const char* name, std::size_t size) {
  std::uint64_t h = size;
  for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<unsigned char>(name[i])) * 0x100000001b3ULL;
  return (h ^ (h >> 29)) % kSlots;
}

CommandTable::CommandTable(std::span<const Command> commands, std::span<const Command> subcommands)
    : commands_(commands), subcommands_(subcommands), contained_(commands.size()) {
  std::uint16_t number = 1;
  for (const Command& c : commands_) {
    std::size_t at = slot_of(c.name.data(), c.name.size());
    while (slots_[at]) at = (at + 1) % kSlots;
    slots_[at] = number++;
  }
  for (std::size_t i = 0; i < subcommands_.size();) {
    const std::string_view name = subcommands_[i].name.substr(0, subcommands_[i].name.find('|'));
    std::size_t n = i;
    while (n < subcommands_.size() && subcommands_[n].name.starts_with(name) &&
           subcommands_[n].name[name.size()] == '|')
      ++n;
    contained_[number_of(*find(name))] = subcommands_.subspan(i, n - i);
    i = n;
  }
}

std::size_t CommandTable::number_of(const Command& command) const {
  if (is_container(command)) return static_cast<std::size_t>(&command - commands_.data());
  return commands_.size() + static_cast<std::size_t>(&command - subcommands_.data());
}

const Command* CommandTable::find(std::string_view name) const {
  char lower[24];
  if (name.size() > sizeof lower) return nullptr;
  for (std::size_t i = 0; i < name.size(); ++i)
    lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] | 32) : name[i];
  for (std::size_t at = slot_of(lower, name.size()); slots_[at]; at = (at + 1) % kSlots) {
    const Command& c = commands_[slots_[at] - 1u];
    if (c.name.size() == name.size() && std::memcmp(c.name.data(), lower, name.size()) == 0) return &c;
  }
  return nullptr;
}

std::span<const Command> CommandTable::subcommands_of(const Command& command) const {
  if (!is_container(command)) return {};
  return contained_[number_of(command)];
}

const Command* CommandTable::resolve(const std::vector<std::string_view>& argv) const {
  const Command* command = find(argv[0]);
  if (!command || argv.size() < 2) return command;
  for (const Command& sub : subcommands_of(*command)) {
    const std::string_view name = sub.name.substr(command->name.size() + 1);
    if (name.size() == argv[1].size() && strncasecmp(name.data(), argv[1].data(), name.size()) == 0)
      return &sub;
  }
  return command;
}

const Command* CommandTable::find_by_full_name(std::string_view name) const {
  const std::size_t bar = name.find('|');
  if (bar == std::string_view::npos) return find(name);
  const Command* found = resolve({name.substr(0, bar), name.substr(bar + 1)});
  return found && found->name.size() == name.size() ? found : nullptr;
}

std::vector<std::size_t> key_positions(const Command& command, const std::vector<std::string_view>& argv) {
  if (command.keys.find) return command.keys.find(argv);
  std::vector<std::size_t> at;
  if (command.keys.first == 0) return at;
  const auto n = static_cast<int>(argv.size());
  const int last = command.keys.last < 0 ? n + command.keys.last : command.keys.last;
  for (int i = command.keys.first; i <= last && i < n; i += command.keys.step)
    at.push_back(static_cast<std::size_t>(i));
  return at;
}

}  // namespace node
