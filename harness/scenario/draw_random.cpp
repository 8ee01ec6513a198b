#include <algorithm>
#include <cmath>
#include <optional>

#include "harness/core/check.h"
#include "harness/faults/faults.h"
#include "harness/scenario/draw.h"

namespace harness {
namespace {

Nanos drawn_between(double least_s, double most_s, Prng& prng) {
  return std::llround((least_s + (most_s - least_s) * prng.unit()) * 1e3) * kMillisecond;
}

/// Whether the fault takes a node away from the others, for as long as it is in force.
bool takes_away(const Fault& fault) {
  return fault.kind == EffectKind::kDown || fault.kind == EffectKind::kStopped ||
         fault.kind == EffectKind::kCut || fault.kind == EffectKind::kBus;
}

bool is_crash(const Fault& fault) {
  return fault.kind == EffectKind::kDown && !fault.heals && !fault.starts_again;
}

/// The fault that starts dead nodes again.
const Fault* starter() {
  const auto all = faults();
  const auto found = std::ranges::find(all, EffectKind::kStart, &Fault::kind);
  return found == all.end() ? nullptr : &*found;
}

class RandomDraw {
 public:
  RandomDraw(const RandomSteps& random, const Plan& plan) : random_(random), plan_(plan) {}

  std::vector<StepPlan> steps() {
    Nanos begin = 0;
    for (int number = 0; random_.count == 0 || number < random_.count; ++number) {
      const std::string id = next_id();
      Prng prng = stream_of_step(plan_, id);
      begin += drawn_between(random_.interval_least_s, random_.interval_most_s, prng);
      begin = when_one_may_begin(begin);
      if (plan_.limits.time_limit > 0 && begin >= plan_.limits.time_limit) break;
      add(id, begin, prng);
    }
    return std::move(steps_);
  }

 private:
  struct InForce {
    const Fault* fault;
    Nanos end;
  };

  std::string next_id() const { return "r" + std::to_string(steps_.size() + 1); }

  /// The first instant from then on at which fewer than `at-once` are in force and one may be drawn.
  Nanos when_one_may_begin(Nanos begin) {
    for (;;) {
      std::erase_if(in_force_, [&](const InForce& one) { return one.end <= begin; });
      const bool room = static_cast<int>(in_force_.size()) < random_.at_once;
      if (room && std::ranges::any_of(random_.faults, [&](const auto& choice) { return may_begin(choice); }))
        return begin;
      CHECK_THAT_HOLDS(!in_force_.empty(), "with nothing in force every fault may begin");
      begin = std::ranges::min(in_force_, {}, &InForce::end).end;
    }
  }

  /// A crash waits for the restart of the one before it, so that each restart belongs to one crash. To keep
  /// the majority no two faults at a time take nodes away, and each begins once all slots are served again:
  /// then the masters are all there, and one of them is the most that is missing.
  bool may_begin(const RandomSteps::Choice& choice) const {
    const Fault& fault = *find_fault(choice.fault);
    return choice.weight > 0 && std::ranges::none_of(in_force_, [&](const InForce& other) {
             return (is_crash(fault) && is_crash(*other.fault)) ||
                    (random_.keep_majority && takes_away(fault) && takes_away(*other.fault));
           });
  }

  const Fault& pick(Prng& prng) const {
    double sum = 0;
    for (const auto& choice : random_.faults) sum += may_begin(choice) ? choice.weight : 0;
    double drawn = prng.unit() * sum;
    const Fault* last = nullptr;
    for (const auto& choice : random_.faults) {
      if (!may_begin(choice)) continue;
      last = find_fault(choice.fault);
      drawn -= choice.weight;
      if (drawn < 0) break;
    }
    return *last;
  }

  void add(const std::string& id, Nanos begin, Prng& prng) {
    const Fault& fault = pick(prng);
    const Nanos hold = drawn_between(random_.hold_least_s, random_.hold_most_s, prng);
    StepPlan step = planned(fault, id, begin);
    if (fault.heals) step.hold = hold;
    if (random_.keep_majority && takes_away(fault)) step.when = ConditionPlan{"recovered", Parameters()};
    steps_.push_back(step);
    if (fault.heals || is_crash(fault)) in_force_.push_back({&fault, begin + hold});
    if (is_crash(fault)) add_restart(id, hold);
  }

  /// A node that crashed starts again after its hold, once its replica has taken over.
  void add_restart(const std::string& crash, Nanos hold) {
    const Fault* fault = starter();
    CHECK_THAT_HOLDS(fault != nullptr, "the table of faults has one that starts dead nodes");
    StepPlan step = planned(*fault, next_id(), hold);
    step.since = {StepAnchor::Kind::kTaken, crash};
    step.when = ConditionPlan{"recovered", Parameters()};
    steps_.push_back(std::move(step));
  }

  StepPlan planned(const Fault& fault, std::string id, Nanos after) const {
    StepPlan step;
    step.id = std::move(id);
    step.name = fault.name;
    step.target = fault.default_target;
    std::string problem;
    step.with = complete(fault.parameters, Parameters().json(), problem);
    if (!problem.empty())
      throw UsageError("the fault '" + step.name + "' cannot be drawn at random: " + problem);
    step.since = {StepAnchor::Kind::kStart, {}};
    step.after = step.after_least = step.after_most = after;
    return step;
  }

  const RandomSteps& random_;
  const Plan& plan_;
  std::vector<StepPlan> steps_;
  std::vector<InForce> in_force_;
};

}  // namespace

std::vector<StepPlan> draw_random(const RandomSteps& random, const Plan& plan) {
  return RandomDraw(random, plan).steps();
}

}  // namespace harness
