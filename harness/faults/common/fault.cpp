#include "harness/faults/common/fault.h"

namespace harness {

std::string available_everywhere(const Capabilities&) {
  return {};
}

std::string needs_network(const Capabilities& capabilities) {
  return capabilities.network
             ? std::string{}
             : "it needs network namespaces, which this machine (or --sandbox loopback) does not "
               "give: 'harness doctor' says what would enable them";
}

std::string needs_disk_gate(const Capabilities& capabilities) {
  return capabilities.disk_gate ? std::string{}
                                : "it needs seccomp user notification, which this kernel or container does "
                                  "not give: 'harness doctor' says more";
}

std::string needs_fake_clock(const Capabilities& capabilities) {
  return capabilities.fake_clock ? std::string{}
                                 : "it needs libharness_clock.so beside the executable: build it (cmake "
                                   "--build build --target harness_clock)";
}

}  // namespace harness
