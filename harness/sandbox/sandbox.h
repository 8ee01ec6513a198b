// A cluster in a bottle: the run lives in its own user, network, pid and mount namespaces, each node is a
// host with its own network namespace and address behind one router, and whatever happens to the harness
// (kill -9 included) the kernel takes away every process, rule and interface with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/prng.h"
#include "harness/sandbox/wire_rule.h"

namespace harness {

enum class SandboxMode {
  kUserNamespace,  // as an ordinary user: own user, network, pid and mount namespaces
  kRoot,           // as root: the same without the user namespace
  kLoopback,       // neither is allowed: everything on 127.0.0.1, process faults only
};
std::string_view to_string(SandboxMode mode);  // "user namespace", "root namespaces", "loopback"

/// What this machine allows, tried for real (a child unshares, makes a host behind a router, a rule).
struct SandboxSupport {
  SandboxMode best = SandboxMode::kLoopback;
  std::string user_namespace_error;  // empty: works; else what failed and the exact mend
  std::string root_error;
  std::string filter_error;  // nftables inside
};
SandboxSupport probe_sandbox();
/// Only the best mode, in a fraction of the time: nothing is tried beyond the first that works.
SandboxMode best_sandbox_mode();

enum class SandboxNetwork {
  kOwn,      // an empty one, for make_sandbox()
  kMachine,  // the machine's, as it is: for builds and downloads, whose processes shall not outlive us either
};

/// Runs the body inside the namespaces, in a process of its own, and returns its exit code (128 + n when
/// signal n ended it); in loopback mode simply calls it. An exception that leaves the body is thrown again
/// here, with the same text: EnvironmentError, UsageError, else std::runtime_error.
///
/// The body is pid 2, below a tiny init that reaps orphans, so that it reaps its own children itself. The
/// outer process stays in the foreground and passes SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH on, each
/// once, and Ctrl-Z and its end (servers run on meanwhile). The body must not read from the terminal: it is
/// in a background process group, which is what keeps Ctrl-C from arriving twice. When the outer process
/// dies, of SIGKILL too, the kernel takes everything with it.
///
/// The user inside is the same as outside, with all capabilities over the bottle; programs it runs have none
/// of them (as root: have root's).
///
/// REQUIRES: no second thread exists yet. Throws EnvironmentError (with the mend) when the mode is not
/// possible.
int run_in_sandbox(SandboxMode mode, const std::function<int()>& body,
                   SandboxNetwork network = SandboxNetwork::kOwn);

/// The last SIGINT, SIGTERM or SIGHUP that run_in_sandbox passed on in this process; 0: none. The body may
/// have been too near its end to notice it.
int signal_passed_on();

/// Which packets a host drops. Either list of addresses may be empty: `from` alone makes the host deaf to
/// them in one direction, `to` alone makes it mute.
struct DropRule {
  std::vector<std::string> from;  // dropped when they arrive from there
  std::vector<std::string> to;    // dropped when they leave for there
  int port = 0;                   // TCP port at either end of the connection; 0: packets of every kind
  bool resets_only = false;       // only TCP resets
};

/// Drops in force at one host. Destroying it ends them.
class Drop {
 public:
  virtual ~Drop() = default;
  /// Packets that it has dropped so far: the proof that a partition is active. 0 once it is removed.
  virtual std::uint64_t packets() const = 0;
  /// Takes the rules away; verified by listing. Idempotent. Throws EnvironmentError.
  virtual void remove() = 0;
};

/// Which connections of a host are reset.
struct ResetRule {
  std::vector<std::string> peers;  // with these addresses
  int port = 0;                    // TCP port at either end; 0: any
};

/// A machine of the bottle: a node's, or a group of clients'. In loopback mode all are 127.0.0.1 in the one
/// network there is.
class Host {
 public:
  virtual ~Host() = default;
  const std::string& name() const { return name_; }  // "n1", "c1"
  const std::string& ip() const { return ip_; }

  /// Moves the calling thread into this host's network namespace, for good.
  virtual void enter() const = 0;
  /// File descriptor of the network namespace, for a child to setns() to; -1 in loopback mode.
  virtual int network_namespace() const = 0;

  /// Drops what the rule names, of established connections too, until the handle goes. Rules of several calls
  /// may overlap: each counts and ends by itself. All rules of one call go in in one nftables transaction,
  /// and are verified by listing. Throws EnvironmentError on failure, or when the mode has no network faults.
  [[nodiscard]] virtual std::unique_ptr<Drop> drop(const DropRule& rule) = 0;
  /// How many rule sets of drop() the kernel lists here now.
  virtual int drops() const = 0;
  /// Ends TCP connections of this host, at both ends: what they had not delivered is gone, and both sides
  /// read "connection reset" (a peer only once the reset reaches it). Returns how many it ended. Throws
  /// EnvironmentError.
  virtual int reset_connections(const ResetRule& rule) = 0;

 protected:
  std::string name_;
  std::string ip_;
};

/// Traffic from one host to another, in that direction.
struct DirectedLink {
  const Host* from = nullptr;
  const Host* to = nullptr;
};

/// A rule of the userspace wire in force on some links. Destroying it ends it.
class Degradation {
 public:
  virtual ~Degradation() = default;
  /// What it has done so far.
  virtual WireCounts counts() const = 0;
  /// Gives the links back to the kernel (unless other rules hold them), verified by listing, and lets go at
  /// once what still waits. Idempotent. Throws EnvironmentError.
  virtual void remove() = 0;
};

/// REQUIRES: made inside run_in_sandbox's body, with SandboxNetwork::kOwn (in loopback mode: anywhere).
class Sandbox {
 public:
  virtual ~Sandbox() = default;  // takes the hosts and the router's ports down
  virtual SandboxMode mode() const = 0;
  /// False in loopback mode and on kernels without nftables; drop() then says what would enable it.
  virtual bool has_network_faults() const = 0;
  /// Where the body itself (controller, observer) is seen on the hosts' network: it reaches every host from
  /// here, and no drop() between hosts touches it. "10.77.255.254"; in loopback mode "127.0.0.1".
  virtual const std::string& controller_ip() const = 0;
  /// A new host; its address is the next free one (10.77.x.y/16), ready to use on return.
  virtual Host& add_host(std::string name) = 0;
  /// Delays, loses, doubles, disorders, damages or limits the frames of these links until the handle goes.
  /// Connections live through its coming and going. Rules that share a link act on it one after the other.
  /// Random choices come from the seed, a stream for each link. Throws EnvironmentError on failure, or when
  /// the mode has no network faults.
  [[nodiscard]] virtual std::unique_ptr<Degradation> degrade(const std::vector<DirectedLink>& links,
                                                             const WireRule& rule, const Prng& prng) = 0;
  /// How many directed links the kernel hands over to degrade()'s wire, as it lists them now.
  virtual int degraded_links() const = 0;
  /// TCP port for a node on a host: always 6379 with namespaces; in loopback mode a free one, its bus port
  /// free too.
  virtual int node_port() = 0;
};

/// Throws EnvironmentError. At most one at a time with namespaces.
std::unique_ptr<Sandbox> make_sandbox(SandboxMode mode);

}  // namespace harness
