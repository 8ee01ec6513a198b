#include "checkers/promises/replicas.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "checkers/promises/analysis.h"
#include "checkers/promises/applied_stream.h"
#include "checkers/promises/data_difference.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/judged.h"

namespace harness {
namespace {

/// When copies are compared, and how that is told.
struct Moment {
  DataSet data;
  std::string_view words;
  /// What cannot be compared earlier is no doubt: the end is compared in any case.
  bool last = true;
};

class Replicas {
 public:
  Replicas(const Analysis& analysis, const Moment& moment, CheckResult& result)
      : run_(analysis.run),
        views_(analysis.views),
        moment_(moment),
        data_(data_by_node(run_, moment.data)),
        stall_(analysis.stall),
        result_(result) {}

  /// `told`: differences that were told of another moment, not told again; those of this one are added.
  void check(std::set<std::string>& told) {
    told_ = &told;
    for (std::size_t node = 0; node < run_.nodes.size(); ++node) {
      if (left_dead(run_, static_cast<int>(node))) continue;
      const TopologyNode* own = own_line(when_read(static_cast<int>(node)));
      if (own == nullptr)
        uncertain("No view tells the last role of " + run_.nodes[node].name + ".");
      else if (!own->is(kFlagMaster))
        check_replica(static_cast<int>(node), run_.node_by_id(own->master_id));
    }
  }
  int replicas() const { return replicas_; }
  int compared() const { return compared_; }
  std::size_t keys() const { return keys_; }

 private:
  void uncertain(std::string why) {
    if (moment_.last) doubt(result_, std::move(why));
  }

  /// When the node had been read; kNever: its clock does not tell.
  Nanos time_of_reading(int node) const {
    const FinalData* data = data_[static_cast<std::size_t>(node)];
    return data == nullptr || any_effect(run_, {EffectKind::kClock}) ? kNever : read_at(run_, *data);
  }

  /// The node's last look before its data had been read: it may have moved to another master since. Where its
  /// clock does not tell when that was, its last look of all, which says nothing of an earlier moment.
  const View* when_read(int node) const {
    const auto& views = views_[static_cast<std::size_t>(node)];
    const View* last = moment_.last ? last_view(views) : nullptr;
    const Nanos time = time_of_reading(node);
    if (time == kNever) return last;
    const View* view = view_at(views, time);
    return own_line(view) == nullptr ? last : view;
  }

  void check_replica(int replica, int master) {
    ++replicas_;
    const FinalData* theirs = master < 0 ? nullptr : whole(master);
    const FinalData* own = whole(replica);
    if (master < 0) uncertain("Nobody knows the master of " + node_name(run_, replica) + ".");
    if (theirs == nullptr || own == nullptr) return;
    if (!own->behind.empty() && moment_.last && tell_stuck(replica, master)) return;
    if (!own->behind.empty())
      return uncertain(node_name(run_, replica) + " had not caught up when its data was read (" +
                       own->behind + "), so nothing was compared.");
    for (const int node : {replica, master})
      if (const FaultRecord* fault = replaced_outside_the_stream(run_, node))
        return uncertain(fault->description + " put other data in place of what " + node_name(run_, node) +
                         " had, outside of the stream.");
    ++compared_;
    keys_ += std::max(theirs->values.size(), own->values.size() + own->foreign.size());
    for (const DataDifference& difference : differences(*theirs, *own)) tell(difference, replica, master);
  }

  void tell(const DataDifference& difference, int replica, int master) {
    const std::string name = std::to_string(replica) + " " + difference.key + " " + difference.what;
    if (!told_->insert(name).second) return;
    Anomaly anomaly = anomaly_of(run_, difference, "replica-differs", replica,
                                 std::string(moment_.words) + " " +
                                     in_words(difference, "the master " + node_name(run_, master),
                                              "its replica " + node_name(run_, replica)));
    if (!moment_.last) anomaly.time = time_of_reading(replica);
    report(result_, std::move(anomaly));
  }

  /// A replica that is merely slow comes nearer. One that has kept its distance for long, without load and
  /// over a link that is up, has missed a part of the stream: it will never have it.
  bool tell_stuck(int replica, int master) {
    constexpr Nanos kLong = 10 * kSecond;
    std::int64_t sent = -1, least = -1, first = -1, last = -1;
    Nanos from = kNever, until = kNever;
    for (const OffsetSample& sample : run_.offsets) {
      if (run_.info.settled == kNever || sample.time < run_.info.settled) continue;
      if (sample.node == master && sample.is_master) sent = sample.offset;
      if (sample.node != replica || sample.is_master || sent < 0) continue;
      last = sent - sample.offset;
      if (from == kNever) from = sample.time, first = least = last;
      least = std::min(least, last);
      until = sample.time;
    }
    if (least <= 0 || last < first || until - from < kLong + stall_ || !linked(replica, from, until))
      return false;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("replica-stuck").text();
    anomaly.node = node_name(run_, replica);
    anomaly.time = until;
    anomaly.explanation = "the stream of " + anomaly.node + " has a hole: from " + at(from) + " to " +
                          at(until) + " it stayed " + std::to_string(last) + " bytes behind " +
                          node_name(run_, master) + ", whose link to it was up and which had no load";
    report(result_, std::move(anomaly));
    return true;
  }

  bool linked(int replica, Nanos from, Nanos until) const {
    return std::ranges::all_of(views_[static_cast<std::size_t>(replica)], [&](const View* view) {
      const ReplicationInfo& own = view->replication;
      return view->end < from || view->begin > until ||
             (view->reachable && own.link_up && !own.sync_in_progress);
    });
  }

  const FinalData* whole(int node) {
    const FinalData* data = data_[static_cast<std::size_t>(node)];
    if (data != nullptr && data->complete) return data;
    uncertain("The data of " + node_name(run_, node) + " could not be read whole" +
              (data == nullptr || data->error.empty() ? "." : ": " + data->error + "."));
    return nullptr;
  }

  const RunRecord& run_;
  const std::vector<std::vector<const View*>>& views_;
  const Moment moment_;
  std::vector<const FinalData*> data_;
  const Nanos stall_;
  CheckResult& result_;
  std::set<std::string>* told_ = nullptr;
  int replicas_ = 0;
  int compared_ = 0;
  std::size_t keys_ = 0;
};

}  // namespace

CheckResult check_replicas(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "replicas";
  result.valid = Validity::kValid;
  if (run.info.interrupted || run.final_data.empty()) {
    doubt(result, "The nodes' data was not read in the end.");
    return result;
  }
  std::set<std::string> told;
  Replicas in_the_end(analysis, {data_in_the_end(run), "in the end", true}, result);
  in_the_end.check(told);
  Replicas at_load_end(analysis, {data_at_load_end(run), "at the end of the load", false}, result);
  at_load_end.check(told);
  result.operations = in_the_end.keys();
  figure(result.measured, "replicas", in_the_end.replicas());
  figure(result.measured, "replicas_compared", in_the_end.compared());
  figure(result.measured, "keys_compared", static_cast<double>(in_the_end.keys()));
  figure(result.measured, "keys_compared_at_load_end", static_cast<double>(at_load_end.keys()));
  say_what_was_not_compared(run, data_in_the_end(run), result);
  check_applied_streams(analysis, result);
  conclude(result, "Every replica holds what its master holds.", in_the_end.replicas() > 0,
           "There are no replicas.");
  if (!result.note.empty()) result.explanation += " " + result.note;
  return result;
}

}  // namespace harness
