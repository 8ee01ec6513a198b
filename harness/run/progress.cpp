#include "harness/run/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace harness {
namespace {

constexpr std::chrono::seconds kLineInterval(10);

/// A terminal that does not tell its width has 80 columns, as they once had.
std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

/// No terminal's name, or one that knows no more than text.
bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return !terminal || std::strcmp(terminal, "dumb") == 0;
}

std::string clock_text(double seconds) {
  char text[32];
  const int whole = static_cast<int>(seconds);
  std::snprintf(text, sizeof text, "%02d:%02d", whole / 60, whole % 60);
  return text;
}

/// Its end is cut off, never within a character.
std::string fitted(const std::string& text, std::size_t columns) {
  std::size_t end = 0;
  const auto continues = [&](std::size_t at) { return at < text.size() && (text[at] & 0xc0) == 0x80; };
  for (std::size_t column = 0; column < columns && end < text.size(); ++column) do
      ++end;
    while (continues(end));
  return text.substr(0, end);
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f%%",
                whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

}  // namespace

ProgressStyle progress_style(bool wanted) {
  if (!wanted) return ProgressStyle::kNone;
  return ::isatty(STDERR_FILENO) && !is_dumb() ? ProgressStyle::kLive : ProgressStyle::kLines;
}

bool colours_on(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  return ::isatty(descriptor) && !is_dumb() && !(refused && *refused);
}

Progress::~Progress() {
  clear();
}

void Progress::clear_locked() {
  if (live_.empty()) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  live_.clear();
}

void Progress::clear() {
  const std::lock_guard lock(mutex_);
  clear_locked();
}

void Progress::say(const std::string& text) {
  if (style_ == ProgressStyle::kNone) return;
  const std::lock_guard lock(mutex_);
  const std::string live = live_;
  clear_locked();
  std::fprintf(stderr, "%s\n", text.c_str());
  if (!live.empty()) std::fputs(live.c_str(), stderr);
  live_ = live;
  std::fflush(stderr);
}

void Progress::update(const std::string& text) {
  if (style_ == ProgressStyle::kNone) return;
  const std::lock_guard lock(mutex_);
  if (style_ == ProgressStyle::kLive) {
    clear_locked();
    live_ = fitted(text, terminal_width() - 1);
    std::fputs(live_.c_str(), stderr);
    std::fflush(stderr);
  } else if (const auto now = std::chrono::steady_clock::now(); now - last_line_ >= kLineInterval) {
    last_line_ = now;
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

std::string load_line(const LoadFigures& figures) {
  const double elapsed = to_seconds(figures.elapsed);
  std::string line = clock_text(elapsed);
  if (figures.expected_s > 0) {
    constexpr int kCells = 12;
    const int full = std::clamp(static_cast<int>(kCells * elapsed / figures.expected_s), 0, kCells);
    // What took longer than was reckoned has no end that is known.
    line += (elapsed <= figures.expected_s ? "/" + clock_text(figures.expected_s) : "") + " [" +
            std::string(static_cast<std::size_t>(full), '#') +
            std::string(static_cast<std::size_t>(kCells - full), '.') + "]";
  }
  const std::uint64_t all = figures.ok + figures.fail + figures.info;
  line += " " + short_number(static_cast<double>(all)) + " ops  " + short_number(figures.per_second) +
          "/s  ok " + percent(figures.ok, all) + "  fail " + percent(figures.fail, all) + "  info " +
          percent(figures.info, all);
  if (!figures.event.empty()) line += "  ! " + figures.event;
  return line;
}

std::string short_number(double number) {
  char text[32];
  if (number >= 999'500)  // what would round to four digits belongs to the next unit
    std::snprintf(text, sizeof text, "%.1fM", number / 1e6);
  else if (number >= 99'950)
    std::snprintf(text, sizeof text, "%.0fk", number / 1e3);
  else if (number >= 999.5)
    std::snprintf(text, sizeof text, "%.1fk", number / 1e3);
  else
    std::snprintf(text, sizeof text, "%.0f", number);
  return text;
}

}  // namespace harness
