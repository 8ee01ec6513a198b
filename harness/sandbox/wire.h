// The userspace wire: directed links between hosts whose frames pass through a thread of ours, which delays,
// loses, doubles, disorders or limits them. The router's kernel hands the frames of those links over as they
// come in (an nft rule per port: a set of address pairs, and `fwd`), and the thread sends them out of the
// other host's port. All other traffic stays in the kernel. Connections live through its coming and going.
//
//   n1's eth0 -> port1 --fwd--> a veth pair -> packet ring -> models, delay queue -> port2 -> n2's eth0
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/sandbox/delay_queue.h"
#include "harness/sandbox/link_model.h"
#include "harness/sandbox/network_namespace.h"
#include "harness/sandbox/offloads.h"
#include "harness/sandbox/packet_socket.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// A host as the wire knows it.
struct WireEnd {
  std::string ip;
  std::string port;  // the router's interface to it
  int port_index = 0;
  std::array<unsigned char, 6> link_address{};       // the host's
  std::array<unsigned char, 6> port_link_address{};  // the router's
  std::shared_ptr<const NetworkNamespace> network;
};

/// Made with the first rule and gone with the last: idle it is not there at all.
class UserspaceWire : public std::enable_shared_from_this<UserspaceWire> {
 public:
  /// `router`: the namespace with the hosts' ports. Throws EnvironmentError.
  explicit UserspaceWire(std::shared_ptr<const NetworkNamespace> router);
  ~UserspaceWire();
  UserspaceWire(const UserspaceWire&) = delete;
  UserspaceWire& operator=(const UserspaceWire&) = delete;

  /// Rules of several calls act on a link one after the other. The handle keeps the wire alive.
  std::unique_ptr<Degradation> degrade(const std::vector<std::pair<WireEnd, WireEnd>>& links,
                                       const WireRule& rule, const Prng& prng);

 private:
  class Layer;
  using Key = std::uint64_t;  // both addresses of a directed link
  struct Link {
    WireEnd from, to;
    std::vector<Layer*> layers;
  };

  static Key key(const WireEnd& from, const WireEnd& to);
  void add(Layer& layer);
  void remove(Layer& layer);
  /// Tells the kernel which links are ours; REQUIRES changing_.
  void steer();
  void carry(const std::stop_token& stop);
  void take_in(Nanos now);
  void admit(Nanos now, Key link, std::span<unsigned char> frame);
  void send_due(Nanos now);
  void wake() const;

  const std::shared_ptr<const NetworkNamespace> router_;
  const std::string in_;   // what the kernel hands over leaves here,
  const std::string out_;  // and arrives here, where the ring is
  std::mutex changing_;    // one change of the links at a time
  std::mutex mutex_;       // of all below, the layers' models and counts
  std::unordered_map<Key, Link> links_;
  std::unordered_map<Key, WireEnd>
      gone_;  // receivers of links that ended: frames of theirs may be on the way
  std::uint64_t unsent_ = 0;
  std::map<std::string, std::weak_ptr<OffloadsOff>> offloads_;  // by the sender's address; of changing_
  DelayQueue queue_;
  std::unique_ptr<FrameReceiver> receiver_;
  std::unique_ptr<FrameSender> sender_;
  FileDescriptor wake_;
  std::jthread thread_;
};

/// How many directed links the kernel of the calling thread's namespace hands over, as it lists them.
int steered_links();

}  // namespace harness
