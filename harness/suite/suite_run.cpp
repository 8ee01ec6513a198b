#include "harness/suite/suite_run.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <list>
#include <optional>

#include "harness/core/check.h"
#include "harness/run/interrupt.h"
#include "harness/suite/machine.h"
#include "harness/suite/one_shrink.h"
#include "harness/suite/suite_text.h"

namespace harness {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr double kGuessedSeconds = 25;
constexpr double kLeastToShrink = 60;                // seconds: the first repetitions alone take as long
constexpr std::uintmax_t kScarceBytes = 2ULL << 30;  // below it no further store is kept whole
constexpr std::uintmax_t kNoBytes = 300ULL << 20;    // below it no further run begins

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// How long runs take, by scenario.
class Durations {
 public:
  explicit Durations(std::map<std::string, double> earlier) : earlier_(std::move(earlier)) {}
  void add(const RunOutcome& outcome) {
    auto& [sum, count] = seen_[outcome.scenario];
    sum += outcome.seconds;
    ++count;
    sum_ += outcome.seconds;
    ++count_;
  }
  /// Of a scenario that has not run yet: as the others; nothing where none has.
  std::optional<double> known(const std::string& scenario) const {
    if (const auto found = seen_.find(scenario); found != seen_.end())
      return found->second.first / found->second.second;
    if (const auto found = earlier_.find(scenario); found != earlier_.end()) return found->second;
    return count_ == 0 ? std::nullopt : std::optional(sum_ / count_);
  }
  double expected(const std::string& scenario) const { return known(scenario).value_or(kGuessedSeconds); }

 private:
  std::map<std::string, double> earlier_;
  std::map<std::string, std::pair<double, int>> seen_;
  double sum_ = 0;
  int count_ = 0;
};

class SuiteRun {
 public:
  SuiteRun(const Matrix& matrix, const SuiteSettings& settings, Progress& progress)
      : matrix_(matrix),
        settings_(settings),
        progress_(progress),
        log_(load_suite_log(settings.run.files)),
        schedule_(matrix, log_),
        durations_(settings.seconds_of),
        keeper_(settings.keep),
        journal_(settings.run.files) {
    for (const RunOutcome& outcome : log_.outcomes) {
      durations_.add(outcome);
      keeper_.keeps_whole(outcome);
    }
  }

  /// True: interrupted.
  bool carry_out() {
    journal_.begin_session(unix_ms());
    side_by_side_ = carried_.at_first();
    progress_.say(suite_headline(matrix_, matrix_.my_size().value_or(0), side_by_side_,
                                 still_to_come() + log_.seconds));
    // When the time is over nothing begins, replays neither.
    while (interrupted_by() == 0 && (is_over() ? !running_.empty() : schedule_.anything_left(time_left()))) {
      if (!is_over()) begin_runs();
      reap();
      show();
    }
    if (interrupted_by() != 0) {
      drop_all();
      return true;
    }
    if (!shrink_what_is_new()) return true;
    journal_.finish(unix_ms());
    progress_.clear();
    return false;
  }

 private:
  double elapsed() const {
    return log_.seconds + std::chrono::duration<double>(Clock::now() - began_).count();
  }
  /// What of the time is for runs: once there is something to make smaller, the rest is for that.
  double time_for_runs() const {
    return new_ && matrix_.shrink_s < matrix_.time_s ? matrix_.time_s - matrix_.shrink_s : matrix_.time_s;
  }
  bool is_over() const { return matrix_.time_s > 0 && elapsed() >= time_for_runs(); }
  /// Whether the next run of the matrix would end in time.
  bool time_left() const {
    if (matrix_.time_s == 0 || schedule_.fresh().empty()) return true;
    const std::string& next = matrix_.cells[schedule_.fresh().front().cell].scenario;
    return elapsed() < time_for_runs() && elapsed() + durations_.known(next).value_or(0) <= time_for_runs();
  }
  double still_to_come() const {
    double seconds = 0;
    for (const SuiteTask& task : schedule_.fresh())
      seconds += durations_.expected(matrix_.cells[task.cell].scenario);
    seconds += static_cast<double>(schedule_.extra()) * kGuessedSeconds;
    for (const OneRun& run : running_)
      seconds +=
          std::max(0.0, durations_.expected(matrix_.cells[run.order().task.cell].scenario) - run.seconds());
    return seconds / std::max(1, side_by_side_);
  }

  /// How many runs the machine carries, by what they were seen to use.
  void measure() {
    measured_ = Clock::now();
    std::vector<pid_t> pids;
    for (const OneRun& run : running_) pids.push_back(run.pid());
    side_by_side_ = carried_.measure(pids, ceiling_);
  }

  void begin_runs() {
    if (Clock::now() - measured_ > 2s) measure();
    while (running_.size() < static_cast<std::size_t>(side_by_side_)) {
      const auto order = schedule_.next(time_left());
      if (!order) return;
      const auto& folder = settings_.run.files.directory;
      if (free_bytes(folder) < kNoBytes)
        throw EnvironmentError("the disk of " + folder.string() +
                               " is nearly full: free some space, then go on with --resume");
      journal_.start(order->task.number, order->replay, order->attempt, unix_ms());
      running_.emplace_back(matrix_, *order, settings_.run);
      if (running_.size() > 1)
        for (OneRun& run : running_) run.note_others();
    }
  }

  /// Waits a moment for the first run, and looks at all others.
  void reap() {
    auto patience = 200ms;
    for (auto run = running_.begin(); run != running_.end();) {
      RunOutcome outcome;
      const bool over = run->ended(patience, outcome);
      patience = 0ms;
      if (!over) {
        ++run;
        continue;
      }
      carried_.add_run(run->cpu_seconds(), outcome.seconds);
      run = running_.erase(run);
      take(std::move(outcome));
    }
  }

  void take(RunOutcome outcome) {
    outcome.ended_unix_ms = unix_ms();
    keep_or_not(outcome);
    journal_.end(outcome);
    log_.outcomes.push_back(outcome);
    durations_.add(outcome);
    schedule_.ended(outcome);
    new_ = matrix_.shrink_s > 0 && !to_shrink(result_now()).empty();
    // So many were too many.
    if (spoilt_by_stall(outcome)) ceiling_ = std::max(1, std::min(ceiling_, side_by_side_) - 1);
    std::vector<RunOutcome> last = tally(matrix_, log_).runs;
    if (outcome.replayed()) last = log_.outcomes;
    progress_.say(run_line(outcome, last, settings_.shown));
  }

  SuiteResult result_now() const {
    SuiteResult result = tally(matrix_, log_);
    if (settings_.before) compare_with(*settings_.before, result);
    return result;
  }

  /// Seconds that all shrinking together may still take.
  double seconds_to_shrink() const {
    double left = matrix_.shrink_s;
    for (const Shrunk& shrunk : log_.shrunk) left -= shrunk.seconds;
    return matrix_.time_s > 0 ? std::min(left, matrix_.time_s - elapsed()) : left;
  }

  /// False: interrupted. Whose store is not whole any more cannot be repeated.
  bool shrink_what_is_new() {
    std::vector<std::string> stores = to_shrink(result_now());
    std::erase_if(stores, [&](const std::string& store) {
      return !std::filesystem::is_regular_file(settings_.run.files.directory / store / "run.json");
    });
    for (std::size_t i = 0; i < stores.size(); ++i) {
      const double share = seconds_to_shrink() / static_cast<double>(stores.size() - i);
      if (share < kLeastToShrink) return true;
      progress_.say("shrinking " + settings_.shown + "/" + stores[i] + "   at most " + length_text(share));
      const auto shrunk = shrink_one(stores[i], share, settings_.run, [&] { show(); });
      if (!shrunk) return false;
      journal_.shrink(*shrunk, unix_ms());
      log_.shrunk.push_back(*shrunk);
      progress_.say(shrunk_line(*shrunk, settings_.shown));
    }
    return true;
  }

  void keep_or_not(const RunOutcome& outcome) {
    const auto& folder = settings_.run.files.directory;
    const bool room = settings_.keep == Keep::kAll || free_bytes(folder) >= kScarceBytes;
    if (outcome.store.empty() || (keeper_.keeps_whole(outcome) && room)) return;
    keep_results_only(folder / outcome.store, outcome.verdict != "pass");
  }

  void show() {
    if (Clock::now() - shown_ < 500ms) return;
    shown_ = Clock::now();
    const SuiteResult now = tally(matrix_, log_);
    SuiteFigures figures;
    figures.elapsed_s = elapsed();
    if (matrix_.rounds > 0) figures.expected_s = elapsed() + still_to_come();
    if (matrix_.time_s > 0)
      figures.expected_s =
          figures.expected_s == 0 ? matrix_.time_s : std::min(figures.expected_s, matrix_.time_s);
    figures.passed = now.passed;
    figures.failed = now.failed;
    figures.unknown = now.unknown;
    figures.errors = now.errors;
    figures.redone = now.redone;
    figures.skipped = now.skipped;
    figures.running = static_cast<int>(running_.size());
    progress_.update(suite_line(figures));
  }

  void drop_all() {
    progress_.clear();
    for (OneRun& run : running_) run.ask_to_end();
    for (OneRun& run : running_) run.drop(10s);
    running_.clear();
  }

  const Matrix& matrix_;
  const SuiteSettings& settings_;
  Progress& progress_;
  SuiteLog log_;
  Schedule schedule_;
  Durations durations_;
  Keeper keeper_;
  SuiteJournal journal_;
  SideBySide carried_{settings_.jobs};
  int side_by_side_ = 1;
  bool new_ = false;  // something is to be made smaller
  int ceiling_ = std::numeric_limits<int>::max();
  std::list<OneRun> running_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point measured_ = began_;
  Clock::time_point shown_;
};

}  // namespace

bool run_suite(const Matrix& matrix, const SuiteSettings& settings, Progress& progress) {
  return SuiteRun(matrix, settings, progress).carry_out();
}

}  // namespace harness
