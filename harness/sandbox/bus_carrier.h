// A thread of the bus path: it accepts what the servers of some hosts send to the bus port, connects onward,
// and carries the messages in both directions.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "harness/sandbox/bus_pipe.h"
#include "harness/sandbox/bus_traffic.h"
#include "harness/sandbox/file_descriptor.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// Throws EnvironmentError: what the bus path could not do, and errno.
[[noreturn]] void fail_bus_path(const std::string& what);

/// Where the connections of one host arrive.
struct BusDoor {
  Host* host = nullptr;
  FileDescriptor listener;
  int port = 0;
};

/// How many threads carry the connections of so many hosts, each to every other, two descriptors a
/// connection, where a table of descriptors holds `allowed`. 1: they fit into the harness's own table, beside
/// all else. More: each thread has a table of its own. 0: even those are too small.
std::size_t bus_carriers_needed(std::size_t hosts, std::size_t allowed);

class BusCarrier {
 public:
  /// Starts carrying. `own_table`: the thread has its descriptors for itself, so that the limit of open files
  /// is one for each. REQUIRES: hosts and traffic outlive it. Throws EnvironmentError.
  BusCarrier(std::vector<BusDoor> doors, const std::vector<Host*>& hosts, BusTraffic& traffic,
             bool own_table);
  ~BusCarrier() { stop(); }
  BusCarrier(const BusCarrier&) = delete;
  BusCarrier& operator=(const BusCarrier&) = delete;

  /// Resets what goes through it, and ends. Idempotent.
  void stop();
  /// Rules have changed: what waits for none any more goes out.
  void rules_changed();

  const std::vector<BusDoor>& doors() const { return doors_; }
  int connections() const { return connections_; }
  int thread_id() const { return thread_id_; }

 private:
  struct Carried {
    std::unique_ptr<BusPipe> pipe;
    Nanos due = kNever;  // as due_ has it
  };

  void carry(const std::stop_token& stop, bool own_table);
  void take_own_table() const;
  void accept_from(const BusDoor& door);
  void handle(std::uint64_t tag, std::uint32_t events, Nanos now);
  void touched(std::uint64_t number);
  void release(std::uint64_t number, Nanos now);
  void release_due(Nanos now);
  void release_all(Nanos now);
  void tell_epoll(BusPipe& pipe, std::uint64_t number);
  std::string name_of(const std::string& ip) const;
  void wake() const;

  const std::vector<BusDoor> doors_;
  const std::vector<Host*>& hosts_;
  BusTraffic& traffic_;
  std::atomic<int> connections_ = 0;
  std::atomic<int> thread_id_ = 0;
  std::atomic<bool> rules_changed_ = false;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  // Of the thread alone:
  std::map<std::uint64_t, Carried> pipes_;         // by number
  std::set<std::pair<Nanos, std::uint64_t>> due_;  // pipes in which something waits for its time
  std::uint64_t last_pipe_ = 0;
  std::jthread thread_;
};

}  // namespace harness
