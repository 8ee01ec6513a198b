#include "checkers/promises/load_rules.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "checkers/objects/slice.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evictions.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/load_words.h"
#include "checkers/promises/quiet.h"
#include "checkers/promises/slot_streams.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

/// Which stream an operation belongs to, and how a later one relates to it.
class Places {
 public:
  explicit Places(const Analysis& analysis) : analysis_(analysis), streams_(analysis.terms) {}

  int stream_of(std::uint32_t id) const {
    const RunRecord& run = analysis_.run;
    const Operation& op = run.history.operations[id];
    if (op.node == kNoNode || op.key == kNoKey) return kNoTerm;
    const int term =
        analysis_.terms.term_of(run.node_by_name(run.history.node_text(op)), op.invoked, op.completed);
    return term == kNoTerm ? kNoTerm : streams_.stream_of(term, slot(op), op.completed);
  }
  /// Whether a window excuses that `later` does not know of `earlier`, both acknowledged.
  Attribution excuse(std::uint32_t earlier, std::uint32_t later) const {
    const Operation& first = analysis_.run.history.operations[earlier];
    const Operation& second = analysis_.run.history.operations[later];
    const int from = stream_of(earlier);
    const int to = stream_of(later);
    Attribution none;
    if (from == kNoTerm || to == kNoTerm) {
      none.why = "the term of one of the two is not certain";
      return none;
    }
    if (from == to) {
      none.kind = Attribution::Kind::kViolation;
      none.why = "one master, " + analysis_.terms.describe(analysis_.run, from) + ", gave both answers";
      return none;
    }
    if (const int child = child_of(from, to, slot(first)); child != kNoTerm)
      return analysis_.windows.attribute({from, child, first.invoked, first.completed, true});
    // The later answer is the deposed master's.
    if (const int child = child_of(to, from, slot(first)); child != kNoTerm)
      return analysis_.windows.attribute({to, child, second.invoked, second.completed, true});
    none.why = "neither master's stream continues the other's";
    return none;
  }

 private:
  int slot(const Operation& op) const { return harness::slot_of(analysis_.run.history.key_text(op)); }
  /// The stream behind the first cut on the way from `ancestor` to `stream`.
  int child_of(int ancestor, int stream, int slot) const {
    for (std::size_t steps = 0; steps < analysis_.terms.size() && stream != kNoTerm; ++steps) {
      const int parent = streams_.parent_of(stream, slot);
      if (parent == ancestor) return stream;
      stream = parent;
    }
    return kNoTerm;
  }

  const Analysis& analysis_;
  SlotStreams streams_;
};

/// Reports what `excuse` allows or not; what nobody can tell is a doubt.
void judge(const Attribution& excuse, Anomaly anomaly, CheckResult& result) {
  if (excuse.kind == Attribution::Kind::kUnknown)
    return doubt(result, anomaly.explanation + ": " + excuse.why + ".");
  anomaly.allowed = excuse.kind == Attribution::Kind::kAllowed;
  anomaly.window = excuse.window;
  anomaly.explanation +=
      anomaly.allowed ? ". Documented (window " + std::string(to_string(excuse.window)) + "): " + excuse.why
                      : ". No documented window allows it: " + excuse.why;
  report(result, std::move(anomaly));
}

/// The wall clock decides when something expires: with a fault on it, nothing is held against a time.
bool clock_was_set(const RunRecord& run) {
  return any_effect(run, {EffectKind::kClock});
}

}  // namespace

void check_lock_holders(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                        CheckResult& result) {
  const RunRecord& run = analysis.run;
  const auto& all = run.history.operations;
  const Places places(analysis);
  std::size_t pairs = 0;
  Nanos longest = 0;
  if (clock_was_set(run) || !evictions(run).empty()) return;
  for (const auto& [key, ids] : by_key(run, operations)) {
    std::unordered_map<std::int64_t, Nanos> released;  // by owner: when its release was first sent
    for (const std::uint32_t id : ids)
      if (all[id].function == Function::kRelease)
        released.try_emplace(integer_at(run.history, all[id].argument, 0, -1), all[id].invoked);
    // Of the grants so far, the one that lasts longest for certain.
    std::uint32_t holder = 0;
    Nanos until = kBefore;
    for (const std::uint32_t id : ids) {
      const Operation& op = all[id];
      if (op.function != Function::kAcquire || op.outcome != Outcome::kOk) continue;
      const std::int64_t owner = integer_at(run.history, op.argument, 0, -1);
      const auto gone = released.find(owner);
      const Nanos expires = op.invoked + milliseconds(integer_at(run.history, op.argument, 1, 0));
      const Nanos held = gone == released.end() ? expires : std::min(expires, gone->second);
      if (until != kBefore && op.invoked > all[holder].completed && op.completed < until) {
        ++pairs;
        longest = std::max(longest, std::min(until, held) - op.completed);
        judge(
            places.excuse(holder, id),
            anomaly_of(run, "two-holders",
                       describe(run, id) + " while " + describe(run, holder) + " held it until " + at(until),
                       {holder, id}),
            result);
      }
      if (held > until) until = held, holder = id;
    }
  }
  figure(result.measured, "two_holders", static_cast<double>(pairs));
  figure(result.measured, "held_together_ms_max", to_ms(longest));
}

namespace {

/// What a node said of the time that the key has left (PTTL), against what its one write gave it. The time of
/// expiry is replicated as a moment: a copy has the same one, whatever else it may lack. Empty: it fits.
std::string wrong_time_left(const History& history, const Operation& write, const Operation& asked) {
  constexpr std::int64_t kStays = -1;
  // Answers are whole milliseconds; the two clocks may part by a thousandth.
  constexpr Nanos kGrain = 10 * kMillisecond;
  const std::int64_t left = asked.result.as_integer();
  const std::int64_t given = integer_at(history, write.argument, 1, kStays);
  if (left < kStays || asked.invoked < write.completed) return {};
  if (given == kStays) return left == kStays ? "" : "will be gone, although it was written to stay";
  if (left == kStays) return "never expires any more";
  const Nanos early = write.invoked + milliseconds(given) - (asked.completed + milliseconds(left));
  const Nanos drift = (asked.completed - write.invoked) / 1000;
  return early <= kGrain + drift ? "" : "will be gone " + in_milliseconds(early) + " before its time";
}

}  // namespace

void check_expiry_times(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                        CheckResult& result) {
  // A replica that is promoted has the same moment; a server's clock is read once a command, in milliseconds.
  constexpr Nanos kGrain = 10 * kMillisecond;
  const RunRecord& run = analysis.run;
  const auto& all = run.history.operations;
  if (clock_was_set(run)) return;
  Nanos longest = 0;
  std::size_t asked = 0;
  for (const auto& [key, ids] : by_key(run, operations)) {
    const auto write = std::find_if(ids.begin(), ids.end(), [&](std::uint32_t id) {
      return all[id].function == Function::kWrite && all[id].outcome == Outcome::kOk;
    });
    if (write == ids.end()) continue;
    for (const std::uint32_t id : ids) {
      const Operation& op = all[id];
      if (op.function != Function::kOther || op.outcome != Outcome::kOk || !op.result.is_integer()) continue;
      ++asked;
      const std::string wrong = wrong_time_left(run.history, all[*write], op);
      if (wrong.empty()) continue;
      Anomaly anomaly =
          anomaly_of(run, "expiry-differs",
                     describe(run, id) + ": the key " + wrong + ": " + describe(run, *write), {*write, id});
      anomaly.promise = "rule 1, rule 2";
      report(result, std::move(anomaly));
    }
    if (integer_at(run.history, all[*write].argument, 1, -1) < 0) continue;
    const Nanos expires =
        all[*write].completed + milliseconds(integer_at(run.history, all[*write].argument, 1, 0));
    for (const std::uint32_t id : ids) {
      const Operation& op = all[id];
      const bool reads = op.function == Function::kRead || op.function == Function::kGet;
      if (!reads || op.outcome != Outcome::kOk || op.result.is_nil()) continue;
      const Nanos beyond = op.invoked - expires;
      longest = std::max(longest, beyond);
      if (beyond > kGrain + analysis.stall)
        report(result, anomaly_of(run, "lives-on",
                                  describe(run, id) + ", " + in_milliseconds(beyond) +
                                      " after its time was up: " + describe(run, *write),
                                  {*write, id}));
    }
  }
  figure(result.measured, "times_left_compared", static_cast<double>(asked));
  figure(result.measured, "lives_ms_max", to_ms(std::max<Nanos>(0, longest)));
}

namespace {

/// One key's writes, for judging what replicas show of it.
class WrittenValues {
 public:
  WrittenValues(const RunRecord& run, const std::vector<std::uint32_t>& ids) : run_(run) {
    for (const std::uint32_t id : ids) {
      const Operation& op = run.history.operations[id];
      if (op.function != Function::kWrite && op.function != Function::kCas) continue;
      const Value value = written(op);
      (op.outcome == Outcome::kFail ? failed_ : writer_).try_emplace(value.bits(), id);
      if (op.outcome == Outcome::kOk) ok_.push_back({op.invoked, op.completed});
    }
    // The earliest end of any write that began at or after each.
    for (std::size_t i = ok_.size(); i-- > 1;) ok_[i - 1].second = std::min(ok_[i - 1].second, ok_[i].second);
  }
  /// Empty: it was written, or is the state of the beginning.
  std::string why_not_written(const Operation& get) const {
    if (get.result.is_nil()) return {};
    const auto writer = writer_.find(get.result.bits());
    if (writer != writer_.end())
      return run_.history.operations[writer->second].invoked <= get.completed
                 ? std::string()
                 : "before its write was even sent: " + describe(run_, writer->second);
    const auto failed = failed_.find(get.result.bits());
    return failed == failed_.end() ? "which nobody ever wrote"
                                   : "whose write had failed: " + describe(run_, failed->second);
  }
  /// When the value was surely replaced by an acknowledged write; kNever: not that anybody knows.
  Nanos replaced(Value value) const {
    Nanos after = kBefore;
    if (!value.is_nil()) {
      const auto writer = writer_.find(value.bits());
      if (writer == writer_.end()) return kNever;
      after = run_.history.operations[writer->second].deadline();
    }
    const auto next = std::upper_bound(ok_.begin(), ok_.end(), after,
                                       [](Nanos time, const auto& each) { return time < each.first; });
    return next == ok_.end() ? kNever : next->second;
  }
  /// Whether every order has `a` before `b`.
  bool surely_before(Value a, Value b) const {
    if (b.is_nil() || a == b) return false;
    const auto later = writer_.find(b.bits());
    if (later == writer_.end()) return false;
    if (a.is_nil()) return true;
    const auto earlier = writer_.find(a.bits());
    return earlier != writer_.end() &&
           run_.history.operations[earlier->second].precedes(run_.history.operations[later->second]);
  }

 private:
  Value written(const Operation& op) const {
    if (op.function == Function::kWrite) return op.argument;
    if (op.argument.kind() != Value::Kind::kList) return {};
    const auto pair = run_.history.values.as_list(op.argument);
    return pair.size() == 2 ? pair[1] : Value{};
  }
  const RunRecord& run_;
  std::unordered_map<std::uint64_t, std::uint32_t> writer_;
  std::unordered_map<std::uint64_t, std::uint32_t> failed_;
  std::vector<std::pair<Nanos, Nanos>> ok_;  // begin, and the earliest end from there on
};

/// When a replica that had to start over because of the fault has surely done so: its link is renewed within
/// two node timeouts, and a copy of what a run writes takes seconds. kNever: the fault was not seen to end.
Nanos recovered_by(const Analysis& analysis, const FaultRecord& fault) {
  constexpr Nanos kCopy = 10 * kSecond;
  const Nanos until = acts_until(analysis.run, fault);
  return until == kNever ? kNever : until + 2 * analysis.bounds.node_timeout + kCopy;
}

/// Whether no master changed and no fault acted at any moment of this time, and the node's process is the
/// same: else a replica may have started over.
bool quiet(const Analysis& analysis, int node, Nanos from, Nanos until) {
  if (life_at(analysis.run, node, from) != life_at(analysis.run, node, until)) return false;
  for (const Term& term : analysis.terms.all())
    if (term.origin != Term::Origin::kCreated && term.maybe_from <= until && term.surely_from >= from)
      return false;
  for (const FaultRecord& fault : analysis.run.faults)
    if (fault.requested <= until && recovered_by(analysis, fault) >= from) return false;
  return true;
}

}  // namespace

void check_replica_reads(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                         CheckResult& result) {
  const RunRecord& run = analysis.run;
  const auto& all = run.history.operations;
  std::size_t reads = 0, stale = 0, back = 0;
  Nanos oldest = 0;
  double sum = 0;
  for (const auto& [key, ids] : by_key(run, operations)) {
    const WrittenValues written(run, ids);
    std::map<std::pair<std::int32_t, std::uint16_t>, std::uint32_t> last;  // by process and node
    for (const std::uint32_t id : ids) {
      const Operation& op = all[id];
      if (op.function != Function::kGet || op.outcome != Outcome::kOk) continue;
      ++reads;
      if (const std::string why = written.why_not_written(op); !why.empty()) {
        report(result,
               anomaly_of(run, "never-written", "a READONLY read: " + describe(run, id) + ", " + why, {id}));
        continue;
      }
      if (const Nanos replaced = written.replaced(op.result); replaced < op.invoked) {
        ++stale;
        oldest = std::max(oldest, op.invoked - replaced);
        sum += to_ms(op.invoked - replaced);
      }
      const auto [before, first] = last.try_emplace({op.process, op.node}, id);
      if (first) continue;
      const Operation& earlier = all[before->second];
      if (written.surely_before(op.result, earlier.result) &&
          quiet(analysis, run.node_by_name(run.history.node_text(op)), earlier.invoked, op.completed)) {
        ++back;
        report(result, anomaly_of(run, "replica-went-back",
                                  describe(run, id) + " after " + describe(run, before->second) +
                                      " at the same node, and no master changed meanwhile",
                                  {before->second, id}));
      }
      before->second = id;
    }
  }
  figure(result.measured, "replica_reads", static_cast<double>(reads));
  figure(result.measured, "replica_reads_stale", static_cast<double>(stale));
  figure(result.measured, "staleness_ms_max", to_ms(oldest));
  figure(result.measured, "staleness_ms_mean", stale == 0 ? 0 : sum / static_cast<double>(stale));
  figure(result.measured, "replica_reads_back", static_cast<double>(back));
}

void check_groups(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                  CheckResult& result) {
  const RunRecord& run = analysis.run;
  const auto& all = run.history.operations;
  std::size_t refused = 0, replica_reads = 0;
  for (const std::uint32_t id : operations) {
    const Operation& op = all[id];
    const bool reads = op.function == Function::kRead || op.function == Function::kGet;
    replica_reads += op.function == Function::kGet && op.outcome == Outcome::kOk;
    refused += op.function == Function::kPut && op.outcome == Outcome::kFail;
    if (reads && op.outcome == Outcome::kOk && op.result.kind() == Value::Kind::kList)
      report(result, anomaly_of(run, "torn-transaction",
                                describe(run, id) +
                                    ": its keys are always written together, and hold different values",
                                {id}));
    if (op.function == Function::kPut && op.outcome == Outcome::kOk)
      report(result, anomaly_of(run, "crossslot-accepted",
                                describe(run, id) + ", although the keys lie in different slots", {id}));
  }
  figure(result.measured, "replica_reads", static_cast<double>(replica_reads));
  figure(result.measured, "crossslot_refused", static_cast<double>(refused));
}

void check_states(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                  CheckResult& result) {
  const RunRecord& run = analysis.run;
  if (clock_was_set(run)) {
    result.explanation += std::string(result.explanation.empty() ? "" : " ") +
                          "Answers were not compared: a clock was set, and some of them tell times to live.";
    return;
  }
  std::size_t compared = 0;
  for (const std::uint32_t id : operations) {
    const Operation& op = run.history.operations[id];
    const bool writes = op.function == Function::kWrite;
    if (op.outcome != Outcome::kOk || (!writes && op.function != Function::kRead)) continue;
    ++compared;
    if (op.result.kind() != Value::Kind::kList) continue;
    report(result, writes ? anomaly_of(run, "answered-otherwise",
                                       describe(run, id) +
                                           ": nobody else uses these keys, so that the answer is certain",
                                       {id})
                          : anomaly_of(run, "state-differs",
                                       describe(run, id) + ": the keys were written in one transaction, and "
                                                           "hold something else than it left",
                                       {id}));
  }
  figure(result.measured, "answers_compared", static_cast<double>(compared));
}

void check_replayed(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                    CheckResult& result) {
  std::size_t ok = 0;
  for (const std::uint32_t id : operations) ok += analysis.run.history.operations[id].outcome == Outcome::kOk;
  figure(result.measured, "replayed", static_cast<double>(ok));
  figure(result.measured, "refused", static_cast<double>(operations.size() - ok));
  result.explanation = std::to_string(ok) + " of " + std::to_string(operations.size()) +
                       " commands of the recording were carried out; their replies are not judged, what they "
                       "left is compared between masters and replicas.";
}

void check_refused_transactions(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                                CheckResult& result) {
  constexpr std::string_view kExecuted = "executed-after-refusal";  // as the client's session says it
  for (const std::uint32_t id : operations)
    if (analysis.run.history.error_text(analysis.run.history.operations[id]) == kExecuted)
      report(result, anomaly_of(analysis.run, "executed-after-refusal",
                                describe(analysis.run, id) +
                                    ": EXEC carried out what was queued, although one of the commands had "
                                    "been refused",
                                {id}));
}

void check_acknowledged_entries(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                                CheckResult& result) {
  const RunRecord& run = analysis.run;
  const auto& all = run.history.operations;
  const Places places(analysis);
  std::size_t acknowledged = 0, again = 0;
  for (const auto& [key, ids] : by_key(run, operations)) {
    std::unordered_map<std::uint64_t, std::uint32_t> done;  // by element: its acknowledgement
    for (const std::uint32_t id : ids) {
      const Operation& op = all[id];
      if (op.outcome != Outcome::kOk || op.result.is_nil()) continue;
      if (op.function == Function::kAck) {
        ++acknowledged;
        done.try_emplace(op.result.bits(), id);
      }
      if (op.function != Function::kReclaim) continue;
      const auto before = done.find(op.result.bits());
      if (before == done.end() || all[before->second].completed >= op.invoked) continue;
      ++again;
      judge(places.excuse(before->second, id),
            anomaly_of(run, "acknowledged-entry-again",
                       describe(run, id) + ", although it was acknowledged: " + describe(run, before->second),
                       {before->second, id}),
            result);
    }
  }
  figure(result.measured, "entries_acknowledged", static_cast<double>(acknowledged));
  figure(result.measured, "entries_again", static_cast<double>(again));
}

}  // namespace harness
