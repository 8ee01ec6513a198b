// Preloaded into a server of a run with clock faults: the wall clock it sees is the true one and an offset,
// which the harness writes into a file that is mapped here (harness/sandbox/fake_clock.h). libfaketime does
// the same, but hangs in servers whose allocator asks for the time before it is ready (jemalloc), and reads
// its file at every call. Nothing here may allocate memory or call what does.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// 0 in a process without the file.
constexpr std::atomic<std::int64_t> kNoOffset{0};

const std::atomic<std::int64_t>* map_offset() {
  const char* path = getenv("HARNESS_CLOCK_FILE");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return &kNoOffset;
  void* memory = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? &kNoOffset : static_cast<const std::atomic<std::int64_t>*>(memory);
}

std::int64_t offset() {
  static std::atomic<const std::atomic<std::int64_t>*> mapped{nullptr};
  const std::atomic<std::int64_t>* known = mapped.load(std::memory_order_acquire);
  // Two threads may both map it at first: either mapping shows the same file.
  if (known == nullptr) mapped.store(known = map_offset(), std::memory_order_release);
  return known->load(std::memory_order_relaxed);
}

bool is_wall_clock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

int shifted_time(clockid_t clock, timespec* time) {
  const long result = syscall(SYS_clock_gettime, clock, time);
  if (result != 0 || !is_wall_clock(clock)) return static_cast<int>(result);
  const std::int64_t ahead = offset();
  std::int64_t seconds = time->tv_sec + ahead / kSecond;
  std::int64_t nanoseconds = time->tv_nsec + ahead % kSecond;
  if (nanoseconds < 0) --seconds, nanoseconds += kSecond;
  if (nanoseconds >= kSecond) ++seconds, nanoseconds -= kSecond;
  time->tv_sec = seconds;
  time->tv_nsec = nanoseconds;
  return 0;
}

}  // namespace

// The C library's own, as its headers declare them.
extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  return shifted_time(clock, time);
}

int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
  timespec now{};
  const int result = shifted_time(CLOCK_REALTIME, &now);
  if (result == 0) {
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t* place) noexcept {
  timespec now{};
  if (shifted_time(CLOCK_REALTIME, &now) != 0) return -1;
  if (place != nullptr) *place = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
