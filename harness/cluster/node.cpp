#include "harness/cluster/node.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "harness/builds/build.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/core/write_mend.h"
#include "harness/sandbox/fake_clock.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

/// The bus listens 10000 above; AF_UNIX is not used, so the length of the store's path does not matter.
void write_configuration(const NodeFiles& files, const Directives& directives) {
  std::error_code error;
  fs::create_directories(files.data(), error);
  if (!error) {
    std::ofstream out(files.config());
    out << to_text(directives);
    out.close();
    if (out) return;
    error = std::error_code(errno, std::generic_category());
  }
  throw EnvironmentError(fmt::format("cannot write {}: {}; {}", files.config().string(), error.message(),
                                     write_mend(error.value())));
}

NodeFiles files_in(const fs::path& directory) {
  return NodeFiles{fs::absolute(directory)};
}

}  // namespace

Node::Node(NodeOptions options)
    : options_(std::move(options)),
      files_(files_in(options_.directory)),
      port_(options_.settings.port),
      flavor_(options_.flavor) {
  CHECK_THAT_HOLDS(options_.host != nullptr, "a node needs a host");
  write_configuration(files_, configuration(flavor_, files_, options_.settings));
  if (options_.disk_gate)
    gate_ = std::make_unique<DiskGate>(std::vector<fs::path>{fs::weakly_canonical(files_.data()),
                                                             fs::weakly_canonical(files_.nodes_conf())});
}

Node::~Node() {
  child_.reset();  // before the gate: what it holds back would keep the process
}

Flavor Node::flavor() const {
  const std::lock_guard lock(mutex_);
  return flavor_;
}

fs::path Node::clock_file() const {
  return options_.fake_clock ? files_.directory / "clock" : fs::path();
}

void Node::change_build(const Flavor& flavor) {
  const std::lock_guard lock(mutex_);
  CHECK_THAT_HOLDS(!child_ || poll_locked(), options_.name + " runs: its build cannot be changed");
  write_configuration(files_, configuration(flavor, files_, options_.settings));
  flavor_ = flavor;
}

void Node::start() {
  const std::lock_guard lock(mutex_);
  CHECK_THAT_HOLDS(!child_ || poll_locked(), options_.name + " runs already");
  ChildOptions child;
  child.argv = {flavor_.binary, files_.config().string()};
  child.directory = files_.directory;
  child.output = files_.output();
  // Logs are mapped to the run's time: a local summer-time switch would tear them.
  child.environment = {"TZ=UTC"};
  child.host = options_.host;
  child.gate = gate_.get();
  if (options_.fake_clock) {
    if (!fs::exists(clock_file())) set_fake_clock(clock_file(), std::chrono::milliseconds(0));
    for (std::string& entry : fake_clock_environment(clock_file()))
      child.environment.push_back(std::move(entry));
  }
  child_ = std::make_unique<Child>(child);
  port_ = options_.settings.port;
  Life life;
  life.pid = child_->pid();
  life.started = Clock::now();
  lives_.push_back(life);
}

void Node::wait_until_answering(std::chrono::milliseconds timeout) {
  std::optional<ExitStatus> end;
  std::string last = "nothing";
  const bool answered = harness::wait_for(timeout, [&] {
    if ((end = poll())) return true;
    auto connection = connect({std::chrono::milliseconds(500), std::chrono::milliseconds(500)});
    if (!connection) {
      last = connection.error().text;
      return false;
    }
    const auto pong = connection->call({"PING"});
    last = pong ? pong->describe() : pong.error().text;
    return pong && !pong->is_error();
  });
  if (answered && !end) return;
  const std::string what =
      end ? end->describe() + " before it answered"
          : fmt::format("did not answer PING within {} ms (last: {})", timeout.count(), last);
  throw EnvironmentError(fmt::format("{} ({} {}) {}; the last lines of its log:\n{}", name(), flavor().binary,
                                     flavor().version_text, what, last_log_lines()));
}

std::optional<ExitStatus> Node::poll_locked() {
  if (!child_) return ExitStatus{};
  const auto end = child_->poll();
  Life& life = lives_.back();
  if (end && !life.ended) {
    life.ended = Clock::now();
    life.status = *end;
  }
  return end;
}

std::optional<ExitStatus> Node::poll() {
  const std::lock_guard lock(mutex_);
  return poll_locked();
}

int Node::pid() const {
  const std::lock_guard lock(mutex_);
  return lives_.empty() ? 0 : lives_.back().pid;
}

char Node::state() const {
  const std::lock_guard lock(mutex_);
  return child_ ? child_->state() : '\0';
}

void Node::expect_end() {
  const std::lock_guard lock(mutex_);
  if (!lives_.empty() && !lives_.back().ended) lives_.back().expected = true;
}

void Node::expect_no_end() {
  const std::lock_guard lock(mutex_);
  if (!lives_.empty()) lives_.back().expected = false;
}

bool Node::signal(int number) {
  const std::lock_guard lock(mutex_);
  return child_ && child_->signal(number);
}

bool Node::freeze() {
  const std::lock_guard lock(mutex_);
  if (!child_ || poll_locked() || !child_->signal(SIGSTOP)) return false;
  ++frozen_;
  return true;
}

bool Node::thaw() {
  const std::lock_guard lock(mutex_);
  if (--frozen_ > 0) return false;
  if (child_) child_->signal(SIGCONT);  // false for a process that is gone: then nothing is stopped any more
  return true;
}

std::optional<ExitStatus> Node::wait_for_end(std::chrono::milliseconds timeout) {
  std::optional<ExitStatus> end;
  // False means the timeout, which the caller sees as "nothing".
  (void)harness::wait_for(
      timeout, [&] { return (end = poll()).has_value(); }, std::chrono::milliseconds(1));
  return end;
}

ExitStatus Node::kill() {
  expect_end();
  signal(SIGKILL);
  const auto end = wait_for_end(std::chrono::seconds(10));
  if (!end) throw EnvironmentError(fmt::format("{} (pid {}) outlives SIGKILL", name(), pid()));
  return *end;
}

ExitStatus Node::stop(std::chrono::milliseconds grace) {
  expect_end();
  signal(SIGTERM);
  signal(SIGCONT);  // one that a fault has stopped would never see the SIGTERM
  if (const auto end = wait_for_end(grace)) return *end;
  return kill();
}

std::vector<Incarnation> Node::incarnations(TimePoint zero) const {
  const auto run_time = [&](TimePoint time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time - zero).count();
  };
  const std::lock_guard lock(mutex_);
  std::vector<Incarnation> all;
  for (const Life& life : lives_) {
    Incarnation incarnation;
    incarnation.node = number();
    incarnation.pid = life.pid;
    incarnation.started = run_time(life.started);
    if (life.ended) incarnation.ended = run_time(*life.ended);
    if (life.ended) incarnation.exit_code = life.status.exit_code;
    incarnation.signal = life.status.signal;
    incarnation.expected = life.expected;
    all.push_back(incarnation);
  }
  return all;
}

std::string Node::last_log_lines(std::size_t lines) const {
  std::string text;
  for (const fs::path& path : {files_.output(), files_.log()})
    if (const std::string last = last_lines_of(path, lines); !last.empty()) text += last + '\n';
  return text.empty() ? "  (it logged nothing)\n" : text;
}

}  // namespace harness
