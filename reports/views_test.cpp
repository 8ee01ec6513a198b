#include "reports/views.h"

#include <catch2/catch.hpp>

#include "reports/sample/sample_record.h"
#include "reports/story.h"

namespace harness::reporting {
namespace {

const Sample& sample() {
  static const Sample made = make_sample();
  return made;
}

/// One node with one key on it, and operations given as (invoked, completed, outcome).
RunRecord one_range(std::initializer_list<std::tuple<int, int, Outcome>> operations) {
  RunRecord record;
  NodeInfo node;
  node.name = "n1";
  node.master = true;
  node.slots = {{0, kSlotCount - 1}};
  record.nodes.push_back(node);
  record.history.keys.intern("k");
  for (const auto& [invoked, completed, outcome] : operations) {
    Operation op;
    op.invoked = invoked * kMillisecond;
    op.completed = completed * kMillisecond;
    op.outcome = outcome;
    op.key = 0;
    record.history.operations.push_back(op);
  }
  return record;
}

TEST_CASE("A lane shows what a node was, and death only while it had no process") {
  const std::vector<Lane> lanes = role_lanes(sample().record);
  REQUIRE(lanes.size() == 6);
  std::vector<NodeState> states;
  for (const LaneSegment& segment : lanes[2].segments) {
    states.push_back(segment.state);
    CHECK(segment.begin < segment.end);
  }
  CHECK(states.front() == NodeState::kMaster);
  CHECK(std::count(states.begin(), states.end(), NodeState::kDead) == 1);
  CHECK(states.back() == NodeState::kReplica);
  for (std::size_t i = 1; i < lanes[2].segments.size(); ++i)
    CHECK(lanes[2].segments[i - 1].end <= lanes[2].segments[i].begin);
  const LaneSegment& promoted = lanes[5].segments.back();
  CHECK(promoted.state == NodeState::kMaster);
  CHECK(promoted.epoch == 7);
}

TEST_CASE("Suspicion counts the nodes that hold it, and ends when they let go") {
  const std::vector<Lane> lanes = role_lanes(sample().record);
  const std::vector<Suspicion>& of_n3 = lanes[2].suspicions;
  REQUIRE_FALSE(of_n3.empty());
  CHECK(of_n3.front().pfail > 0);
  CHECK(of_n3.front().fail == 0);
  int most = 0;
  for (const Suspicion& suspicion : of_n3) {
    CHECK(suspicion.begin < suspicion.end);
    most = std::max(most, suspicion.fail);
  }
  CHECK(most == 5);
  for (const Suspicion& suspicion : of_n3)  // none from its return until n2, cut off, suspects everybody
    CHECK((suspicion.end < 15 * kSecond || suspicion.begin > 18 * kSecond));
}

TEST_CASE("The words for a node's role follow it through its failover") {
  const Observations observations(sample().record);
  CHECK(observations.role_words(2, kSecond) == "master, epoch 3");
  CHECK(observations.role_words(2, 10 * kSecond) == "dead");
  CHECK(observations.role_words(2, 29 * kSecond) == "replica");
  CHECK(observations.role_words(5, 29 * kSecond) == "master, epoch 7");
  CHECK(observations.view_at(0, -kSecond) == nullptr);
  REQUIRE(observations.answer_at(2, 10 * kSecond) != nullptr);
  CHECK(observations.answer_at(2, 10 * kSecond)->begin < 7 * kSecond);
}

TEST_CASE("A slot map covers every slot once, what nobody owns is said so") {
  RunRecord record;
  NodeInfo info;
  info.id = "a";
  record.nodes.push_back(info);
  Topology topology;
  TopologyNode node;
  node.id = "a";
  node.slots = {{100, 200}, {150, 250}};  // claimed twice: counted once
  topology.nodes.push_back(node);
  CHECK(slot_map(record, topology) ==
        SlotMap{{0, 99, -1}, {100, 200, 0}, {201, 250, 0}, {251, kSlotCount - 1, -1}});
}

TEST_CASE("Observers that disagree about slots have different maps at that time") {
  const Ownership ownership = slot_ownership(sample().record);
  const auto map_of = [&](int observer, Nanos time) -> const SlotMap& {
    for (const Ownership::Span& span : ownership.spans)
      if (span.observer == observer && span.begin <= time && time < span.end) return ownership.maps[span.map];
    FAIL("no view");
    return ownership.maps.front();
  };
  CHECK(map_of(0, 22 * kSecond) != map_of(1, 22 * kSecond));  // n2, cut off, still claims its slots
  CHECK(map_of(0, 29 * kSecond) == map_of(1, 29 * kSecond));
}

TEST_CASE("Silence counts as unavailability only where clients asked") {
  using enum Outcome;
  const auto idle = availability(one_range({{0, 10, kOk}, {900, 910, kOk}}));
  REQUIRE(idle.size() == 1);
  CHECK(idle[0].gaps.empty());

  const auto refused = availability(one_range({{0, 10, kOk}, {300, 310, kFail}, {900, 910, kOk}}));
  REQUIRE(refused[0].gaps.size() == 1);
  CHECK(refused[0].gaps[0].begin == 10 * kMillisecond);
  CHECK(refused[0].gaps[0].end == 910 * kMillisecond);
  CHECK(refused[0].longest == 900 * kMillisecond);

  const auto never = availability(one_range({{0, 10, kFail}, {500, 510, kInfo}}));
  REQUIRE(never[0].gaps.size() == 1);
  CHECK(never[0].acknowledged == 0);
}

TEST_CASE("A crash weighs until the next process of the node, a partition until it healed") {
  const RunRecord& record = sample().record;
  const Span crash = fault_span(record, record.faults[0]);
  CHECK(crash.begin == record.faults[0].active);
  CHECK(crash.end == record.incarnations.back().started);
  const Span restart = fault_span(record, record.faults[1]);
  CHECK(restart.begin == restart.end);
  CHECK(fault_span(record, record.faults[2]).end == record.faults[2].healed);
}

TEST_CASE("Strength counts operations during faults once, though faults overlap") {
  Sample overlapping = make_sample({SampleVerdict::kPass, 2'000, 1});
  FaultRecord again = overlapping.record.faults[2];
  overlapping.record.faults.push_back(again);
  const Strength s = measure_strength(overlapping.record, overlapping.verdict);
  CHECK(s.operations == overlapping.record.history.operations.size());
  CHECK(s.ok + s.fail + s.info == s.operations);
  CHECK(s.per_fault[2] == s.per_fault[3]);
  CHECK(s.during_faults == *s.per_fault[0] + *s.per_fault[2]);
  CHECK(s.faults.verified == 4);
  CHECK(s.checks_complete == overlapping.verdict.checks.size());
}

TEST_CASE("The story is in order of time and names faults, promotions and losses") {
  const std::vector<Moment> story = tell_story(sample().record, sample().verdict);
  CHECK(std::is_sorted(story.begin(), story.end(),
                       [](const Moment& a, const Moment& b) { return a.time < b.time; }));
  const auto tells = [&](std::string_view kind, std::string_view words) {
    return std::any_of(story.begin(), story.end(), [&](const Moment& moment) {
      return moment.kind == kind && moment.text.find(words) != std::string::npos;
    });
  };
  CHECK(tells("fault", "verified: died of SIGSEGV"));
  CHECK(tells("healed", "cut n2"));
  CHECK(tells("promotion", "promoted in place of n3: slots 10923-16383, epoch 7"));
  CHECK(tells("loss", "3 lost writes, allowed by window a"));
}

TEST_CASE("A fault that was never verified is told as such") {
  Sample unverified = make_sample({SampleVerdict::kPass, 500, 1});
  unverified.record.faults[2].active = kNever;
  unverified.record.faults[2].error = "no packet was dropped";
  bool told = false;
  for (const Moment& moment : tell_story(unverified.record, unverified.verdict))
    told |= moment.text.find("never verified: no packet was dropped") != std::string::npos;
  CHECK(told);
}

TEST_CASE("An anomaly is told by its operations among the faults around them") {
  const Sample failed = make_sample({SampleVerdict::kFail});
  const NamedAnomaly first = named_anomalies(failed.verdict).front();
  REQUIRE(first.name == "v1");
  const std::vector<Moment> moments = tell_anomaly(failed.record, failed.verdict, *first.anomaly);
  const auto of_kind = [&](std::string_view kind) {
    return std::count_if(moments.begin(), moments.end(), [&](const Moment& m) { return m.kind == kind; });
  };
  CHECK(of_kind("operation") == static_cast<std::ptrdiff_t>(first.anomaly->operations.size()));
  CHECK(of_kind("fault") == 1);
  CHECK(of_kind("promotion") >= 2);
  CHECK(moments.front().text.find("n2 master, epoch 2") != std::string::npos);
}

TEST_CASE("An anomaly that points at no operation of the history is still told") {
  Sample failed = make_sample({SampleVerdict::kFail, 500, 3});
  Anomaly stray = *named_anomalies(failed.verdict).front().anomaly;
  stray.operations = {999'999'999};
  for (const Moment& moment : tell_anomaly(failed.record, failed.verdict, stray))
    CHECK(moment.kind != "operation");
}

}  // namespace
}  // namespace harness::reporting
