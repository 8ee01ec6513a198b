#include "harness/run/load_set.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/core/check.h"

namespace harness {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSetUpPatience(10'000);
constexpr milliseconds kLook(20);
/// Processes of a load's final phase.
constexpr std::size_t kFinalWorkers = 4;

/// One thread carries some ten thousand operations a second; a load without a limit, or a high one, gets
/// more. The number depends on the plan alone, not on the machine, so that a seed offers the same operations
/// everywhere.
int threads_per_group(const LoadPlan& plan) {
  constexpr double kRatePerThread = 20'000;
  constexpr int kMost = 3;
  const double rate = plan.rate / plan.client_groups;
  const int wanted =
      rate <= 0 ? kMost : std::clamp(static_cast<int>(std::ceil(rate / kRatePerThread)), 1, kMost);
  return std::clamp(plan.concurrency / plan.client_groups, 1, wanted);
}

LoadOptions options_of_thread(const LoadPlan& plan, int share, int shares) {
  LoadOptions options;
  options.concurrency = plan.concurrency * (share + 1) / shares - plan.concurrency * share / shares;
  options.rate = plan.rate / shares;
  options.operation_timeout = milliseconds(plan.operation_timeout_ms);
  options.begin = std::chrono::nanoseconds(plan.start);
  if (plan.stop != kNever) options.end = std::chrono::nanoseconds(plan.stop);
  return options;
}

std::vector<ClientNode> client_nodes(Cluster& cluster) {
  std::vector<ClientNode> nodes;
  for (const NodeInfo& node : cluster.infos())
    nodes.push_back(
        {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
  return nodes;
}

/// The slots of each master that has any.
std::vector<SlotRanges> shards(Cluster& cluster) {
  std::vector<SlotRanges> slots;
  for (const NodeInfo& node : cluster.infos())
    if (node.master && !node.slots.empty()) slots.push_back(node.slots);
  return slots;
}

}  // namespace

Parameters load_options(const WorkloadEntry& workload, const nlohmann::json& given,
                        const std::string& where) {
  std::string problem;
  const Parameters options = complete(workload.options, given, problem);
  if (!problem.empty())
    throw UsageError(where + ": the workload '" + std::string(workload.name) + "': " + problem);
  return options;
}

LoadSet::LoadSet(const Plan& plan, FindWorkload find_workload, Sandbox& sandbox, Cluster& cluster,
                 Recorder& recorder) {
  for (const NodeInfo& node : cluster.infos()) recorder.node(node.name);
  add_hosts(plan, sandbox);
  const int loads = static_cast<int>(plan.loads.size());
  for (int i = 0; i < loads; ++i) {
    const LoadPlan& load = plan.loads[static_cast<std::size_t>(i)];
    const WorkloadEntry* workload = find_workload(load.workload);
    CHECK_THAT_HOLDS(workload != nullptr, "the plan's workload " + load.workload + " is in the table");
    loads_.push_back(std::make_unique<Load>(load, i, loads));
    add_threads(*loads_.back(), *workload, stream_of_load(plan, load.name), cluster, recorder);
  }
}

void LoadSet::add_hosts(const Plan& plan, Sandbox& sandbox) {
  int groups = 0;
  for (const LoadPlan& load : plan.loads) groups = std::max(groups, load.client_groups);
  for (int group = 1; group <= groups; ++group)
    hosts_.push_back(&sandbox.add_host("c" + std::to_string(group)));
}

void LoadSet::add_threads(Load& load, const WorkloadEntry& workload, const Prng& stream, Cluster& cluster,
                          Recorder& recorder) {
  const int threads = threads_per_group(load.plan);
  const int shares = load.plan.client_groups * threads;
  for (int share = 0; share < shares; ++share) {
    Host* host = hosts_[static_cast<std::size_t>(share / threads)];
    const WorkloadSetup setup{recorder, load.plan.options, load.plan.name + ":", shards(cluster), share,
                              shares};
    load.threads.push_back(
        std::make_unique<LoadThread>([host] { host->enter(); }, client_nodes(cluster), workload.make(setup),
                                     stream.split("operations", static_cast<std::uint64_t>(share)),
                                     options_of_thread(load.plan, share, shares), recorder, load.processes));
  }
}

void LoadSet::start() {
  for (const auto& load : loads_) load->threads.front()->set_up(kSetUpPatience);
  for (const auto& load : loads_)
    for (const auto& thread : load->threads) thread->start();
}

void LoadSet::check() {
  for (const auto& load : loads_)
    for (const auto& thread : load->threads) thread->check();
}

void LoadSet::finish() {
  for (const auto& load : loads_)
    for (const auto& thread : load->threads) thread->stop();
  for (const auto& load : loads_)
    for (const auto& thread : load->threads) thread->finish();
}

/// Waits until the threads of all loads are through, or are not to go on; returns whether they went on.
bool LoadSet::watch_final(const std::function<bool(std::size_t turns)>& goes_on) {
  bool wanted = true;
  for (bool over = false; !over;) {
    over = true;
    std::size_t turns = 0;
    for (const auto& load : loads_)
      for (const auto& thread : load->threads) {
        over = over && thread->final_over();
        turns += thread->final_turns();
      }
    if (over) break;
    wanted = wanted && goes_on(turns);
    if (!wanted)
      for (const auto& load : loads_)
        for (const auto& thread : load->threads) thread->abandon_final();
    std::this_thread::sleep_for(kLook);  // the pace of looking, nothing waits for it
  }
  return wanted;
}

FinalEnd LoadSet::final_phase(FinalPatience patience, const std::function<bool(std::size_t turns)>& goes_on) {
  for (const auto& load : loads_) {
    const std::size_t threads = load->threads.size();
    const std::size_t each = std::max<std::size_t>(kFinalWorkers / threads, 1);
    for (std::size_t i = 0; i < threads; ++i)
      load->threads[i]->start_final(i * each, each, threads * each, patience);
  }
  FinalEnd end;
  end.finished = watch_final(goes_on);
  for (const auto& load : loads_) {
    load->unanswered = 0;
    for (const auto& thread : load->threads) {
      thread->finish_final();
      load->unanswered += thread->unanswered();
      end.finished = end.finished && !thread->out_of_time();
    }
    end.unanswered += load->unanswered;
  }
  return end;
}

std::map<std::string, std::uint64_t> LoadSet::acknowledged() const {
  std::map<std::string, std::uint64_t> ok;
  for (const auto& load : loads_)
    for (const auto& thread : load->threads) ok[load->plan.name] += thread->tally().ok;
  return ok;
}

std::vector<LoadCounters> LoadSet::counters() const {
  std::vector<LoadCounters> counters;
  for (const auto& load : loads_) {
    LoadCounters& of_load = counters.emplace_back();
    of_load.load = load->plan.name;
    of_load.unanswered_final = load->unanswered;
    for (const auto& thread : load->threads) {
      const LoadTally tally = thread->tally();
      of_load.ok += tally.ok;
      of_load.fail += tally.fail;
      of_load.info += tally.info;
      of_load.moved += thread->moved();
      of_load.asked += thread->asked();
    }
  }
  return counters;
}

}  // namespace harness
