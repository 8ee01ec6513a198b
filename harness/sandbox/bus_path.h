// The bus path: every connection of the cluster bus goes through a thread of ours (or, of a large cluster,
// one of several: bus_carrier.h), which reads the messages, counts them, and drops, delays, doubles or
// disorders those that rules name. In each host's network namespace an nft rule redirects outgoing
// connections to the bus port to a listener of ours there, which reads where they were meant to go and
// connects onward with a mark of its own; the peer sees the host's own address, and the servers'
// configuration is untouched.
//
//   n1's server -> redirect -> listener in n1's namespace -> (mark) -> n2's bus port
//
// Cuts and packet faults act on both legs as they act on one. It exists only where somebody asks for it: else
// no rule, no socket and no thread of it is there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/sandbox/bus_carrier.h"
#include "harness/sandbox/bus_traffic.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

class BusPath;

/// A rule in force. Destroying it ends it.
class BusRuleInForce {
 public:
  BusRuleInForce(BusPath& path, const BusRule& rule);
  ~BusRuleInForce();
  BusRuleInForce(const BusRuleInForce&) = delete;
  BusRuleInForce& operator=(const BusRuleInForce&) = delete;
  BusRuleCounts counts() const;
  /// What still waits for it goes out at once, in order; verified. Idempotent. Throws EnvironmentError.
  void remove();

 private:
  BusPath& path_;
  const BusRuleId id_;
  bool removed_ = false;
};

class BusPath {
 public:
  /// Opens it for these hosts. Connections between them that exist already are closed once, so that they come
  /// again through it. Throws EnvironmentError with the mend: a host without a network of its own, a kernel
  /// without redirection.
  BusPath(std::vector<Host*> hosts, int bus_port);
  /// Takes the rules away and closes what went through it; the servers connect again without it.
  ~BusPath();
  BusPath(const BusPath&) = delete;
  BusPath& operator=(const BusPath&) = delete;

  BusTraffic& traffic() { return traffic_; }
  const BusTraffic& traffic() const { return traffic_; }
  /// REQUIRES: the path outlives it.
  [[nodiscard]] std::unique_ptr<BusRuleInForce> apply(const BusRule& rule);

  std::vector<std::string> hosts() const;  // names
  int port() const { return port_; }
  int closed_links() const { return closed_links_; }  // when it was opened
  int connections() const;                            // that go through it now
  std::vector<int> thread_ids() const;                // of those that carry it
  /// How many hosts the kernel redirects from, as it lists its rules now.
  int redirecting_hosts() const;

 private:
  friend class BusRuleInForce;
  BusDoor open_door(Host& host) const;
  void close_old_links();

  const std::vector<Host*> hosts_;
  const int port_;
  int closed_links_ = 0;
  BusTraffic traffic_;
  std::vector<std::unique_ptr<BusCarrier>> carriers_;
};

}  // namespace harness
