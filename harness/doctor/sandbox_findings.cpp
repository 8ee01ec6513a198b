#include <fcntl.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/tc.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/core/check.h"
#include "harness/doctor/examination.h"
#include "harness/sandbox/bus_path.h"
#include "harness/sandbox/disk_gate.h"
#include "harness/sandbox/fake_clock.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/sandbox.h"

namespace harness {
namespace {

/// 0, or libnl's error, of adding a netem queue to the loopback interface of this network namespace.
/// REQUIRES: a network namespace of our own.
int try_netem() {
  nl_sock* socket = nl_socket_alloc();
  int result = nl_connect(socket, NETLINK_ROUTE);
  rtnl_link* link = nullptr;
  if (result >= 0) result = rtnl_link_get_kernel(socket, 0, "lo", &link);
  if (result >= 0) {
    rtnl_qdisc* queue = rtnl_qdisc_alloc();
    rtnl_tc_set_link(TC_CAST(queue), link);
    rtnl_tc_set_parent(TC_CAST(queue), TC_H_ROOT);
    rtnl_tc_set_kind(TC_CAST(queue), "netem");
    result = rtnl_qdisc_add(socket, queue, NLM_F_CREATE);
    rtnl_qdisc_put(queue);
    rtnl_link_put(link);
  }
  nl_socket_free(socket);
  return result < 0 ? -result : 0;
}

Finding netem(SandboxMode mode) {
  const char* absent = "no netem in the kernel; packet faults do without it";
  if (mode == SandboxMode::kLoopback) return limited("netem", absent, "it needs namespaces, see above");
  try {
    const int error = run_in_sandbox(mode, try_netem);
    if (error == 0) return ok("netem", "the kernel delays packets");
    return limited("netem", std::string(absent) + " (" + nl_geterror(error) + ")",
                   "`sudo modprobe sch_netem`, where the kernel's package has that module");
  } catch (const EnvironmentError& error) {
    return limited("netem", absent, error.what());
  }
}

/// Tries one of the bottle's means for real, between two hosts.
Finding tried(SandboxMode mode, const std::string& name, const std::string& means,
              void (*trial)(Sandbox&, Host&, Host&)) {
  const std::string absent = "not to be had: ";
  if (mode == SandboxMode::kLoopback) return limited(name, absent + means, "it needs namespaces, see above");
  try {
    (void)run_in_sandbox(mode, [&] {
      const auto sandbox = make_sandbox(mode);
      Host& one = sandbox->add_host("n1");
      trial(*sandbox, one, sandbox->add_host("n2"));
      return 0;
    });
    return ok(name, means + ", tried");
  } catch (const std::exception& error) {
    return limited(name, absent + means, error.what());
  }
}

Finding cuts(SandboxMode mode) {
  return tried(mode, "cut faults", "partitions, links, ports: nftables drops at each host",
               [](Sandbox&, Host& one, Host& other) {
                 (void)one.drop({{other.ip()}, {other.ip()}});
               });
}

Finding resets(SandboxMode mode) {
  return tried(
      mode, "reset faults",
      "reset, half-open: netlink lists connections (ending them also needs CONFIG_INET_DIAG_DESTROY)",
      [](Sandbox&, Host& one, Host& other) { (void)one.reset_connections({{other.ip()}}); });
}

Finding packets(SandboxMode mode) {
  return tried(mode, "packet faults",
               "delay, loss, duplicate, reorder, corrupt, rate-limit: the userspace wire, no netem needed",
               [](Sandbox& sandbox, Host& one, Host& other) {
                 (void)sandbox.degrade({{&one, &other}}, {}, Prng(1));
               });
}

Finding bus_messages(SandboxMode mode) {
  return tried(mode, "bus faults",
               "messages of the cluster bus dropped, late, doubled, out of order: nftables redirects "
               "connections to the bus port through a path of ours",
               [](Sandbox&, Host& one, Host& other) {
                 const BusPath path({&one, &other}, 16379);
               });
}

Finding disk() {
  const std::string why = why_no_disk_gate();
  const std::string means = "full, error, slow, short-write, power-loss: seccomp user notification";
  if (why.empty()) return ok("disk faults", means + ", tried");
  return limited("disk faults", "not to be had: " + means, why);
}

Finding files() {
  return ok("file faults", "truncate, torn, bitflip, restore: files are changed while the node is down");
}

Finding clocks() {
  const std::string means = "step, skew, strobe: a library that servers are started with";
  if (find_fake_clock()) return ok("clock faults", means);
  return limited("clock faults", "not to be had: " + means + ", which is not beside the executable",
                 "`cmake --build build --target harness_clock`");
}

Finding tun() {
  const FileDescriptor device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (device) return ok("tun", "/dev/net/tun opens");
  const std::string why = std::strerror(errno);
  return limited("tun", "/dev/net/tun does not open: " + why + "; no fault of today needs it",
                 errno == ENOENT ? "`sudo modprobe tun`" : "run as root, or `sudo chmod 666 /dev/net/tun`");
}

Finding chosen(const SandboxSupport& support) {
  if (support.best != SandboxMode::kLoopback)
    return ok("sandbox", "runs use " + std::string(to_string(support.best)) +
                             ": every node is a host with a network of its own");
  return limited(
      "sandbox",
      "runs use loopback mode: process faults (segfault, kill, pause, restart) work, network faults "
      "(partitions) do not",
      "allow user namespaces, or run as root; see above");
}

}  // namespace

std::vector<Finding> examine_sandbox() {
  const SandboxSupport support = probe_sandbox();
  std::vector<Finding> findings;
  findings.push_back(
      support.user_namespace_error.empty()
          ? ok("user namespace", ::geteuid() == 0
                                     ? "can be made, tried as root (an ordinary user may meet other rules: "
                                       "run the doctor as that user)"
                                     : "can be made, tried")
          : limited("user namespace", "not allowed", support.user_namespace_error));
  // As an ordinary user it only matters where user namespaces are not allowed.
  if (::geteuid() == 0)
    findings.push_back(support.root_error.empty()
                           ? ok("root", "root can make namespaces, tried")
                           : limited("root", "root cannot make namespaces", support.root_error));
  else
    findings.push_back(ok("root", "not root; it is not needed where user namespaces are allowed"));
  findings.push_back(chosen(support));
  findings.push_back(
      support.filter_error.empty()
          ? ok("nftables", "packets can be dropped, tried")
          : limited("nftables", "packets cannot be dropped: no network faults", support.filter_error));
  findings.push_back(cuts(support.best));
  findings.push_back(resets(support.best));
  findings.push_back(packets(support.best));
  findings.push_back(bus_messages(support.best));
  findings.push_back(disk());
  findings.push_back(files());
  findings.push_back(clocks());
  findings.push_back(netem(support.best));
  findings.push_back(tun());
  return findings;
}

}  // namespace harness
