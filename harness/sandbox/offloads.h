// What a network interface leaves to hardware: checksums and the cutting of large packets. The userspace wire
// needs whole frames.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/sandbox/network_namespace.h"

namespace harness {

/// Turns the offloads of an interface off for as long as it lives. Throws EnvironmentError.
class OffloadsOff {
 public:
  OffloadsOff(std::shared_ptr<const NetworkNamespace> network, std::string interface);
  ~OffloadsOff();
  OffloadsOff(const OffloadsOff&) = delete;
  OffloadsOff& operator=(const OffloadsOff&) = delete;

 private:
  const std::shared_ptr<const NetworkNamespace> network_;
  const std::string interface_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> before_;  // command that sets, value
};

}  // namespace harness
