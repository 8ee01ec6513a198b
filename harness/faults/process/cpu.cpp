#include "harness/faults/process/cpu.h"

#include <fmt/format.h>

#include <cmath>
#include <condition_variable>
#include <thread>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kCpuPatience(10);

/// Stops and continues the process in turn, until it goes.
class Starvation final : public ActiveFault {
 public:
  Starvation(Node& node, std::chrono::microseconds runs, std::chrono::microseconds waits,
             const RunClock& clock)
      : node_(node), runs_(runs), waits_(waits), clock_(clock), thread_([this](std::stop_token stop) {
          starve(stop);
        }) {}
  ~Starvation() override { end(); }

  void heal(FaultRecord& record) override {
    if (!thread_.joinable()) return;
    record.heal_requested = clock_.now();
    end();
    record.evidence += fmt::format(", {} times in all", periods_.load());
    if (wait_for(
            kCpuPatience, [&] { return node_.state() != 'T' || !node_.running(); },
            std::chrono::milliseconds(1)))
      record.healed = clock_.now();
    else
      record.error = node_.name() + " is still stopped after SIGCONT";
  }

  int periods() const { return periods_; }

 private:
  void end() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    changed_.notify_all();
    thread_.join();
  }
  bool sleep(std::stop_token& stop, std::chrono::microseconds length) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, stop, length, [&] { return stop.stop_requested(); });
  }
  /// A node that is down meanwhile is left alone; its next process starves as well.
  void starve(std::stop_token stop) {
    bool goes_on = true;
    while (goes_on) {
      const bool frozen = node_.freeze();
      goes_on = sleep(stop, waits_);
      if (frozen) {
        node_.thaw();
        ++periods_;
      }
      goes_on = goes_on && sleep(stop, runs_);
    }
  }

  Node& node_;
  const std::chrono::microseconds runs_;
  const std::chrono::microseconds waits_;
  const RunClock& clock_;
  std::atomic<int> periods_ = 0;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_cpu(FaultContext& context, const FaultRequest& request,
                                        FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  const double share = request.with.number("share");
  const auto period = static_cast<double>(request.with.integer("period"));
  record.description = fmt::format("{} % of a processor for {}", share, record.description);
  if (!node->running()) {
    record.error = node->name() + " does not run";
    return nullptr;
  }
  Effect load;
  load.kind = EffectKind::kLoad;
  load.nodes = record.nodes;
  load.excuses.dead_link = true;
  load.detail = fmt::format("it runs {} ms of every {} ms", period * share / 100, period);
  record.effects = {load};
  const std::chrono::microseconds runs(std::llround(period * share * 10));
  const std::chrono::microseconds whole(std::llround(period * 1000));
  auto active = std::make_unique<Starvation>(*node, runs, whole - runs, context.clock);
  if (wait_for(
          kCpuPatience, [&] { return active->periods() > 0; }, std::chrono::milliseconds(1))) {
    record.active = context.clock.now();
    record.evidence = "process " + std::to_string(node->pid()) + " was stopped and continued in turn";
  } else {
    record.error = node->name() + " was never stopped";
  }
  return active;
}

}  // namespace harness
