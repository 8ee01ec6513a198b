#include "harness/run/conduct.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>

#include "harness/cluster/cluster.h"
#include "harness/cluster/final_data.h"
#include "harness/cluster/observer.h"
#include "harness/core/wait.h"
#include "harness/run/interpreter.h"
#include "harness/run/interrupt.h"
#include "harness/run/nemesis.h"
#include "harness/run/plan_of_scenario.h"
#include "harness/run/recorder.h"
#include "harness/run/seal.h"
#include "harness/run/settle.h"
#include "harness/run/stall_meter.h"

namespace harness {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kProgressInterval(200);

/// One run, from the empty sandbox to the full store. The members stand in the order in which they come to
/// life; they leave in the reverse one, whatever happens.
class Conductor {
 public:
  Conductor(const RunPlan& plan, Progress& progress)
      : plan_(plan), progress_(progress), seed_(plan.info.seed), fault_journal_(plan.files) {
    record_.info = plan.info;
  }

  void conduct() {
    start_cluster();
    start_observer();
    start_load();
    run_nemesis();
    stop_load();
    settle();
    read_finally();
    stop();
    save();
  }

 private:
  const Scenario& scenario() const { return plan_.scenario; }

  void start_cluster() {
    sandbox_ = make_sandbox(plan_.mode);
    ClusterOptions options;
    options.flavors = plan_.flavors;
    options.config = scenario().cluster;
    options.persistence = scenario().persistence;
    options.directives = scenario().directives;
    options.directory = plan_.files.nodes();
    options.progress = [this](std::string_view what) { progress_.update(std::string(what)); };
    const RunClock since_start;
    cluster_ = std::make_unique<Cluster>(*sandbox_, options);
    cluster_->start();
    cluster_->form();
    progress_.clear();
    char took[64];
    std::snprintf(took, sizeof took, "cluster ready %.1f s", to_seconds(since_start.now()));
    progress_.say(std::string(took) + "   " + scenario().workload + " x" +
                  std::to_string(scenario().concurrency) + " clients   faults: " + fault_names());
    record_.nodes = cluster_->infos();
    record_.info.environment["anti_affinity"] = cluster_->anti_affinity() ? "yes" : "no";
  }

  std::string fault_names() const {
    std::string names;
    for (const StepTemplate& step : scenario().steps) names += (names.empty() ? "" : ", ") + step.fault;
    return names.empty() ? "none" : names;
  }

  void start_observer() {
    clock_ = RunClock();
    record_.info.started_unix_ms =
        std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    save_run(plan_.files, record_);
    ObserverOptions options;
    options.journal = plan_.files.topology();
    options.zero = clock_.epoch();
    observer_ = std::make_unique<Observer>(*cluster_, options);
    stall_meter_ = std::make_unique<StallMeter>();
  }

  std::vector<ClientNode> client_nodes() {
    std::vector<ClientNode> nodes;
    for (const NodeInfo& node : cluster_->infos())
      nodes.push_back(
          {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
    return nodes;
  }

  std::vector<SlotRanges> shards() const {
    std::vector<SlotRanges> slots;
    for (const NodeInfo& node : cluster_->infos())
      if (!node.slots.empty()) slots.push_back(node.slots);
    return slots;
  }

  void start_load() {
    recorder_ = std::make_unique<Recorder>(plan_.files.history(), clock_);
    for (const NodeInfo& node : cluster_->infos()) recorder_->node(node.name);
    const int groups = scenario().client_groups;
    const int threads = threads_per_group();
    for (int group = 0; group < groups; ++group) {
      client_hosts_.push_back(&sandbox_->add_host("c" + std::to_string(group + 1)));
      for (int thread = 0; thread < threads; ++thread)
        add_load(*client_hosts_.back(), group * threads + thread, groups * threads);
    }
    for (auto& thread : load_) thread->start();
  }

  /// One thread carries some ten thousand operations a second; a load without a limit, or a high one, gets
  /// more. The number depends on the scenario alone, not on the machine, so that a seed offers the same
  /// operations everywhere.
  int threads_per_group() const {
    constexpr double kRatePerThread = 20'000;
    constexpr int kMost = 3;
    const double rate = scenario().rate / scenario().client_groups;
    const int wanted =
        rate <= 0 ? kMost : std::clamp(static_cast<int>(std::ceil(rate / kRatePerThread)), 1, kMost);
    return std::min(wanted, scenario().concurrency / scenario().client_groups);
  }

  void add_load(Host& host, int share, int shares) {
    const WorkloadSetup setup{*recorder_, scenario().workload_options, shards(), share, shares};
    LoadOptions options;
    options.concurrency =
        scenario().concurrency * (share + 1) / shares - scenario().concurrency * share / shares;
    options.rate = scenario().rate / shares;
    options.operation_timeout = milliseconds(scenario().operation_timeout_ms);
    load_.push_back(std::make_unique<LoadThread>(
        [&host] { host.enter(); }, client_nodes(), plan_.workload.make(setup),
        seed_.split("operations", static_cast<std::uint64_t>(share)), options, *recorder_, processes_));
  }

  void run_nemesis() {
    const Plan plan = plan_of_scenario(scenario(), plan_.info.seed);
    StepJournal journal(plan_.files);
    StepSinks sinks;
    sinks.fault = [this](std::size_t number, const FaultRecord& fault) {
      fault_journal_.write(number, fault);
    };
    sinks.command = [&](const CommandRecord& command) { journal.write(command); };
    sinks.expectation = [&](const ExpectationRecord& expectation) { journal.write(expectation); };
    sinks.say = [this](const std::string& event) { tell(event); };
    const auto acknowledged = [this] {
      return std::map<std::string, std::uint64_t>{{scenario().workload, recorder_->operations_ok()}};
    };
    Nemesis nemesis(plan, {*cluster_, *sandbox_, clock_, client_hosts_, acknowledged}, sinks);
    nemesis.start();
    LoadFigures figures;
    figures.expected_s = expected_seconds(plan);
    while (!nemesis.done()) {
      std::this_thread::sleep_for(kProgressInterval);  // the pace of the progress line, nothing waits for it
      show(figures);
      for (const auto& thread : load_) thread->check();
      if (interrupted_by() != 0) {
        record_.info.interrupted = true;
        nemesis.stop();
      }
    }
    nemesis.join();
    record_.faults = nemesis.records().faults();
  }

  /// About what the steps take: a wait is reckoned with the bound of a failover.
  double expected_seconds(const Plan& plan) const {
    Nanos sum = 0;
    for (const StepPlan& step : plan.steps)
      sum += step.after + step.hold.value_or(0) + (step.when ? failover_bound(plan.cluster.config) : 0);
    return to_seconds(std::max(plan.limits.time_limit, sum + plan.limits.tail));
  }

  void tell(const std::string& event) {
    char time[32];
    std::snprintf(time, sizeof time, "  %7.3f  ", to_seconds(clock_.now()));
    progress_.say(time + event);
    const std::lock_guard lock(event_mutex_);
    newest_event_ = event;
  }

  void show(LoadFigures& figures) {
    const std::uint64_t before = figures.ok + figures.fail + figures.info;
    const Nanos now = clock_.now();
    const Nanos passed = std::max<Nanos>(now - figures.elapsed, 1);
    figures.elapsed = now;
    figures.ok = recorder_->operations_ok();
    figures.fail = recorder_->operations_failed();
    figures.info = recorder_->operations_info();
    figures.per_second =
        static_cast<double>(figures.ok + figures.fail + figures.info - before) / to_seconds(passed);
    {
      const std::lock_guard lock(event_mutex_);
      figures.event = newest_event_;
    }
    progress_.update(load_line(figures));
  }

  void stop_load() {
    for (auto& thread : load_) thread->finish();
    record_.info.clients_end = clock_.now();
  }

  void settle() {
    if (record_.info.interrupted) return;
    if (scenario().restart_at_end)
      if (const std::string names = restart_dead_nodes(*cluster_); !names.empty())
        tell("started again: " + names);
    const milliseconds patience = scenario().settle_s > 0
                                      ? milliseconds(static_cast<int>(scenario().settle_s * 1e3))
                                      : settle_patience(scenario().cluster);
    std::string missing;
    const bool settled = wait_for(
        patience,
        [&] {
          const auto why = cluster_->why_not_settled(cluster_->look());
          missing = why.value_or("");
          progress_.update("settling: " + missing);
          return !why || interrupted_by() != 0;
        },
        milliseconds(20));
    if (settled && missing.empty())
      record_.info.settled = clock_.now();
    else
      tell("the cluster has not settled: " + missing);
  }

  void read_finally() {
    if (record_.info.interrupted) return;
    progress_.update("final reads");
    load_.front()->run_final_reads(std::chrono::seconds(10));
    if (const auto unanswered = load_.front()->unanswered_final_reads(); unanswered > 0)
      tell(std::to_string(unanswered) + " final reads got no answer");
    record_.final_data = read_final_data(*cluster_, std::chrono::seconds(20));
  }

  void stop() {
    observer_->stop();
    if (const auto trouble = observer_->error()) throw EnvironmentError(*trouble);
    cluster_->stop();
    record_.info.end = clock_.now();
  }

  void save() {
    progress_.update("saving");
    record_.incarnations = cluster_->incarnations(clock_.epoch());
    record_.counters.recorded_events = recorder_->events();
    for (const auto& thread : load_) {
      record_.counters.moved += thread->moved();
      record_.counters.asked += thread->asked();
    }
    record_.counters.observer_looks = observer_->looks();
    record_.counters.observer_failures = observer_->failures();
    record_.counters.host_stall_max = stall_meter_->longest();
    load_.clear();
    recorder_.reset();
    save_final_data(plan_.files, record_);
    save_run(plan_.files, record_);
    seal_run(plan_.files);
    progress_.clear();
  }

  const RunPlan& plan_;
  Progress& progress_;
  const Prng seed_;
  RunRecord record_;
  FaultJournal fault_journal_;
  RunClock clock_;
  std::mutex event_mutex_;
  std::string newest_event_;  // guarded by event_mutex_
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<StallMeter> stall_meter_;
  std::unique_ptr<Recorder> recorder_;
  ProcessNumbers processes_;
  std::vector<Host*> client_hosts_;
  std::vector<std::unique_ptr<LoadThread>> load_;
};

}  // namespace

void conduct(const RunPlan& plan, Progress& progress) {
  Conductor(plan, progress).conduct();
}

}  // namespace harness
