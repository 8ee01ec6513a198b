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

TEST_CASE("what was begun is nearer than what differs by a letter") {
  const std::string_view names[] = {"stay", "state"};
  CHECK(suggestion("stat", names) == " (did you mean 'state'?)");
}

TEST_CASE("where no name is near, those that share a word are suggested") {
  const std::string_view names[] = {"add-master", "add-replica", "remove-node", "kill"};
  CHECK(suggestion("add-node", names) == " (did you mean 'add-master' or 'add-replica'?)");
  CHECK(suggestion("drop-node", names) == " (did you mean 'remove-node'?)");
  CHECK(suggestion("give-up", names).empty());
}
