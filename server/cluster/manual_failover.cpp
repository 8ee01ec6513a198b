#include "server/cluster/manual_failover.h"

#include "server/cluster/bus.h"
#include "server/cluster/election.h"
#include "server/cluster/ownership.h"

namespace node::cluster::manual_failover {
namespace {

constexpr Ms kTimeout = 5000;
constexpr int kPauseFactor = 2;  // the master stays paused longer than the replica tries

}  // namespace

void start(Context& c, Mode mode) {
  reset(c);
  c.election.forget();  // one that waits for its next attempt would hold this one up (valkey#1274)
  c.manual.end = c.now + kTimeout;
  switch (mode) {
    case Mode::kTakeover:
      c.log(LogLevel::kWarning, "Taking over the master (user request).");
      ownership::bump_epoch(c);
      election::replace_master(c);
      break;
    case Mode::kForce:
      c.log(LogLevel::kWarning, "Forced failover user request accepted.");
      c.manual.can_start = true;
      break;
    case Mode::kPlain:
      c.log(LogLevel::kWarning, "Manual failover user request accepted.");
      bus::send_plain(c, c.me().master->link, MessageType::kMfStart);
      break;
  }
}

void on_start_message(Context& c, Node& replica) {
  if (replica.master != c.state.myself) return;
  reset(c);
  c.manual.end = c.now + kTimeout;
  c.manual.replica = &replica;
  if (!c.config.defects(Defect::kManualFailoverUnpaused))
    c.actions.push_back(PauseWrites{c.now + kTimeout * kPauseFactor});
  c.manual.pause = ManualFailover::Pause::kAsked;
  c.log(LogLevel::kWarning, "Manual failover requested by replica {}.", replica.id.view());
}

void on_performed(Context& c) {
  if (c.manual.pause != ManualFailover::Pause::kHandedOut) return;
  c.manual.pause = ManualFailover::Pause::kInForce;
  if (c.manual.replica->link != nullptr) bus::send_ping(c, *c.manual.replica->link, MessageType::kPing);
}

void on_master_header(Context& c, const Header& header) {
  if (c.manual.end == 0 || (header.mflags & mflag::kPaused) == 0 || c.manual.master_offset != -1) return;
  c.manual.master_offset = static_cast<std::int64_t>(header.repl_offset);
  c.todo.manual_failover = true;
  c.log(LogLevel::kWarning, "Received replication offset for paused master manual failover: {}",
        c.manual.master_offset);
}

void advance(Context& c) {
  if (c.manual.end == 0 || c.manual.can_start || c.manual.master_offset == -1) return;
  if (c.manual.master_offset != c.host.replication_offset()) return;
  c.manual.can_start = true;
  c.todo.failover = true;
  c.log(LogLevel::kWarning, "All master replication stream processed, manual failover can start.");
}

void reset(Context& c) {
  if (c.manual.replica != nullptr) c.actions.push_back(ResumeWrites{});
  c.manual = ManualFailover{};
}

void check_timeout(Context& c) {
  if (c.manual.end == 0 || c.manual.end >= c.now) return;
  c.log(LogLevel::kWarning, "Manual failover timed out.");
  reset(c);
}

}  // namespace node::cluster::manual_failover
