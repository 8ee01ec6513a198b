#include "harness/compare/figures.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace harness {
namespace {

using Measured = std::optional<double>;

Measured milliseconds(Nanos from, Nanos to) {
  if (from == kNever || to == kNever) return {};
  return to_ms(to - from);
}

/// The mean of a phase over the run's failovers that came to it.
template <Nanos Failover::*kPhase, Nanos Failover::*kFrom = &Failover::fault_at>
Measured failover_phase(const MeasuredRun& run) {
  double sum = 0;
  int count = 0;
  for (const Failover& failover : run.verdict.failovers)
    if (const Measured length = milliseconds(failover.*kFrom, failover.*kPhase)) {
      sum += *length;
      ++count;
    }
  if (count == 0) return {};
  return sum / count;
}

/// A figure that some checker measured anyway.
Measured of_checks(const MeasuredRun& run, std::string_view name) {
  for (const CheckResult& check : run.verdict.checks)
    for (const auto& [figure, value] : check.measured)
      if (figure == name) return value;
  return {};
}

Measured unavailable(const MeasuredRun& run) {
  return of_checks(run, "unavailable_ms_max");
}

Measured settled(const MeasuredRun& run) {
  return milliseconds(run.record.info.clients_end, run.record.info.settled);
}

/// The longest time that a replica said that it had no link to its master.
Measured without_master(const MeasuredRun& run) {
  std::map<int, Nanos> since;
  Nanos longest = -1;
  for (const View& view : run.record.views) {
    if (!view.reachable || view.replication.is_master || view.replication.link_up) {
      since.erase(view.node);
      if (view.reachable && !view.replication.is_master) longest = std::max<Nanos>(longest, 0);
      continue;
    }
    const Nanos begin = since.try_emplace(view.node, view.begin).first->second;
    longest = std::max(longest, view.end - begin);
  }
  if (longest < 0) return {};
  return to_ms(longest);
}

/// Whether the node does its part again: a master whose cluster is whole, or a replica that follows.
bool in_sync(const View& view) {
  if (!view.reachable) return false;
  return view.replication.is_master ? view.cluster.state_ok
                                    : view.replication.link_up && !view.replication.sync_in_progress;
}

/// The longest time from a process's start, within the run, to its being in sync.
Measured rejoined(const MeasuredRun& run) {
  Measured longest;
  for (const Incarnation& life : run.record.incarnations) {
    if (life.started <= 0) continue;
    for (const View& view : run.record.views) {
      if (view.node != life.node || view.end < life.started || !in_sync(view)) continue;
      if (view.begin >= life.ended) break;
      longest = std::max(longest.value_or(0), to_ms(std::max<Nanos>(0, view.begin - life.started)));
      break;
    }
  }
  return longest;
}

/// The longest time that a replica said that it was copying its master; nothing where none was seen to.
Measured resynchronized(const MeasuredRun& run) {
  std::map<int, Nanos> since;
  Measured longest;
  for (const View& view : run.record.views) {
    if (!view.reachable || view.replication.is_master || !view.replication.sync_in_progress) {
      since.erase(view.node);
      continue;
    }
    const Nanos begin = since.try_emplace(view.node, view.begin).first->second;
    longest = std::max(longest.value_or(0), to_ms(view.end - begin));
  }
  return longest;
}

/// The greatest of the nodes, as each said at the end (INFO memory).
Measured memory(const MeasuredRun& run, std::string_view field) {
  Measured greatest;
  for (const FinalView& view : run.record.final_views) {
    const std::string_view text = view.replication;
    const std::size_t at = text.starts_with(field) ? 0 : text.find("\n" + std::string(field));
    if (at == std::string_view::npos) continue;
    const std::string_view number = text.substr(at + (at > 0) + field.size());
    std::uint64_t bytes = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), bytes).ec == std::errc{})
      greatest = std::max(greatest.value_or(0), static_cast<double>(bytes));
  }
  return greatest;
}
Measured memory_peak(const MeasuredRun& run) {
  return memory(run, "used_memory_peak:");
}
Measured memory_resident(const MeasuredRun& run) {
  return memory(run, "used_memory_rss:");
}

Nanos load_end(const RunRecord& record) {
  return std::min(record.info.clients_end, record.info.end);
}

Measured acknowledged_rate(const MeasuredRun& run) {
  const Nanos end = load_end(run.record);
  if (end == kNever || end <= 0 || run.latency.all.operations == 0) return {};
  return static_cast<double>(run.latency.all.operations) / to_seconds(end);
}

template <Nanos reporting::Quantiles::*kQuantile>
Measured latency(const MeasuredRun& run) {
  if (run.latency.all.operations == 0) return {};
  return to_ms(run.latency.all.*kQuantile);
}

constexpr FigureKind kFigures[] = {
    {"failover-suspected", "failover: fault to first suspicion", "ms", false, 100, true,
     failover_phase<&Failover::pfail>},
    {"failover-failed", "failover: fault to FAIL", "ms", false, 100, true, failover_phase<&Failover::fail>},
    // Beside the whole: the time until FAIL is much longer, and hides what became of the election.
    {"failover-election", "failover: FAIL to promotion", "ms", false, 200, true,
     failover_phase<&Failover::promoted, &Failover::fail>},
    {"failover-elected", "failover: fault to promotion", "ms", false, 100, true,
     failover_phase<&Failover::promoted>},
    {"failover-first-write", "failover: fault to first write", "ms", false, 100, true,
     failover_phase<&Failover::first_write>},
    {"failover-converged", "failover: fault to agreement", "ms", false, 100, true,
     failover_phase<&Failover::converged>},
    {"unavailable", "longest outage of a slot range", "ms", false, 200, true, unavailable},
    {"replica-without-master", "longest time of a replica without its master", "ms", false, 500, true,
     without_master},
    {"rejoin", "restart of a node to its being in sync", "ms", false, 500, true, rejoined},
    {"resynchronization", "longest copy of a master by a replica", "ms", false, 500, false, resynchronized},
    {"settled", "end of the load to a settled cluster", "ms", false, 500, true, settled},
    {"rate", "acknowledged operations", "operations/s", true, 0, true, acknowledged_rate,
     &Seconds::acknowledged},
    {"latency-p50", "latency p50", "ms", false, 0.05, true, latency<&reporting::Quantiles::p50>,
     &Seconds::p50_ms},
    {"latency-p99", "latency p99", "ms", false, 1, true, latency<&reporting::Quantiles::p99>,
     &Seconds::p99_ms},
    {"latency-p999", "latency p99.9", "ms", false, 5, false, latency<&reporting::Quantiles::p999>},
    {"memory-peak", "memory of a node at its peak", "bytes", false, 2e6, true, memory_peak},
    {"memory-resident", "resident memory of a node at the end", "bytes", false, 4e6, true, memory_resident},
};

double quantile(std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

}  // namespace

std::span<const FigureKind> figure_kinds() {
  return kFigures;
}

Figures figures_of(const RunRecord& record, const RunVerdict& verdict) {
  const MeasuredRun run{record, verdict, reporting::measure_latency(record)};
  Figures figures;
  for (const FigureKind& kind : kFigures) figures.push_back(kind.measure(run));
  return figures;
}

Seconds seconds_of(const RunRecord& record) {
  Seconds seconds;
  const Nanos end = load_end(record);
  if (end == kNever || end < kSecond) return seconds;
  std::vector<std::vector<double>> latencies(static_cast<std::size_t>(end / kSecond));
  for (const Operation& operation : record.history.operations) {
    const auto second = static_cast<std::size_t>(operation.invoked / kSecond);
    if (operation.outcome == Outcome::kOk && second < latencies.size())
      latencies[second].push_back(to_ms(operation.completed - operation.invoked));
  }
  for (std::vector<double>& second : latencies) {
    seconds.acknowledged.push_back(static_cast<double>(second.size()));
    if (second.empty()) continue;
    std::ranges::sort(second);
    seconds.p50_ms.push_back(quantile(second, 0.5));
    seconds.p99_ms.push_back(quantile(second, 0.99));
  }
  return seconds;
}

}  // namespace harness
