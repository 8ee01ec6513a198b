#include "harness/sandbox/routed.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <mutex>

#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/sandbox/namespaces.h"
#include "harness/sandbox/network_namespace.h"
#include "harness/sandbox/packet_filter.h"
#include "harness/sandbox/rtnetlink.h"
#include "harness/sandbox/tcp_reset.h"
#include "harness/sandbox/wire.h"

namespace harness {
namespace {

constexpr const char* kControllerIp = "10.77.255.254";
constexpr const char* kGateway = "169.254.1.1";  // no interface has it: all it needs is a neighbour's entry
constexpr const char* kHostPrefix = "/32";
constexpr int kNodePort = 6379;
constexpr int kHostsMax = 254 * 254;
constexpr auto kReadyTimeout = std::chrono::seconds(10);

// 10.77.0.1 … 10.77.0.254, 10.77.1.1 …
std::string address(int number) {
  return "10.77." + std::to_string((number - 1) / 254) + "." + std::to_string((number - 1) % 254 + 1);
}

// Of the host's interface, or of the router's port to it.
std::array<unsigned char, 6> link_address(int number, bool of_router) {
  const auto low = static_cast<unsigned char>(number % 256), high = static_cast<unsigned char>(number / 256);
  return {0x02, 0x4d, static_cast<unsigned char>(of_router ? 1 : 0), 0, high, low};
}

std::string text_of(const std::array<unsigned char, 6>& address) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", address[0], address[1], address[2],
                address[3], address[4], address[5]);
  return text;
}

void enable_forwarding() {
  const FileDescriptor file(::open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), "1", 1) != 1)
    throw EnvironmentError(
        "cannot write /proc/sys/net/ipv4/ip_forward of the bottle's own network; `harness doctor` names the "
        "mend");
}

class HostDrop final : public Drop {
 public:
  HostDrop(std::string host, std::shared_ptr<const NetworkNamespace> network, const DropRule& rule)
      : host_(std::move(host)), network_(std::move(network)), table_(packet_filter::table_name()) {
    network_->run([&] { packet_filter::add(table_, rule); });
  }
  ~HostDrop() override {
    try {
      remove();
    } catch (const std::exception& trouble) {
      // The sandbox takes the rules away with the namespace.
      std::fprintf(stderr, "harness: %s keeps its drop rules: %s\n", host_.c_str(), trouble.what());
    }
  }
  std::uint64_t packets() const override {
    std::uint64_t dropped = 0;
    if (!removed_) network_->run([&] { dropped = packet_filter::dropped_packets(table_); });
    return dropped;
  }
  void remove() override {
    if (removed_) return;
    network_->run([&] { packet_filter::remove(table_); });
    removed_ = true;
  }

 private:
  const std::string host_;
  const std::shared_ptr<const NetworkNamespace> network_;
  const std::string table_;
  bool removed_ = false;
};

class RoutedHost final : public Host {
 public:
  RoutedHost(std::string name, int number) : port_("port" + std::to_string(number)) {
    name_ = std::move(name);
    ip_ = address(number);
    end_ = {ip_, port_, 0, link_address(number, false), link_address(number, true), network_};
    const std::string inner = text_of(end_.link_address), outer = text_of(end_.port_link_address);
    Rtnetlink router;
    router.add_veth({port_, outer}, {"eth0", inner}, network_->fd());
    network_->run([&] { set_up_inside(outer); });
    router.set_up(port_);
    router.add_neighbour(port_, ip_, inner);
    router.add_route(port_, ip_ + kHostPrefix, {}, kControllerIp);
    end_.port_index = router.index(port_);
    wait_until_ready();
  }
  const WireEnd& end() const { return end_; }
  void enter() const override { network_->enter(); }
  int network_namespace() const override { return network_->fd(); }

  std::unique_ptr<Drop> drop(const DropRule& rule) override {
    return std::make_unique<HostDrop>(name_, network_, rule);
  }
  int drops() const override {
    int count = 0;
    network_->run([&] { count = packet_filter::count(); });
    return count;
  }
  int reset_connections(const ResetRule& rule) override {
    int count = 0;
    network_->run([&] { count = tcp_reset::reset(rule); });
    return count;
  }

 private:
  void set_up_inside(const std::string& gateway_link_address) const {
    Rtnetlink inside;
    inside.set_up("lo");
    inside.add_address("eth0", ip_ + kHostPrefix);
    inside.set_up("eth0");
    inside.add_neighbour("eth0", kGateway, gateway_link_address);
    inside.add_route("eth0", "default", kGateway, {});
  }

  // The kernel notices a new carrier a moment later; a packet sent before that would be lost, and a lost SYN
  // costs a second.
  void wait_until_ready() {
    const auto is_up = [this](const char* what, const std::string& interface) {
      Rtnetlink network;
      wait_until(
          "host " + name_ + what, kReadyTimeout, [&] { return network.is_up(interface); },
          std::chrono::milliseconds(1));
    };
    network_->run([&] { is_up("'s interface", "eth0"); });
    is_up("'s port at the router", port_);
  }

  const std::shared_ptr<const NetworkNamespace> network_ = std::make_shared<NetworkNamespace>();
  const std::string port_;  // the router's end of its veth pair
  WireEnd end_;
};

class RoutedSandbox final : public Sandbox {
 public:
  explicit RoutedSandbox(SandboxMode mode) : mode_(mode) {
    disable_ipv6();
    enable_forwarding();
    Rtnetlink network;
    network.set_up("lo");
    network.add_address("lo", std::string(kControllerIp) + kHostPrefix);
    try {
      packet_filter::require_available();
      has_network_faults_ = true;
    } catch (const EnvironmentError&) {
      // Namespaces without nftables still isolate runs; drop() throws this error again, with its mend.
    }
  }
  ~RoutedSandbox() override {
    try {
      Rtnetlink network;
      network.remove_all();
      network.remove_address("lo", std::string(kControllerIp) + kHostPrefix);
    } catch (const EnvironmentError&) {
      // The end of the sandbox takes it away.
    }
  }

  SandboxMode mode() const override { return mode_; }
  bool has_network_faults() const override { return has_network_faults_; }
  const std::string& controller_ip() const override { return controller_ip_; }
  int node_port() override { return kNodePort; }

  std::unique_ptr<Degradation> degrade(const std::vector<DirectedLink>& links, const WireRule& rule,
                                       const Prng& prng) override {
    std::vector<std::pair<WireEnd, WireEnd>> ends;
    for (const DirectedLink& link : links) ends.emplace_back(end_of(link.from), end_of(link.to));
    const std::lock_guard lock(mutex_);
    std::shared_ptr<UserspaceWire> wire = wire_.lock();
    if (!wire) wire_ = wire = std::make_shared<UserspaceWire>(router_);
    return wire->degrade(ends, rule, prng);
  }
  int degraded_links() const override {
    int count = 0;
    router_->run([&] { count = steered_links(); });
    return count;
  }

  Host& add_host(std::string name) override {
    const int number = static_cast<int>(hosts_.size()) + 1;
    if (number > kHostsMax)
      throw UsageError("a sandbox has room for " + std::to_string(kHostsMax) + " hosts");
    hosts_.push_back(std::make_unique<RoutedHost>(std::move(name), number));
    return *hosts_.back();
  }

 private:
  static const WireEnd& end_of(const Host* host) { return dynamic_cast<const RoutedHost&>(*host).end(); }

  const SandboxMode mode_;
  const std::string controller_ip_ = kControllerIp;
  bool has_network_faults_ = false;
  const std::shared_ptr<const NetworkNamespace> router_ =
      std::make_shared<NetworkNamespace>(NetworkNamespace::current());
  std::mutex mutex_;
  std::weak_ptr<UserspaceWire> wire_;  // the handles of degrade() keep it
  std::vector<std::unique_ptr<RoutedHost>> hosts_;
};

}  // namespace

std::unique_ptr<Sandbox> make_routed_sandbox(SandboxMode mode) {
  CHECK_THAT_HOLDS(has_own_network(), "a router is for a network of our own, never the machine's");
  return std::make_unique<RoutedSandbox>(mode);
}

}  // namespace harness
