#include "server/cluster/failure.h"

#include <algorithm>

#include "server/cluster/bus.h"

namespace node::cluster::failure {
namespace {

constexpr int kReportValidity = 2;  // × node timeout
constexpr int kTold =
    16;  // masters told of a suspicion at once: in a large cluster half of which goes silent, not all
constexpr int kUndoTime = 2;  // × node timeout: a failed master whose slots nobody took may come back

void set_flag(Node& node, std::uint16_t flag, bool on) {
  node.flags = static_cast<std::uint16_t>(on ? node.flags | flag : node.flags & ~flag);
}

void mark_failed(Context& c, Node& node) {
  set_flag(node, flag::kPfail, false);
  set_flag(node, flag::kFail, true);
  node.fail_time = c.now;
  c.update_soon();
  c.save_soon();
}

void clear_failed(Context& c, Node& node, std::string_view why) {
  if (c.config.defects(Defect::kFailKept)) return;
  c.log(LogLevel::kNotice, "Clear FAIL state for node {}: {}", node.id.view(), why);
  set_flag(node, flag::kFail, false);
  c.update_soon();
  c.save_soon();
}

void fail_if_majority(Context& c, Node& node) {
  if (!node.pfailed() || node.failed()) return;
  const int reports = count_reports(c, node) + (c.me().is_master() ? 1 : 0);
  const int quorum = c.config.defects(Defect::kFailByOneReport) ? 1 : c.state.size / 2 + 1;
  if (reports < quorum) return;
  c.log(LogLevel::kNotice, "Marking node {} as failing (quorum reached).", node.id.view());
  mark_failed(c, node);
  bus::broadcast_fail(c, node);
}

}  // namespace

int count_reports(Context& c, Node& node) {
  const Ms oldest = c.now - kReportValidity * c.config.node_timeout;
  std::erase_if(node.reports, [oldest](const FailureReport& report) { return report.time < oldest; });
  return static_cast<int>(node.reports.size());
}

void on_report(Context& c, Node& node, Node& reporter, bool failing) {
  const auto report = std::find_if(node.reports.begin(), node.reports.end(),
                                   [&reporter](const FailureReport& r) { return r.reporter == &reporter; });
  const bool known = report != node.reports.end();
  if (!failing) {
    if (!known) return;
    node.reports.erase(report);
    c.log(LogLevel::kVerbose, "Node {} reported node {} is back online.", reporter.id.view(), node.id.view());
    return;
  }
  if (known) {
    report->time = c.now;
  } else {
    node.reports.push_back({&reporter, c.now});
    c.log(LogLevel::kVerbose, "Node {} reported node {} as not reachable.", reporter.id.view(),
          node.id.view());
  }
  fail_if_majority(c, node);
}

bool check_silence(Context& c, Node& node) {
  const Ms timeout = c.config.node_timeout;
  const Ms ping_delay = c.now - node.ping_sent;
  const Ms data_delay = c.now - node.data_received;
  // Half-way to the verdict, a fresh connection rules out that only the old one was broken.
  if (node.link != nullptr && c.now - node.link->created > timeout && node.ping_sent != 0 &&
      ping_delay > timeout / 2 && data_delay > timeout / 2) {
    bus::close(c, *node.link);
  }
  if (node.link != nullptr && node.ping_sent == 0 && c.now - node.pong_received > timeout / 2) {
    bus::send_ping(c, *node.link, MessageType::kPing);
    return false;
  }
  // While a replica takes over by hand, its master keeps telling it the offset at which the writes stopped.
  if (c.manual.end != 0 && c.me().is_master() && c.manual.replica == &node && node.link != nullptr) {
    bus::send_ping(c, *node.link, MessageType::kPing);
    return false;
  }
  if (node.ping_sent == 0 || std::min(ping_delay, data_delay) <= timeout) return false;
  if (node.has(flag::kPfail | flag::kFail)) return false;
  c.log(LogLevel::kDebug, "*** NODE {} possibly failing", node.id.view());
  set_flag(node, flag::kPfail, true);
  return true;
}

void tell(Context& c, std::span<Node* const> suspects) {
  if (suspects.empty() || !c.me().is_master()) return;
  c.pfail_nodes += static_cast<int>(suspects.size());  // so that gossip carries them
  const auto& nodes = c.state.nodes();
  const std::size_t start = c.prng.below(nodes.size());
  int told = 0;
  for (std::size_t i = 0; i < nodes.size() && told < kTold; ++i) {
    const Node& node = *nodes[(start + i) % nodes.size()];
    if (!node.is_master() || node.link == nullptr || node.in_handshake() ||
        node.has(flag::kMyself | flag::kPfail | flag::kFail))
      continue;
    // A pong, since the answer that a ping waits for is what tells whether its receiver is alive.
    bus::send_ping(c, *node.link, MessageType::kPong);
    ++told;
  }
  for (Node* suspect : suspects) fail_if_majority(c, *suspect);
}

void on_fail_message(Context& c, Node& failing, const Node& sender) {
  if (failing.has(flag::kFail | flag::kMyself)) return;
  c.log(LogLevel::kNotice, "FAIL message received from {} about {}", sender.id.view(), failing.id.view());
  mark_failed(c, failing);
}

void on_lost_name(Context& c, Node& node) {
  if (node.failed()) return;
  mark_failed(c, node);
  bus::broadcast_fail(c, node);
}

void on_answer(Context& c, Node& node) {
  if (node.pfailed()) {
    if (c.config.defects(Defect::kPfailKept)) return;
    set_flag(node, flag::kPfail, false);
    c.update_soon();
    c.save_soon();
    return;
  }
  if (!node.failed()) return;
  if (node.is_replica() || node.slot_count == 0) {
    clear_failed(
        c, node,
        node.is_replica() ? "replica is reachable again." : "master without slots is reachable again.");
  } else if (c.now - node.fail_time > kUndoTime * c.config.node_timeout) {
    clear_failed(c, node, "is reachable again and nobody is serving its slots after some time.");
  }
}

}  // namespace node::cluster::failure
