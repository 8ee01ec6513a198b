#include "harness/run/nemesis.h"

#include <algorithm>

#include "harness/conditions/cluster_now.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/core/command_effects.h"
#include "harness/run/look_share.h"
#include "harness/run/settle.h"
#include "harness/run/step_actor.h"

namespace harness {

/// One time through all steps: their board and their threads.
class Nemesis::Lap {
 public:
  Lap(Nemesis& nemesis, int number)
      : nemesis_(nemesis),
        number_(number),
        looks_(nemesis.scene_.cluster),
        board_(nemesis.plan_.steps, nemesis.scene_.clock,
               mark_now({nemesis.scene_.cluster,
                         {},
                         nemesis.scene_.acknowledged,
                         {},
                         {},
                         {},
                         nemesis.scene_.bus_counts()})) {}

  StepBoard& board() { return board_; }

  /// Begins every step whose instant comes, until nothing is left to begin.
  void run() {
    while (!board_.stopping()) {
      for (const std::size_t step : board_.take_ready())
        threads_.emplace_back([this, step] { carry_out(step); });
      if (board_.quiet()) return;
      board_.wait_for_work();
    }
  }

 private:
  void carry_out(std::size_t step) {
    try {
      Prng stream = stream_of_step(nemesis_.plan_, nemesis_.plan_.steps[step].id);
      if (number_ > 0) stream = stream.split("lap", static_cast<std::uint64_t>(number_));
      const StepShare share{nemesis_.scene_, looks_, board_, nemesis_.records_, nemesis_.sessions_};
      StepActor(nemesis_.plan_, step, stream, number_ > 0, share).run();
    } catch (...) {
      nemesis_.fail(std::current_exception());
      board_.end(step);
    }
  }

  Nemesis& nemesis_;
  const int number_;
  LookShare looks_;
  StepBoard board_;
  std::vector<std::jthread> threads_;  // joined before the board goes
};

std::function<BusCounts()> NemesisScene::bus_counts() const {
  if (!bus) return {};
  return [path = bus] { return path->traffic().counts(); };
}

Nemesis::Nemesis(const Plan& plan, NemesisScene scene, StepSinks sinks)
    : plan_(plan), scene_(std::move(scene)), records_(std::move(sinks)) {}

Nemesis::~Nemesis() {
  stop();
}

void Nemesis::start() {
  thread_ = std::thread([this] {
    try {
      work();
    } catch (...) {
      fail(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    done_ = true;
  });
}

bool Nemesis::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

void Nemesis::end_early() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (board_) board_->stop();
}

void Nemesis::stop() {
  end_early();
  if (thread_.joinable()) thread_.join();
}

void Nemesis::join() {
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

/// The first failure is the one that is told: the others may come of it.
void Nemesis::fail(std::exception_ptr failure) {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }
  end_early();
}

bool Nemesis::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Nemesis::watch(StepBoard* board) {
  const std::lock_guard lock(mutex_);
  board_ = board;
  if (board_ && stopping_) board_->stop();
}

void Nemesis::work() {
  for (int number = 0; lap(number); ++number) {
  }
  take_back();
}

/// What commands began and nobody took back ends with the load, as a fault does. Of a process that ended it
/// has gone already.
void Nemesis::take_back() {
  for (CommandRecord& record : left_to_take_back(records_.commands())) {
    Node& node = scene_.cluster.node(record.node);
    if (!node.running()) continue;
    record.time = scene_.clock.now();
    records_.sent(record);
    const Exchange exchange =
        sessions_.call(node, "", record.words, {std::chrono::seconds(2), std::chrono::seconds(5)});
    record.replied = scene_.clock.now();
    record.answered = record.ok = static_cast<bool>(exchange.reply);
    record.refused = exchange.reply && exchange.reply->is_error();
    record.reply = exchange.reply ? reply_text(*exchange.reply) : exchange.reply.error().text;
    records_.add(record);
    const std::string what = "a command of the step " + record.step + " at " + node.name();
    const bool healed = record.answered && !record.refused;
    records_.say(healed ? "healed: " + what : "not healed: " + what + ": " + record.reply);
  }
}

/// True when there is time for another: the steps begin again until the time limit, and the last lap is
/// always carried to its end.
bool Nemesis::lap(int number) {
  const LimitsPlan& limits = plan_.limits;
  const auto now = [this] { return scene_.clock.now(); };
  const Nanos began = now();
  Lap steps(*this, number);
  watch(&steps.board());
  const auto unwatch = std::shared_ptr<void>(nullptr, [this](void*) { watch(nullptr); });
  steps.run();
  const Nanos took = now() - began;
  const auto time_left = [&] { return now() + took + limits.tail <= limits.time_limit; };
  bool again = limits.repeat_steps && !plan_.steps.empty() && !steps.board().stopping() && time_left();
  if (again) {
    steps.board().close();
    steps.run();
    again = await_settled(steps.board()) && time_left();
  }
  if (!again) {
    // What stays in force until the end of the load does so through the tail.
    steps.board().sleep_until(std::max(now() + limits.tail, limits.time_limit));
    steps.board().close();
    steps.run();
  }
  return again && !stopping();
}

/// A patience that ends is not an error: what the cluster failed to do is for the checkers to say.
bool Nemesis::await_settled(StepBoard& board) {
  const Nanos deadline =
      scene_.clock.now() + std::chrono::nanoseconds(settle_patience(plan_.cluster.config)).count();
  while (scene_.clock.now() < deadline) {
    if (!scene_.cluster.why_not_settled(scene_.cluster.look())) return true;
    if (!board.sleep_until(scene_.clock.now() + 50 * kMillisecond)) return false;
  }
  records_.say("waited in vain until the cluster has settled");
  return true;
}

}  // namespace harness
