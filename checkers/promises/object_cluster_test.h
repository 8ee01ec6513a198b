// For tests only: a generative model of an asynchronous shard, over any object. n1 is lost at 3 s in one of
// several ways, its replica n4 is promoted behind a prefix of its stream, some clients keep talking to the
// old master until it is demoted. Whatever this model does an asynchronous Redis Cluster may do too; and it
// can break each rule on purpose.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "checkers/promises/object_data_test.h"
#include "checkers/promises/record_builder_test.h"
#include "harness/core/prng.h"

namespace harness::testing {

enum class Loss { kKill, kPause, kPartition };
enum class Breach { kNone, kHole, kReplicatedLost, kStaleRead, kResurrection, kDoubled, kTorn };

constexpr double kLossAt = 3'000;
constexpr double kPromotedAt = 5'400;
constexpr double kReturn = 7'000;
constexpr double kDemoted = 7'250;
constexpr double kRunEnd = 9'000;
constexpr double kMinority = 2'350;  // of a node timeout of 1500 ms

class ObjectCluster {
 public:
  ObjectCluster(Data& data, std::uint64_t seed, Loss loss, Breach breach)
      : data_(data), prng_(seed), loss_(loss), breach_(breach) {
    for (int i = 0; i < 4; ++i) keys_.push_back(key_of(0, i));
    lag_ = prng_.chance(0.2) ? 400 + prng_.unit() * 1'500 : prng_.unit() * 30;
    if (breach != Breach::kNone) lag_ = 5;
  }
  RunRecord run() {
    plan();
    execute();
    record();
    return builder_.finish();
  }
  /// Whether the breach took place where clients must see it.
  bool shown() const { return shown_; }

 private:
  double some(double most) { return prng_.unit() * most; }

  void route(Call& call, bool stale) {
    const double arrives = call.invoked + some(1.5);
    call.executed = arrives;
    if (arrives < kLossAt) {
      call.node = 1;
    } else if (!stale && arrives > kPromotedAt + 5) {
      call.node = 4;
    } else if (loss_ == Loss::kPause && arrives < kDemoted) {
      call.node = 1;  // waits in its socket while it is stopped
      if (arrives < kReturn) call.executed = kReturn + some(3);
    } else if (loss_ == Loss::kPartition && stale && arrives < kDemoted) {
      call.node = arrives < kLossAt + kMinority - 250 || arrives > kReturn ? 1 : 0;
    } else {
      call.node = arrives > kPromotedAt + 5 && !stale ? 4 : 0;
    }
    call.completed = call.executed + some(1.5) + (prng_.chance(0.02) ? some(60) : 0);
    if (loss_ == Loss::kKill && call.node == 1 && call.completed > kLossAt) call.answered = false;
    if (breach_ == Breach::kNone && prng_.chance(0.01)) call.answered = false;
    if (!call.answered) call.completed = std::max(call.completed, call.invoked + 500);
  }

  void plan() {
    int next_process = 100;
    for (int client = 0; client < 8; ++client) {
      int process = client;
      const bool loyal = client < 3;  // sits on the old master's side, or learns late
      for (double now = some(10); now < kRunEnd - 200;) {
        Call call;
        call.process = process;
        call.invoked = now;
        call.key = keys_[prng_.below(keys_.size())];
        call.value = ++next_value_;
        data_.draw(call, prng_, builder_.values());
        route(call, loyal && now < kDemoted);
        now = call.completed + 10 + some(60);
        if (call.node == 0) {
          now = call.invoked + 30 + some(30);
          if (breach_ != Breach::kNone || prng_.chance(0.5)) continue;  // refused: leaves no trace
          call.answered = false;
          call.completed = now - 1;
        }
        if (!call.answered) process = next_process++;
        calls_.push_back(call);
      }
    }
    for (const double when : {kPromotedAt + 6, kRunEnd - 100})
      for (int i = 0; i < (when > kDemoted ? data_.final_reads() : 1) * static_cast<int>(keys_.size()); ++i) {
        const std::string& key = keys_[static_cast<std::size_t>(i) % keys_.size()];
        Call call;
        call.invoked = when + i * 0.01;
        call.executed = call.invoked + 0.003;
        call.completed = call.invoked + 0.006;
        call.process = next_process++;
        call.node = 4;
        call.key = key;
        call.value = ++next_value_;
        data_.make_read(call, builder_.values());
        calls_.push_back(call);
      }
    std::stable_sort(calls_.begin(), calls_.end(),
                     [](const Call& a, const Call& b) { return a.executed < b.executed; });
  }

  void execute() {
    Contents old_master, heir;
    bool promoted = false;
    for (Call& call : calls_) {
      if (call.executed > kPromotedAt && !promoted) promoted = true, heir = replicated();
      if (call.node == 0) continue;
      Contents& contents = call.node == 1 ? old_master : heir;
      Contents seen = contents;
      if (lie(call, seen)) {
        data_.apply(call, seen, builder_.values());
        shown_ = true;
        continue;
      }
      if (call.writes && call.node == 4) {
        // The state before is surely old only if nothing that made it was still on its way.
        const bool certain = last_done_[call.key] < call.invoked;
        if (certain) before_[call.key] = {contents, call.completed};
        if (!certain) before_.erase(call.key);
      }
      if (call.writes) last_done_[call.key] = std::max(last_done_[call.key], call.completed);
      data_.apply(call, contents, builder_.values());
      if (!call.writes || call.refused) continue;
      if (breach_ == Breach::kDoubled && call.node == 4 && call.answered && !doubled_ &&
          call.executed > kDemoted) {
        doubled_ = shown_ = true;
        Call again = call;
        data_.apply(again, contents, builder_.values());
      }
      if (call.node != 1) continue;
      stream_.push_back(&call);
      if (call.answered && call.invoked > kPromotedAt + 300) forked_[call.key] = &call;
    }
    for (const Call* call : taken_out_) shown_ = shown_ || data_.shows_loss(*call, stream_, kept_);
  }

  /// A read of n4 that shows what is not there: an earlier state, or what the deposed master had taken.
  bool lie(Call& call, Contents& seen) {
    if (call.writes || call.node != 4 || !call.answered || shown_) return false;
    if (breach_ == Breach::kStaleRead && call.executed > kDemoted) {
      const auto before = before_.find(call.key);
      if (before == before_.end() || before->second.second + 100 > call.invoked) return false;
      seen = before->second.first;
      return true;
    }
    if (breach_ == Breach::kResurrection && call.executed > kRunEnd - 150 && forked_.contains(call.key)) {
      Call ghost = *forked_[call.key];
      data_.apply(ghost, seen, builder_.values());
      return true;
    }
    return false;
  }

  /// What n4 holds when it is promoted: a prefix of n1's stream, unless the test breaks that.
  Contents replicated() {
    std::vector<Call*> received;
    for (Call* call : stream_)
      if (call->executed <= kLossAt - lag_) received.push_back(call);
    if (breach_ == Breach::kHole) punch(received);
    if (breach_ == Breach::kReplicatedLost) {
      std::vector<Call*> lost;
      std::erase_if(received, [&](Call* call) {
        if (call->executed > kLossAt - 600) lost.push_back(call);
        return call->executed > kLossAt - 600;
      });
      for (const Call* call : lost)
        if (call->answered && call->executed < kLossAt - 400) taken_out_.push_back(call);
    }
    kept_ = received;
    Contents contents;
    for (Call* call : received) {
      Call again = *call;
      const bool half = breach_ == Breach::kTorn && call == received.back() && call->answered &&
                        data_.apply_half(again, contents);
      if (half)
        shown_ = true;
      else
        data_.apply(again, contents, builder_.values());
    }
    return contents;
  }
  /// Takes out the last write of a key, when a later write of another key stays.
  void punch(std::vector<Call*>& received) {
    std::set<std::string> later;
    for (std::size_t i = received.size(); i-- > 0;) {
      const Call& call = *received[i];
      const bool surely_last = later.insert(call.key).second;
      if (!surely_last || i + 1 >= received.size() || !call.answered || received.back()->key == call.key ||
          !received.back()->answered || call.completed >= received.back()->invoked)
        continue;
      const bool alone = std::none_of(
          received.begin(), received.begin() + static_cast<std::ptrdiff_t>(i),
          [&](const Call* other) { return other->key == call.key && other->completed >= call.invoked; });
      if (!alone) continue;
      std::vector<Call*> rest = received;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      if (!data_.shows_loss(call, stream_, rest) || !data_.shows_survival(*received.back(), rest)) continue;
      received = rest;
      taken_out_.push_back(&call);
      return;
    }
  }

  void record() {
    RecordBuilder& b = builder_;
    b.offset_of = [this](int node, double ms) {
      std::int64_t offset = 1'000;
      const double until = node == 1 ? ms : std::min(ms, kLossAt) - lag_;
      for (const Call* call : stream_)
        if (call->executed <= until) offset += 100;
      return node == 1 || node == 4 ? offset : 0;
    };
    b.observe_until(static_cast<int>(kLossAt));
    const int back = static_cast<int>(kReturn);
    FaultRecord& fault = b.fault(loss_ == Loss::kKill    ? "kill"
                                 : loss_ == Loss::kPause ? "pause"
                                                         : "isolate",
                                 1, static_cast<int>(kLossAt), static_cast<int>(kLossAt) + 5,
                                 loss_ == Loss::kKill ? -1 : back, loss_ == Loss::kKill ? -1 : back + 5);
    if (loss_ == Loss::kPartition) fault.sides = {{"n1", "c1"}, {"n2", "n3", "n4", "n5", "n6", "c2"}};
    if (loss_ == Loss::kKill) b.crash(1, 9);
    if (loss_ == Loss::kPause) b.pause(1);
    b.link(4, false);
    b.observe_until(static_cast<int>(kPromotedAt));
    b.promote(4, 7);
    b.observe_until(back);
    if (loss_ == Loss::kKill) b.restart(1);
    if (loss_ == Loss::kPause) b.pause(1, false);
    b.observe_until(static_cast<int>(kDemoted));
    b.demote(1, 4);
    b.observe_until(static_cast<int>(kRunEnd));
    record_calls(b, data_, calls_);
  }

  Data& data_;
  Prng prng_;
  Loss loss_;
  Breach breach_;
  RecordBuilder builder_;
  std::vector<std::string> keys_;
  std::vector<Call> calls_;
  std::vector<Call*> stream_;           // of n1
  std::vector<Call*> kept_;             // what n4 began with
  std::vector<const Call*> taken_out_;  // what it should have begun with
  std::map<std::string, std::pair<Contents, double>> before_;
  std::map<std::string, Call*> forked_;
  std::map<std::string, double> last_done_;
  double lag_ = 0;
  int next_value_ = 0;
  bool shown_ = false;
  bool doubled_ = false;
};

}  // namespace harness::testing
