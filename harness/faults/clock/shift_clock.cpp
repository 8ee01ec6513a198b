#include "harness/faults/clock/shift_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/target.h"
#include "harness/sandbox/fake_clock.h"

namespace harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kStep(20);  // how often a clock that moves is set
constexpr milliseconds kShiftClockPatience(10'000);
constexpr double kTolerance_ms = 50;

/// By how much the node's clock is ahead of ours, in ms; nothing, with the reason, when it does not say. Of
/// an answer that took long nothing is known but that it lies in between.
std::optional<double> ahead_ms(const Node& node, std::string& problem) {
  const auto now = [] {
    return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const double asked = now();
  const auto reply = tell(node, {"TIME"}, problem);
  const double answered = now();
  if (!reply || reply->elements.size() != 2) return std::nullopt;
  const double told =
      std::atof(reply->elements[0].text.c_str()) * 1e3 + std::atof(reply->elements[1].text.c_str()) / 1e3;
  return told - std::clamp(told, asked, answered);
}

class ShiftedClocks final : public ActiveFault {
 public:
  ShiftedClocks(std::vector<Node*> nodes, ClockCurve curve, const RunClock& clock)
      : nodes_(std::move(nodes)),
        curve_(std::move(curve)),
        clock_(clock),
        thread_([this](std::stop_token stop) { follow(stop); }) {}
  ~ShiftedClocks() override { end(); }

  void heal(FaultRecord& record) override {
    if (!thread_.joinable()) return;
    record.heal_requested = clock_.now();
    end();
    std::string problem;
    const bool true_again = wait_for(
        kShiftClockPatience,
        [&] {
          return std::ranges::all_of(nodes_, [&](Node* node) {
            const auto ahead = ahead_ms(*node, problem);
            return (ahead && std::abs(*ahead) <= kTolerance_ms) || !node->running();
          });
        },
        milliseconds(10));
    if (true_again)
      record.healed = clock_.now();
    else
      record.error = "a clock does not show the true time again: " + problem;
  }

 private:
  void set(nanoseconds ahead) {
    for (const Node* node : nodes_) set_fake_clock(node->clock_file(), ahead);
  }
  void end() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    set(nanoseconds(0));
  }
  void follow(const std::stop_token& stop) {
    const auto began = Clock::now();
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    do set(curve_(Clock::now() - began));
    while (!changed.wait_for(lock, stop, kStep, [&] { return stop.stop_requested(); }));
  }

  const std::vector<Node*> nodes_;
  const ClockCurve curve_;
  const RunClock& clock_;
  std::jthread thread_;
};

Effect clock_effect(const std::vector<int>& nodes, double most_ms, const std::string& what) {
  Effect effect;
  effect.kind = EffectKind::kClock;
  effect.nodes = nodes;
  effect.clock_ms = most_ms;
  effect.detail = what;
  effect.excuses.dead_link = true;
  return effect;
}

/// Once each of them tells another time than the true one, it has taken hold.
void verify_shifted(const std::vector<Node*>& nodes, FaultContext& context, FaultRecord& record) {
  for (const Node* node : nodes) {
    std::string problem = "it shows the true time";
    std::optional<double> ahead;
    const bool shifted = wait_for(
        kShiftClockPatience,
        [&] {
          ahead = ahead_ms(*node, problem);
          return (ahead && *ahead != 0) || context.stopped();
        },
        milliseconds(2));
    if (!shifted || !ahead || *ahead == 0) {
      record.error = node->name() + ": " + problem;
      return;
    }
    record.evidence +=
        fmt::format("{}{} is {:.0f} ms ahead", record.evidence.empty() ? "" : ", ", node->name(), *ahead);
  }
  record.active = context.clock.now();
}

}  // namespace

std::unique_ptr<ActiveFault> shift_clocks(FaultContext& context, const FaultRequest& request,
                                          FaultRecord& record, ClockCurve curve, double most_ms,
                                          const std::string& what) {
  const TargetNodes aim = resolve_target(context, request.target);
  record.requested = context.clock.now();
  record.description =
      fmt::format("clock of {} {}", aim.nodes.empty() ? std::string(request.target) : aim.description, what);
  record.error = aim.problem;
  for (const Node* node : aim.nodes) {
    record.nodes.push_back(node->number());
    if (node->clock_file().empty()) record.error = node->name() + " was started with the true clock";
  }
  if (aim.nodes.empty() || !record.error.empty()) return nullptr;
  record.effects = {clock_effect(record.nodes, most_ms, what)};
  auto active = std::make_unique<ShiftedClocks>(aim.nodes, std::move(curve), context.clock);
  verify_shifted(aim.nodes, context, record);
  return active;
}

}  // namespace harness
