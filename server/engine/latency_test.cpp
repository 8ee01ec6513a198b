/// Histograms of how long calls took, beside what redis 7.0.15 tells of the same durations.
#include "server/engine/latency.h"

#include <catch2/catch.hpp>

using node::LatencyHistogram;

TEST_CASE("calls stand in buckets of about powers of two, the last one above a second") {
  LatencyHistogram h;
  CHECK(h.empty());
  for (const std::int64_t usec : {0, 1, 1, 2, 3, 33, 34, 66, 132, 133, 1000, 999999, 5000000}) h.add(usec);
  std::vector<std::pair<std::int64_t, std::uint64_t>> found;
  for (const auto& [usec, calls] : h.buckets()) found.emplace_back(usec, calls);
  const std::vector<std::pair<std::int64_t, std::uint64_t>> expected{
      {1, 3}, {2, 4}, {4, 5}, {33, 6}, {66, 8}, {132, 9}, {264, 10}, {1056, 11}, {1073741, 13}};
  CHECK(found == expected);
}

TEST_CASE("percentiles are told to two digits") {
  LatencyHistogram h;
  for (int usec = 1; usec <= 1000; ++usec) h.add(usec);
  CHECK(h.percentile(50) == Approx(501.759));
  CHECK(h.percentile(99) == Approx(991.231));
  CHECK(h.percentile(100) == Approx(1003.519));
  LatencyHistogram one;
  one.add(1);
  CHECK(one.percentile(50) == Approx(1.003));
}
