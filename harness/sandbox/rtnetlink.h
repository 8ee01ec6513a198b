// The few calls of rtnetlink that a bridge with hosts on it needs, in the network namespace of the thread
// that made the socket.
#pragma once

#include <memory>
#include <string>

struct nl_sock;

namespace harness {

/// Every call throws EnvironmentError, naming the interface and the kernel's reason.
class Rtnetlink {
 public:
  Rtnetlink();
  ~Rtnetlink();
  Rtnetlink(const Rtnetlink&) = delete;
  Rtnetlink& operator=(const Rtnetlink&) = delete;

  void add_bridge(const std::string& name);
  /// A pair: `name` here, `peer` in the network namespace of this descriptor.
  void add_veth(const std::string& name, const std::string& peer, int peer_namespace);
  void set_up(const std::string& name);
  /// Plugs the interface into the bridge and sets it up.
  void plug(const std::string& name, const std::string& bridge);
  /// `address` with its prefix, as in "10.77.0.1/16".
  void add_address(const std::string& name, const std::string& address);
  /// Removes every bridge and pair made by add_bridge and add_veth in this namespace, in one step: one by one
  /// each would cost some 40 ms of waiting in the kernel.
  void remove_all();

  /// Up with carrier: what is sent goes out.
  bool is_up(const std::string& name);
  /// Plugged into a bridge that forwards its frames.
  bool is_forwarding(const std::string& name);

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  std::unique_ptr<nl_sock, Close> socket_;
};

}  // namespace harness
