#include "harness/cluster/log_harvest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <deque>
#include <fstream>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace harness {
namespace {

namespace fs = std::filesystem;

// Redis and Valkey say the same in partly different words; a piece common to both is enough.
constexpr std::string_view kTelling[] = {
    "BUG REPORT",      "crashed by signal",
    "ASSERTION",       "Assertion",
    "STACK TRACE",     "ERROR: ",
    "Sanitizer",       "runtime error",
    "panic",           "Guru Med",
    "Failover",        "failover",
    "election",        "Election",
    "quorum",          "FAIL",
    "Marking node",    "Clear FAIL",
    "reachable",       "epoch",
    "Epoch",           "migrat",
    "Cluster state",   "slots",
    "Reconfiguring",   "replica of",
    "PSYNC",           "resync",
    "Resync",          "MASTER",
    "PRIMARY",         "synchronization",
    "sync with",       "Sync with",
    "Out Of Memory",   "Server initialized",
    "Ready to accept", "User requested",
    "Received SIG",    "SHUTDOWN",
    "Can't",           "Bad ",
    "WARNING",         "CRITICAL",
    "flags=M",
};

constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Cuts fields off the front of a line; any that does not fit makes the whole invalid.
struct Cursor {
  std::string_view rest;
  bool valid = true;

  int number(std::size_t digits_max) {
    int value = 0;
    const std::size_t length = std::min(rest.size(), digits_max);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + length, value);
    if (error != std::errc{} || value < 0) {
      valid = false;
      return 0;
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return value;
  }
  void expect(char c) {
    if (rest.empty() || rest.front() != c)
      valid = false;
    else
      rest.remove_prefix(1);
  }
  char letter() {
    if (rest.empty()) {
      valid = false;
      return 0;
    }
    const char c = rest.front();
    rest.remove_prefix(1);
    return c;
  }
  unsigned month() {
    for (unsigned i = 0; i < std::size(kMonths); ++i)
      if (rest.starts_with(kMonths[i])) {
        rest.remove_prefix(3);
        return i + 1;
      }
    valid = false;
    return 1;
  }
};

struct Header {
  int pid = 0;
  char role = 0;
  char level = 0;
  std::int64_t unix_ms = 0;
  std::string_view text;
};

std::optional<Header> parse_header(std::string_view line) {
  Header header;
  Cursor cursor{line};
  header.pid = cursor.number(10);
  cursor.expect(':');
  header.role = cursor.letter();
  cursor.expect(' ');
  const int day = cursor.number(2);
  cursor.expect(' ');
  const unsigned month = cursor.month();
  cursor.expect(' ');
  const int year = cursor.number(4);
  cursor.expect(' ');
  const int hours = cursor.number(2);
  cursor.expect(':');
  const int minutes = cursor.number(2);
  cursor.expect(':');
  const int seconds = cursor.number(2);
  cursor.expect('.');
  const int milliseconds = cursor.number(3);
  cursor.expect(' ');
  header.level = cursor.letter();
  if (cursor.rest.starts_with(' ')) cursor.rest.remove_prefix(1);
  if (!cursor.valid) return {};
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  const auto time = sys_days(date).time_since_epoch();
  header.unix_ms = duration_cast<std::chrono::milliseconds>(time).count() + hours * 3'600'000LL +
                   minutes * 60'000LL + seconds * 1000LL + milliseconds;
  header.text = cursor.rest;
  return header;
}

/// Keeps the head, the tail and the telling lines between, in order.
class Sieve {
 public:
  explicit Sieve(const HarvestLimits& limits) : limits_(limits) {}

  void add(LogLine line, bool telling) {
    if (kept_.size() < limits_.head) {
      kept_.push_back(std::move(line));
      return;
    }
    tail_.push_back({std::move(line), telling});
    if (tail_.size() <= limits_.tail) return;
    leave(std::move(tail_.front()));
    tail_.pop_front();
  }

  std::vector<LogLine> finish() {
    say_what_is_left_out();
    for (Item& item : tail_) kept_.push_back(std::move(item.line));
    return std::move(kept_);
  }

 private:
  struct Item {
    LogLine line;
    bool telling;
  };

  /// A line that is in the tail no more.
  void leave(Item item) {
    if (item.telling && telling_ < limits_.telling) {
      ++telling_;
      say_what_is_left_out();
      kept_.push_back(std::move(item.line));
    } else {
      if (left_out_++ == 0) first_left_out_ = std::move(item.line);
    }
  }

  void say_what_is_left_out() {
    if (left_out_ == 0) return;
    first_left_out_.role = first_left_out_.level = 0;
    first_left_out_.text = fmt::format("[harness: {} lines left out here]", left_out_);
    kept_.push_back(std::move(first_left_out_));
    left_out_ = 0;
  }

  const HarvestLimits& limits_;
  std::vector<LogLine> kept_;
  std::deque<Item> tail_;
  LogLine first_left_out_;
  std::size_t left_out_ = 0;
  std::size_t telling_ = 0;
};

std::int64_t modified_unix_ms(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return 0;
  const auto system = std::chrono::file_clock::to_sys(time);
  return std::chrono::duration_cast<std::chrono::milliseconds>(system.time_since_epoch()).count();
}

}  // namespace

bool is_telling(std::string_view text) {
  return std::any_of(std::begin(kTelling), std::end(kTelling),
                     [&](std::string_view piece) { return text.find(piece) != std::string_view::npos; });
}

std::vector<LogLine> parse_log(std::istream& in, int node, std::int64_t started_unix_ms,
                               std::int64_t fallback_unix_ms, const HarvestLimits& limits) {
  Sieve sieve(limits);
  bool in_crash_report = false;
  LogLine current;  // the header that lines without one belong to
  current.node = node;
  current.time = (fallback_unix_ms - started_unix_ms) * kMillisecond;
  for (std::string raw; std::getline(in, raw);) {
    if (!raw.empty() && raw.back() == '\r') raw.pop_back();
    if (raw.empty()) continue;
    LogLine line = current;
    line.role = line.level = 0;
    std::string_view text = raw;
    if (const auto header = parse_header(raw)) {
      line.pid = current.pid = header->pid;
      line.role = header->role;
      line.level = header->level;
      line.time = current.time = (header->unix_ms - started_unix_ms) * kMillisecond;
      text = header->text;
    }
    line.text = text.substr(0, limits.line_bytes);
    if (text.size() > limits.line_bytes)
      line.text += fmt::format(" [harness: {} bytes cut]", text.size() - limits.line_bytes);
    // A crash report is kept whole, up to the next life's first words.
    if (text.find("BUG REPORT START") != std::string_view::npos) in_crash_report = true;
    const bool telling = in_crash_report || is_telling(text);
    if (text.find("BUG REPORT END") != std::string_view::npos ||
        text.find("is starting") != std::string_view::npos)
      in_crash_report = false;
    sieve.add(std::move(line), telling);
  }
  return sieve.finish();
}

std::vector<LogLine> harvest_logs(const std::vector<const Node*>& nodes, std::int64_t started_unix_ms,
                                  const HarvestLimits& limits) {
  std::vector<LogLine> all;
  for (const Node* node : nodes)
    for (const fs::path& path : {node->files().log(), node->files().output()}) {
      std::ifstream in(path);
      auto lines = parse_log(in, node->number(), started_unix_ms, modified_unix_ms(path), limits);
      std::move(lines.begin(), lines.end(), std::back_inserter(all));
    }
  std::stable_sort(all.begin(), all.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
  return all;
}

}  // namespace harness
