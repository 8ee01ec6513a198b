/// The node's log: on standard output, or appended to a file that is opened for every line, so that it may be
/// moved.
#pragma once

#include "server/config/config.h"
#include "server/engine/ports.h"

namespace node {

class Log final : public LogPort {
 public:
  Log(const Config& config, const ClockPort& clock, const ReplicationPort& replication)
      : config_(config), clock_(clock), replication_(replication) {}
  void log(char level, std::string_view text) const override;

 private:
  const Config& config_;
  const ClockPort& clock_;
  const ReplicationPort& replication_;
};

}  // namespace node
