#include "harness/compare/figures.h"

#include <catch2/catch.hpp>
#include <set>

#include "harness/compare/run_summary.h"
#include "reports/sample/sample_record.h"

namespace harness {
namespace {

std::optional<double> figure(const Figures& figures, std::string_view name) {
  for (std::size_t i = 0; i < figures.size(); ++i)
    if (figure_kinds()[i].name == name) return figures[i];
  FAIL("no figure " << name);
  return {};
}

View replica_view(int node, Nanos begin, Nanos end, bool link_up) {
  View view;
  view.node = node;
  view.begin = begin;
  view.end = end;
  view.replication.is_master = false;
  view.replication.link_up = link_up;
  return view;
}

TEST_CASE("Every kind of figure has a name of its own, words and a unit") {
  std::set<std::string_view> names;
  for (const FigureKind& kind : figure_kinds()) {
    CHECK(names.insert(kind.name).second);
    CHECK_FALSE(kind.words.empty());
    CHECK((kind.unit == "ms" || kind.unit == "operations/s" || kind.unit == "bytes"));
    CHECK(kind.slack >= 0);
  }
}

TEST_CASE("Failover phases are means of the failovers that came to them") {
  RunRecord record;
  RunVerdict verdict;
  verdict.failovers.resize(3);
  for (std::size_t i = 0; i < 3; ++i) verdict.failovers[i].fault_at = kSecond;
  verdict.failovers[0].promoted = 3 * kSecond;
  verdict.failovers[1].promoted = 2 * kSecond;
  verdict.failovers[0].fail = 2 * kSecond;
  verdict.failovers[1].fail = 2 * kSecond;
  verdict.failovers[2].fail = 2 * kSecond;  // and nobody took over
  const Figures figures = figures_of(record, verdict);
  CHECK(figure(figures, "failover-elected") == 1500.0);
  CHECK(figure(figures, "failover-election") == 500.0);
  CHECK_FALSE(figure(figures, "failover-first-write"));
  CHECK_FALSE(figure(figures, "rate"));
  CHECK_FALSE(figure(figures, "unavailable"));
  CHECK_FALSE(figure(figures, "settled"));
}

TEST_CASE("The longest time without a master runs over several views of a replica, and ends when it is one") {
  RunRecord record;
  record.views = {replica_view(0, 0, kSecond, true), replica_view(0, 2 * kSecond, 3 * kSecond, false),
                  replica_view(1, 0, 9 * kSecond, true), replica_view(0, 3 * kSecond, 5 * kSecond, false),
                  replica_view(0, 6 * kSecond, 7 * kSecond, true)};
  CHECK(figure(figures_of(record, {}), "replica-without-master") == 3000.0);
  record.views = {replica_view(0, 0, kSecond, true)};
  CHECK(figure(figures_of(record, {}), "replica-without-master") == 0.0);
  record.views.clear();
  CHECK_FALSE(figure(figures_of(record, {}), "replica-without-master"));
}

TEST_CASE("A restarted node has rejoined when it is in sync again, and a copy lasts as long as it is seen") {
  RunRecord record;
  Incarnation first, second;
  first.ended = 2 * kSecond;
  second.started = 3 * kSecond;
  record.incarnations = {first, second};
  View copying = replica_view(0, 4 * kSecond, 5 * kSecond, false);
  copying.replication.sync_in_progress = true;
  View still = copying;
  still.begin = 5 * kSecond, still.end = 6 * kSecond;
  record.views = {replica_view(0, 0, 2 * kSecond, true), copying, still,
                  replica_view(0, 7 * kSecond, 9 * kSecond, true)};
  CHECK(figure(figures_of(record, {}), "rejoin") == 4000.0);
  CHECK(figure(figures_of(record, {}), "resynchronization") == 2000.0);
  record.views.pop_back();
  CHECK_FALSE(figure(figures_of(record, {}), "rejoin"));
  record.incarnations.pop_back();
  record.views = {replica_view(0, 0, 2 * kSecond, true)};
  CHECK_FALSE(figure(figures_of(record, {}), "rejoin"));
  CHECK_FALSE(figure(figures_of(record, {}), "resynchronization"));
}

TEST_CASE("Memory is that of the node that has most, a run that did not ask has none") {
  RunRecord record;
  CHECK_FALSE(figure(figures_of(record, {}), "memory-peak"));
  FinalView one, other;
  one.replication = "used_memory_peak:1000\r\nused_memory_peak_human:1K\r\nused_memory_rss:7000\r\n";
  other.replication = "role:master\r\nused_memory_rss:9000\r\nused_memory_peak:500\r\n";
  record.final_views = {one, other};
  CHECK(figure(figures_of(record, {}), "memory-peak") == 1000.0);
  CHECK(figure(figures_of(record, {}), "memory-resident") == 9000.0);
}

TEST_CASE("A recorded run has its rate, latency and failover, and a value for each second") {
  const Sample sample = make_sample({SampleVerdict::kFail, 20'000, 1});
  const RunSummary summary = summary_of(sample.record, sample.verdict);
  CHECK(summary.verdict == "fail");
  CHECK(summary.violations.size() == 1);
  const double rate = figure(summary.figures, "rate").value();
  CHECK(rate > 100);
  CHECK(figure(summary.figures, "latency-p99").value() > figure(summary.figures, "latency-p50").value());
  CHECK(figure(summary.figures, "failover-elected").has_value());
  REQUIRE(summary.seconds.acknowledged.size() > 5);
  double sum = 0;
  for (const double second : summary.seconds.acknowledged) sum += second;
  CHECK(sum / static_cast<double>(summary.seconds.acknowledged.size()) == Approx(rate).epsilon(0.2));
  CHECK(summary.seconds.p99_ms.size() <= summary.seconds.acknowledged.size());
}

TEST_CASE("A run that the environment ended has no figures") {
  const Sample sample = make_sample({SampleVerdict::kError, 500, 1});
  CHECK(summary_of(sample.record, sample.verdict).figures.empty());
}

}  // namespace
}  // namespace harness
