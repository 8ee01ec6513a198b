/// ACL LOG: what was denied, the last first. What happens again within a minute is counted, not repeated.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "server/acl/check.h"

namespace node::acl {

enum class Context : std::uint8_t { toplevel, multi, lua };
std::string_view name_of(Context context);
std::string_view name_of(Denied reason);

struct LogEntry {
  std::uint64_t count = 1;
  Denied reason;
  Context context;
  std::string object;  ///< the command, key or channel
  std::string user;
  std::int64_t time_ms = 0;  ///< of the last time
  std::string client;        ///< its line of CLIENT LIST
};

class Log {
 public:
  void add(LogEntry entry, std::size_t longest);
  void clear() { entries_.clear(); }
  void shorten(std::size_t longest);
  const std::list<LogEntry>& entries() const { return entries_; }

 private:
  std::list<LogEntry> entries_;
};

}  // namespace node::acl
