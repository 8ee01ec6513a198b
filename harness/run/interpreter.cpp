#include "harness/run/interpreter.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "harness/client/pause.h"
#include "harness/core/check.h"

namespace harness {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// A process that was refused waits this long before it asks again: a dead node is not worth a busy loop.
constexpr std::chrono::milliseconds kPauseAfterFailure(10);
/// A process that waits for its turn looks this often whether the load has ended meanwhile.
constexpr std::chrono::milliseconds kStopInterval(50);
/// Turns missed by more than this are given up: after a stall the load goes on at its rate, without a burst.
constexpr std::chrono::milliseconds kArrearsMax(200);

}  // namespace

LoadThread::LoadThread(std::function<void()> enter, std::vector<ClientNode> nodes,
                       std::unique_ptr<Workload> workload, Prng prng, LoadOptions options, Recorder& recorder,
                       ProcessNumbers& processes)
    : enter_(std::move(enter)),
      group_(std::make_unique<ClientGroup>(std::move(nodes), options.operation_timeout)),
      workload_(std::move(workload)),
      prng_(prng),
      options_(options),
      recorder_(recorder),
      processes_(processes) {}

LoadThread::~LoadThread() {
  stopping_ = true;
  if (thread_.joinable()) {
    group_->context().stop();
    thread_.join();
  }
}

/// Runs the group's event loop on a thread of its own until the spawned coroutines have ended.
void LoadThread::run(std::function<void()> spawn_all) {
  ended_ = false;
  thread_ = std::thread([this, spawn_all = std::move(spawn_all)] {
    try {
      enter_();
      group_->context().restart();
      group_->start();
      running_ = 0;
      spawn_all();
      if (running_ > 0) group_->context().run();
    } catch (...) {
      fail(std::current_exception());
    }
    ended_ = true;
  });
}

/// The last of them to end ends the loop, and with it the housekeeping.
void LoadThread::spawn(Task<void> task) {
  ++running_;
  asio::co_spawn(group_->context(), std::move(task), [this](std::exception_ptr problem) {
    if (problem) fail(problem);
    if (--running_ == 0 || problem) group_->context().stop();
  });
}

void LoadThread::fail(std::exception_ptr problem) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = problem;
}

void LoadThread::check() {
  const std::lock_guard lock(failure_mutex_);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void LoadThread::join() {
  if (thread_.joinable()) thread_.join();
  check();
}

void LoadThread::set_up(std::chrono::milliseconds patience) {
  run([this, patience] { spawn(set_up_operations(steady_clock::now() + patience)); });
  join();
}

void LoadThread::start() {
  begin_ = steady_clock::now() + options_.begin;
  const bool ends = options_.end != std::chrono::nanoseconds::max();
  end_ = ends ? steady_clock::now() + options_.end : SteadyTime::max();
  next_turn_ = begin_;
  run([this] {
    for (int i = 0; i < options_.concurrency; ++i) spawn(process_loop());
  });
}

void LoadThread::finish() {
  stop();
  join();
}

void LoadThread::start_final(std::size_t first_worker, std::size_t workers, std::size_t all_workers,
                             FinalPatience patience) {
  unanswered_ = 0;
  out_of_time_ = false;
  final_turns_ = 0;
  run([=, this] {
    const SteadyTime now = steady_clock::now();
    for (std::size_t i = 0; i < workers; ++i)
      spawn(final_worker({first_worker + i, all_workers, nullptr}, now + patience.answers,
                         now + patience.whole));
  });
}

void LoadThread::abandon_final() {
  group_->context().stop();
}

void LoadThread::finish_final() {
  join();
}

LoadTally LoadThread::tally() const {
  return {outcomes_[0], outcomes_[1], outcomes_[2]};
}

/// Whether this process is to offer nothing more.
bool LoadThread::over() const {
  return stopping_ || steady_clock::now() >= end_;
}

/// Waits until the load begins, and then for this process's share of the rate.
Task<void> LoadThread::await_turn() {
  SteadyTime turn = begin_;
  if (options_.rate > 0) {
    const SteadyTime now = steady_clock::now();
    if (now - next_turn_ > kArrearsMax) next_turn_ = now;
    turn = next_turn_;
    next_turn_ += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options_.rate));
  }
  while (!over() && steady_clock::now() < turn)
    co_await pause_until(group_->context(), std::min<SteadyTime>(turn, steady_clock::now() + kStopInterval));
}

/// Invokes, waits, completes; gives back the completed operation. A process that ends in info is replaced,
/// and its connections with it.
Task<Operation> LoadThread::perform(Client& client, std::int32_t& process, Operation op) {
  op.process = process;
  recorder_.invoke(op);
  op = co_await workload_->invoke(client, op);
  recorder_.complete(op);
  ++outcomes_[static_cast<std::size_t>(op.outcome)];
  if (op.outcome == Outcome::kInfo) {
    client.reset();
    workload_->retired(process);
    process = processes_.next();
  }
  co_return op;
}

Task<void> LoadThread::process_loop() {
  Client client(*group_);
  std::int32_t process = processes_.next();
  while (!over()) {
    co_await await_turn();
    if (over()) break;
    const SteadyTime before = steady_clock::now();
    const Operation op = co_await perform(client, process, workload_->next(process, prng_));
    // An operation that fails without an error (a compare-and-set that found another value) was served.
    const bool refused = op.outcome != Outcome::kOk && op.error != kNoError;
    if (refused && steady_clock::now() - before < kPauseAfterFailure)
      co_await pause_for(group_->context(), kPauseAfterFailure);
  }
}

/// Performs it again until it is answered ok or the time is up. What failed without an error was served: it
/// has its answer.
Task<Operation> LoadThread::until_ok(Client& client, std::int32_t& process, const Operation& op,
                                     SteadyTime deadline) {
  const auto served = [](const Operation& done) {
    return done.outcome == Outcome::kOk || (done.outcome == Outcome::kFail && done.error == kNoError);
  };
  Operation done = co_await perform(client, process, op);
  while (!served(done) && steady_clock::now() < deadline) {
    co_await pause_for(group_->context(), kPauseAfterFailure);
    done = co_await perform(client, process, op);
  }
  if (!served(done)) ++unanswered_;
  co_return done;
}

Task<void> LoadThread::set_up_operations(SteadyTime deadline) {
  Client client(*group_);
  std::int32_t process = processes_.next();
  for (const Operation& op : workload_->set_up()) {
    const Operation done = co_await until_ok(client, process, op, deadline);
    if (done.outcome != Outcome::kOk)
      throw EnvironmentError("the set-up of a load got no answer from a cluster that was ready");
  }
}

Task<void> LoadThread::final_worker(FinalTurn turn, SteadyTime deadline, SteadyTime end) {
  Client client(*group_);
  std::int32_t process = processes_.next();
  Operation done;
  while (const auto op = workload_->next_final(turn)) {
    // Once the time is up and something was not answered, the rest is given up: a cluster that hangs would
    // take a timeout for each key.
    if (unanswered_ > 0 && steady_clock::now() >= deadline) co_return;
    if (steady_clock::now() >= end) {
      out_of_time_ = true;
      co_return;
    }
    done = co_await until_ok(client, process, *op, std::min(deadline, end));
    ++final_turns_;
    turn.last = &done;
  }
}

}  // namespace harness
