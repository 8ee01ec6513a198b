// What single looks of a node say of slots: an ok without coverage, and a slot imported without an epoch.
#include <catch2/catch.hpp>

#include "checkers/promises/epochs.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"
#include "checkers/promises/slot_coverage.h"

using namespace harness;
using namespace harness::testing;

namespace {

TopologyNode& own_line_of(View& view) {
  return *std::ranges::find_if(view.topology.nodes,
                               [](const TopologyNode& node) { return node.is(kFlagMyself); });
}

/// The looks of n3 after 12 s: the last of them, and the one before, which is split from it.
std::pair<View*, View*> last_two(RunRecord& run) {
  View* last = nullptr;
  for (View& view : run.views)
    if (view.node == 2) last = &view;
  View after = *last;
  after.begin = last->begin + (last->end - last->begin) / 2;
  last->end = after.begin - 100 * kMillisecond;
  const auto place = last - run.views.data();
  run.views.push_back(after);
  return {&run.views[static_cast<std::size_t>(place)], &run.views.back()};
}

}  // namespace

TEST_CASE("a node that knows of a failed owner does not call the cluster ok") {
  RunRecord run = FailoverRun().finish();
  for (View& view : run.views) view.cluster.slots_assigned = kSlotCount;
  View& view =
      *std::ranges::find_if(run.views, [](const View& each) { return each.end - each.begin > kSecond; });
  SECTION("good: all is covered") {
    CHECK_FALSE(has(check_slot_coverage(run, {}), "ok-without-coverage"));
  }
  SECTION("bad: an owner has failed") {
    view.cluster.slots_fail = 5461;
    CHECK(has(check_slot_coverage(run, {}), "ok-without-coverage"));
  }
  SECTION("bad: a slot is nobody's") {
    view.cluster.slots_assigned = kSlotCount - 1;
    CHECK(has(check_slot_coverage(run, {}), "ok-without-coverage"));
  }
  SECTION("good: full coverage is not wanted") {
    view.cluster.slots_fail = 5461;
    run.info.config.require_full_coverage = false;
    CHECK_FALSE(has(check_slot_coverage(run, {}), "ok-without-coverage"));
  }
  SECTION("good: it says so") {
    view.cluster.slots_fail = 5461;
    view.cluster.state_ok = false;
    CHECK_FALSE(has(check_slot_coverage(run, {}), "ok-without-coverage"));
  }
  SECTION("not judged: seen in passing") {
    view.cluster.slots_fail = 5461;
    view.end = view.begin;
    CHECK_FALSE(has(check_slot_coverage(run, {}), "ok-without-coverage"));
  }
}

TEST_CASE("who imports a slot has a greater epoch than its owner") {
  RunRecord run = FailoverRun().finish();
  const auto [before, after] = last_two(run);
  TopologyNode& owner = *std::ranges::find_if(after->topology.nodes,
                                              [](const TopologyNode& node) { return node.id.back() == '4'; });
  owner.slots = {{1, 5460}};
  own_line_of(*after).slots.push_back({0, 0});
  own_line_of(*after).config_epoch = 7;
  SECTION("bad: it stays behind") {
    own_line_of(*before).importing = {0};
    CHECK(has(check_epochs(run, {}), "imported-without-epoch"));
  }
  SECTION("good") {
    own_line_of(*before).importing = {0};
    own_line_of(*after).config_epoch = 8;
    CHECK_FALSE(has(check_epochs(run, {}), "imported-without-epoch"));
  }
  SECTION("not judged: it was given the slot without importing it") {
    CHECK_FALSE(has(check_epochs(run, {}), "imported-without-epoch"));
  }
}
