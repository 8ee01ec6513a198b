#include "harness/run/bus_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/conditions/conditions.h"
#include "harness/core/check.h"
#include "harness/core/record_json.h"
#include "harness/faults/faults.h"
#include "harness/faults/network/cut.h"
#include "harness/run/nodes_conf.h"

namespace harness {
namespace {

constexpr Nanos kCountsInterval = 5 * kSecond;
constexpr Nanos kVotesApart = 50 * kMillisecond;

std::vector<Host*> hosts_of(Cluster& cluster) {
  std::vector<Host*> hosts;
  for (int node = 0; node < cluster.size(); ++node) hosts.push_back(&cluster.host(node));
  return hosts;
}

bool needs_bus_path(const StepPlan& step) {
  for (const auto& condition : {step.when, step.until, step.condition})
    if (condition && needs_bus_path(*condition)) return true;
  const Fault* fault = fault_of(step);
  return fault && fault->kind == EffectKind::kBus;
}

}  // namespace

bool needs_bus_path(const Plan& plan) {
  return plan.limits.bus_evidence ||
         std::ranges::any_of(plan.steps, [](const StepPlan& step) { return needs_bus_path(step); });
}

BusRecord::BusRecord(Cluster& cluster, const RunFiles& files, Tally* tally, bool space_votes)
    : journal_(files.bus(), tally),
      writer_([this](const std::stop_token& stop) { write(stop); }),
      path_(hosts_of(cluster), port_of(cluster.node(0), Traffic::kBusPort)) {
  for (int node = 0; node < cluster.size(); ++node)
    nodes_conf_[cluster.host(node).name()] = cluster.node(node).files().nodes_conf();
  if (space_votes) this->space_votes(cluster);
}

/// Each voter's acknowledgements take another time on their way: longer than a candidate may be held up by
/// its disk, and far less than an election may take.
void BusRecord::space_votes(const Cluster& cluster) {
  constexpr std::size_t kDifferent = 4;
  std::vector<std::string> names;
  for (const NodeInfo& node : cluster.infos()) names.push_back(node.name);
  for (std::size_t delay = 1; delay < kDifferent; ++delay) {
    BusRule rule;
    rule.act = BusFate::kDelayed;
    rule.evidence = true;
    rule.types.add(BusType::kAuthAck);
    rule.delay = kVotesApart * static_cast<Nanos>(delay);
    for (std::size_t voter = delay; voter < names.size(); voter += kDifferent)
      for (const std::string& other : names)
        if (other != names[voter]) rule.links.push_back({names[voter], other});
    if (!rule.links.empty()) path_.traffic().add(rule);
  }
}

void BusRecord::begin(const RunClock& clock) {
  clock_ = clock;
  tell(line_of(BusOpening{clock_.now(), path_.hosts(), path_.port(), path_.closed_links()}));
  path_.traffic().record(clock, [this](const BusSighting& sighting) { take(sighting); });
}

/// A vote is saved before it is sent (row 12): the file is read before the vote is handed on.
void BusRecord::take(BusSighting sighting) {
  if (sighting.message.type == BusType::kAuthAck)
    if (const auto voter = nodes_conf_.find(sighting.link.from); voter != nodes_conf_.end())
      if (const auto epochs = saved_epochs(voter->second)) sighting.saved_vote = epochs->last_vote;
  tell(line_of(sighting));
}

void BusRecord::tell(const nlohmann::json& line) {
  const std::string text = to_line(line) + "\n";
  const std::lock_guard lock(mutex_);
  lines_ += text;
  told_.notify_one();
}

/// Writes what is told until it is stopped, and then the rest.
void BusRecord::write(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (told_.wait(lock, stop, [this] { return !lines_.empty(); })) {
    const std::string lines = std::exchange(lines_, {});
    lock.unlock();
    std::string failure;
    try {
      journal_.append(lines);
    } catch (const EnvironmentError& error) {
      failure = error.what();
    }
    lock.lock();
    if (failure_.empty()) failure_ = std::move(failure);
  }
}

void BusRecord::save_counts() {
  if (clock_.now() - counted_ < kCountsInterval) return;
  counted_ = clock_.now();
  tell(line_of(counted_, path_.traffic().counts()));
}

void BusRecord::end() {
  const BusCounts counts = path_.traffic().counts();
  path_.traffic().record(clock_, {});
  tell(line_of(clock_.now(), counts));
  writer_.request_stop();
  writer_.join();
  if (!failure_.empty()) throw EnvironmentError(failure_);
}

}  // namespace harness
