#include "server/commands/admin/command_docs.h"

#include <map>

#include "server/keyspace/number.h"

namespace node {

namespace {

using DocWords = std::vector<std::string_view>;

std::string_view type_named(char letter) {
  switch (letter) {
    case 's':
      return "string";
    case 'i':
      return "integer";
    case 'd':
      return "double";
    case 'k':
      return "key";
    case 'p':
      return "pattern";
    case 'u':
      return "unix-time";
    case 't':
      return "pure-token";
    case 'o':
      return "oneof";
    default:
      return "block";
  }
}

ArgumentDocs read_argument(const DocWords& words, std::size_t& at);

std::vector<ArgumentDocs> read_arguments(const DocWords& words, std::size_t& at) {
  std::vector<ArgumentDocs> arguments;
  for (; at < words.size() && words[at] != "]"; at += at < words.size() && words[at] == ",")
    arguments.push_back(read_argument(words, at));
  return arguments;
}

ArgumentDocs read_argument(const DocWords& words, std::size_t& at) {
  ArgumentDocs a;
  a.name = words[at];
  a.type = type_named(words[at + 1][0]);
  a.nests = a.type == "oneof" || a.type == "block";
  for (at += 2; at < words.size() && words[at] != "," && words[at] != "]"; ++at) {
    const std::string_view rest = words[at].substr(1);
    switch (words[at][0]) {
      case '#':
        a.key_rule = static_cast<int>(parse_integer(rest).value_or(0));
        break;
      case '=':
        a.token = rest == "\"\"" ? std::string_view() : rest;
        break;
      case '@':
        a.since = rest;
        break;
      case '~':
        a.deprecated = rest;
        break;
      case '?':
        a.flags.emplace_back("optional");
        break;
      case '*':
        a.flags.emplace_back("multiple");
        break;
      case '+':
        a.flags.emplace_back("multiple_token");
        break;
      default:  // "["
        a.arguments = read_arguments(words, ++at);
    }
  }
  return a;
}

CommandDocs read_command(const DocWords& words) {
  CommandDocs docs;
  docs.since = words[1];
  std::size_t at = 2;
  for (; at < words.size() && words[at] != ":"; ++at) {
    if (words[at][0] == '~') docs.deprecated = words[at].substr(1);
    if (words[at][0] == '!') docs.flags.push_back(words[at].substr(1));
  }
  if (at < words.size()) docs.arguments = read_arguments(words, ++at);
  return docs;
}

using DocsByName = std::map<std::string_view, CommandDocs>;

void read_docs(std::string_view text, DocsByName& docs) {
  DocWords words;
  bool begins = true;
  const auto finish = [&] {
    if (!words.empty()) docs.emplace(words[0], read_command(words));
    words.clear();
  };
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \n");
    if (begins && end != 0) finish();
    if (end > 0) words.push_back(text.substr(0, end));
    begins = text[end] == '\n';
    text.remove_prefix(end + 1);
  }
  finish();
}

}  // namespace

const CommandDocs* docs_of(std::string_view command) {
  static const DocsByName all = [] {
    DocsByName docs;
    for (const std::string_view text :
         {docs_of_commands_a_g(), docs_of_commands_h_z(), docs_of_subcommands()})
      read_docs(text.substr(1), docs);
    return docs;
  }();
  const auto it = all.find(command);
  return it == all.end() ? nullptr : &it->second;
}

}  // namespace node
