#include "server/acl/log.h"

#include <cstdlib>

namespace node::acl {

namespace {

constexpr std::int64_t kSameMs = 60000;
constexpr int kLookedAt = 10;

bool alike(const LogEntry& a, const LogEntry& b) {
  return a.reason == b.reason && a.context == b.context && std::abs(a.time_ms - b.time_ms) <= kSameMs &&
         a.object == b.object && a.user == b.user;
}

}  // namespace

std::string_view name_of(Context context) {
  return context == Context::lua ? "lua" : context == Context::multi ? "multi" : "toplevel";
}

std::string_view name_of(Denied reason) {
  constexpr std::string_view names[] = {"unknown", "command", "key", "auth", "channel"};
  return names[static_cast<std::size_t>(reason)];
}

void Log::add(LogEntry entry, std::size_t longest) {
  int looked_at = 0;
  for (auto it = entries_.begin(); it != entries_.end() && looked_at < kLookedAt; ++it, ++looked_at) {
    if (!alike(*it, entry)) continue;
    entry.count += it->count;
    entries_.erase(it);
    break;
  }
  entries_.push_front(std::move(entry));
  shorten(longest);
}

void Log::shorten(std::size_t longest) {
  while (entries_.size() > longest) entries_.pop_back();
}

}  // namespace node::acl
