// What the checkers of a run share: looking things up in the recorded views, faults and lives of processes,
// and saying what was found. Everything here is a pure function of a RunRecord.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/anomaly_kind.h"
#include "harness/core/run_record.h"
#include "harness/core/view_times.h"

namespace harness {

/// "41.204 s": run times as explanations and the terminal print them.
std::string at(Nanos time);
/// "173 ms", "0.4 ms": durations.
std::string in_milliseconds(Nanos length);
/// "5461-10922", ranges joined by commas.
std::string slots_text(const SlotRanges& ranges);

/// About as many anomalies are listed by one checker; all are counted.
inline constexpr std::size_t kAnomaliesListed = 200;

/// Lists the anomaly while there is room, and says where there was none. What is allowed makes room for a
/// violation, and of each kind of violation at least one is listed, however many there are of others.
void list_anomaly(CheckResult& result, Anomaly anomaly);

/// Counts the anomaly (allowed, or a violation that makes the result invalid) and lists it.
void report(CheckResult& result, Anomaly anomaly);
/// Reports a violation by a node. `explanation` is a sentence without its full stop.
void accuse(const RunRecord& run, CheckResult& result, AnomalyKind type, int node, Nanos time,
            std::string explanation);
/// The evidence is not enough: the result becomes unknown unless it is invalid already, and says why.
void doubt(CheckResult& result, std::string_view why);
/// How a checker ends: its explanation is the first violation, else the doubts that it had, else `kept`.
/// Where the run did not touch the promise, the checker does not apply, and `untouched` says why. Both are
/// sentences.
void conclude(CheckResult& result, std::string_view kept, bool touched = true,
              std::string_view untouched = {});
/// A figure of `measured` or `bound`; replaces an earlier one of the same name.
void figure(Measures& measures, std::string_view name, double value);

/// Strong mode makes masters by ballots: a vote needs a lease that is over, no failure that is agreed upon,
/// and the next may come as soon as it is needed. That an epoch is voted for once binds it all the more.
bool elects_by_ballot(const RunRecord& run);

/// Since when, without a break until `time`, the node's views are so (an unreachable one never is); kNever:
/// the last one is not, or it ended more than `gap` before.
Nanos held_since(const std::vector<const View*>& views, Nanos time, Nanos gap,
                 const std::function<bool(const View&)>& holds);
/// The last view of the node, reachable or not; null when it was never looked at.
const View* last_view(const std::vector<const View*>& views);

/// How long the whole machine stood still at the worst, beyond `tolerated`, while the clients worked: no
/// look, no log line and no event of any client in between. Every bound in wall-clock time is stretched by as
/// much.
Nanos host_stall(const RunRecord& run, Nanos tolerated = 300 * kMillisecond);
/// By how much the observer looked more seldom at a node than every 100 ms (of a large cluster it does, and
/// on a machine that starves it): what it saw happen may have happened that much earlier. 0 when its looks
/// were not counted.
Nanos seldom_looks(const RunRecord& run);
/// A change of the membership that healing was to complete, and never verifiably did (a slot that is still
/// open, say): what follows from it is nobody's fault but the harness's.
bool is_half_way(const FaultRecord& fault);
/// The first of them; null: none.
const FaultRecord* left_half_way(const RunRecord& run);
/// Accuses a node of what it is in the end. Where a change was left half-way that is a doubt, no violation.
void accuse_in_the_end(const RunRecord& run, CheckResult& result, AnomalyKind type, int node,
                       std::string explanation);
/// The longest time without any look of the observer. (An unchanged node is recorded once a second only.)
Nanos observer_gap(const RunRecord& run);

/// Logs have whole milliseconds, of a clock that is not ours and that a server reads more than once.
inline constexpr Nanos kLogResolution = 5 * kMillisecond;

/// When the fault surely acts: verified, or (never verified) requested.
Nanos surely_active(const FaultRecord& fault);
/// When the fault was over for the node at the latest: healed, or the node's next process started; kNever if
/// neither was seen.
Nanos over_at(const RunRecord& run, const FaultRecord& fault, int node);

/// Whether the node's nodes.conf, which holds its epochs and its vote, was damaged on purpose in that time.
bool damaged_between(const RunRecord& run, int node, Nanos from, Nanos until);

/// The life of the node's process at the time: an index into run.incarnations, or -1.
int life_at(const RunRecord& run, int node, Nanos time);
/// Whether the node's process runs at the end of the record (true also when its lives were not recorded).
bool runs_at_end(const RunRecord& run, int node);
/// Whether a fault ended it, and the plan does not start it again: it is not missed, and has no final data.
bool left_dead(const RunRecord& run, int node);
/// The end of the time in which the cluster was judged: info.settled, or the last view.
Nanos judged_at(const RunRecord& run);

/// Nodes that say of themselves, at that time, that they are masters with slots.
std::vector<int> masters_at(const std::vector<std::vector<const View*>>& views, Nanos time);
/// The view of `views` that holds `node`'s own line, or null.
const TopologyNode* own_line(const View* view);

/// The number in `text` after `prefix`, or -1.
long long number_after(std::string_view text, std::string_view prefix);
/// The 40 hex digits after `prefix`, or empty.
std::string_view id_after(std::string_view text, std::string_view prefix);

}  // namespace harness
