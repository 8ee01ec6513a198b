#include "harness/run/interpreter.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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

Task<void> sleep_until(asio::io_context& context, SteadyTime time) {
  asio::steady_timer timer(context, time);
  boost::system::error_code ignored;  // a cancelled wait is a shorter wait
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

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
void LoadThread::run(std::function<void()> spawn) {
  thread_ = std::thread([this, spawn = std::move(spawn)] {
    try {
      enter_();
      group_->context().restart();
      group_->start();
      next_turn_ = steady_clock::now();
      spawn();
      group_->context().run();
      moved_ = group_->moved;
      asked_ = group_->asked;
    } catch (...) {
      fail(std::current_exception());
    }
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

void LoadThread::start() {
  run([this] {
    running_ = static_cast<std::size_t>(options_.concurrency);
    for (int i = 0; i < options_.concurrency; ++i)
      asio::co_spawn(group_->context(), process_loop(), [this](std::exception_ptr problem) {
        if (problem) {
          fail(problem);
          group_->context().stop();
        } else if (--running_ == 0) {
          group_->context().stop();  // ends the housekeeping too
        }
      });
  });
}

void LoadThread::finish() {
  stopping_ = true;
  join();
}

void LoadThread::run_final_reads(std::chrono::milliseconds patience) {
  run([this, patience] {
    asio::co_spawn(group_->context(), final_reads(steady_clock::now() + patience),
                   [this](std::exception_ptr problem) {
                     if (problem) fail(problem);
                     group_->context().stop();
                   });
  });
  join();
}

/// Waits for this process's share of the rate.
Task<void> LoadThread::await_turn() {
  if (options_.rate <= 0) co_return;
  const SteadyTime now = steady_clock::now();
  if (now - next_turn_ > kArrearsMax) next_turn_ = now;
  const SteadyTime turn = next_turn_;
  next_turn_ += std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / options_.rate));
  while (!stopping_ && steady_clock::now() < turn)
    co_await sleep_until(group_->context(), std::min<SteadyTime>(turn, steady_clock::now() + kStopInterval));
}

/// Invokes, waits, completes; gives back the completed operation. A process that ends in info is replaced,
/// and its connections with it.
Task<Operation> LoadThread::perform(Client& client, std::int32_t& process, Operation op) {
  op.process = process;
  recorder_.invoke(op);
  op = co_await workload_->invoke(client, op);
  recorder_.complete(op);
  if (op.outcome == Outcome::kInfo) {
    client.reset();
    process = processes_.next();
  }
  co_return op;
}

Task<void> LoadThread::process_loop() {
  Client client(*group_);
  std::int32_t process = processes_.next();
  while (!stopping_) {
    co_await await_turn();
    if (stopping_) break;
    const SteadyTime before = steady_clock::now();
    const Operation op = co_await perform(client, process, workload_->next(prng_));
    // An operation that fails without an error (a compare-and-set that found another value) was served.
    const bool refused = op.outcome != Outcome::kOk && op.error != kNoError;
    if (refused && steady_clock::now() - before < kPauseAfterFailure)
      co_await sleep_until(group_->context(), steady_clock::now() + kPauseAfterFailure);
  }
}

Task<void> LoadThread::final_reads(SteadyTime deadline) {
  Client client(*group_);
  std::int32_t process = processes_.next();
  unanswered_ = 0;
  for (const Operation& read : workload_->final_reads()) {
    Operation op = co_await perform(client, process, read);
    while (op.outcome != Outcome::kOk && steady_clock::now() < deadline) {
      co_await sleep_until(group_->context(), steady_clock::now() + kPauseAfterFailure);
      op = co_await perform(client, process, read);
    }
    if (op.outcome != Outcome::kOk) ++unanswered_;
  }
}

}  // namespace harness
