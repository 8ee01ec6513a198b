#include "harness/sandbox/wire.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/sandbox/nftables.h"
#include "harness/sandbox/rtnetlink.h"

namespace harness {
namespace {

constexpr const char* kWireTable = "harness_wire";
constexpr std::size_t kQueueBytes = 64U << 20U;
constexpr std::size_t kWireBatch = 256;
constexpr Nanos kEarly = 80 * kMicrosecond;  // a sleep ends so much too late; we look around for the rest
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kIpHeader = 20;

// Of one wire's pair alone: another may be on its way out.
std::string pair_number() {
  static std::atomic<std::uint64_t> number{0};
  return std::to_string(++number);
}

Nanos now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

std::uint32_t word(const unsigned char* bytes) {
  std::uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return ntohl(value);
}

std::uint32_t number(const std::string& ip) {
  in_addr address{};
  CHECK_THAT_HOLDS(::inet_pton(AF_INET, ip.c_str(), &address) == 1, ip);
  return ntohl(address.s_addr);
}

// Both addresses of an IPv4 frame; 0: it is none.
std::uint64_t key_of(std::span<const unsigned char> frame) {
  if (frame.size() < kEthernetHeader + kIpHeader) return 0;
  const unsigned char* ip = frame.data() + kEthernetHeader;
  return (std::uint64_t{word(ip + 12)} << 32U) | word(ip + 16);
}

void turn_a_bit(std::vector<unsigned char>& frame, std::uint64_t random) {
  constexpr std::size_t headers = kEthernetHeader + kIpHeader;
  if (frame.size() <= headers) return;
  const std::size_t bit = random % ((frame.size() - headers) * 8);
  frame[headers + bit / 8] ^= static_cast<unsigned char>(1U << (bit % 8));
}

}  // namespace

/// The rule of one handle, with a model for each of its links.
class UserspaceWire::Layer final : public Degradation {
 public:
  struct Its {
    WireEnd from, to;
    LinkModel model;
    std::shared_ptr<OffloadsOff> whole_frames;
  };

  Layer(std::shared_ptr<UserspaceWire> wire, const std::vector<std::pair<WireEnd, WireEnd>>& links,
        const WireRule& rule, const Prng& prng)
      : wire_(std::move(wire)) {
    for (const auto& [from, to] : links) {
      const Prng stream = prng.split(from.ip + " " + to.ip);
      links_.emplace(key(from, to), Its{from, to, LinkModel(rule, stream), nullptr});
    }
    wire_->add(*this);
  }
  ~Layer() override {
    try {
      remove();
    } catch (const std::exception& trouble) {
      std::fprintf(stderr, "harness: the wire keeps links: %s\n", trouble.what());
    }
  }

  WireCounts counts() const override {
    const std::lock_guard lock(wire_->mutex_);
    return counts_;
  }
  void remove() override {
    if (removed_) return;
    removed_ = true;
    wire_->remove(*this);
  }

  std::map<Key, Its> links_;
  WireCounts counts_;

 private:
  const std::shared_ptr<UserspaceWire> wire_;
  bool removed_ = false;
};

UserspaceWire::UserspaceWire(std::shared_ptr<const NetworkNamespace> router)
    : router_(std::move(router)),
      in_("wire_in" + pair_number()),
      out_("wire_out" + pair_number()),
      queue_(kQueueBytes),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw EnvironmentError(std::string("cannot make an eventfd: ") + std::strerror(errno));
  router_->run([this] {
    Rtnetlink network;
    network.add_veth({in_, "02:4d:02:00:00:01"}, {out_, "02:4d:02:00:00:02"}, router_->fd());
    network.set_up(in_);
    network.set_up(out_);
    receiver_ = std::make_unique<FrameReceiver>(network.index(out_));
    sender_ = std::make_unique<FrameSender>();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { carry(stop); });
}

UserspaceWire::~UserspaceWire() {
  thread_.request_stop();
  wake();
  thread_.join();
  try {
    router_->run([this] { Rtnetlink().remove(in_); });
  } catch (const std::exception&) {
    // The router's ports went all at once, with the sandbox.
  }
}

UserspaceWire::Key UserspaceWire::key(const WireEnd& from, const WireEnd& to) {
  return (std::uint64_t{number(from.ip)} << 32U) | number(to.ip);
}

std::unique_ptr<Degradation> UserspaceWire::degrade(const std::vector<std::pair<WireEnd, WireEnd>>& links,
                                                    const WireRule& rule, const Prng& prng) {
  return std::make_unique<Layer>(shared_from_this(), links, rule, prng);
}

void UserspaceWire::add(Layer& layer) {
  const std::lock_guard one_at_a_time(changing_);
  for (auto& [link, its] : layer.links_) {
    its.whole_frames = offloads_[its.from.ip].lock();
    if (!its.whole_frames) {
      its.whole_frames = std::make_shared<OffloadsOff>(its.from.network, "eth0");
      offloads_[its.from.ip] = its.whole_frames;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    for (auto& [link, its] : layer.links_) {
      Link& mine = links_[link];
      mine.from = its.from;
      mine.to = its.to;
      mine.layers.push_back(&layer);
    }
  }
  try {
    steer();
  } catch (const EnvironmentError&) {
    const std::lock_guard lock(mutex_);
    for (auto& [link, its] : layer.links_)
      if (std::erase(links_[link].layers, &layer); links_[link].layers.empty()) links_.erase(link);
    throw;
  }
}

void UserspaceWire::remove(Layer& layer) {
  const std::lock_guard one_at_a_time(changing_);
  {
    const std::lock_guard lock(mutex_);
    for (auto& [link, its] : layer.links_) {
      std::erase(links_[link].layers, &layer);
      if (!links_[link].layers.empty()) continue;
      gone_[link] = its.to;
      links_.erase(link);
    }
  }
  // The kernel has the links again from here on; what waits for its time goes out at once, before a frame
  // that arrives from now on can be answered.
  steer();
  {
    const std::lock_guard lock(mutex_);
    queue_.release_now([&](Key link) { return layer.links_.contains(link); }, now());
  }
  wake();
  for (auto& [link, its] : layer.links_) its.whole_frames.reset();
}

void UserspaceWire::steer() {
  std::set<std::string> ports;
  std::string pairs;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    count = links_.size();
    for (const auto& [unused, link] : links_) {
      ports.insert(link.from.port);
      pairs += (pairs.empty() ? "" : ", ") + link.from.ip + " . " + link.to.ip;
    }
  }
  const std::string table = std::string("netdev ") + kWireTable;
  // One transaction: the old table goes and the new one comes at the same moment.
  std::string commands = "add table " + table + "\ndelete table " + table + "\n";
  if (count > 0) {
    commands += "add table " + table + "\nadd set " + table + " links { type ipv4_addr . ipv4_addr ; }\n" +
                "add element " + table + " links { " + pairs + " }\n";
    for (const std::string& port : ports)
      commands += "add chain " + table + " " + port + " { type filter hook ingress device " + port +
                  " priority 0 ; policy accept ; }\nadd rule " + table + " " + port +
                  " ip saddr . ip daddr @links fwd to " + in_ + "\n";
  }
  router_->run([&] {
    nftables::run(commands, "hand links over to the userspace wire");
    const int listed = steered_links();
    if (listed != static_cast<int>(count))
      throw EnvironmentError("nftables took " + std::to_string(count) +
                             " links of the userspace wire, but lists " + std::to_string(listed));
  });
}

int steered_links() {
  bool there = false;
  for (const auto& entry : nftables::list("list tables netdev"))
    there = there || (entry.contains("table") && entry["table"].at("name") == kWireTable);
  if (!there) return 0;
  std::size_t count = 0;
  for (const auto& entry : nftables::list(std::string("list table netdev ") + kWireTable))
    if (entry.contains("set") && entry["set"].contains("elem")) count += entry["set"]["elem"].size();
  return static_cast<int>(count);
}

void UserspaceWire::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void UserspaceWire::carry(const std::stop_token& stop) {
  ::prctl(PR_SET_TIMERSLACK, 1);  // ns; the default would wake us 50 µs late
  while (!stop.stop_requested()) {
    Nanos next = kNever;
    {
      const std::lock_guard lock(mutex_);
      take_in(now());
      send_due(now());
      next = queue_.next();
    }
    pollfd events[] = {{receiver_->fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
    const Nanos wait = next == kNever ? 0 : std::max<Nanos>(0, next - now() - kEarly);
    const timespec timeout{wait / kSecond, wait % kSecond};
    if (::ppoll(events, 2, next == kNever ? nullptr : &timeout, nullptr) > 0 && events[1].revents != 0) {
      std::uint64_t ignored;
      [[maybe_unused]] const auto taken = ::read(wake_.get(), &ignored, sizeof ignored);
    }
  }
}

void UserspaceWire::take_in(Nanos now) {
  for (std::size_t count = 0; count < kWireBatch; ++count) {
    bool whole = false;
    const std::span<unsigned char> frame = receiver_->next(whole);
    if (frame.empty()) return;
    if (whole) admit(now, key_of(frame), frame);
    receiver_->done();
  }
}

// A frame passes the models of all layers in turn, each from where the one before would have released it.
void UserspaceWire::admit(Nanos now, Key link, std::span<unsigned char> frame) {
  int copies = 1;
  Nanos release = now;
  bool corrupted = false;
  std::uint64_t random = 0;
  const auto found = links_.find(link);
  if (found != links_.end())
    for (Layer* layer : found->second.layers) {
      const auto fate = layer->links_.at(link).model.admit(release, frame.size(), layer->counts_);
      copies *= fate.copies;
      if (copies == 0) return;
      release = fate.release;
      corrupted = corrupted || fate.corrupted;
      random ^= fate.random;
    }
  for (; copies > 0; --copies) {
    DelayQueue::Frame* waiting = queue_.push(release, link, frame);
    if (!waiting) {
      if (found != links_.end()) ++found->second.layers.front()->counts_.overflowed;
      return;
    }
    if (corrupted) turn_a_bit(waiting->bytes, random);
  }
}

void UserspaceWire::send_due(Nanos now) {
  std::vector<DelayQueue::Frame> due = queue_.take_due(now, kWireBatch);
  std::vector<OutgoingFrame> outgoing;
  outgoing.reserve(due.size());
  for (DelayQueue::Frame& frame : due) {
    const auto link = links_.find(frame.link);
    const auto gone = link == links_.end() ? gone_.find(frame.link) : gone_.end();
    if (link == links_.end() && gone == gone_.end()) continue;
    const WireEnd& to = link == links_.end() ? gone->second : link->second.to;
    std::ranges::copy(to.link_address, frame.bytes.begin());
    std::ranges::copy(to.port_link_address, frame.bytes.begin() + 6);
    outgoing.push_back({to.port_index, frame.bytes});
  }
  if (!outgoing.empty()) unsent_ += sender_->send(outgoing);
  queue_.recycle(std::move(due));
}

}  // namespace harness
