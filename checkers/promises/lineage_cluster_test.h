// For tests only: a generative model of a shard whose data passes through several masters: two failovers one
// after the other, a restart before anybody replaced the master, a slot that moves (and whose new master is
// replaced). An honest run is what Redis Cluster may do; and it can break each rule on purpose.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "checkers/promises/object_data_test.h"
#include "checkers/promises/record_builder_test.h"

namespace harness::testing {

enum class Course {
  kTwoFailovers,
  kRestartAlways,
  kRestartEverysec,
  kRestartSnapshot,
  kMove,
  kMoveAndFailover
};
enum class Fraud { kNone, kLost, kStaleRead, kComesBack };

/// One master's time with the data, in ms of the run; the next one begins with what it is handed.
struct Reign {
  enum class End { kRun, kFailover, kRestart, kMove };
  int node = 0;
  double from = 0;
  double until = 0;
  End end = End::kRun;
  int replica = 0;

  // Worked out as the run goes.
  std::vector<Call*> begun_with;  // the calls whose effects it was handed, in order
  std::vector<Call*> stream;      // what it executed itself
  std::int64_t first_offset = 1'000;
  Contents contents;
  bool begun = false;
};

class LineageCluster {
 public:
  LineageCluster(Data& data, std::uint64_t seed, Course course, Fraud fraud)
      : data_(data), prng_(seed), course_(course), fraud_(fraud) {
    for (int i = 0; i < 4; ++i) keys_.push_back(key_of(0, i));
    lag_ = fraud == Fraud::kNone ? some(prng_.chance(0.2) ? 1'500 : 30) : 5;
    reigns_ = course_of(course);
    end_ = reigns_.back().until;
  }
  RunRecord run() {
    plan();
    execute();
    record();
    return builder_.finish();
  }
  /// Whether the fraud took place where clients must see it.
  bool shown() const { return shown_; }

 private:
  using End = Reign::End;
  static constexpr double kEvent = 3'000;    // of the first reign's end
  static constexpr double kElected = 2'400;  // after the master was killed

  static std::vector<Reign> course_of(Course course) {
    const auto reign = [](int node, double from, double until, End end, int replica) {
      Reign made;
      made.node = node, made.from = from, made.until = until, made.end = end, made.replica = replica;
      return made;
    };
    if (course == Course::kTwoFailovers)
      return {reign(1, 0, kEvent, End::kFailover, 4), reign(4, 5'400, 10'000, End::kFailover, 1),
              reign(1, 12'400, 15'000, End::kRun, 4)};
    if (course == Course::kMove)
      return {reign(1, 0, kEvent, End::kMove, 4), reign(2, kEvent, 6'000, End::kRun, 5)};
    if (course == Course::kMoveAndFailover)
      return {reign(1, 0, kEvent, End::kMove, 4), reign(2, kEvent, 6'000, End::kFailover, 5),
              reign(5, 8'400, 11'000, End::kRun, 2)};
    return {reign(1, 0, kEvent, End::kRestart, 4), reign(1, 3'600, 6'500, End::kRun, 4)};
  }
  double some(double most) { return prng_.unit() * most; }

  /// The reign that would serve the call, if any.
  Reign* reign_at(double when) {
    for (Reign& reign : reigns_)
      if (when >= reign.from && when < reign.until) return &reign;
    return nullptr;
  }

  void route(Call& call) {
    call.executed = call.invoked + some(1.5);
    const Reign* reign = reign_at(call.executed);
    call.node = reign != nullptr && (reign->from == 0 || call.executed > reign->from + 8) ? reign->node : 0;
    call.completed = call.executed + some(1.5) + (prng_.chance(0.02) ? some(60) : 0);
    const bool killed = reign != nullptr && (reign->end == End::kFailover || reign->end == End::kRestart);
    if (killed && call.completed > reign->until) call.answered = false;
    if (fraud_ == Fraud::kNone && prng_.chance(0.01)) call.answered = false;
    if (!call.answered) call.completed = std::max(call.completed, call.invoked + 500);
  }

  void plan() {
    for (int client = 0; client < 8; ++client) {
      int process = client;
      for (double now = some(10); now < end_ - 200;) {
        Call call;
        call.process = process;
        call.invoked = now;
        call.key = keys_[course_ == Course::kMove || course_ == Course::kMoveAndFailover
                             ? 0
                             : prng_.below(keys_.size())];
        call.value = ++next_value_;
        data_.draw(call, prng_, builder_.values());
        route(call);
        now = call.completed + 10 + some(60);
        if (call.node == 0) {
          now = call.invoked + 30 + some(30);
          if (fraud_ != Fraud::kNone || prng_.chance(0.5)) continue;  // refused: leaves no trace
          call.answered = false;
          call.completed = now - 1;
        }
        if (!call.answered) process = next_process_++;
        calls_.push_back(call);
      }
    }
    for (std::size_t i = 1; i < reigns_.size(); ++i) read_all(reigns_[i].from + 6, 1);
    read_all(end_ - 100, data_.final_reads());
    std::stable_sort(calls_.begin(), calls_.end(),
                     [](const Call& a, const Call& b) { return a.executed < b.executed; });
  }

  void read_all(double when, int times) {
    const bool moved = course_ == Course::kMove || course_ == Course::kMoveAndFailover;
    for (int i = 0; i < times * static_cast<int>(keys_.size()); ++i) {
      Call call;
      call.invoked = when + i * 0.01;
      call.executed = call.invoked + 0.003;
      call.completed = call.invoked + 0.006;
      call.process = next_process_++;
      call.node = reign_at(call.executed)->node;
      call.key = keys_[static_cast<std::size_t>(i) % keys_.size() * (moved ? 0 : 1)];
      call.value = ++next_value_;
      data_.make_read(call, builder_.values());
      calls_.push_back(call);
    }
  }

  void execute() {
    for (Call& call : calls_) {
      if (call.node == 0) continue;
      Reign& reign = *reign_at(call.executed);
      if (!reign.begun) begin(reign);
      if (lie(call, reign)) continue;
      if (call.writes) {
        // The state before is surely old only if nothing that made it was still on its way.
        if (last_done_[call.key] < call.invoked)
          before_[call.key] = {reign.contents, call.completed};
        else
          before_.erase(call.key);
        last_done_[call.key] = std::max(last_done_[call.key], call.completed);
      }
      data_.apply(call, reign.contents, builder_.values());
      if (call.writes && !call.refused) reign.stream.push_back(&call);
    }
  }

  /// The heir starts with what it was handed.
  void begin(Reign& heir) {
    heir.begun = true;
    if (&heir == &reigns_.front()) return;
    Reign& parent = *(&heir - 1);
    std::vector<Call*> kept;
    std::vector<Call*> lost;
    const double cut = cut_of(parent);
    for (Call* call : parent.stream) (call->executed <= cut ? kept : lost).push_back(call);
    heir.first_offset = parent.first_offset + 100 * static_cast<std::int64_t>(kept.size());
    if (course_ != Course::kRestartSnapshot || prng_.chance(0.7)) heir.begun_with = parent.begun_with;
    if (heir.begun_with.empty() && course_ == Course::kRestartSnapshot) kept.clear();
    heir.begun_with.insert(heir.begun_with.end(), kept.begin(), kept.end());
    if (fraud_ == Fraud::kComesBack && parent.end == End::kFailover && ghost_ != nullptr) {
      heir.begun_with.push_back(ghost_);
      shown_ = true;
    }
    for (const Call* call : heir.begun_with) {
      Call again = *call;
      data_.apply(again, heir.contents, builder_.values());
    }
    remember_losses(parent, heir, lost);
  }

  void remember_losses(const Reign& parent, const Reign& heir, const std::vector<Call*>& lost) {
    for (Call* call : lost) {
      if (fraud_ == Fraud::kLost && call->answered && call->completed < must_be_kept_until(parent))
        shown_ = shown_ || data_.shows_loss(*call, parent.stream, heir.begun_with);
      // Known to be lost: the heir's first readers do not see it.
      const bool last_of_key = std::none_of(lost.begin(), lost.end(), [&](const Call* other) {
        return other->key == call->key && other->executed > call->executed;
      });
      if (call->answered && last_of_key && call->function != Function::kRemove) ghost_ = call;
    }
  }

  /// What the master executed until then is handed on.
  double cut_of(const Reign& parent) {
    if (fraud_ == Fraud::kLost && &parent == &reigns_.back() - 1) return loses_from(parent);
    switch (parent.end) {
      case End::kFailover:
        return parent.until - (fraud_ == Fraud::kComesBack ? 100 : lag_);
      case End::kRestart:
        break;
      default:
        return parent.until;
    }
    if (course_ == Course::kRestartSnapshot) return some(parent.until);
    return course_ == Course::kRestartAlways ? parent.until : parent.until - some(1'000);
  }
  double loses_from(const Reign& parent) const {
    if (parent.end == End::kFailover) return parent.until - 600;
    return course_ == Course::kRestartEverysec ? parent.until - 2'900 : parent.until - 300;
  }
  /// A write acknowledged before that may not be lost, by a margin of the model's own.
  double must_be_kept_until(const Reign& parent) const {
    if (parent.end == End::kFailover) return parent.until - 400;
    return course_ == Course::kRestartEverysec ? parent.until - 2'050 : parent.until - 5;
  }

  /// In the last reign a read shows an earlier state of its key.
  bool lie(Call& call, const Reign& reign) {
    if (fraud_ != Fraud::kStaleRead || call.writes || !call.answered || shown_ || &reign != &reigns_.back())
      return false;
    const auto before = before_.find(call.key);
    if (before == before_.end() || before->second.second + 100 > call.invoked) return false;
    if (before->second.second < reign.from) return false;
    Contents seen = before->second.first;
    data_.apply(call, seen, builder_.values());
    return shown_ = true;
  }

  /// What the node has of the lineage's stream: the master what it executed, its replica what reached it.
  std::int64_t offset(int node, double ms) const {
    std::int64_t found = 0;
    for (const Reign& reign : reigns_) {
      if (ms < reign.from || (reign.node != node && reign.replica != node)) continue;
      const double until = reign.node == node ? ms : std::min(ms, reign.until) - lag_;
      found =
          reign.first_offset + 100 * std::count_if(reign.stream.begin(), reign.stream.end(),
                                                   [&](const Call* call) { return call->executed <= until; });
    }
    return found;
  }

  void kill(const Reign& reign, bool back) {
    const int at = static_cast<int>(reign.until);
    builder_.observe_until(at);
    builder_.fault("kill", reign.node, at, at + 5);
    builder_.crash(reign.node, 9);
    builder_.link(reign.replica, false);
    if (reign.end == End::kRestart) {
      builder_.observe_until(at + 600);
      builder_.fault("restart", reign.node, at + 600, at + 610);
      builder_.restart(reign.node);
      builder_.link(reign.replica, true);
      return;
    }
    builder_.observe_until(at + static_cast<int>(kElected));
    builder_.promote(reign.replica, next_epoch_++);
    if (!back) return;
    builder_.observe_until(at + 3'500);
    builder_.fault("restart", reign.node, at + 3'500, at + 3'510);
    builder_.restart(reign.node);
    builder_.observe_until(at + 3'700);
    builder_.demote(reign.node, reign.replica);
    builder_.link(reign.node, true);
  }

  void record() {
    RecordBuilder& b = builder_;
    const bool restarts = reigns_.front().end == End::kRestart;
    b.run.plan.cluster.persistence = course_ == Course::kRestartAlways     ? Persistence::kAppendAlways
                                     : course_ == Course::kRestartEverysec ? Persistence::kAppendEverysec
                                     : course_ == Course::kRestartSnapshot ? Persistence::kSnapshot
                                                                           : Persistence::kStock;
    if (!restarts) b.offset_of = [this](int node, double ms) { return offset(node, ms); };
    for (const Reign& reign : reigns_) {
      if (reign.end == End::kMove) {
        b.observe_until(static_cast<int>(reign.until));
        b.move_slot(slot_of(keys_[0]), 1, 2);
      } else if (reign.end != End::kRun) {
        kill(reign, course_ == Course::kTwoFailovers && &reign == &reigns_.front());
      }
    }
    b.observe_until(static_cast<int>(end_));
    record_calls(b, data_, calls_);
  }

  Data& data_;
  Prng prng_;
  Course course_;
  Fraud fraud_;
  RecordBuilder builder_;
  std::vector<std::string> keys_;
  std::vector<Reign> reigns_;
  std::vector<Call> calls_;
  std::map<std::string, std::pair<Contents, double>> before_;
  std::map<std::string, double> last_done_;
  Call* ghost_ = nullptr;  // acknowledged, lost by the first failover, and known to be lost
  double lag_ = 0;
  double end_ = 0;
  int next_value_ = 0;
  int next_process_ = 100;
  std::uint64_t next_epoch_ = 7;
  bool shown_ = false;
};

}  // namespace harness::testing
