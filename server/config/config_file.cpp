// Reads configuration files and the command line.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "server/config/config.h"
#include "server/config/words.h"
#include "server/resp/parser.h"

namespace node {
namespace {

/// These two stand in no table, so that CONFIG GET, SET and REWRITE know nothing of them.
std::optional<std::string> set_defects(Config& config, std::string_view name,
                                       std::span<const std::string> words) {
  if (words.empty()) return "Bad directive or wrong number of arguments";
  if (name == "enable-seeded-defects") {
    if (words.size() != 1 || (words[0] != "yes" && words[0] != "no")) return "argument must be 'yes' or 'no'";
    config.seeded_defects_enabled = words[0] == "yes";
    return std::nullopt;
  }
  for (const std::string& word : words)
    if (auto why = config.defects.add(word)) return why;
  return std::nullopt;
}

/// What its rules say is read when the commands are known.
std::optional<std::string> add_user(Config& config, std::span<const std::string> words) {
  for (const std::vector<std::string>& known : config.users)
    if (known[0] == words[0])
      return "Error in user declaration '" + words[0] +
             "': Duplicate user found. A user can only be defined once in config files";
  config.users.emplace_back(words.begin(), words.end());
  return std::nullopt;
}

/// Several save lines add up; the first replaces the default, and an empty one forgets those before it.
std::optional<std::string> add_save(Config& config, std::span<const std::string> values) {
  const std::vector<std::string> added = words_of(join(values));
  std::vector<std::string> all;
  if (config.saves_given && !added.empty()) all = words_of(config.save);
  all.insert(all.end(), added.begin(), added.end());
  config.saves_given = true;
  return set_save(config, all);
}

/// A line that is no `include`. A text says what is wrong.
std::optional<std::string> set_by_line(Config& config, const std::string& name,
                                       std::span<const std::string> values) {
  if (name == "save") return add_save(config, values);
  if (name == "user" && !values.empty()) return add_user(config, values);
  if (name == "enable-seeded-defects" || name == "seeded-defect") return set_defects(config, name, values);
  return set_directive(config, name, values);
}

/// Configuration text of "--name a b --other c": each name takes the words up to the next one.
std::string lines_of(std::span<const std::string> arguments) {
  std::string lines;
  for (const std::string& word : arguments) {
    if (word.starts_with("--")) {
      lines += (lines.empty() ? "" : "\n") + word.substr(2);
      continue;
    }
    lines += " \"";
    for (const char c : word) {
      if (c == '"' || c == '\\') lines += '\\';
      lines += c;
    }
    lines += '"';
  }
  return lines;
}

/// Of a file, or of the standard input where it is called "-".
std::string text_of(Config& config, const std::string& name) {
  const bool from_input = name == "-";
  if (!from_input) config.file = name;
  std::ifstream file(from_input ? "/dev/stdin" : name);
  if (!file && !from_input) throw ConfigError{"Fatal error, can't open config file '" + name + "'"};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

std::optional<std::string> read_included_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return std::nullopt;  // it opens, and fails when it is read
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

void load_config_text(Config& config, std::string_view text, const std::string& where,
                      const IncludeReader& read_included, int depth) {
  std::istringstream in{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto fail = [&](const std::string& why) {
      throw ConfigError{"*** FATAL CONFIG FILE ERROR ***\nReading the configuration " + where + ", at line " +
                        std::to_string(number) + "\n>>> '" + line + "'\n" + why};
    };
    const std::size_t begin = line.find_first_not_of(" \t\r\n");
    if (begin == std::string::npos || line[begin] == '#') continue;
    std::vector<std::string> words;
    if (!split_words(line, words)) fail("Unbalanced quotes in configuration line");
    if (words.empty()) continue;
    const std::string name = lower(words[0]);
    const std::span<const std::string> values(words.begin() + 1, words.end());
    if (name != "include") {
      if (const auto why = set_by_line(config, name, values)) fail(*why);
      continue;
    }
    if (values.size() != 1) fail("wrong number of arguments");
    const auto included = read_included(values[0]);
    if (!included) fail("can't read the included file");
    if (depth == kMaxIncludeDepth) fail("files include each other without end");
    load_config_text(config, *included, "file '" + values[0] + "'", read_included, depth + 1);
  }
}

Config load_config(std::span<const std::string> arguments) {
  Config config;
  if (!arguments.empty() && !arguments[0].starts_with("--")) {
    load_config_text(config, text_of(config, arguments[0]), "file");
    arguments = arguments.subspan(1);
  }
  const bool may_be_broken = config.seeded_defects_enabled;
  load_config_text(config, lines_of(arguments), "given on the command line");
  if (config.defects.any() && !may_be_broken)
    throw ConfigError{
        "*** FATAL CONFIG FILE ERROR ***\nseeded-defect breaks the server on purpose: it is refused unless "
        "the configuration file itself says 'enable-seeded-defects yes'"};
  return config;
}

}  // namespace node
