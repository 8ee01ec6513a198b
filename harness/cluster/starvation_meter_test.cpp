// Against real processes and Debian's real redis-server: who waits for a processor, and who does not.
#include "harness/cluster/starvation_meter.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

void pin_to_first(pid_t pid) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &allowed)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(::sched_setaffinity(pid, sizeof one, &one) == 0);
}

/// Runs only when nobody else wants the processor.
void let_everybody_pass(pid_t pid) {
  const sched_param none{};
  REQUIRE(::sched_setscheduler(pid, SCHED_IDLE, &none) == 0);
}

/// A process that burns the first processor until the test ends.
class Burner {
 public:
  Burner() : pid_(::fork()) {
    if (pid_ == 0)
      for (std::atomic<unsigned> turns = 0;; ++turns) continue;
    REQUIRE(pid_ > 0);
    pin_to_first(pid_);
  }
  ~Burner() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("who waits for a processor is told from who runs, and from who is stopped") {
  const Burner taker;
  const Burner starved;
  let_everybody_pass(starved.pid());
  wait_until("the one to wait, the other to run", 60s, [&] {
    const auto waits = processor_times(starved.pid()), runs = processor_times(taker.pid());
    if (!waits || !runs) return false;  // one that has just begun may not have run once
    return waits->waited > 3 * waits->ran + 300 * kMillisecond && runs->ran > 100 * kMillisecond;
  });
  ::kill(starved.pid(), SIGSTOP);
  wait_until("it to be stopped", 20s, [&] {
    int status = 0;
    return ::waitpid(starved.pid(), &status, WUNTRACED | WNOHANG) == starved.pid() && WIFSTOPPED(status);
  });
  // It may have been told to be stopped while it still waited to fall asleep.
  wait_until("the one to wait no more while the other runs on", 60s, [&] {
    const auto before = processor_times(starved.pid());
    const Nanos ran = processor_times(taker.pid())->ran;
    wait_until("the other to run on", 60s,
               [&] { return processor_times(taker.pid())->ran > ran + 300 * kMillisecond; });
    const auto after = processor_times(starved.pid());
    return before && after && before->waited == after->waited && before->ran == after->ran;
  });
}

TEST_CASE("nothing is known of a process that is gone") {
  CHECK(processor_times(0x3ffffff) == std::nullopt);
}

TEST_CASE("the meter names the server that the machine starves, and journals what it waited for") {
  TestCluster test(3, 0);
  Cluster& cluster = test.cluster();
  const auto file = test.directory() / "waits.jsonl";
  StarvationMeter meter(cluster, 500ms);
  meter.begin(RunClock(), file, nullptr);
  const Burner taker;
  pin_to_first(cluster.node(1).pid());
  let_everybody_pass(cluster.node(1).pid());
  wait_until("n2 to starve", 60s, [&] {
    const auto worst = meter.worst();
    return worst && worst->node == 1 && 2 * worst->waited > 500 * kMillisecond;
  });
  meter.stop();
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto windows = starved_windows(parse_waits(text), 500 * kMillisecond);
  CHECK(std::ranges::any_of(windows, [](const ProcessorWait& window) { return window.node == 1; }));
}
