#include "checkers/promises/applied_stream.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/same_word.h"
#include "harness/core/topology.h"

namespace harness {
namespace {

/// Of all databases of one node.
struct Keyspace {
  long long keys = 0;
  long long expires = 0;
  friend bool operator==(const Keyspace&, const Keyspace&) = default;
};

/// The lines "db0:keys=5,expires=2,..." of INFO. A section without any: no keys. No section: not told.
std::optional<Keyspace> keyspace_of(std::string_view info) {
  std::size_t place = info.find("# Keyspace");
  if (place == std::string_view::npos) return std::nullopt;
  Keyspace all;
  while ((place = info.find("\ndb", place)) != std::string_view::npos) {
    const std::string_view line = info.substr(place + 1, info.find('\n', place + 1) - place - 1);
    all.keys += std::max(0LL, number_after(line, ":keys="));
    all.expires += std::max(0LL, number_after(line, ",expires="));
    ++place;
  }
  return all;
}

std::string in_words(const Keyspace& keyspace) {
  return std::to_string(keyspace.keys) + " keys, of which " + std::to_string(keyspace.expires) + " expire";
}

class AppliedStreams {
 public:
  AppliedStreams(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {}

  void check() {
    for (const FinalView& replica : run_.final_views) {
      const ReplicationInfo own = parse_info_replication(replica.replication);
      const FinalView* master = own.is_master || !replica.error.empty() ? nullptr : view_of(own);
      if (master == nullptr) continue;
      check_counts(replica, own, *master);
      check_transactions(replica, own, master->node);
      check_acknowledged(replica.node, *master);
    }
    figure(result_.measured, "key_counts_compared", compared_);
    figure(result_.measured, "transactions_traced", transactions_);
  }

 private:
  const FinalView* view_of(const ReplicationInfo& replica) const {
    for (const FinalView& view : run_.final_views) {
      const NodeInfo& node = run_.nodes[static_cast<std::size_t>(view.node)];
      if (view.error.empty() && node.ip == replica.master_ip && node.port == replica.master_port)
        return &view;
    }
    return nullptr;
  }

  void check_counts(const FinalView& replica, const ReplicationInfo& own, const FinalView& of_master) {
    for (const int node : {replica.node, of_master.node})
      if (replaced_outside_the_stream(run_, node) != nullptr) return;
    const ReplicationInfo master = parse_info_replication(of_master.replication);
    const auto here = keyspace_of(replica.replication);
    const auto there = keyspace_of(of_master.replication);
    if (!master.is_master || master.replication_id.empty() || !here || !there) return;
    if (master.replication_id != own.replication_id || master.offset != own.offset || own.offset <= 0) return;
    ++compared_;
    if (*here == *there) return;
    accuse(run_, result_, "key-count-differs", replica.node, judged_at(run_),
           "in the end " + node_name(run_, replica.node) + " has " + in_words(*here) + ", and its master " +
               node_name(run_, of_master.node) + " has " + in_words(*there) + ", at the same offset " +
               std::to_string(own.offset) + " of the same stream");
  }

  /// Since when the replica has followed that stream without a doubt; kNever: it has not.
  Nanos followed_since(int node, const ReplicationInfo& last) const {
    Nanos since = kNever;
    for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
      const ReplicationInfo& own = view->replication;
      const bool follows = view->reachable && !own.is_master && own.link_up && !own.sync_in_progress &&
                           own.run_id == last.run_id && own.replication_id == last.replication_id &&
                           own.master_ip == last.master_ip && own.master_port == last.master_port;
      if (!follows) since = kNever;
      if (follows && since == kNever) since = view->begin;
    }
    return since;
  }

  /// In the end the master shows at least what the replica, which followed it, had two seconds before: it is
  /// told each second (REPLCONF ACK).
  void check_acknowledged(int node, const FinalView& of_master) {
    const Nanos before = judged_at(run_) - 2 * kSecond - analysis_.stall;
    const View* last = last_view(analysis_.views[static_cast<std::size_t>(node)]);
    if (last == nullptr || followed_since(node, last->replication) > before) return;
    const NodeInfo& info = run_.nodes[static_cast<std::size_t>(node)];
    std::int64_t had = -1;
    for (const OffsetSample& sample : run_.offsets)
      if (sample.node == node && sample.time <= before && !sample.is_master &&
          sample.replication_id == last->replication.replication_id)
        had = sample.offset;
    const ReplicationInfo master = parse_info_replication(of_master.replication);
    if (master.replication_id != last->replication.replication_id) return;
    for (const AttachedReplica& shown : master.replicas) {
      if (shown.ip != info.ip || shown.port != info.port || shown.state != "online" || had <= shown.offset)
        continue;
      accuse(run_, result_, "acknowledged-too-little", of_master.node, judged_at(run_),
             "in the end " + node_name(run_, of_master.node) + " shows that " + info.name +
                 " has acknowledged offset " + std::to_string(shown.offset) + ", and that one had shown " +
                 std::to_string(had) + " two seconds before");
    }
  }

  /// Its counts began anew, or it got a copy instead of the stream.
  bool starts_over(int node, Nanos since) const {
    const bool counts = std::ranges::any_of(run_.commands, [](const CommandRecord& command) {
      return command.words.size() > 1 && same_word(command.words[0], "CONFIG") &&
             same_word(command.words[1], "RESETSTAT");
    });
    return counts || std::ranges::any_of(run_.logs, [&](const LogLine& line) {
             return line.node == node && line.time >= since - kSecond &&
                    line.text.find("Full resync from master") != std::string::npos;
           });
  }

  /// How many writes the transaction made; 0: it is none.
  std::size_t writes_of(const Operation& op) const {
    if (op.function == Function::kTransfer) return 2;  // of two accounts, at least
    if (op.function != Function::kTxn || op.argument.kind() != Value::Kind::kList) return 0;
    std::size_t writes = 0;
    const ValueTable& values = run_.history.values;
    for (const Value each : values.as_list(op.argument)) {
      if (each.kind() != Value::Kind::kList || values.as_list(each).empty()) continue;
      const Value what = values.as_list(each)[0];
      writes += what.kind() == Value::Kind::kText && values.as_text(what) != "r";
    }
    return writes;
  }

  /// Every acknowledged transaction of several writes reached the replica in one piece, as EXEC or (of old
  /// makes) as the script that it was.
  void check_transactions(const FinalView& replica, const ReplicationInfo& own, int master) {
    const View* last = last_view(analysis_.views[static_cast<std::size_t>(replica.node)]);
    const Nanos since = last == nullptr ? kNever : followed_since(replica.node, last->replication);
    if (since == kNever || last->replication.replication_id != own.replication_id) return;
    if (last->replication.master_ip != own.master_ip || starts_over(replica.node, since)) return;
    const std::uint32_t answered_by = run_.history.nodes.find(node_name(run_, master));
    long long sent = 0;
    for (const Operation& op : run_.history.operations)
      sent += op.node != kNoNode && op.node == answered_by && op.outcome == Outcome::kOk &&
              op.invoked > since && writes_of(op) > 1;
    transactions_ += static_cast<double>(sent);
    long long came = 0;
    for (const std::string_view command : {"exec", "eval", "evalsha", "fcall"})
      came += std::max(0LL, number_after(replica.replication, "cmdstat_" + std::string(command) + ":calls="));
    if (sent <= came || replica.replication.find("cmdstat_") == std::string::npos) return;
    accuse(run_, result_, "transaction-taken-apart", replica.node, judged_at(run_),
           node_name(run_, master) + " acknowledged " + std::to_string(sent) +
               " transactions of several writes from " + at(since) + " on, while " +
               node_name(run_, replica.node) + " followed its stream, and only " + std::to_string(came) +
               " came there as transactions: their writes can be seen one without the other");
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  double compared_ = 0;
  double transactions_ = 0;
};

}  // namespace

const FaultRecord* replaced_outside_the_stream(const RunRecord& run, int node) {
  const auto found = std::ranges::find_if(run.faults, [node](const FaultRecord& fault) {
    return has_effect(fault, {EffectKind::kData}) && damages_data(fault, node);
  });
  return found == run.faults.end() ? nullptr : &*found;
}

void check_applied_streams(const Analysis& analysis, CheckResult& result) {
  AppliedStreams(analysis, result).check();
}

}  // namespace harness
