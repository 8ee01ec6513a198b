#include "harness/cluster/observer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/cluster/look.h"
#include "harness/core/check.h"
#include "harness/core/record_json.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;

// An unchanged offset is written this often, so that a killed harness leaves views whose end is known.
constexpr Nanos kUnchangedEvery = kSecond;
// A process that has just been started is asked again at once until it answers: what it read from its disk
// shows only until it hears of the others, which is a matter of milliseconds.
constexpr std::chrono::milliseconds kWhileItStarts{2};

/// One look, over the connection that is open, or over a new one.
View observe(const Node& node, std::optional<Connection>& connection, std::chrono::milliseconds timeout) {
  if (!connection || !connection->is_open()) {
    connection.reset();
    auto opened = node.connect({timeout, timeout});
    if (!opened) return unreachable_view(opened.error().text);
    connection = std::move(*opened);
  }
  const auto replies = connection->pipeline(look_commands());
  return replies ? view_from(*replies) : unreachable_view(replies.error().text);
}

}  // namespace

/// Decides which lines a look is worth.
class Observer::Watch {
 public:
  explicit Watch(int node) : node_(node) {}

  bool has_looked() const { return has_looked_; }

  /// The lines for this look. `same`: as the one before.
  std::string lines(const View& view, bool same) {
    has_looked_ = true;
    std::string out;
    if (!same) {
      out += close();
      out += view_line(view);
      begin_ = last_line_ = view.begin;
    }
    last_look_ = view.end;
    if (view.reachable) {
      add_offset(out, view);
    } else if (view.end - last_line_ >= kUnchangedEvery) {
      out += close();
    }
    return out;
  }

  /// Says how long the current view was seen.
  std::string close() {
    if (!has_looked_ || last_look_ <= last_line_) return {};
    last_line_ = last_look_;
    return skipped_ ? take_skipped() : seen_line(last_look_, node_);
  }

 private:
  void add_offset(std::string& out, const View& view) {
    OffsetSample sample{view.end, node_, view.replication.is_master, view.replication.offset, {}};
    const bool unchanged = last_sample_ && last_sample_->offset == sample.offset &&
                           last_sample_->is_master == sample.is_master && last_sample_->time >= begin_;
    if (unchanged && sample.time - last_line_ < kUnchangedEvery) {
      skipped_ = sample;
      return;
    }
    // The last equal sample bounds the change from below.
    if (skipped_ && !unchanged) out += take_skipped();
    skipped_.reset();
    out += look_line(sample);
    last_sample_ = sample;
    last_line_ = sample.time;
  }

  std::string take_skipped() {
    std::string line = look_line(*skipped_);
    skipped_.reset();
    return line;
  }

  int node_;
  bool has_looked_ = false;
  Nanos begin_ = 0;                          // of the current view
  Nanos last_look_ = 0;                      // when it was seen last
  Nanos last_line_ = 0;                      // up to when the journal says so
  std::optional<OffsetSample> last_sample_;  // as written
  std::optional<OffsetSample> skipped_;      // seen since, equal, not written
};

std::chrono::milliseconds look_interval(int nodes, std::chrono::milliseconds node_timeout) {
  constexpr std::chrono::milliseconds kOften{50};
  constexpr int kLooksInATimeout = 20;
  const std::chrono::milliseconds even(kOften * nodes * nodes / (30 * 30));
  return std::max(kOften, std::min(even, node_timeout / kLooksInATimeout));
}

Observer::Observer(Cluster& cluster, ObserverOptions options)
    : cluster_(cluster), options_(std::move(options)), journal_(options_.journal, options_.tally) {
  journal_.open();
  views_.assign(static_cast<std::size_t>(cluster.size()), unreachable_view("not looked at yet"));
  for (int i = 0; i < cluster.size(); ++i) views_[static_cast<std::size_t>(i)].node = i;
  for (int i = 0; i < cluster.size(); ++i) threads_.emplace_back([this, i] { watch(i); });
}

Observer::~Observer() {
  stop();
}

void Observer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Roles Observer::latest() const {
  const std::lock_guard lock(mutex_);
  return Roles(views_, cluster_.infos());
}

std::optional<std::string> Observer::error() const {
  const std::lock_guard lock(mutex_);
  if (error_.empty()) return {};
  return error_;
}

Nanos Observer::now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - options_.zero).count();
}

/// False when the observer is to stop.
bool Observer::wait(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  return !stop_.wait_until(lock, until, [this] { return stopping_; });
}

void Observer::watch(int number) {
  if (options_.host) options_.host->enter();
  Node& node = cluster_.node(number);
  std::optional<Connection> connection;
  Watch memory(number);
  int answered = 0;         // the process that answered last
  bool starting = false;    // another one runs, and has not answered yet
  bool dead = false;        // none runs
  Clock::time_point again;  // when a node without a process is looked at again
  for (auto next = Clock::now(); wait(next);
       next = std::max(next + (starting || dead ? kWhileItStarts : options_.interval), Clock::now())) {
    const bool runs = node.running();
    if (dead && !runs && Clock::now() < again) continue;
    const int process = node.pid();
    View view = observe(node, connection, options_.timeout);
    if (!starting) ++looks_;
    if (!starting && !view.reachable) ++failures_;
    if (view.reachable) answered = process;
    starting = runs && process != answered;
    dead = !runs;
    again = Clock::now() + options_.interval;
    view.node = number;
    record(memory, std::move(view));
  }
  const std::lock_guard lock(mutex_);
  write(memory.close());
}

/// What went wrong is told once, by error().
void Observer::write(const std::string& lines) {
  try {
    if (error_.empty() && !lines.empty()) journal_.append(lines);
  } catch (const EnvironmentError& error) {
    error_ = error.what();
  }
}

void Observer::record(Watch& watch, View view) {
  view.begin = view.end = now();
  View& current = views_[static_cast<std::size_t>(view.node)];
  // Only this thread writes `current`; the lock is for its readers.
  const bool same = watch.has_looked() && same_look(current, view);
  const std::string lines = watch.lines(view, same);
  const std::lock_guard lock(mutex_);
  write(lines);
  if (same) view.begin = current.begin;
  current = std::move(view);
}

}  // namespace harness
