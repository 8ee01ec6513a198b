#include "harness/sandbox/tcp_reset.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "harness/core/check.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness::tcp_reset {
namespace {

struct Request {
  nlmsghdr header{};
  inet_diag_req_v2 body{};

  Request(std::uint16_t type, std::uint16_t flags) {
    header.nlmsg_len = sizeof(Request);
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    body.sdiag_family = AF_INET;
    body.sdiag_protocol = IPPROTO_TCP;
    body.idiag_states = 1U << TCP_ESTABLISHED;
  }
};

[[noreturn]] void fail(int error) {
  const std::string mend = error == EOPNOTSUPP
                               ? "; the kernel lacks CONFIG_INET_DIAG_DESTROY: choose partitions instead"
                               : "; `sudo modprobe tcp_diag` where it is a module";
  throw EnvironmentError(std::string("cannot reset TCP connections by netlink: ") + std::strerror(error) +
                         mend);
}

class Diagnosis {
 public:
  Diagnosis() : socket_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)) {
    if (!socket_) fail(errno);
  }

  std::vector<inet_diag_sockid> established() {
    send(Request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP));
    std::vector<inet_diag_sockid> found;
    while (receive([&](const nlmsghdr& message) {
      inet_diag_msg body;
      std::memcpy(&body, NLMSG_DATA(&message), sizeof body);
      found.push_back(body.id);
    })) {
    }
    return found;
  }

  /// False when it had ended by itself.
  bool destroy(const inet_diag_sockid& id) {
    Request request(SOCK_DESTROY, NLM_F_ACK);
    request.body.id = id;
    send(request);
    error_ = 0;
    while (receive([](const nlmsghdr&) {})) {
    }
    if (error_ != 0 && error_ != ENOENT && error_ != ESTALE) fail(error_);
    return error_ == 0;
  }

 private:
  void send(const Request& request) {
    if (::send(socket_.get(), &request, sizeof request, 0) != static_cast<ssize_t>(sizeof request))
      fail(errno);
  }

  /// One datagram of answers; false when it was the last.
  template <typename Take>
  bool receive(Take take) {
    alignas(nlmsghdr) std::array<char, 32768> buffer;
    const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received < 0) fail(errno);
    auto left = static_cast<unsigned>(received);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return false;
      if (message->nlmsg_type == NLMSG_ERROR) {
        nlmsgerr answer;
        std::memcpy(&answer, NLMSG_DATA(message), sizeof answer);
        error_ = -answer.error;
        return false;
      }
      take(*message);
    }
    return true;
  }

  FileDescriptor socket_;
  int error_ = 0;
};

bool concerns(const ResetRule& rule, const inet_diag_sockid& id) {
  char peer[INET_ADDRSTRLEN];
  ::inet_ntop(AF_INET, id.idiag_dst, peer, sizeof peer);
  const bool port =
      rule.port == 0 || ntohs(id.idiag_sport) == rule.port || ntohs(id.idiag_dport) == rule.port;
  return port && std::ranges::find(rule.peers, peer) != rule.peers.end();
}

}  // namespace

int reset(const ResetRule& rule) {
  Diagnosis diagnosis;
  int count = 0;
  for (const inet_diag_sockid& id : diagnosis.established())
    if (concerns(rule, id) && diagnosis.destroy(id)) ++count;
  return count;
}

}  // namespace harness::tcp_reset
