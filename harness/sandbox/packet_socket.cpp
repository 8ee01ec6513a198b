#include "harness/sandbox/packet_socket.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "harness/core/check.h"

namespace harness {
namespace {

constexpr std::size_t kSlotBytes = 2048;  // a frame of 1514 bytes and the kernel's words about it
constexpr std::size_t kSlots = 8192;
constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kBatch = 64;

[[noreturn]] void fail(const char* what) {
  throw EnvironmentError(std::string(what) + ": " + std::strerror(errno) +
                         ". Packet faults need packet sockets with rings (`sudo modprobe af_packet`); "
                         "`harness doctor` says what is missing");
}

void set(const FileDescriptor& socket, int option, const void* value, socklen_t length, const char* what) {
  if (::setsockopt(socket.get(), SOL_PACKET, option, value, length) != 0) fail(what);
}

}  // namespace

FrameReceiver::FrameReceiver(int interface)
    // Of no protocol yet: it must not hear other interfaces before it is bound.
    : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
  if (!socket_) fail("cannot open a packet socket");
  const int version = TPACKET_V2;
  set(socket_, PACKET_VERSION, &version, sizeof version, "cannot choose a packet ring");
  const tpacket_req request{kBlockBytes, kSlots * kSlotBytes / kBlockBytes, kSlotBytes, kSlots};
  set(socket_, PACKET_RX_RING, &request, sizeof request, "cannot make a packet ring");
  void* mapped = ::mmap(nullptr, kSlots * kSlotBytes, PROT_READ | PROT_WRITE, MAP_SHARED, socket_.get(), 0);
  if (mapped == MAP_FAILED) fail("cannot map a packet ring");
  ring_ = static_cast<unsigned char*>(mapped);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = interface;
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::munmap(ring_, kSlots * kSlotBytes);
    fail("cannot bind a packet socket");
  }
}

FrameReceiver::~FrameReceiver() {
  ::munmap(ring_, kSlots * kSlotBytes);
}

unsigned char* FrameReceiver::slot() const {
  return ring_ + at_ * kSlotBytes;
}

std::span<unsigned char> FrameReceiver::next(bool& whole) {
  const auto* header = reinterpret_cast<const tpacket2_hdr*>(slot());
  if ((__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) == 0) return {};
  // An unfinished checksum is no whole frame either: it was sent before the offloads were off.
  whole = header->tp_snaplen == header->tp_len && (header->tp_status & TP_STATUS_CSUMNOTREADY) == 0;
  return {slot() + header->tp_mac, header->tp_snaplen};
}

void FrameReceiver::done() {
  auto* header = reinterpret_cast<tpacket2_hdr*>(slot());
  __atomic_store_n(&header->tp_status, static_cast<std::uint32_t>(TP_STATUS_KERNEL), __ATOMIC_RELEASE);
  at_ = (at_ + 1) % kSlots;
}

std::uint64_t FrameReceiver::take_overflow() {
  tpacket_stats stats{};
  socklen_t length = sizeof stats;
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &length) != 0) return 0;
  return stats.tp_drops;
}

FrameSender::FrameSender() : socket_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
  if (!socket_) fail("cannot open a packet socket");
  const int on = 1;
  set(socket_, PACKET_QDISC_BYPASS, &on, sizeof on, "cannot send past the queues");
}

std::size_t FrameSender::send(const std::vector<OutgoingFrame>& frames) {
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> parts;
  std::array<sockaddr_ll, kBatch> addresses;
  std::size_t failed = 0;
  for (std::size_t begin = 0; begin < frames.size();) {
    const std::size_t count = std::min(kBatch, frames.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      const OutgoingFrame& frame = frames[begin + i];
      parts[i] = {frame.bytes.data(), frame.bytes.size()};
      addresses[i] = {};
      addresses[i].sll_family = AF_PACKET;
      addresses[i].sll_protocol = htons(ETH_P_IP);
      addresses[i].sll_ifindex = frame.interface;
      messages[i] = {};
      messages[i].msg_hdr.msg_name = &addresses[i];
      messages[i].msg_hdr.msg_namelen = sizeof addresses[i];
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(count), 0);
    if (sent > 0) {
      begin += static_cast<std::size_t>(sent);
    } else if (errno != EINTR) {  // the first of them: the next ones may still go
      ++failed;
      ++begin;
    }
  }
  return failed;
}

}  // namespace harness
