#include "harness/run/early_end.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <system_error>

#include "harness/run/breaking_off.h"

namespace harness {
namespace {

/// By then the observer has looked at all nodes, and the servers' logs are written.
constexpr Nanos kUnsettled = 2 * kSecond;
constexpr Nanos kShortestPause = 1 * kSecond;
constexpr int kPausesPerJudging = 4;
/// Less urgent than clients and servers, and yet never starved by them.
constexpr int kNiceness = 5;

/// The processor time of the calling thread.
Nanos worked() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

}  // namespace

EarlyEnd::EarlyEnd(const RunFiles& files, const RunClock& clock, JudgeSoFar judge,
                   std::function<void(const std::string&)> found, std::uintmax_t journal_most)
    : files_(files),
      clock_(clock),
      judge_(std::move(judge)),
      found_(std::move(found)),
      journal_most_(journal_most),
      thread_([this] { watch(); }) {}

EarlyEnd::~EarlyEnd() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

bool EarlyEnd::violated() const {
  const std::lock_guard lock(mutex_);
  return violated_;
}

std::string EarlyEnd::violation() const {
  const std::lock_guard lock(mutex_);
  return violation_;
}

/// False when there is no more to wait for.
bool EarlyEnd::pause(Nanos time) {
  std::unique_lock lock(mutex_);
  return !stop_.wait_for(lock, std::chrono::nanoseconds(time), [this] { return stopping_; });
}

bool EarlyEnd::too_large() const {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(files_.history(), error);
  return !error && size > journal_most_;
}

void EarlyEnd::tell(const std::string& violation, const std::string& what) {
  {
    const std::lock_guard lock(mutex_);
    violated_ = !violation.empty();
    violation_ = violation;
  }
  found_(what);
}

void EarlyEnd::watch() {
  // A thread has a niceness of its own on Linux. Refused, it competes with the clients a little more.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
  Nanos wait = kShortestPause;
  while (pause(wait)) {
    if (too_large()) return tell({}, "the history is too large to be judged while it grows");
    const Nanos before = worked();
    std::string violation;
    try {
      const Nanos began = clock_.now();
      RunRecord record = load_run(files_);
      forget_from(record, began - kUnsettled);
      violation = judge_(record, files_);
    } catch (const std::exception& error) {
      return tell({}, std::string("cannot be judged while it runs: ") + error.what());
    }
    if (!violation.empty()) return tell(violation, "ended early: " + violation);
    wait = std::max(kShortestPause, (worked() - before) * kPausesPerJudging);
  }
}

}  // namespace harness
