#include "checkers/promises/replication.h"

#include <algorithm>
#include <string_view>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/quiet.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

// Texts of redis 7.0.15's replication.c, and of Valkey's.
constexpr std::string_view kTrying = "Trying a partial resynchronization";
constexpr std::string_view kRequest = "(request ";
constexpr std::string_view kContinued = "Successful partial resynchronization with ";
constexpr std::string_view kAccepted = "Partial resynchronization request from ";
constexpr std::string_view kStranger = "Replication ID mismatch (Replica asked for '";
constexpr std::string_view kMismatch = "Replication ID mismatch";
constexpr std::string_view kForked = "Setting secondary replication ID to ";

// A closed connection is noticed at once; this is for a server that is busy, and for our looks.
constexpr Nanos kNoticed = 2 * kSecond;

class Replication {
 public:
  Replication(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result), quiet_(analysis) {}

  void check() {
    for (std::size_t node = 0; node < run_.nodes.size(); ++node) {
      check_promotions(static_cast<int>(node));
      for (const View* view : analysis_.views[node]) {
        check_link(*view);
        check_acknowledged(*view);
        check_understated(*view);
      }
    }
    for (const LogLine& line : run_.logs) {
      if (line.text.starts_with(kTrying)) check_resync(line);
      check_refused(line);
    }
    figure(result_.measured, "promotions", static_cast<double>(promotions_));
    figure(result_.measured, "partial_resyncs", static_cast<double>(resyncs_));
    figure(result_.measured, "lost_links", static_cast<double>(lost_));
    figure(result_.measured, "acknowledged_offsets", static_cast<double>(acknowledged_));
  }

  bool any_replica() const {
    return std::ranges::any_of(
        run_.views, [](const View& view) { return view.reachable && !view.replication.is_master; });
  }

 private:
  void tell(AnomalyKind type, int node, Nanos time, std::string text) {
    accuse(run_, result_, type, node, time, std::move(text));
  }

  /// Of one process: a replica, then a master.
  void check_promotions(int node) {
    const View* before = nullptr;
    for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
      if (!view->reachable) continue;
      const ReplicationInfo& now = view->replication;
      const bool promoted = before != nullptr && !before->replication.is_master && now.is_master &&
                            before->replication.run_id == now.run_id;
      before = view;
      if (!promoted || now.replication_id.empty()) continue;
      ++promotions_;
      if (!followed(node, *view)) continue;
      tell(
          "replication-id-kept", node, view->begin,
          node_name(run_, node) + ", a master since " + at(view->begin) +
              " at the latest, goes on under the replication id " + now.replication_id +
              " of the master that it had replicated: a replica of either can be taken for one of the other");
    }
  }

  /// Whether the id of this new master is one that its process had while it was a replica.
  bool followed(int node, const View& promoted) const {
    return std::ranges::any_of(analysis_.views[static_cast<std::size_t>(node)], [&](const View* view) {
      return view->reachable && view->begin < promoted.begin && !view->replication.is_master &&
             view->replication.run_id == promoted.replication.run_id &&
             view->replication.replication_id == promoted.replication.replication_id;
    });
  }

  /// The next of the replica's lines about the same attempt says that it was granted.
  const LogLine* granted(const LogLine& trying) const {
    for (const LogLine& line : run_.logs) {
      if (&line <= &trying || line.node != trying.node || line.pid != trying.pid) continue;
      if (line.text.starts_with(kContinued)) return &line;
      if (line.text.starts_with(kTrying) || line.text.starts_with("Full resync")) return nullptr;
    }
    return nullptr;
  }

  /// The master's line of the same resynchronization: it names the offset. Null: none, or several nodes'.
  const LogLine* accepted(long long offset, int replica, Nanos from, Nanos until) const {
    const LogLine* found = nullptr;
    for (const LogLine& line : run_.logs) {
      if (line.node == replica || line.time < from - kSecond || line.time > until + kSecond) continue;
      if (!line.text.starts_with(kAccepted) ||
          number_after(line.text, "backlog starting from offset ") != offset)
        continue;
      if (found != nullptr && found->node != line.node) return nullptr;
      found = &line;
    }
    return found;
  }

  void check_resync(const LogLine& trying) {
    const std::size_t begin = trying.text.find(kRequest);
    if (begin == std::string::npos) return;
    const std::string id = trying.text.substr(begin + kRequest.size(), 40);
    const long long offset = number_after(trying.text, id + ":");
    const LogLine* done = id.size() == 40 && offset > 0 ? granted(trying) : nullptr;
    if (done == nullptr) return;
    const LogLine* master = accepted(offset, trying.node, trying.time, done->time);
    if (master == nullptr) return;
    ++resyncs_;
    check_foreign(id, trying, *master);
    const LogLine* fork = nullptr;  // the last of that process before
    for (const LogLine& line : run_.logs)
      if (line.node == master->node && line.pid == master->pid && line.time <= master->time &&
          line.text.starts_with(kForked))
        fork = &line;
    if (fork == nullptr || fork->text.compare(kForked.size(), id.size(), id) != 0) return;
    const long long valid = number_after(fork->text, "valid up to offset: ");
    if (valid < 0 || offset <= valid) return;
    tell("resync-beyond-fork", master->node, master->time,
         node_name(run_, master->node) + " let " + node_name(run_, trying.node) + " go on from offset " +
             std::to_string(offset) + " of stream " + id + " at " + at(master->time) +
             ", although its own had forked from that one at offset " + std::to_string(valid) +
             " (its log at " + at(fork->time) + "): what the replica had beyond is not the master's");
  }

  /// The stream that a master gives out is one of its own. Only where another master was seen to have begun
  /// that id, and everything that tells which ids this one had is there.
  void check_foreign(const std::string& id, const LogLine& trying, const LogLine& granted_by) {
    const int master = granted_by.node;
    const NodeInfo& replica = run_.nodes[static_cast<std::size_t>(trying.node)];
    if (granted_by.text.find(" " + replica.ip + ":" + std::to_string(replica.port) + " accepted") ==
        std::string::npos)
      return;
    const View* look = answer_at(analysis_.views[static_cast<std::size_t>(master)], granted_by.time);
    const View* owner = master_with(id);
    if (look == nullptr || owner == nullptr || owner->node == master || had(master, id)) return;
    if (!logged(master, look->replication.replication_id) || files_changed(master)) return;
    tell("resync-of-foreign-stream", master, granted_by.time,
         node_name(run_, master) + " let " + node_name(run_, trying.node) + " go on with stream " + id +
             " at " + at(granted_by.time) + ", which is the one of " + node_name(run_, owner->node) + " (" +
             at(owner->begin) + ") and by its looks and its log was never its own");
  }

  /// A look at a master that has this id.
  const View* master_with(const std::string& id) const {
    const auto found = std::ranges::find_if(run_.views, [&](const View& view) {
      return view.reachable && view.replication.is_master && view.replication.replication_id == id;
    });
    return found == run_.views.end() ? nullptr : &*found;
  }

  /// Whether the node, in any of its lives, was seen to have the id, or logged of it but to refuse it.
  bool had(int node, const std::string& id) const {
    return logged(node, id) ||
           std::ranges::any_of(run_.offsets,
                               [&](const OffsetSample& sample) {
                                 return sample.node == node && sample.replication_id == id;
                               }) ||
           std::ranges::any_of(analysis_.views[static_cast<std::size_t>(node)], [&](const View* view) {
             return view->replication.replication_id == id || view->replication.replicated_id == id;
           });
  }

  bool logged(int node, const std::string& id) const {
    return !id.empty() && std::ranges::any_of(run_.logs, [&](const LogLine& line) {
      return line.node == node && line.text.find(id) != std::string::npos &&
             line.text.find(kMismatch) == std::string::npos;
    });
  }

  bool files_changed(int node) const {
    return std::ranges::any_of(run_.faults,
                               [&](const FaultRecord& fault) { return damages_data(fault, node); });
  }

  /// The node's last look as a replica, when its process has been a master ever since.
  const View* before_promotion(int node, Nanos time) const {
    const View* replica = nullptr;
    bool master_since = false;
    for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
      if (view->begin > time) break;
      if (!view->reachable) continue;
      const bool same = replica != nullptr && replica->replication.run_id == view->replication.run_id;
      master_since = same && view->replication.is_master;
      if (!view->replication.is_master || !same) replica = view->replication.is_master ? nullptr : view;
    }
    return master_since ? replica : nullptr;
  }

  /// The greatest offset that any node asked for of that stream about then; -1: nobody's log says so.
  long long asked_offset(const std::string& id, Nanos time) const {
    long long most = -1;
    for (const LogLine& line : run_.logs)
      if (line.time >= time - kNoticed && line.time <= time + kSecond && line.text.starts_with(kTrying) &&
          line.text.find(id) != std::string::npos)
        most = std::max(most, number_after(line.text, id + ":"));
    return most;
  }

  /// Who is promoted knows the stream that it had replicated (PSYNC2): others who replicated it go on from
  /// it.
  void check_refused(const LogLine& line) {
    const std::size_t begin = line.text.find(kStranger);
    if (begin == std::string::npos) return;
    const std::string id = line.text.substr(begin + kStranger.size(), 40);
    const View* before = before_promotion(line.node, line.time);
    if (before == nullptr || before->replication.replication_id != id) return;
    std::int64_t had = -1;
    for (const OffsetSample& sample : run_.offsets)
      if (sample.node == line.node && !sample.is_master && sample.replication_id == id &&
          sample.time >= before->begin && sample.time <= before->end)
        had = sample.offset;
    const long long asked = asked_offset(id, line.time);
    if (had < 0 || asked < 0 || asked > had + 1) return;
    tell("resync-refused", line.node, line.time,
         node_name(run_, line.node) + " refused at " + at(line.time) + " to go on from offset " +
             std::to_string(asked) + " of stream " + id + ", which it had replicated itself up to offset " +
             std::to_string(had) + " before it was promoted");
  }

  int node_at(const std::string& ip, int port) const {
    for (std::size_t i = 0; i < run_.nodes.size(); ++i)
      if (run_.nodes[i].ip == ip && run_.nodes[i].port == port) return static_cast<int>(i);
    return -1;
  }

  /// The end of the process that serves as `node` at this time or served last; kNever: it runs.
  Nanos ended_before(int node, Nanos time) const {
    Nanos ended = kNever;
    for (const Incarnation& life : run_.incarnations)
      if (life.node == node && life.started <= time) ended = life.ended;
    return ended;
  }

  void check_link(const View& view) {
    const ReplicationInfo& own = view.replication;
    if (!view.reachable || own.is_master) return;
    const int master = node_at(own.master_ip, own.master_port);
    const Nanos ended = master < 0 ? kNever : ended_before(master, view.end);
    if (ended == kNever || view.end < ended) return;
    ++lost_;
    const Nanos bound = kNoticed + analysis_.stall;
    if (!own.link_up || view.end - ended <= bound || hidden(view.node, master, ended, view.end)) return;
    tell("lost-link-told-up", view.node, view.end,
         node_name(run_, view.node) + " calls its link to " + node_name(run_, master) + " up at " +
             at(view.end) + ", " + in_milliseconds(view.end - ended) + " after that process ended");
  }

  /// One answer of a master tells both: no replica has more of its stream than there is.
  void check_acknowledged(const View& view) {
    const ReplicationInfo& own = view.replication;
    if (!view.reachable || !own.is_master) return;
    for (const AttachedReplica& replica : own.replicas) {
      if (replica.state != "online") continue;
      ++acknowledged_;
      if (replica.offset <= own.offset) continue;
      tell("acknowledged-beyond-stream", view.node, view.begin,
           replica.ip + ":" + std::to_string(replica.port) + ", a replica of " + node_name(run_, view.node) +
               ", has acknowledged offset " + std::to_string(replica.offset) + " at " + at(view.begin) +
               ", and the stream of its master ends at " + std::to_string(own.offset));
    }
  }

  /// A replica says each second how much it has (REPLCONF ACK): what its master shows is not much older. 0:
  /// on this connection it has said nothing yet.
  void check_understated(const View& view) {
    constexpr Nanos kTold = 2 * kSecond;
    const Nanos before = view.begin - kTold - analysis_.stall;
    if (!view.reachable || !view.replication.is_master || !quiet_.holds(before, view.begin)) return;
    for (const AttachedReplica& replica : view.replication.replicas) {
      const int node = node_at(replica.ip, replica.port);
      if (replica.state != "online" || replica.offset == 0 || node < 0) continue;
      std::int64_t had = -1;
      for (const OffsetSample& sample : run_.offsets)
        if (sample.node == node && sample.time <= before)
          had = sample.is_master || sample.replication_id != view.replication.replication_id ? -1
                                                                                             : sample.offset;
      if (had <= replica.offset) continue;
      tell("acknowledged-too-little", view.node, view.begin,
           node_name(run_, view.node) + " shows at " + at(view.begin) + " that " + node_name(run_, node) +
               " has acknowledged offset " + std::to_string(replica.offset) + ", and that one had shown " +
               std::to_string(had) + " more than " + in_milliseconds(kTold) + " before");
    }
  }

  /// Whether a fault may have kept the end of the connection from the replica: on its links, or on itself.
  bool hidden(int replica, int master, Nanos from, Nanos until) const {
    return std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
      const Nanos over = fault.heals ? fault.healed : over_at(run_, fault, replica);
      if (fault.requested > until || (over != kNever && over < from)) return false;
      return has_effect(fault, {EffectKind::kCut, EffectKind::kDegraded, EffectKind::kConfig,
                                EffectKind::kMembership}) ||
             fault.nodes == std::vector<int>{replica} ||
             (acts_on(run_, fault, replica) && !acts_on(run_, fault, master));
    });
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  Quiet quiet_;
  std::size_t promotions_ = 0;
  std::size_t resyncs_ = 0;
  std::size_t lost_ = 0;
  std::size_t acknowledged_ = 0;
};

}  // namespace

CheckResult check_replication(const Analysis& analysis, const CheckOptions&) {
  CheckResult result;
  result.name = "replication";
  result.valid = Validity::kValid;
  Replication replication(analysis, result);
  replication.check();
  result.operations = analysis.run.views.size();
  conclude(result, "Streams fork where nodes say, and lost links are told.", replication.any_replica(),
           "No node was a replica.");
  return result;
}

}  // namespace harness
