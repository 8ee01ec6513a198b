// What a fault does to the cluster, declared by the fault and stored in its record. Checkers and reports ask
// effects; none of them knows the name of a fault.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

enum class EffectKind : std::uint8_t {
  kDown,        // the process ended, and is not running until it is started again
  kStart,       // a dead process was started again
  kStopped,     // the process hangs: SIGSTOP, a long sleep, a long script
  kCut,         // packets over `links` are dropped
  kDegraded,    // packets over `links` are late, lost in part, doubled or out of order
  kBus,         // messages of the cluster bus over `links` are dropped, late, doubled or out of order
  kClock,       // the wall clock that the node sees
  kDisk,        // its file operations fail or wait, or its files were changed
  kLoad,        // the node is starved of processor or memory
  kMembership,  // who belongs to the cluster, which slots it has, or whose replica it is, by intention
  kHandover,    // a failover that an administrator asked for
  kConfig,      // a setting was changed
  kClients,     // clients are held back or sent away (CLIENT PAUSE, ACL)
  kData,        // data was removed on purpose (FLUSHALL)
};
std::string_view to_string(EffectKind kind);
/// False when the text names none.
bool effect_kind_from(std::string_view text, EffectKind& kind);

/// Traffic from one host to another, in that direction. Hosts are nodes ("n1") and client groups ("c1").
struct HostLink {
  std::string from;
  std::string to;
  friend bool operator==(const HostLink&, const HostLink&) = default;
};

/// Which traffic of its links an effect acts on.
enum class Traffic : std::uint8_t { kAll, kClientPort, kBusPort };
std::string_view to_string(Traffic traffic);

/// What is no fault of the server's while the effect acts, and until its nodes have recovered from it.
struct Excuses {
  bool exits = false;                  // the process may end
  bool dead_link = false;              // links and replication may be down
  std::vector<std::string> log_lines;  // parts of log lines that are to be expected
  bool lost_data = false;   // what its data files held when the effect came may be gone, or old, afterwards
  bool lost_views = false;  // the same of its nodes.conf: epochs, votes, slots, peers
};

struct Effect {
  EffectKind kind = EffectKind::kDown;
  std::vector<int> nodes;       // node numbers that it acts on
  std::vector<HostLink> links;  // of kCut, kDegraded and kBus
  Traffic traffic = Traffic::kAll;
  bool forced = false;      // of kHandover: without the old master's consent (FORCE, TAKEOVER)
  double delay_ms = 0;      // of kDegraded and kBus: the most that a packet is held back
  double loss_percent = 0;  // of kDegraded and kBus
  double clock_ms = 0;      // of kClock: the greatest step
  double lost_bytes = 0;    // of kDown: what was written and not synced is gone too, so many bytes
  std::string detail;       // of kConfig, kMembership, kDisk: in a few words
  Excuses excuses;
};

}  // namespace harness
