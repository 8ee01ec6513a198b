// Progress for people, on stderr: one live line on a terminal, one line per 10 s otherwise, none when it is
// not wanted.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "harness/core/clock.h"

namespace harness {

enum class ProgressStyle { kNone, kLines, kLive };
/// kLive when stderr is a terminal that can, kLines otherwise.
ProgressStyle progress_style(bool wanted);
/// Whether colours may be used on this stream: a terminal that can, and no NO_COLOR.
bool colours_on(int descriptor);

/// Thread-safe.
class Progress {
 public:
  explicit Progress(ProgressStyle style) : style_(style) {}
  ~Progress();

  /// An event worth a line of its own: always shown (unless the style is kNone), above the live line.
  void say(const std::string& text);
  /// What goes on now; replaces the live line, or is printed when 10 s have passed since the last time.
  void update(const std::string& text);
  /// Takes the live line away.
  void clear();

 private:
  void clear_locked();
  const ProgressStyle style_;
  std::mutex mutex_;
  std::string live_;
  std::chrono::steady_clock::time_point last_line_ = std::chrono::steady_clock::now();
};

/// What the live line of a run tells.
struct LoadFigures {
  Nanos elapsed = 0;
  double expected_s = 0;  // 0: not known
  std::uint64_t ok = 0;
  std::uint64_t fail = 0;
  std::uint64_t info = 0;
  double per_second = 0;
  std::string event;  // the newest of the nemesis
};
std::string load_line(const LoadFigures& figures);

/// 212k, 1.2M: figures of three digits.
std::string short_number(double number);

}  // namespace harness
