#include "harness/core/suggest.h"

#include <catch2/catch.hpp>

using namespace harness;

TEST_CASE("the nearest name is suggested, a far one is not") {
  const std::string_view names[] = {"failover-basic", "failover-kill", "failover-pause"};
  CHECK(suggestion("failover-basc", names) == " (did you mean 'failover-basic'?)");
  CHECK(suggestion("failover-kil", names) == " (did you mean 'failover-kill'?)");
  CHECK(suggestion("failover-p", names) == " (did you mean 'failover-pause'?)");
  CHECK(suggestion("zzz", names).empty());
  CHECK(suggestion("", names).empty());
}
