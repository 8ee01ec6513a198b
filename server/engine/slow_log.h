/// The slow log's rule: what a command took, against slowlog-log-slower-than and slowlog-max-len.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/engine/engine.h"

namespace node {

/// Whether a client's command that took so long (µs) is kept.
inline bool is_slow(const Config& config, const Session& session, std::int64_t usec) {
  return config.slowlog_threshold_us >= 0 && usec >= config.slowlog_threshold_us &&
         session.kind == Session::Kind::normal && config.slowlog_length > 0;
}

/// Keeps it, and drops the oldest beyond the log's length. `words`: as the log shows them.
inline void keep_slow(Engine& engine, const Session& session, std::int64_t usec,
                      std::vector<std::string> words) {
  engine.slow_log.push_back(
      {engine.slow_id++, engine.state.now_ms / 1000, usec, std::move(words), session.address, session.name});
  while (engine.slow_log.size() > static_cast<std::size_t>(engine.config.slowlog_length))
    engine.slow_log.erase(engine.slow_log.begin());
}

}  // namespace node
