#include "harness/compare/shrink.h"

#include <algorithm>
#include <set>

#include "harness/compare/plan_times.h"
#include "reports/text.h"

namespace harness {
namespace {

constexpr Nanos kLeastTime = kSecond / 2;  // shorter loads and holds are not sought
constexpr Nanos kWithoutSteps =
    10 * kSecond;                           // what needs no step shows itself within it, or is not sought so
constexpr Nanos kAfterwards = 2 * kSecond;  // that a violation takes to be seen

/// To whole milliseconds, so that a plan reads well.
Nanos half(Nanos time) {
  return time / 2 / kMillisecond * kMillisecond;
}

/// Within it what a step set off is over (a failover takes two node timeouts and a second).
Nanos settling_time(const Plan& plan) {
  return 2 * plan.cluster.config.node_timeout_ms * kMillisecond + 2 * kSecond;
}

/// The indices from `begin` to before `end`.
std::vector<std::size_t> indices(std::size_t begin, std::size_t end) {
  std::vector<std::size_t> all;
  for (std::size_t i = begin; i < end; ++i) all.push_back(i);
  return all;
}

/// As it must be to be carried out, and as it reads: a load that ends with its steps has no limit, and a plan
/// without a fault says so, else a run of it would be too weak.
void tidy(Plan& plan) {
  LimitsPlan& limits = plan.limits;
  if (!plan.steps.empty() && !limits.repeat_steps && limits.time_limit <= planned_end(plan) + limits.tail)
    limits.time_limit = 0;
  limits.no_faults |= std::ranges::none_of(
      plan.steps, [](const StepPlan& step) { return step.kind == StepPlan::Kind::kFault; });
}

class Shrinker {
 public:
  Shrinker(const Plan& plan, Nanos load_end, Nanos violation, const ShrinkHooks& hooks);

  const Plan& plan() const { return plan_; }

  void cut_after_violation();
  void take_few_steps();
  void drop_steps();
  void drop_loads();
  void shorten();

 private:
  /// Keeps the candidate if it still fails.
  bool try_out(Plan candidate, const std::string& change);
  /// Halves a number of the plan for as long as that still fails; first of all as often as it can be.
  void halve(const std::string& what, const std::function<bool(Plan&)>& halved);
  void shorten_step(std::size_t index);
  void shorten_load(std::size_t index);
  /// Without these steps, and without the time that they took.
  Plan without(const std::vector<std::size_t>& steps) const;
  bool drop(std::size_t begin, std::size_t end);
  void drop_by_halves();

  Plan plan_;
  bool keep_times_ = false;  // steps come no sooner when others go
  const Nanos violation_;
  const Nanos whole_;  // how long the first load was
  Nanos length_;       // of a load without steps, at the most
  const ShrinkHooks& hooks_;
};

Shrinker::Shrinker(const Plan& plan, Nanos load_end, Nanos violation, const ShrinkHooks& hooks)
    : plan_(plan),
      violation_(violation),
      whole_(load_end == kNever ? planned_length(plan) : load_end),
      length_(whole_),
      hooks_(hooks) {
  if (violation_ != kNever) length_ = std::min(length_, (violation_ + kAfterwards) / kSecond * kSecond);
  if (plan_.steps.empty() && plan_.limits.time_limit == 0) plan_.limits.time_limit = length_;
}

bool Shrinker::try_out(Plan candidate, const std::string& change) {
  tidy(candidate);
  if (hooks_.stop() || !hooks_.possible(candidate) || !hooks_.still_fails(candidate, change)) return false;
  plan_ = std::move(candidate);
  return true;
}

Plan Shrinker::without(const std::vector<std::size_t>& steps) const {
  Plan out = without_steps(plan_, steps);
  if (!keep_times_) out = without_idle_time(out, settling_time(plan_));
  Nanos& limit = out.limits.time_limit;
  if (out.steps.empty()) {
    limit = std::min(length_, planned_length(plan_));
    out.limits.repeat_steps = false;
  } else if (limit > 0 && !out.limits.repeat_steps) {
    limit = std::max(kSecond, limit - (planned_end(plan_) - planned_end(out)));
  }
  return out;
}

/// What came after the violation is not needed.
void Shrinker::cut_after_violation() {
  if (violation_ == kNever) return;
  const Nanos enough = violation_ + kAfterwards;
  const std::vector<StepTime> times = planned_times(plan_);
  std::vector<std::size_t> later;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i].begin >= enough) later.push_back(i);
  Plan candidate = without(later);
  candidate.limits.time_limit = std::min(candidate.limits.time_limit, length_);
  if (later.empty() && candidate.limits.time_limit == plan_.limits.time_limit) return;
  // A write is acknowledged long before it is lost: some violations bear the time of their beginning.
  if (!try_out(std::move(candidate),
               "nothing later than the violation, " + reporting::seconds(enough, 0) + " s"))
    length_ = whole_;
}

/// The shortest runs first: those of no step, and of the last few before the violation, ever more of them.
void Shrinker::take_few_steps() {
  const std::size_t all = plan_.steps.size();
  if (all == 0) return;
  if (plan_.limits.repeat_steps) {
    Plan once = plan_;
    once.limits.repeat_steps = false;
    once.limits.time_limit = 0;
    try_out(std::move(once), "the steps once");
  }
  Plan none = without(indices(0, all));
  none.limits.time_limit = std::min(none.limits.time_limit, kWithoutSteps);
  if (try_out(std::move(none), "without any step")) return;
  for (std::size_t left = 2; left * 2 <= all && !hooks_.stop(); left *= 2)
    if (try_out(without(indices(0, all - left)), "the last " + std::to_string(left) + " steps alone")) return;
}

bool Shrinker::drop(std::size_t begin, std::size_t end) {
  const std::string& first = plan_.steps[begin].id;
  return try_out(without(indices(begin, end)),
                 "without " + first + (end - begin > 1 ? " to " + plan_.steps[end - 1].id : ""));
}

void Shrinker::drop_by_halves() {
  for (std::size_t size = (plan_.steps.size() + 1) / 2; size > 0 && !hooks_.stop();) {
    bool dropped = false;
    // From the end: later steps are the more likely not to matter.
    for (std::size_t end = plan_.steps.size(); end > 0 && !hooks_.stop();) {
      const std::size_t begin = end > size ? end - size : 0;
      dropped = drop(begin, end) || dropped;
      end = std::min(begin, plan_.steps.size());
    }
    if (size == 1 && !dropped) break;
    if (size > 1) size = std::min((size + 1) / 2, std::max<std::size_t>(plan_.steps.size(), 1));
    if (plan_.steps.empty()) break;
  }
}

/// Where nothing could be left out, it may be for the time that went with it.
void Shrinker::drop_steps() {
  const std::size_t before = plan_.steps.size();
  drop_by_halves();
  if (plan_.steps.size() < before || before == 0) return;
  keep_times_ = true;
  drop_by_halves();
}

void Shrinker::drop_loads() {
  for (std::size_t i = plan_.loads.size(); i-- > 0 && plan_.loads.size() > 1;) {
    Plan candidate = plan_;
    candidate.loads.erase(candidate.loads.begin() + static_cast<std::ptrdiff_t>(i));
    try_out(candidate, "without the load " + plan_.loads[i].name);
  }
}

void Shrinker::halve(const std::string& what, const std::function<bool(Plan&)>& halved) {
  Plan least = plan_;
  int times = 0;
  while (halved(least)) ++times;
  if (times > 1 && try_out(least, what + ", " + std::to_string(times) + " times")) return;
  for (Plan candidate = plan_; halved(candidate) && try_out(candidate, what);) candidate = plan_;
}

void Shrinker::shorten_step(std::size_t index) {
  const std::string of = " of " + plan_.steps[index].id;
  halve("half the hold" + of, [&](Plan& plan) {
    StepPlan& step = plan.steps[index];
    if (!step.hold || *step.hold <= kLeastTime) return false;
    step.hold = half(*step.hold);
    return true;
  });
  halve("half the repeats" + of, [&](Plan& plan) {
    StepPlan& step = plan.steps[index];
    if (step.repeat == 1) return false;
    step.repeat /= 2;
    return true;
  });
  halve("half the wait before" + of, [&](Plan& plan) {
    StepPlan& step = plan.steps[index];
    if (step.repeat > 1 || step.repeat_for > 0 || step.after <= kLeastTime) return false;
    step.after = step.after_least = step.after_most = half(step.after);
    return true;
  });
}

void Shrinker::shorten_load(std::size_t index) {
  const std::string of = " of " + plan_.loads[index].name;
  halve("half the clients" + of, [&](Plan& plan) {
    LoadPlan& load = plan.loads[index];
    if (load.concurrency == 1) return false;
    load.concurrency /= 2;
    load.client_groups = std::min(load.client_groups, load.concurrency);
    return true;
  });
  if (plan_.loads[index].client_groups == 1) return;
  Plan candidate = plan_;
  candidate.loads[index].client_groups = 1;
  try_out(candidate, "one group of clients" + of);
}

void Shrinker::shorten() {
  if (plan_.limits.repeat_steps) {
    Plan once = plan_;
    once.limits.repeat_steps = false;
    try_out(std::move(once), "the steps once, in the same time");
  }
  halve("half the time", [](Plan& plan) {
    if (plan.limits.time_limit <= kSecond) return false;
    plan.limits.time_limit = std::max(kSecond, half(plan.limits.time_limit));
    tidy(plan);
    return true;
  });
  halve("half the tail", [](Plan& plan) {
    if (plan.limits.tail <= kLeastTime) return false;
    plan.limits.tail = half(plan.limits.tail);
    return true;
  });
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) shorten_step(i);
  for (std::size_t i = 0; i < plan_.loads.size(); ++i) shorten_load(i);
  if (plan_.cluster.spare == 0) return;
  Plan candidate = plan_;
  candidate.cluster.spare = 0;
  try_out(candidate, "without spare nodes");
}

}  // namespace

Plan without_steps(const Plan& plan, const std::vector<std::size_t>& steps) {
  std::set<std::string> gone;
  for (const std::size_t i : steps) gone.insert(plan.steps[i].id);
  Plan out = plan;
  std::erase_if(out.steps, [&](const StepPlan& step) {
    return gone.contains(step.id) || (step.kind == StepPlan::Kind::kHeal && gone.contains(step.name));
  });
  for (StepPlan& step : out.steps)
    if (gone.contains(step.since.step)) step.since = StepAnchor();
  return out;
}

Plan shrink(const Plan& plan, Nanos load_end, Nanos violation, const ShrinkHooks& hooks) {
  Shrinker shrinker(plan, load_end, violation, hooks);
  shrinker.cut_after_violation();
  shrinker.take_few_steps();
  shrinker.drop_steps();
  shrinker.drop_loads();
  shrinker.shorten();
  return shrinker.plan();
}

std::string size_text(const Plan& plan) {
  int clients = 0;
  for (const LoadPlan& load : plan.loads) clients += load.concurrency;
  std::string text = reporting::counted(plan.steps.size(), "step") + ", " +
                     reporting::counted(plan.loads.size(), "load") + ", " +
                     reporting::counted(static_cast<std::uint64_t>(clients), "client");
  if (plan.limits.time_limit > 0) text += ", " + reporting::seconds(plan.limits.time_limit, 1) + " s";
  return text;
}

}  // namespace harness
