#include "server/node/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iterator>

#include "server/persistence/file.h"

namespace node {

void Log::log(char level, std::string_view text) const {
  constexpr std::string_view levels = ".-*#";
  constexpr std::string_view names[] = {"debug", "verbose", "notice", "warning"};
  const std::size_t wanted = static_cast<std::size_t>(
      std::find(std::begin(names), std::end(names), config_.loglevel) - std::begin(names));
  if (levels.find(level) < wanted) return;
  const std::int64_t us = clock_.now_us();
  const std::time_t seconds = us / 1000000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char stamp[64];
  std::strftime(stamp, sizeof stamp, "%d %b %Y %H:%M:%S", &parts);
  char line[128];
  const int n =
      std::snprintf(line, sizeof line, "%d:%c %s.%03d %c ", static_cast<int>(getpid()),
                    replication_.is_replica() ? 'S' : 'M', stamp, static_cast<int>(us / 1000 % 1000), level);
  std::string out(line, static_cast<std::size_t>(n));
  // One line an event: names that came over the network must not look like others.
  for (const char c : text) {
    char hex[8];
    if (static_cast<unsigned char>(c) >= ' ' && c != 127) {
      out += c;
    } else {
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
      out += hex;
    }
  }
  out += '\n';
  if (config_.logfile.empty()) {
    static_cast<void>(!write_all(STDOUT_FILENO, out));
    return;
  }
  const File file(::open(config_.logfile.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (file) static_cast<void>(!write_all(file.fd(), out));
}

}  // namespace node
