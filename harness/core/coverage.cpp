#include "harness/core/coverage.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

namespace harness {
namespace {

/// "cmdstat_get:calls=5,…" adds 5 to "get"; another line nothing.
void add_line(std::string_view line, std::string_view prefix, std::string_view field,
              std::map<std::string, std::uint64_t>& counts) {
  if (!line.starts_with(prefix)) return;
  const std::size_t colon = line.find(':');
  const std::size_t at = line.find(field);
  if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) return;
  const std::string_view number = line.substr(at + field.size());
  std::uint64_t count = 0;
  if (std::from_chars(number.data(), number.data() + number.size(), count).ec != std::errc{} || count == 0)
    return;
  counts[std::string(line.substr(prefix.size(), colon - prefix.size()))] += count;
}

std::string lower(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

Coverage coverage_of(const RunRecord& run) {
  Coverage coverage;
  for (const FinalView& view : run.final_views) {
    std::string_view rest = view.replication;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      add_line(rest.substr(0, end), "cmdstat_", "calls=", coverage.commands);
      add_line(rest.substr(0, end), "errorstat_", "count=", coverage.errors);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  for (const CommandRecord& command : run.commands) {
    if (command.words.empty() || !command.answered) continue;
    const std::string name = lower(command.words[0]);
    const std::string with = command.words.size() > 1 ? name + "|" + lower(command.words[1]) : name;
    if (!coverage.commands.contains(with)) coverage.commands.try_emplace(name, 1);
    if (command.refused) coverage.errors.try_emplace(command.reply.substr(0, command.reply.find(' ')), 1);
  }
  return coverage;
}

}  // namespace harness
