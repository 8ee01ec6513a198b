#include "harness/sandbox/bridged.h"

#include <optional>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/namespaces.h"
#include "harness/sandbox/network_namespace.h"
#include "harness/sandbox/packet_filter.h"
#include "harness/sandbox/rtnetlink.h"

namespace harness {
namespace {

constexpr const char* kBridge = "bridge";
constexpr const char* kControllerIp = "10.77.255.254";
constexpr const char* kPrefix = "/16";
constexpr int kNodePort = 6379;
constexpr int kHostsMax = 254 * 254;
constexpr auto kReadyTimeout = std::chrono::seconds(10);

// 10.77.0.1 … 10.77.0.254, 10.77.1.1 …
std::string address(int number) {
  return "10.77." + std::to_string((number - 1) / 254) + "." + std::to_string((number - 1) % 254 + 1);
}

class BridgedHost final : public Host {
 public:
  BridgedHost(std::string name, std::string ip, std::string port) : port_(std::move(port)) {
    name_ = std::move(name);
    ip_ = std::move(ip);
    Rtnetlink().add_veth(port_, "eth0", network_.fd());
    network_.run([this] {
      Rtnetlink inside;
      inside.set_up("lo");
      inside.add_address("eth0", ip_ + kPrefix);
      inside.set_up("eth0");
    });
    Rtnetlink().plug(port_, kBridge);
    wait_until_ready();
  }
  void enter() const override { network_.enter(); }
  int network_namespace() const override { return network_.fd(); }

  void drop(const std::vector<std::string>& from, const std::vector<std::string>& to) override {
    network_.run([&] { packet_filter::drop(from, to); });
  }
  void undrop() override { network_.run(packet_filter::clear); }
  std::uint64_t dropped_packets() const override {
    std::uint64_t packets = 0;
    network_.run([&] { packets = packet_filter::dropped_packets(); });
    return packets;
  }

 private:
  // The kernel notices a new carrier a moment later; a packet sent before that would be lost, and a lost SYN
  // costs a second.
  void wait_until_ready() {
    network_.run([this] {
      Rtnetlink inside;
      wait_until(
          "host " + name_ + "'s interface", kReadyTimeout, [&] { return inside.is_up("eth0"); },
          std::chrono::milliseconds(1));
    });
    Rtnetlink outside;
    wait_until(
        "host " + name_ + "'s port on the bridge", kReadyTimeout,
        [&] { return outside.is_forwarding(port_); }, std::chrono::milliseconds(1));
  }

  NetworkNamespace network_;
  std::string port_;  // the end of its veth pair on the bridge
};

class BridgedSandbox final : public Sandbox {
 public:
  explicit BridgedSandbox(SandboxMode mode) : mode_(mode) {
    disable_ipv6();
    Rtnetlink network;
    network.set_up("lo");
    network.add_bridge(kBridge);
    network.add_address(kBridge, std::string(kControllerIp) + kPrefix);
    network.set_up(kBridge);
    try {
      packet_filter::require_available();
      has_network_faults_ = true;
    } catch (const EnvironmentError&) {
      // Namespaces without nftables still isolate runs; drop() throws this error again, with its mend.
    }
  }
  ~BridgedSandbox() override {
    try {
      Rtnetlink().remove_all();
    } catch (const EnvironmentError&) {
      // The end of the sandbox takes it away.
    }
  }

  SandboxMode mode() const override { return mode_; }
  bool has_network_faults() const override { return has_network_faults_; }
  const std::string& controller_ip() const override { return controller_ip_; }
  int node_port() override { return kNodePort; }

  Host& add_host(std::string name) override {
    const int number = static_cast<int>(hosts_.size()) + 1;
    if (number > kHostsMax)
      throw UsageError("a sandbox has room for " + std::to_string(kHostsMax) + " hosts");
    hosts_.push_back(
        std::make_unique<BridgedHost>(std::move(name), address(number), "port" + std::to_string(number)));
    return *hosts_.back();
  }

 private:
  const SandboxMode mode_;
  const std::string controller_ip_ = kControllerIp;
  bool has_network_faults_ = false;
  std::vector<std::unique_ptr<BridgedHost>> hosts_;
};

}  // namespace

std::unique_ptr<Sandbox> make_bridged_sandbox(SandboxMode mode) {
  CHECK_THAT_HOLDS(has_own_network(), "a bridge is for a network of our own, never the machine's");
  return std::make_unique<BridgedSandbox>(mode);
}

}  // namespace harness
