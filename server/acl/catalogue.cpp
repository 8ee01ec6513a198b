#include "server/acl/catalogue.h"

#include <algorithm>
#include <utility>

#include "server/resp/same_word.h"

namespace node::acl {

namespace {

constexpr std::string_view kNames[] = {
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};

}  // namespace

std::span<const std::string_view> category_names() {
  return kNames;
}

std::optional<Categories> category_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (same_word(kNames[i], name)) return Categories{1} << i;
  return std::nullopt;
}

Catalogue::Catalogue(std::vector<Line> lines) : lines_(std::move(lines)), subcommands_(lines_.size()) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const std::size_t bar = lines_[i].name.find('|');
    if (bar == std::string_view::npos) continue;
    if (const auto container = find(lines_[i].name.substr(0, bar))) subcommands_[*container].push_back(i);
  }
}

std::optional<std::size_t> Catalogue::find(std::string_view name) const {
  const auto it = std::find_if(lines_.begin(), lines_.end(),
                               [&](const Line& line) { return same_word(line.name, name); });
  if (it == lines_.end()) return std::nullopt;
  return static_cast<std::size_t>(it - lines_.begin());
}

}  // namespace node::acl
