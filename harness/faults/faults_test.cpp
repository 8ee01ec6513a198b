// The table of faults.
#include "harness/faults/faults.h"

#include <catch2/catch.hpp>
#include <set>

#include "harness/faults/common/target.h"

using namespace harness;

TEST_CASE("the table names each fault once, with a target that targets know") {
  std::set<std::string_view> names;
  for (const Fault& fault : faults()) {
    CAPTURE(fault.name);
    CHECK(names.insert(fault.name).second);
    CHECK(find_fault(fault.name) == &fault);
    CHECK(check_target(fault.default_target).valid);
    CHECK_FALSE(fault.description.empty());
    Capabilities all;
    all.network = true;
    CHECK(fault.unavailable(all).empty());
  }
  CHECK(find_fault("nonsense") == nullptr);
}
