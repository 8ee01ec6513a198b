#include "harness/cluster/starvation_meter.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "harness/core/check.h"

namespace harness {
namespace {

// A span that waited for less than a tenth of it is not told: no window of such spans starves anybody.
constexpr Nanos kWorthTelling = 10;

/// Linux's schedstat: nanoseconds run, nanoseconds waited on run queues, and how often it got a processor.
std::optional<ProcessorTimes> schedstat(int id) {
  const std::string path = "/proc/" + std::to_string(id) + "/schedstat";
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return {};
  long long ran = 0, waited = 0, times = 0;
  const bool read = std::fscanf(file, "%lld %lld %lld", &ran, &waited, &times) == 3;
  std::fclose(file);
  // All three are 0 in a kernel that does not count, and of a process that has not run once.
  if (!read || times == 0) return {};
  return ProcessorTimes{waited, ran};
}

}  // namespace

std::optional<ProcessorTimes> processor_times_of_thread(int id) {
  return schedstat(id);
}

std::optional<ProcessorTimes> processor_times(int pid) {
  auto times = schedstat(pid);  // of the main thread
  clockid_t clock{};
  timespec ran{};
  if (!times || ::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &ran) != 0) return {};
  times->ran = ran.tv_sec * kSecond + ran.tv_nsec;
  return times;
}

std::chrono::milliseconds wait_interval(std::chrono::milliseconds node_timeout) {
  return std::clamp(node_timeout / 10, std::chrono::milliseconds(50), std::chrono::milliseconds(500));
}

StarvationMeter::StarvationMeter(Cluster& cluster, std::chrono::milliseconds node_timeout,
                                 std::vector<int> carriers)
    : cluster_(cluster),
      carriers_(std::move(carriers)),
      window_(std::max<Nanos>(1, std::chrono::nanoseconds(node_timeout).count())),
      interval_(wait_interval(node_timeout)),
      thread_([this] { measure(); }) {}

StarvationMeter::~StarvationMeter() {
  try {
    stop();
  } catch (const EnvironmentError&) {
    // Whoever ends without stop() has another error to tell.
  }
}

void StarvationMeter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (!failure_.empty()) throw EnvironmentError(failure_);
}

void StarvationMeter::begin(const RunClock& clock, const std::filesystem::path& file, Tally* tally) {
  const std::lock_guard lock(mutex_);
  zero_ = std::chrono::nanoseconds(clock.epoch() - clock_.epoch()).count();
  file_.emplace(file, tally);
  for (const ProcessorWait& wait : waits_) write(wait);
}

std::optional<ProcessorWait> StarvationMeter::worst(Nanos window) const {
  const std::lock_guard lock(mutex_);
  const auto windows = starved_windows(waits_, window > 0 ? window : window_);
  const ProcessorWait* worst = worst_within(windows, -kNever, kNever);
  return worst == nullptr ? std::nullopt : std::optional(*worst);
}

std::vector<ProcessorWait> StarvationMeter::windows() const {
  const std::lock_guard lock(mutex_);
  std::vector<ProcessorWait> windows = starved_windows(waits_, window_);
  for (ProcessorWait& window : windows) {
    window.from -= zero_;
    window.until -= zero_;
  }
  return windows;
}

void StarvationMeter::measure() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    for (int number = 0; number < cluster_.size(); ++number) look_at(cluster_.node(number).pid(), number);
    for (const int thread : carriers_) look_at(thread, kNetworkOfOurs);
    lock.lock();
    stop_.wait_for(lock, interval_, [this] { return stopping_; });
  }
}

void StarvationMeter::look_at(int id, int number) {
  if (id == 0) return;  // never started
  const auto times = number == kNetworkOfOurs ? processor_times_of_thread(id) : processor_times(id);
  if (!times) {
    processes_.erase(id);
    return;
  }
  const Nanos now = clock_.now();
  if (const auto before = processes_.find(id); before != processes_.end()) {
    const Process& process = before->second;
    take({number, process.time, now, times->waited - process.times.waited, times->ran - process.times.ran});
  }
  processes_[id] = {now, *times};
}

/// A wait is counted when it ends: it may have begun before the look before this one.
void StarvationMeter::take(ProcessorWait wait) {
  if (wait.waited * kWorthTelling < wait.until - wait.from) return;
  wait.from = std::min(wait.from, wait.until - wait.waited);
  const std::lock_guard lock(mutex_);
  waits_.push_back(wait);
  if (file_) write(wait);
}

/// What went wrong is told once, by stop().
void StarvationMeter::write(ProcessorWait wait) {
  wait.from -= zero_;
  wait.until -= zero_;
  try {
    if (failure_.empty()) file_->append(wait_line(wait));
  } catch (const EnvironmentError& error) {
    failure_ = error.what();
  }
}

}  // namespace harness
