#include "harness/compare/shrink.h"

#include <algorithm>
#include <set>

#include "reports/text.h"

namespace harness {
namespace {

constexpr Nanos kLeastTime = kSecond / 2;  // shorter loads and holds are not sought

/// To whole milliseconds, so that a plan reads well.
Nanos half(Nanos time) {
  return time / 2 / kMillisecond * kMillisecond;
}

class Shrinker {
 public:
  Shrinker(const Plan& plan, const ShrinkHooks& hooks) : plan_(plan), hooks_(hooks) {}

  const Plan& plan() const { return plan_; }

  void cut_after(Nanos load_end, Nanos violation);
  void drop_steps();
  void drop_loads();
  void shorten();

 private:
  /// Keeps the candidate if it still fails.
  bool try_out(Plan candidate, const std::string& change);
  /// Halves a number of the plan for as long as that still fails.
  void halve(const std::string& what, const std::function<bool(Plan&)>& halved);
  void shorten_step(std::size_t index);
  void shorten_load(std::size_t index);

  Plan plan_;
  const ShrinkHooks& hooks_;
};

bool Shrinker::try_out(Plan candidate, const std::string& change) {
  // A plan that wants no fault says so: else a run of it would be too weak.
  if (std::ranges::none_of(candidate.steps,
                           [](const StepPlan& step) { return step.kind == StepPlan::Kind::kFault; }))
    candidate.limits.no_faults = true;
  if (hooks_.stop() || !hooks_.possible(candidate) || !hooks_.still_fails(candidate, change)) return false;
  plan_ = std::move(candidate);
  return true;
}

/// The load of a plan without a limit lasts as long as its steps: with them gone it would end at once, so it
/// gets the time it had. What came after the violation is not needed.
void Shrinker::cut_after(Nanos load_end, Nanos violation) {
  if (plan_.limits.time_limit == 0 && load_end != kNever) plan_.limits.time_limit = load_end;
  const Nanos enough = violation == kNever ? kNever : (violation / kSecond + 2) * kSecond;
  if (enough >= plan_.limits.time_limit) return;
  Plan candidate = plan_;
  candidate.limits.time_limit = enough;
  try_out(candidate, "the load ends at " + reporting::seconds(enough, 0) + " s, soon after the violation");
}

void Shrinker::drop_steps() {
  for (std::size_t size = (plan_.steps.size() + 1) / 2; size > 0 && !hooks_.stop();) {
    bool dropped = false;
    // From the end: later steps are the more likely not to matter.
    for (std::size_t end = plan_.steps.size(); end > 0 && !hooks_.stop();) {
      const std::size_t begin = end > size ? end - size : 0;
      std::vector<std::size_t> chunk;
      for (std::size_t i = begin; i < end; ++i) chunk.push_back(i);
      const std::string ids = plan_.steps[begin].id + (size > 1 ? " to " + plan_.steps[end - 1].id : "");
      dropped = try_out(without_steps(plan_, chunk), "without " + ids) || dropped;
      end = std::min(begin, plan_.steps.size());
    }
    if (size == 1 && !dropped) break;
    if (size > 1) size = std::min((size + 1) / 2, std::max<std::size_t>(plan_.steps.size(), 1));
    if (plan_.steps.empty()) break;
  }
}

void Shrinker::drop_loads() {
  for (std::size_t i = plan_.loads.size(); i-- > 0 && plan_.loads.size() > 1;) {
    Plan candidate = plan_;
    candidate.loads.erase(candidate.loads.begin() + static_cast<std::ptrdiff_t>(i));
    try_out(candidate, "without the load " + plan_.loads[i].name);
  }
}

void Shrinker::halve(const std::string& what, const std::function<bool(Plan&)>& halved) {
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
    try_out(std::move(once), "the steps once");
  }
  halve("half the time", [](Plan& plan) {
    if (plan.limits.time_limit <= kSecond) return false;
    plan.limits.time_limit = half(plan.limits.time_limit);
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
  Shrinker shrinker(plan, hooks);
  shrinker.cut_after(load_end, violation);
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
