// The few calls of rtnetlink that a router with hosts around it needs, in the network namespace of the thread
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

  /// One end of a pair; addresses are written as in "02:4d:00:00:00:01".
  struct End {
    std::string name;
    std::string link_address;
  };
  /// A pair: one end here, the other in the network namespace of this descriptor.
  void add_veth(const End& here, const End& peer, int peer_namespace);
  void set_up(const std::string& name);
  void remove(const std::string& name);
  int index(const std::string& name);
  /// `address` with its prefix, as in "10.77.0.1/16".
  void add_address(const std::string& name, const std::string& address);
  void remove_address(const std::string& name, const std::string& address);
  /// Sends packets for `destination` ("10.77.0.1/32", "default") out there, by way of `gateway` when that is
  /// not empty (it need be in no network of ours), from the address `source` when that is not empty.
  void add_route(const std::string& name, const std::string& destination, const std::string& gateway,
                 const std::string& source);
  /// A permanent neighbour: nobody asks for its link address ever again.
  void add_neighbour(const std::string& name, const std::string& address, const std::string& link_address);
  /// Removes every pair made by add_veth in this namespace, in one step: one by one each would cost some 40
  /// ms of waiting in the kernel.
  void remove_all();

  /// Up with carrier: what is sent goes out.
  bool is_up(const std::string& name);

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  std::unique_ptr<nl_sock, Close> socket_;
};

}  // namespace harness
