// The pure parts of the userspace wire, in virtual time and from seeds.
#include "harness/sandbox/link_model.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "harness/sandbox/delay_queue.h"

namespace harness {
namespace {

constexpr int kFrames = 200'000;
constexpr Nanos kGap = 10 * kMicrosecond;

struct Sent {
  std::vector<LinkModel::Fate> fates;
  WireCounts counts;
};

Sent send(const WireRule& rule, int frames = kFrames, std::size_t bytes = 1000, Nanos gap = kGap,
          std::uint64_t seed = 7) {
  LinkModel model(rule, Prng(seed));
  Sent sent;
  for (int i = 0; i < frames; ++i) sent.fates.push_back(model.admit(i * gap, bytes, sent.counts));
  return sent;
}

double share(std::uint64_t part) {
  return static_cast<double>(part) / kFrames;
}

TEST_CASE("a rule with nothing in it lets every frame pass at once") {
  const Sent sent = send({});
  CHECK(sent.counts.frames == kFrames);
  CHECK(sent.counts.delayed + sent.counts.lost + sent.counts.duplicated + sent.counts.reordered +
            sent.counts.corrupted + sent.counts.overflowed ==
        0);
  for (int i = 0; i < kFrames; ++i) {
    REQUIRE(sent.fates[static_cast<std::size_t>(i)].release == i * kGap);
    REQUIRE(sent.fates[static_cast<std::size_t>(i)].copies == 1);
  }
}

TEST_CASE("a delay is exact, and jitter stays within its bounds and keeps the order") {
  for (const double correlation : {0.0, 0.9}) {
    WireRule rule;
    rule.delay = 20 * kMillisecond;
    rule.jitter = 5 * kMillisecond;
    rule.jitter_correlation = correlation;
    // Frames so far apart that none waits for the one before.
    const Sent sent = send(rule, 2000, 1000, 20 * kMillisecond);
    Nanos least = kNever, most = 0;
    double product = 0, square = 0, last = 0;
    for (std::size_t i = 0; i < sent.fates.size(); ++i) {
      const Nanos took = sent.fates[i].release - static_cast<Nanos>(i) * 20 * kMillisecond;
      least = std::min(least, took);
      most = std::max(most, took);
      const double off = to_ms(took) - 20;
      product += off * last;
      square += off * off;
      last = off;
    }
    CHECK(least >= 15 * kMillisecond);
    CHECK(most <= 25 * kMillisecond);
    CHECK(least < most);
    CHECK(product / square == Approx(correlation).margin(0.1));
  }
  WireRule rule;
  rule.delay = kMillisecond;
  rule.jitter = kMillisecond;
  const Sent dense = send(rule);
  CHECK(std::ranges::is_sorted(dense.fates, {}, &LinkModel::Fate::release));
  CHECK(dense.counts.delayed == kFrames);
}

TEST_CASE("losses come as often and in bursts as long as the rule says") {
  for (const double burst : {1.0, 4.0, 20.0}) {
    WireRule rule;
    rule.loss = 0.1;
    rule.loss_burst = burst;
    const Sent sent = send(rule);
    CAPTURE(burst);
    CHECK(share(sent.counts.lost) == Approx(0.1).epsilon(0.1));
    int bursts = 0;
    bool before = false;
    for (const auto& fate : sent.fates) {
      bursts += fate.copies == 0 && !before ? 1 : 0;
      before = fate.copies == 0;
    }
    // Losses by themselves follow one another now and then, too.
    const double expected = burst == 1 ? 1 / 0.9 : burst;
    CHECK(static_cast<double>(sent.counts.lost) / bursts == Approx(expected).epsilon(0.1));
  }
  WireRule all;
  all.loss = 1;
  CHECK(send(all).counts.lost == kFrames);
}

TEST_CASE("copies, turned bits and frames out of order are as many as the rule says") {
  WireRule rule;
  rule.duplicate = 0.05;
  rule.corrupt = 0.02;
  rule.reorder = 0.1;
  rule.reorder_by = 3 * kGap;
  const Sent sent = send(rule);
  CHECK(share(sent.counts.duplicated) == Approx(0.05).epsilon(0.1));
  CHECK(share(sent.counts.corrupted) == Approx(0.02).epsilon(0.1));
  CHECK(share(sent.counts.reordered) == Approx(0.1).epsilon(0.1));
  CHECK(sent.counts.lost == 0);
  CHECK_FALSE(std::ranges::is_sorted(sent.fates, {}, &LinkModel::Fate::release));
}

TEST_CASE("a rate limit passes exactly its rate, and loses what finds no room to wait") {
  WireRule rule;
  rule.bits_per_second = 8e6;  // a thousand bytes take a millisecond
  rule.backlog_bytes = 10'000;
  const Sent sent = send(rule, 10'000, 1000, kMillisecond / 2);  // twice the rate, for five seconds
  CHECK(sent.counts.overflowed == Approx(5000).epsilon(0.01));
  Nanos last = 0;
  for (const auto& fate : sent.fates) {
    if (fate.copies == 0) continue;
    REQUIRE((last == 0 || fate.release - last >= kMillisecond - 1));
    last = fate.release;
  }
  const Sent slow = send(rule, 1000, 1000, 2 * kMillisecond);
  CHECK(slow.counts.overflowed == 0);
}

TEST_CASE("the same seed gives the same fates, another seed others") {
  WireRule rule;
  rule.loss = 0.5;
  const auto lost = [&](std::uint64_t seed) {
    std::vector<int> copies;
    for (const auto& fate : send(rule, 100, 100, kGap, seed).fates) copies.push_back(fate.copies);
    return copies;
  };
  CHECK(lost(1) == lost(1));
  CHECK(lost(1) != lost(2));
}

TEST_CASE("a delay queue gives frames in order of their time, and of one time the first first") {
  DelayQueue queue(1000);
  CHECK(queue.next() == kNever);
  const std::vector<unsigned char> bytes(100, 'x');
  Prng prng(3);
  for (std::uint64_t i = 0; i < 10; ++i) {
    auto* frame = queue.push(static_cast<Nanos>(prng.below(4)), i, bytes);
    REQUIRE(frame != nullptr);
    REQUIRE(frame->link == i);
  }
  CHECK(queue.push(0, 99, bytes) == nullptr);  // no room
  CHECK(queue.take_due(-1, 100).empty());
  auto frames = queue.take_due(3, 4);
  REQUIRE(frames.size() == 4);
  for (auto& frame : queue.take_due(3, 100)) frames.push_back(std::move(frame));
  REQUIRE(frames.size() == 10);
  CHECK(std::ranges::is_sorted(frames, [](const auto& a, const auto& b) {
    return std::pair(a.release, a.link) < std::pair(b.release, b.link);
  }));
  queue.recycle(std::move(frames));
  CHECK(queue.size() == 0);
  CHECK(queue.push(5, 1, bytes) != nullptr);  // there is room again
}

TEST_CASE("frames of a link can be released at once, in the order in which they came") {
  DelayQueue queue(1000);
  const std::vector<unsigned char> bytes(10, 'x');
  queue.push(900, 1, bytes);
  queue.push(800, 2, bytes);
  queue.push(700, 1, bytes);
  queue.release_now([](std::uint64_t link) { return link == 1; }, 100);
  const auto frames = queue.take_due(100, 10);
  REQUIRE(frames.size() == 2);
  CHECK(frames[0].order < frames[1].order);
  CHECK(queue.next() == 800);
}

}  // namespace
}  // namespace harness
