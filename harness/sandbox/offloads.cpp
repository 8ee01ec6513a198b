#include "harness/sandbox/offloads.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "harness/core/check.h"

namespace harness {
namespace {

struct Offload {
  std::uint32_t get, set;
};
constexpr Offload kOffloads[] = {
    {ETHTOOL_GTSO, ETHTOOL_STSO},       {ETHTOOL_GGSO, ETHTOOL_SGSO},       {ETHTOOL_GSG, ETHTOOL_SSG},
    {ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM}, {ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM},
};

std::uint32_t call(const std::string& interface, std::uint32_t command, std::uint32_t data) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ethtool_value value{command, data};
  ifreq request{};
  interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  if (!socket || ::ioctl(socket.get(), SIOCETHTOOL, &request) != 0)
    throw EnvironmentError("cannot set the offloads of " + interface + ": " + std::strerror(errno));
  return value.data;
}

}  // namespace

OffloadsOff::OffloadsOff(std::shared_ptr<const NetworkNamespace> network, std::string interface)
    : network_(std::move(network)), interface_(std::move(interface)) {
  network_->run([this] {
    for (const Offload& offload : kOffloads) {
      before_.emplace_back(offload.set, call(interface_, offload.get, 0));
    }
    for (const Offload& offload : kOffloads) call(interface_, offload.set, 0);
  });
}

OffloadsOff::~OffloadsOff() {
  try {
    network_->run([this] {
      // In the other direction: what cuts large packets needs the checksums first.
      for (auto it = before_.rbegin(); it != before_.rend(); ++it) call(interface_, it->first, it->second);
    });
  } catch (const std::exception& trouble) {
    std::fprintf(stderr, "harness: %s\n", trouble.what());
  }
}

}  // namespace harness
