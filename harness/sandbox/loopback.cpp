#include "harness/sandbox/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness {
namespace {

// Ports 10000–19999 for clients make bus ports 20000–29999: apart from each other, and below the range
// (from 32768) out of which the kernel gives ports to outgoing connections.
constexpr int kPortFirst = 10000;
constexpr int kPortCount = 10000;
constexpr int kBusOffset = 10000;

constexpr const char* kNoNetworkFaults =
    "network faults need namespaces, and this is loopback mode, where every node is 127.0.0.1. "
    "`harness doctor` says what keeps namespaces away and how to allow them; as root they work as they are. "
    "Without them choose process faults only";

class LoopbackHost final : public Host {
 public:
  explicit LoopbackHost(std::string name) {
    name_ = std::move(name);
    ip_ = "127.0.0.1";
  }
  void enter() const override {}
  int network_namespace() const override { return -1; }
  std::unique_ptr<Drop> drop(const DropRule&) override { throw EnvironmentError(kNoNetworkFaults); }
  int drops() const override { return 0; }
  int reset_connections(const ResetRule&) override { throw EnvironmentError(kNoNetworkFaults); }
};

// Reserves a port among harnesses, whatever their users: an abstract socket is a name that one process at a
// time can hold, and that vanishes with it, so that nothing is left behind.
FileDescriptor reserve(int port) {
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw EnvironmentError(std::string("cannot open a socket: ") + std::strerror(errno));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "redis-cluster-harness-port-" + std::to_string(port);
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return FileDescriptor();
  return socket;
}

bool is_free(int port) {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) throw EnvironmentError(std::string("cannot open a socket: ") + std::strerror(errno));
  const int on = 1;  // as servers do: a port that only lingers in TIME_WAIT is free
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

class LoopbackSandbox final : public Sandbox {
 public:
  SandboxMode mode() const override { return SandboxMode::kLoopback; }
  bool has_network_faults() const override { return false; }
  const std::string& controller_ip() const override { return controller_ip_; }

  Host& add_host(std::string name) override {
    hosts_.push_back(std::make_unique<LoopbackHost>(std::move(name)));
    return *hosts_.back();
  }

  std::unique_ptr<Degradation> degrade(const std::vector<DirectedLink>&, const WireRule&,
                                       const Prng&) override {
    throw EnvironmentError(kNoNetworkFaults);
  }
  int degraded_links() const override { return 0; }

  int node_port() override {
    for (; tried_ < kPortCount; ++tried_) {
      const int port = kPortFirst + (start_ + tried_) % kPortCount;
      FileDescriptor reservation = reserve(port);
      if (!reservation || !is_free(port) || !is_free(port + kBusOffset)) continue;
      reservations_.push_back(std::move(reservation));
      ++tried_;
      return port;
    }
    throw EnvironmentError(
        "no free port is left in 10000-19999 with its bus port (+10000) free too: end other "
        "runs, or allow namespaces (`harness doctor`), where ports do not clash");
  }

 private:
  const std::string controller_ip_ = "127.0.0.1";
  std::vector<std::unique_ptr<LoopbackHost>> hosts_;
  // Runs begin at different places, so that one's ports just closed are not at once another's.
  const int start_ = static_cast<int>(::getpid()) * 64 % kPortCount;
  int tried_ = 0;
  std::vector<FileDescriptor> reservations_;  // held for as long as the sandbox lives
};

}  // namespace

std::unique_ptr<Sandbox> make_loopback_sandbox() {
  return std::make_unique<LoopbackSandbox>();
}

}  // namespace harness
