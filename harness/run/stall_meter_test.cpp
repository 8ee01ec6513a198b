#include "harness/run/stall_meter.h"

#include <catch2/catch.hpp>

#include "harness/core/wait.h"

using namespace harness;

TEST_CASE("a stall meter sees that no sleep is exact, and stops at once") {
  const StallMeter meter;
  CHECK(wait_for(std::chrono::seconds(30), [&] { return meter.longest() > 0; }));
}
