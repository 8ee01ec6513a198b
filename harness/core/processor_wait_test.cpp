#include "harness/core/processor_wait.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {

/// Spans of 100 ms one after the other, each with so much of it waited and run.
std::vector<ProcessorWait> even_spans(int node, int count, Nanos waited, Nanos ran) {
  std::vector<ProcessorWait> spans;
  for (int i = 0; i < count; ++i) {
    const Nanos from = i * 100 * kMillisecond;
    spans.push_back({node, from, from + 100 * kMillisecond, waited, ran});
  }
  return spans;
}

constexpr Nanos kWindow = kSecond;

}  // namespace

TEST_CASE("a process that had work and no processor for most of a window was starved") {
  const auto spans = even_spans(2, 30, 80 * kMillisecond, 5 * kMillisecond);
  const auto windows = starved_windows(spans, kWindow);
  REQUIRE_FALSE(windows.empty());
  const ProcessorWait* worst = worst_within(windows, 1500 * kMillisecond, 1600 * kMillisecond);
  REQUIRE(worst != nullptr);
  CHECK(worst->node == 2);
  CHECK(worst->waited == 800 * kMillisecond);
  CHECK(describe(*worst, "n3") == "n3 waited 0.8 s of 1.0 s for a processor, and ran for 0.1 s");
  CHECK(worst_within(windows, 5 * kSecond, 6 * kSecond) == nullptr);
}

TEST_CASE("one that burns the processor itself, sleeps, or waits for moments only was not starved") {
  CHECK(starved_windows(even_spans(0, 30, 60 * kMillisecond, 40 * kMillisecond), kWindow).empty());
  CHECK(starved_windows(even_spans(0, 30, 0, 100 * kMillisecond), kWindow).empty());
  CHECK(starved_windows(even_spans(0, 30, 0, 0), kWindow).empty());
  CHECK(starved_windows(even_spans(0, 30, 40 * kMillisecond, 10 * kMillisecond), kWindow).empty());
  CHECK(starved_windows(even_spans(0, 3, 100 * kMillisecond, 0), kWindow).empty());
}

TEST_CASE("nodes starve each by itself, and a wait longer than the window counts from its beginning") {
  auto spans = even_spans(0, 10, 30 * kMillisecond, 0);
  const auto others = even_spans(1, 10, 30 * kMillisecond, 0);
  spans.insert(spans.end(), others.begin(), others.end());
  CHECK(starved_windows(spans, kWindow).empty());
  // Ten seconds of waiting told at once, as Linux does of a wait that has just ended.
  const std::vector<ProcessorWait> one = {{3, 0, 10 * kSecond, 10 * kSecond, 0}};
  const auto windows = starved_windows(one, kWindow);
  REQUIRE(windows.size() == 1);
  CHECK(windows.front().waited == 10 * kSecond);
  CHECK(windows.front().from == 0);
}

TEST_CASE("waits are read as they were written, and what is no wait is left out") {
  const std::string text =
      wait_line({2, -5, 7, 4, 1}) + "{\"node\":1}\n\nnonsense\n" + wait_line({-1, 8, 9, 1, 0});
  const auto waits = parse_waits(text + "{\"node\":3,\"from\":1");
  REQUIRE(waits.size() == 2);
  CHECK(waits[0].from == -5);
  CHECK(waits[0].waited == 4);
  CHECK(waits[1].node == kNetworkOfOurs);
}

TEST_CASE("what starvation leaves of a time is what lies outside of its windows and their aftermath") {
  const std::vector<ProcessorWait> windows = {{1, 20 * kSecond, 23 * kSecond, kSecond, 0},
                                              {0, 4 * kSecond, 6 * kSecond, kSecond, 0},
                                              {0, 5 * kSecond, 7 * kSecond, kSecond, 0}};
  CHECK(time_without(windows, 0, 0, 30 * kSecond) == 24 * kSecond);
  CHECK(time_without(windows, 10 * kSecond, 0, 30 * kSecond) == 7 * kSecond);
  CHECK(time_without(windows, 10 * kSecond, 5 * kSecond, 21 * kSecond) == 3 * kSecond);
  CHECK(time_without(windows, 0, 24 * kSecond, 30 * kSecond) == 6 * kSecond);
  CHECK(time_without({}, kSecond, 0, 30 * kSecond) == 30 * kSecond);
}
