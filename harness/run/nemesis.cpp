#include "harness/run/nemesis.h"

#include "harness/core/check.h"
#include "harness/faults/faults.h"
#include "harness/run/settle.h"

namespace harness {

Nemesis::Nemesis(FaultContext context, std::function<Schedule(int)> plan, NemesisOptions options,
                 std::function<void(std::size_t, const FaultRecord&)> journal,
                 std::function<void(const std::string&)> say)
    : context_(std::move(context)),
      plan_(std::move(plan)),
      options_(options),
      journal_(std::move(journal)),
      say_(std::move(say)) {}

Nemesis::~Nemesis() {
  stop();
}

void Nemesis::start() {
  thread_ = std::thread([this] {
    try {
      work();
    } catch (...) {
      failure_ = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
  });
}

bool Nemesis::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

void Nemesis::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Nemesis::join() {
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

bool Nemesis::stopped() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Nemesis::sleep(Nanos time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::nanoseconds(time), [this] { return stopping_; });
}

/// Rounds begin while there is time for them; the last one is always carried to its end.
void Nemesis::work() {
  const auto limit = static_cast<Nanos>(options_.time_limit_s * 1e9);
  const auto tail = static_cast<Nanos>(options_.tail_s * 1e9);
  for (int number = 0;; ++number) {
    const Nanos began = context_.clock.now();
    const Schedule schedule = plan_(number);
    round(schedule);
    const Nanos took = context_.clock.now() - began;
    const auto no_time = [&] { return context_.clock.now() + took + tail > limit; };
    if (schedule.empty() || stopped() || no_time()) break;
    if (!await(StepCondition::kSettled) || no_time()) break;
  }
  sleep(std::max(tail, limit - context_.clock.now()));
}

void Nemesis::round(const Schedule& schedule) {
  for (const PlannedStep& step : schedule) {
    if (!await(step.condition) || !sleep(step.after)) return;
    apply(step);
  }
}

/// Waits until the cluster is as the step wants it. A patience that ends is not an error: the fault comes
/// then all the same, and what the cluster failed to do is for the checkers to say.
bool Nemesis::await(StepCondition condition) {
  const Nanos deadline = context_.clock.now() + std::chrono::nanoseconds(options_.condition_patience).count();
  while (context_.clock.now() < deadline) {
    if (condition_holds(context_.cluster, condition)) return true;
    if (!sleep(50 * kMillisecond)) return false;
  }
  say_("waited in vain until the cluster has " + std::string(to_string(condition)));
  return true;
}

void Nemesis::apply(const PlannedStep& step) {
  const Fault* fault = find_fault(step.fault);
  CHECK_THAT_HOLDS(fault != nullptr, "scenarios name only faults of the table");
  const std::size_t number = records_.size();
  FaultRecord& record = records_.emplace_back();
  record.fault = fault->name;
  record.heals = fault->heals;
  record.requested = context_.clock.now();
  const std::unique_ptr<ActiveFault> active = fault->inject(context_, {step.target, Parameters()}, record);
  context_.previous_targets = record.nodes;
  journal_(number, record);
  say_(record.description + (record.verified_active() ? "" : ": " + record.error));
  if (!active) return;
  const Nanos in_force_for = record.verified_active() ? context_.clock.now() - record.active : 0;
  sleep(std::max<Nanos>(step.hold - in_force_for, 0));
  active->heal(record);
  journal_(number, record);
  say_(record.verified_healed() ? "healed: " + record.description
                                : "not healed: " + record.description + ": " + record.error);
}

}  // namespace harness
