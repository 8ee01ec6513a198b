// The documented verdict against a model of what it judges: one shard, n1 and its replica n4, asynchronous
// replication with random lag, clients of which some keep talking to the old master. Whatever this model
// does an asynchronous Redis Cluster may do too, so no run of it may ever be called bad; and each way of
// breaking it must be called bad.
#include <catch2/catch.hpp>

#include <map>

#include "checkers/promises/documented.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"
#include "harness/core/prng.h"

using namespace harness;
using namespace harness::testing;

namespace {

enum class Kind { kKill, kPause, kPartition };
enum class Flaw { kNone, kHole, kReplicatedLost, kStaleRead, kResurrection };

constexpr double kFault = 3'000;
constexpr double kPromotion = 5'400;
constexpr double kBack = 7'000;  // SIGCONT, heal or restart
constexpr double kDemotion = 7'250;
constexpr double kEnd = 9'000;
constexpr double kMinorityBound = 2'350;  // of a node timeout of 1500 ms

struct Request {
  double invoked = 0;
  double executed = 0;
  double completed = 0;
  int process = 0;
  int node = 0;  // that executes it; 0: nobody
  std::string key;
  Function function = Function::kRead;
  int value = 0;  // written
  bool answered = true;
};

struct Write {
  double invoked = 0;
  double executed = 0;
  double completed = 0;
  std::string key;
  int value = 0;
  bool acknowledged = false;
};

class Shard {
 public:
  Shard(std::uint64_t seed, Kind kind, Flaw flaw) : prng_(seed), kind_(kind), flaw_(flaw) {
    for (int i = 0; i < 4; ++i) keys_.push_back(key_of(0, i));
    lag_ = prng_.chance(0.2) ? 400 + prng_.unit() * 1'500 : prng_.unit() * 30;
    if (flaw != Flaw::kNone) lag_ = 5;
  }

  RunRecord run() {
    plan();
    execute();
    record();
    return builder_.finish();
  }
  bool flaw_shown() const { return flaw_shown_; }

 private:
  double some(double most) { return prng_.unit() * most; }

  /// Who would execute a request sent at this time to the old master (or, if stale is false, to the right
  /// one), and when.
  void route(Request& request, bool stale) {
    const double arrives = request.invoked + some(1.5);
    request.executed = arrives;
    if (arrives < kFault) {
      request.node = 1;
    } else if (!stale && arrives > kPromotion + 5) {
      request.node = 4;
    } else if (kind_ == Kind::kPause && arrives < kDemotion) {
      request.node = 1;  // waits in its socket while it is stopped
      if (arrives < kBack) request.executed = kBack + some(3);
    } else if (kind_ == Kind::kPartition && stale && arrives < kDemotion) {
      const bool accepts = arrives < kFault + kMinorityBound - 250 || arrives > kBack;
      request.node = accepts ? 1 : 0;
    } else {
      request.node = arrives > kPromotion + 5 && !stale ? 4 : 0;
    }
    request.completed = request.executed + some(1.5) + (prng_.chance(0.02) ? some(60) : 0);
    if (kind_ == Kind::kKill && request.node == 1 && request.completed > kFault) request.answered = false;
    if (prng_.chance(0.01)) request.answered = false;
    if (!request.answered) request.completed = std::max(request.completed, request.invoked + 500);
  }

  void plan() {
    int next_process = 100;
    for (int client = 0; client < 8; ++client) {
      int process = client;
      // Some clients sit on the old master's side, or learn late.
      const bool loyal = client < 3;
      double now = some(10);
      while (now < kEnd - 200) {
        Request request;
        request.process = process;
        request.invoked = now;
        request.key = keys_[prng_.below(keys_.size())];
        const auto choice = prng_.below(10);
        request.function = choice < 5 ? Function::kRead : choice < 8 ? Function::kWrite : Function::kCas;
        request.value = ++next_value_;
        route(request, loyal && now < kDemotion);
        now = request.completed + 2 + some(25);
        if (request.node == 0) {
          now = request.invoked + 30 + some(30);
          if (prng_.chance(0.5)) continue;  // refused: leaves no trace
          request.answered = false;
          request.completed = now - 1;
        }
        if (!request.answered) process = next_process++;
        requests_.push_back(request);
      }
    }
    // After the promotion somebody reads every key at once, and again in the end.
    for (const double when : {kPromotion + 2, kEnd - 100})
      for (const std::string& key : keys_) {
        Request request;
        request.invoked = when;
        request.executed = when + 0.1;
        request.completed = when + 0.2;
        request.process = next_process++;
        request.node = 4;
        request.key = key;
        requests_.push_back(request);
      }
    std::stable_sort(requests_.begin(), requests_.end(),
                     [](const Request& a, const Request& b) { return a.executed < b.executed; });
  }

  void execute() {
    std::map<std::string, int> old_master;
    std::map<std::string, int> heir;
    std::map<std::string, int> before;  // the value before the last, for stale reads
    bool promoted = false;
    for (Request& request : requests_) {
      if (request.executed > kPromotion && !promoted) {
        promoted = true;
        heir = replicated_state();
      }
      if (request.node == 0) continue;
      auto& state = request.node == 1 ? old_master : heir;
      int& value = state[request.key];
      expected_[&request] = value;
      if (request.function == Function::kRead) {
        seen_[&request] = value;
        const bool lie = flaw_ == Flaw::kStaleRead && request.answered && request.node == 4 && !flaw_shown_ &&
                         request.executed > kDemotion && before[request.key] != 0 &&
                         settled_since_[request.key] + 100 < request.invoked;
        if (lie) seen_[&request] = before[request.key], flaw_shown_ = true;
        const bool ghost = flaw_ == Flaw::kResurrection && request.answered && request.node == 4 &&
                           !flaw_shown_ && request.executed > kEnd - 150 && forked_ != 0 &&
                           forked_key_ == request.key;
        if (ghost) seen_[&request] = forked_, flaw_shown_ = true;
        continue;
      }
      if (request.function == Function::kCas && prng_.chance(0.3)) {
        expected_[&request] = -1;  // expects what is not there: fails
        continue;
      }
      if (request.node == 4) before[request.key] = value, settled_since_[request.key] = request.completed;
      value = request.value;
      if (request.node == 1) {
        stream_.push_back({request.invoked, request.executed, request.completed, request.key, request.value,
                           request.answered});
        if (request.invoked > kPromotion + 300 && request.answered)
          forked_ = value, forked_key_ = request.key;
      }
    }
  }

  /// What n4 holds when it is promoted: a prefix of n1's stream, unless the test breaks that.
  std::map<std::string, int> replicated_state() {
    std::vector<Write> received;
    for (const Write& write : stream_)
      if (write.executed <= kFault - lag_) received.push_back(write);
    if (flaw_ == Flaw::kHole && received.size() > 40) {
      // The last write of the stream that is followed, on another key, by the last write of all.
      for (std::size_t i = received.size() - 2; i > 0; --i)
        if (received[i].acknowledged && received.back().acknowledged &&
            received[i].key != received.back().key && received[i].completed < received.back().invoked &&
            surely_last(received, i)) {
          received.erase(received.begin() + static_cast<std::ptrdiff_t>(i));
          flaw_shown_ = true;
          break;
        }
    }
    if (flaw_ == Flaw::kReplicatedLost) {
      std::erase_if(received, [&](const Write& write) {
        const bool lost = write.executed > kFault - 600;
        flaw_shown_ = flaw_shown_ || (lost && write.acknowledged && write.executed < kFault - 400);
        return lost;
      });
    }
    std::map<std::string, int> state;
    for (const Write& write : received) state[write.key] = write.value;
    return state;
  }

  /// Whether it is the last write of its key, and surely came after the one before: then its loss shows.
  static bool surely_last(const std::vector<Write>& writes, std::size_t which) {
    for (std::size_t i = which + 1; i < writes.size(); ++i)
      if (writes[i].key == writes[which].key) return false;
    for (std::size_t i = which; i-- > 0;)
      if (writes[i].key == writes[which].key)
        return writes[i].acknowledged && writes[i].completed < writes[which].invoked;
    return true;
  }

  void record() {
    RecordBuilder& b = builder_;
    b.offset_of = [this](int node, double ms) {
      std::int64_t offset = 1'000;
      const double until = node == 1 ? ms : std::min(ms, kFault) - lag_;
      for (const Write& write : stream_)
        if (write.executed <= until) offset += 100;
      return node == 1 || node == 4 ? offset : 0;
    };
    b.observe_until(static_cast<int>(kFault));
    const int back = static_cast<int>(kBack);
    FaultRecord& fault = b.fault(kind_ == Kind::kKill    ? "kill"
                                 : kind_ == Kind::kPause ? "pause"
                                                         : "isolate",
                                 1, static_cast<int>(kFault), static_cast<int>(kFault) + 5,
                                 kind_ == Kind::kKill ? -1 : back, kind_ == Kind::kKill ? -1 : back + 5);
    if (kind_ == Kind::kPartition) fault.sides = {{"n1", "c1"}, {"n2", "n3", "n4", "n5", "n6", "c2"}};
    if (kind_ == Kind::kKill) b.crash(1, 9);
    if (kind_ == Kind::kPause) b.pause(1);
    b.link(4, false);
    b.observe_until(static_cast<int>(kPromotion));
    b.promote(4, 7);
    b.observe_until(back);
    if (kind_ == Kind::kKill) b.restart(1);
    if (kind_ == Kind::kPause) b.pause(1, false);
    b.observe_until(static_cast<int>(kDemotion));
    b.demote(1, 4);
    b.observe_until(static_cast<int>(kEnd));
    for (const Request& request : requests_) describe(request);
  }

  void describe(const Request& request) {
    const Span when = {request.invoked, request.completed};
    Outcome outcome = request.answered ? Outcome::kOk : Outcome::kInfo;
    if (request.function == Function::kRead) {
      if (!request.answered) return;
      const int value = seen_[&request];
      builder_.read(request.process, request.key, value == 0 ? std::nullopt : std::optional(value), when,
                    request.node);
    } else if (request.function == Function::kWrite) {
      builder_.write(request.process, request.key, request.value, when, request.node, outcome);
    } else {
      const int expected = request.node == 0 ? -1 : expected_[&request];
      if (expected <= 0 && request.answered) outcome = Outcome::kFail;
      if (expected == 0) {  // there was nothing: the model wrote, so tell it as a write
        builder_.write(request.process, request.key, request.value, when, request.node,
                       request.answered ? Outcome::kOk : Outcome::kInfo);
        return;
      }
      builder_.cas(request.process, request.key, expected, request.value, when, request.node, outcome);
    }
  }

  Prng prng_;
  Kind kind_;
  Flaw flaw_;
  RecordBuilder builder_;
  std::vector<std::string> keys_;
  std::vector<Request> requests_;
  std::vector<Write> stream_;  // of n1
  std::map<const Request*, int> seen_;
  std::map<const Request*, int> expected_;
  std::map<std::string, double> settled_since_;
  double lag_ = 0;
  int next_value_ = 0;
  int forked_ = 0;
  std::string forked_key_;
  bool flaw_shown_ = false;
};

constexpr std::uint64_t kSeed = 417;
constexpr int kRuns = 200;  // of each kind

}  // namespace

TEST_CASE("no run of an honest asynchronous shard is called bad") {
  const Kind kind = GENERATE(Kind::kKill, Kind::kPause, Kind::kPartition);
  double lost = 0;
  double stale = 0;
  for (int i = 0; i < kRuns; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    const CheckResult result = check_register(Shard(seed, kind, Flaw::kNone).run(), {});
    INFO("seed " << seed << ", kind " << static_cast<int>(kind) << ": " << result.explanation);
    REQUIRE(result.valid == Validity::kValid);
    lost += measured(result, "lost_writes", 0);
    stale += measured(result, "stale_reads", 0);
  }
  CHECK(lost > kRuns);
  if (kind != Kind::kKill) CHECK(stale > 0);
}

TEST_CASE("every way of breaking it is called bad") {
  const Kind kind = GENERATE(Kind::kKill, Kind::kPause, Kind::kPartition);
  const Flaw flaw = GENERATE(Flaw::kHole, Flaw::kReplicatedLost, Flaw::kStaleRead, Flaw::kResurrection);
  if (kind == Kind::kKill && flaw == Flaw::kResurrection) return;  // the dead write nothing
  int shown = 0;
  for (int i = 0; i < kRuns / 4; ++i) {
    const std::uint64_t seed = kSeed + static_cast<std::uint64_t>(i);
    Shard shard(seed, kind, flaw);
    const CheckResult result = check_register(shard.run(), {});
    if (!shard.flaw_shown()) continue;
    ++shown;
    INFO("seed " << seed << ", kind " << static_cast<int>(kind) << ", flaw " << static_cast<int>(flaw) << ": "
                 << result.explanation);
    CHECK(result.valid == Validity::kInvalid);
  }
  CHECK(shown > kRuns / 16);
}
