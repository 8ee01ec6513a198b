#include "server/commands/admin/command_prose.h"

#include <map>

namespace node {

namespace {

using ProseByName = std::map<std::string_view, CommandProse>;

/// The text that a line opens; lines that go on are appended to it.
std::string& open_text(CommandProse& prose, char mark, std::string_view& text) {
  switch (mark) {
    case 's':
      return prose.summary;
    case 'c':
      return prose.complexity;
    case 'r':
      return prose.replaced_by;
    default: {  // 'h'
      const std::size_t space = text.find(' ');
      prose.history.emplace_back(text.substr(0, space), "");
      text.remove_prefix(space + 1);
      return prose.history.back().second;
    }
  }
}

void read_prose(std::string_view text, ProseByName& all) {
  CommandProse* prose = nullptr;
  std::string* open = nullptr;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.starts_with("    ")) {
      open->append(line.substr(3));
    } else if (line[0] != ' ') {
      prose = &all[line];
    } else {
      const char mark = line[1];
      line.remove_prefix(3);
      open = &open_text(*prose, mark, line);
      *open = line;
    }
  }
}

}  // namespace

const CommandProse* prose_of(std::string_view command) {
  static const ProseByName all = [] {
    ProseByName prose;
    for (const std::string_view text :
         {prose_of_commands_a_g(), prose_of_commands_h_r(), prose_of_commands_s_z(), prose_of_subcommands()})
      read_prose(text.substr(1), prose);
    return prose;
  }();
  const auto it = all.find(command);
  return it == all.end() ? nullptr : &it->second;
}

}  // namespace node
