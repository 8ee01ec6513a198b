#include "checkers/models/mutex.h"

#include <compare>
#include <limits>

#include "checkers/search/spec_search.h"

namespace harness {
namespace {

class MutexSpec {
 public:
  struct State {
    bool held;
    std::int64_t token;  // the last one given
    bool operator==(const State&) const = default;
  };
  struct Effect {
    bool acquire;
    bool has_token;
    std::int64_t token;
    auto operator<=>(const Effect&) const = default;
  };

  State initial() const { return {false, std::numeric_limits<std::int64_t>::min()}; }
  bool apply(State& state, const Effect& effect) const {
    if (state.held == effect.acquire) return false;
    state.held = effect.acquire;
    if (!effect.has_token) return true;
    if (effect.token <= state.token) return false;
    state.token = effect.token;
    return true;
  }
  bool pure(const Effect&) const { return false; }
  std::size_t hash(const State& state) const {
    return static_cast<std::size_t>(state.token) * 0x9e3779b97f4a7c15ULL + state.held;
  }
  std::size_t bytes(const State&) const { return sizeof(State); }
  void placed(const Effect&, int) {}
  template <typename Each>
  bool viable(const State&, const Each&) const {
    return true;
  }
  std::string words(const History&, const State& state) const {
    return state.held ? "the lock held" : "the lock free";
  }
};

}  // namespace

CheckResult check_mutex(const History& history, const ModelOptions& options) {
  Findings findings("mutex", history);
  const ByKey by_key = split_by_key(history);
  std::uint64_t steps = 0;
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    std::vector<SpecOp<MutexSpec>> ops;
    for (const std::uint32_t index : by_key.group(slot)) {
      const Operation& op = history.operations[index];
      if (op.function != Function::kAcquire && op.function != Function::kRelease)
        throw OperationRefused(op.invoke_event, "a mutex has acquire and release, not '" +
                                                    std::string(to_string(op.function)) + "'");
      if (op.outcome == Outcome::kFail) continue;
      const bool acquire = op.function == Function::kAcquire;
      const MutexSpec::Effect plain{acquire, false, 0};
      const bool fenced =
          acquire && op.outcome == Outcome::kOk && op.result.is_integer() && op.result != op.argument;
      ops.push_back({index, fenced ? MutexSpec::Effect{true, true, op.result.as_integer()} : plain, plain});
    }
    steps += judge_by_search<MutexSpec>(MutexSpec{}, history, ops, options.budget, findings);
  }
  findings.measure("search_steps", static_cast<double>(steps));
  return findings.finish("Linearizable, decided by search.");
}

}  // namespace harness
