#include "server/scripting/script_flags.h"

#include <strings.h>

#include <utility>

#include "server/resp/parser.h"

namespace node {

namespace {

constexpr std::pair<std::string_view, std::uint32_t> kFlags[] = {
    {"no-writes", script_flag::no_writes},
    {"allow-oom", script_flag::allow_oom},
    {"allow-stale", script_flag::allow_stale},
    {"no-cluster", script_flag::no_cluster},
    {"allow-cross-slot-keys", script_flag::cross_slot}};

}  // namespace

std::optional<std::uint32_t> script_flag_named(std::string_view name, bool any_case) {
  for (const auto& [known, bit] : kFlags)
    if (name == known ||
        (any_case && name.size() == known.size() && strncasecmp(name.data(), known.data(), name.size()) == 0))
      return bit;
  return std::nullopt;
}

std::vector<std::string_view> script_flag_names(std::uint32_t flags) {
  std::vector<std::string_view> names;
  for (const auto& [name, bit] : kFlags)
    if (flags & bit) names.push_back(name);
  return names;
}

std::optional<std::string> parse_script_header(std::string_view body, ScriptHeader& header) {
  if (!body.starts_with("#!")) return std::nullopt;
  header.size = body.find('\n');
  if (header.size == std::string_view::npos) return "Invalid script shebang";
  std::vector<std::string> words;
  if (!split_words(body.substr(0, header.size), words) || words.empty())
    return "Invalid engine in script shebang";
  if (words[0] != "#!lua") return "Unexpected engine in script shebang: " + words[0];
  header.flags = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!words[i].starts_with("flags=")) return "Unknown lua shebang option: " + words[i];
    std::string_view list = std::string_view(words[i]).substr(6);
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      const std::string_view name = list.substr(0, comma);
      const auto bit = script_flag_named(name, false);
      if (!bit) return "Unexpected flag in script shebang: " + std::string(name);
      *header.flags |= *bit;
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
      if (list.empty()) return "Unexpected flag in script shebang: ";
    }
  }
  return std::nullopt;
}

Command judged_by_flags(const Command& command, std::uint32_t flags) {
  Command as = command;
  as.flags &= ~(flag::stale | flag::denyoom | flag::write | flag::may_replicate);
  if (!(flags & (script_flag::allow_oom | script_flag::no_writes))) as.flags |= flag::denyoom;
  if (!(flags & script_flag::no_writes)) as.flags |= flag::write;
  if (flags & script_flag::allow_stale) as.flags |= flag::stale;
  return as;
}

}  // namespace node
