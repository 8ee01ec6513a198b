#include "harness/run/conduct.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "harness/cluster/cluster.h"
#include "harness/cluster/final_data.h"
#include "harness/cluster/final_views.h"
#include "harness/cluster/formation.h"
#include "harness/cluster/intent.h"
#include "harness/cluster/observer.h"
#include "harness/cluster/reload.h"
#include "harness/cluster/starvation_meter.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/wait.h"
#include "harness/faults/faults.h"
#include "harness/run/beside.h"
#include "harness/run/bus_record.h"
#include "harness/run/directive_names.h"
#include "harness/run/interrupt.h"
#include "harness/run/load_end.h"
#include "harness/run/load_set.h"
#include "harness/run/nemesis.h"
#include "harness/run/recorder.h"
#include "harness/run/seal.h"
#include "harness/run/settle.h"
#include "harness/run/stall_meter.h"
#include "harness/run/start_line.h"
#include "harness/run/waits_file.h"

namespace harness {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kProgressInterval(200);
constexpr milliseconds kEnd(500);
constexpr milliseconds kOrderlyEnd(15'000);
/// Quick, since the end is read in any case; and once more where a late command came in between.
constexpr DataReading kLoadEndReading{milliseconds(5000), milliseconds(2000), 100'000, 3};

/// One run, from the empty sandbox to the full store. The members stand in the order in which they come to
/// life; they leave in the reverse one, whatever happens.
class Conductor {
 public:
  Conductor(const RunPlan& plan, Progress& progress)
      : plan_(plan), progress_(progress), tally_(plan.files.directory), fault_journal_(plan.files, &tally_) {
    tally_.note_document(plan.files.plan(), read_file(plan.files.plan()));
    record_.info = plan.info;
    record_.plan = plan.plan;
  }

  void conduct() {
    start_cluster();
    if (!form_cluster()) return;
    start_observer();
    start_load();
    run_nemesis();
    stop_load();
    settle();
    read_load_end();
    read_finally();
    stop();
    reload();
    save();
  }

 private:
  const Plan& plan() const { return plan_.plan; }

  void start_cluster() {
    sandbox_ = make_sandbox(plan_.mode);
    ClusterOptions options;
    options.flavors = plan_.flavors;
    static_cast<ClusterPlan&>(options) = plan().cluster;
    options.directory = plan_.files.nodes();
    const Gear gear = gear_of(plan());
    options.disk_gate = gear.disk_gate;
    options.fake_clock = gear.fake_clock;
    options.progress = [this](std::string_view what) { progress_.update(std::string(what)); };
    cluster_ = std::make_unique<Cluster>(*sandbox_, options);
    // Before the servers start: so all that they ever say to each other goes through it.
    // Steps that need it were refused where hosts have no network of their own; its evidence alone is left
    // out.
    const bool own_networks = plan_.mode != SandboxMode::kLoopback;
    if (own_networks && needs_bus_path(plan()))
      bus_ = std::make_unique<BusRecord>(*cluster_, plan_.files, &tally_, plan().limits.bus_evidence);
    starvation_ =
        std::make_unique<StarvationMeter>(*cluster_, milliseconds(plan().cluster.config.node_timeout_ms),
                                          bus_ ? bus_->path().thread_ids() : std::vector<int>{});
    try {
      cluster_->start();
    } catch (const EnvironmentError&) {
      const auto unknown = unknown_directive(plan().cluster, *cluster_, plan_.files.nodes() / "names");
      std::filesystem::remove_all(plan_.files.nodes());  // a run that never started leaves nothing
      refuse(unknown);
      throw;
    }
    refuse(unknown_directive_of_steps(plan(), *cluster_));
    point_latest_at(plan_.files);
  }

  static void refuse(const std::optional<UnknownDirective>& unknown) {
    if (unknown) throw UsageError(unknown->part + ": " + unknown->why);
  }

  /// False when the servers did not become a cluster by their own fault: then that is what the store tells.
  bool form_cluster() {
    const RunClock since_start;
    std::optional<NotFormed> failure;
    try {
      cluster_->form();
    } catch (const NotFormed& error) {
      failure = error;
    }
    progress_.clear();
    record_.nodes = cluster_->infos();
    record_.info.environment["anti_affinity"] = cluster_->anti_affinity() ? "yes" : "no";
    if (failure) {
      blame_the_machine(*failure);
      tell_unformed(*failure, since_start.now());
      return false;
    }
    progress_.say(start_line(plan(), since_start.now()));
    return true;
  }

  /// Throws when a server had no processor for most of the time: then nothing is known of what it would have
  /// done.
  void blame_the_machine(const NotFormed& failure) const {
    const auto starved = starvation_->worst(std::chrono::nanoseconds(failure.patience).count());
    if (!starved) return;
    const std::string who = starved->node == kNetworkOfOurs
                                ? "the thread that carries the cluster bus"
                                : "server " + record_.nodes[static_cast<std::size_t>(starved->node)].name;
    throw EnvironmentError("the machine left no time for the servers to become one cluster (" +
                           describe(*starved, who) +
                           "): take fewer nodes, a longer --node-timeout, or end what else runs here. " +
                           "What was missing: " + failure.missing);
  }

  /// A store without a load: one look at every node, and the expectation that was not met.
  void tell_unformed(const NotFormed& failure, Nanos took) {
    progress_.say(failure.what());
    start_observer();
    if (!wait_for(
            std::chrono::seconds(10), [this] { return looked_since(0); }, milliseconds(10)))
      tell("not every node was looked at");
    ExpectationRecord formed;
    formed.step = kFormationStep;
    formed.condition = "the servers become one cluster";
    formed.began = -took;
    formed.until = clock_.now();
    formed.patience = std::chrono::nanoseconds(failure.patience).count();
    formed.failed = true;
    formed.why = failure.missing;
    StepJournal(plan_.files).write(formed);
    recorder_ = std::make_unique<Recorder>(plan_.files.history(), clock_);
    record_.info.clients_end = clock_.now();
    stop();
    save();
  }

  void start_observer() {
    clock_ = RunClock();
    record_.info.started_unix_ms =
        std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    save_run(plan_.files, record_, &tally_);
    if (bus_) bus_->begin(clock_);
    starvation_->begin(clock_, waits_file(plan_.files), &tally_);
    ObserverOptions options;
    options.journal = plan_.files.topology();
    options.tally = &tally_;
    options.zero = clock_.epoch();
    options.interval = look_interval(cluster_->size(), milliseconds(plan().cluster.config.node_timeout_ms));
    options.timeout = std::max(options.timeout, options.interval);
    observer_ = std::make_unique<Observer>(*cluster_, options);
    stall_meter_ = std::make_unique<StallMeter>();
  }

  void start_load() {
    recorder_ = std::make_unique<Recorder>(plan_.files.history(), clock_);
    tally_.note(plan_.files.history(), kJournalSlot, {});  // it has sums of its own
    loads_ = std::make_unique<LoadSet>(plan(), plan_.find_workload, *sandbox_, *cluster_, *recorder_);
    loads_->start();
  }

  void run_nemesis() {
    StepJournal journal(plan_.files, &tally_);
    CommandIntent intent(*cluster_);
    StepSinks sinks;
    sinks.fault_acts = [this](std::size_t number, const FaultRecord& fault) {
      fault_journal_.write_acting(number, fault);
    };
    sinks.fault = [this](std::size_t number, const FaultRecord& fault) {
      fault_journal_.write(number, fault);
    };
    sinks.command_sent = [&](const CommandRecord& command) { journal.write_sent(command); };
    sinks.command = [&](const CommandRecord& command) {
      intent.take(command);
      journal.write(command);
    };
    sinks.expectation = [&](const ExpectationRecord& expectation) { journal.write(expectation); };
    sinks.say = [this](const std::string& event) { tell(event); };
    const auto acknowledged = [this] { return loads_->acknowledged(); };
    Nemesis nemesis(plan(),
                    {*cluster_, *sandbox_, clock_, loads_->hosts(), acknowledged,
                     bus_ ? &bus_->path() : nullptr, [this] { return starvation_->windows(); }},
                    sinks);
    nemesis.start();
    early_end_ = watch_for_violations();
    LoadFigures figures;
    figures.expected_s = expected_seconds();
    while (!nemesis.done()) {
      std::this_thread::sleep_for(kProgressInterval);  // the pace of the progress line, nothing waits for it
      show(figures);
      if (bus_) bus_->save_counts();
      follow_logs();
      loads_->check();
      if (early_end_ && early_end_->violated() && !nemesis.done()) {
        record_.info.ended_early = early_end_->violation();
        nemesis.end_early();
      }
      if (interrupted()) nemesis.stop();
    }
    nemesis.join();
    record_.faults = nemesis.records().faults();
  }

  /// Of the servers' logs is known what they had, up to a second ago.
  void follow_logs() {
    if (clock_.now() - logs_followed_ < kSecond) return;
    logs_followed_ = clock_.now();
    for (const NodeInfo& node : record_.nodes) {
      const NodeFiles files{plan_.files.nodes() / node.name};
      tally_.follow(files.log());
      tally_.follow(files.output());
    }
  }

  /// Null when the plan does not want the run to end sooner.
  std::unique_ptr<EarlyEnd> watch_for_violations() {
    if (!plan().limits.stop_at_violation || !plan_.judge_so_far) return nullptr;
    return std::make_unique<EarlyEnd>(plan_.files, clock_, plan_.judge_so_far,
                                      [this](const std::string& what) { tell(what); });
  }

  /// For the cluster to settle, and for its replicas to catch up.
  milliseconds patience() const {
    return plan().limits.settle > 0 ? milliseconds(plan().limits.settle / kMillisecond)
                                    : settle_patience(plan().cluster.config);
  }

  /// About what the steps take: a wait is reckoned with the bound of a failover.
  double expected_seconds() const {
    Nanos sum = 0;
    for (const StepPlan& step : plan().steps)
      sum += step.after + step.hold.value_or(0) + (step.when ? failover_bound(plan().cluster.config) : 0);
    return to_seconds(std::max(plan().limits.time_limit, sum + plan().limits.tail));
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
    loads_->finish();
    record_.info.clients_end = clock_.now();
    early_end_.reset();  // not before: the load does not go on while a judgement is under way
  }

  /// Whether a signal asks for the end; the record says so from then on.
  bool interrupted() {
    if (interrupted_by() != 0) record_.info.interrupted = true;
    return record_.info.interrupted;
  }

  /// Work that waits for servers, with a word on where it is. False: interrupted; the servers were ended, so
  /// that nothing waits for them any more, and what the work gave is of no use.
  bool done_unless_interrupted(const std::function<void()>& work, const std::function<std::string()>& word) {
    do_beside(work, [&] {
      progress_.update(word());
      if (!interrupted()) return;
      stop_watching();  // what is seen of servers that we kill is nothing that they did
      cluster_->stop(milliseconds(0));
    });
    return !interrupted();
  }

  void settle() {
    if (interrupted()) return;
    std::string started;
    if (!plan().limits.restart_at_end)
      left_dead_ = dead_members(*cluster_);
    else if (!done_unless_interrupted([&] { started = restart_dead_nodes(*cluster_); },
                                      [] { return std::string("starting dead nodes again"); }))
      return;
    if (!started.empty()) tell("started again: " + started);
    if (const std::string told = tell_to_forget(*cluster_); !told.empty()) tell(told);
    std::string missing;
    const bool settled = wait_for(
        patience(),
        [&] {
          const auto why = cluster_->why_not_settled(cluster_->look(), left_dead_);
          missing = why.value_or("");
          progress_.update("settling: " + missing);
          return !why || interrupted();
        },
        milliseconds(20));
    if (settled && missing.empty())
      record_.info.settled = clock_.now();
    else if (!interrupted())
      tell("the cluster has not settled: " + missing);
  }

  /// What every node holds; nothing when the run was interrupted meanwhile.
  std::optional<std::vector<FinalData>> data_of_nodes(DataReading reading, const std::string& what) {
    std::atomic<int> read{0};
    reading.nodes_read = &read;
    std::vector<FinalData> data;
    const auto word = [&] {
      return what + ": " + std::to_string(read) + " of " + std::to_string(cluster_->size()) + " nodes read";
    };
    if (!done_unless_interrupted([&] { data = read_final_data(*cluster_, reading); }, word))
      return std::nullopt;
    return data;
  }

  /// What copies hold before the loads' final phase drains queues, and before what expires is gone. Of a
  /// cluster that has not settled it tells nothing.
  void read_load_end() {
    if (interrupted() || record_.info.settled == kNever) return;
    if (const auto data = data_of_nodes(kLoadEndReading, "comparing copies"))
      save_load_end(plan_.files, *data, &tally_);
  }

  void read_by_clients() {
    const FinalPatience patience;
    const Nanos began = clock_.now();
    const std::string bound = std::to_string(patience.whole.count() / 1000) + " s";
    const FinalEnd end = loads_->final_phase(patience, [&](std::size_t turns) {
      progress_.update("final reads: " + std::to_string(turns) + " done in " +
                       std::to_string((clock_.now() - began) / kSecond) + " of at most " + bound);
      return !interrupted();
    });
    if (interrupted()) return;
    if (end.unanswered > 0) tell(std::to_string(end.unanswered) + " final reads got no answer");
    if (end.finished) return;
    tell("the final reads were not finished within " + bound);
    record_.info.environment["final_reads"] = "not finished";
  }

  void read_finally() {
    if (!interrupted()) read_by_clients();
    if (interrupted()) return;
    DataReading reading;
    // Replicas of a cluster that did not settle are not waited for a second time.
    reading.catch_up = record_.info.settled == kNever ? milliseconds(1000) : patience();
    auto data = data_of_nodes(reading, "comparing copies in the end");
    if (!data) return;
    record_.final_data = std::move(*data);
    for (const FinalData& of : record_.final_data)
      if (!of.behind.empty())
        tell(record_.nodes[static_cast<std::size_t>(of.node)].name + " has not caught up: " + of.behind);
    std::vector<FinalView> views;
    if (done_unless_interrupted([&] { views = read_final_views(*cluster_, {}); },
                                [] { return std::string("asking each node for its view"); }))
      record_.final_views = std::move(views);
  }

  /// What is judged as the end was seen after the cluster had settled, at every node that is left.
  void look_once_more() {
    if (interrupted() || record_.info.settled == kNever) return;
    const auto seen = [this] { return looked_since(record_.info.settled) || interrupted(); };
    if (!wait_for(std::chrono::seconds(10), seen, milliseconds(10)))
      tell("not every node was looked at after the cluster had settled");
  }

  bool looked_since(Nanos time) const {
    const Roles roles = observer_->latest();
    return std::ranges::all_of(
        roles.views(), [&](const View& view) { return view.end > time || left_dead_.contains(view.node); });
  }

  void stop_watching() {
    if (!std::exchange(watching_, false)) return;
    observer_->stop();
    if (const auto trouble = observer_->error()) throw EnvironmentError(*trouble);
    starvation_->stop();
    if (bus_) bus_->end();
  }

  void stop() {
    look_once_more();
    stop_watching();
    // A node that is to be loaded again may take its time to save.
    if (reloads())
      (void)done_unless_interrupted([&] { cluster_->stop(kOrderlyEnd); },
                                    [] { return std::string("ending the servers"); });
    else
      cluster_->stop(kEnd);
    record_.info.end = clock_.now();
  }

  bool reloads() { return plan().limits.reload_at_end.value_or(false) && !interrupted(); }

  void reload() {
    if (!reloads()) return;
    auto data = read_reloaded_data(*cluster_, record_.final_data, [this](std::size_t done) {
      progress_.update("loading the nodes' files again: " + std::to_string(done) + " of " +
                       std::to_string(record_.final_data.size()) + " done");
      return !interrupted();
    });
    if (!interrupted()) record_.reloaded = std::move(data);
  }

  void save() {
    progress_.update("saving");
    record_.incarnations = cluster_->incarnations(clock_.epoch());
    record_.intended = cluster_->intentions(clock_.epoch());
    record_.counters.recorded_events = recorder_->events();
    if (loads_) record_.counters.loads = loads_->counters();
    for (const LoadCounters& load : record_.counters.loads) {
      record_.counters.moved += load.moved;
      record_.counters.asked += load.asked;
    }
    record_.counters.observer_looks = observer_->looks();
    record_.counters.observer_failures = observer_->failures();
    record_.counters.host_stall_max = stall_meter_->longest();
    if (const auto starved = starvation_->worst()) record_.counters.server_starved_max = starved->waited;
    loads_.reset();
    recorder_.reset();
    save_final_data(plan_.files, record_, &tally_);
    save_run(plan_.files, record_, &tally_);
    seal_run(plan_.files);
    progress_.clear();
  }

  const RunPlan& plan_;
  Progress& progress_;
  RunRecord record_;
  Tally tally_;
  FaultJournal fault_journal_;
  RunClock clock_;
  Nanos logs_followed_ = 0;
  std::mutex event_mutex_;
  std::string newest_event_;  // guarded by event_mutex_
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<BusRecord> bus_;
  std::unique_ptr<StarvationMeter> starvation_;
  bool watching_ = true;     // observer, starvation meter and bus
  std::set<int> left_dead_;  // members that are not started again in the end
  std::unique_ptr<Observer> observer_;
  std::unique_ptr<StallMeter> stall_meter_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<LoadSet> loads_;
  std::unique_ptr<EarlyEnd> early_end_;
};

}  // namespace

void conduct(const RunPlan& plan, Progress& progress) {
  Conductor(plan, progress).conduct();
}

}  // namespace harness
