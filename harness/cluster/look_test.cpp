// What a look makes of a node's answers: when CLUSTER SLOTS contradicts CLUSTER NODES, and when it does not.
#include "harness/cluster/look.h"

#include <catch2/catch.hpp>

#include "harness/cluster/reply_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

const std::string kA(40, 'a');
const std::string kB(40, 'b');

Reply nodes(const std::string& of_a, const std::string& of_b) {
  return text(kA + " 10.77.0.1:6379@16379 myself,master - 0 0 1 connected " + of_a + "\n" + kB +
              " 10.77.0.2:6379@16379 master - 0 0 2 connected " + of_b + "\n");
}

Reply range(int first, int last, const std::string& owner) {
  return list({integer(first), integer(last), list({text("10.77.0.1"), integer(6379), text(owner)})});
}

View look(Reply before, Reply slots, Reply after) {
  return view_from({std::move(before), text("cluster_state:ok\r\n"), text("role:master\r\n"),
                    text("run_id:x\r\n"), std::move(slots), std::move(after)});
}

}  // namespace

TEST_CASE(
    "CLUSTER SLOTS that names the owners of CLUSTER NODES contradicts nothing, however it cuts ranges") {
  const Reply shown = nodes("0-99", "100-16383");
  const View view = look(shown, list({range(100, 16383, kB), range(0, 49, kA), range(50, 99, kA)}), shown);
  CHECK(view.reachable);
  CHECK(view.slots_told.empty());
}

TEST_CASE("CLUSTER SLOTS that names another owner between two equal CLUSTER NODES is kept") {
  const Reply shown = nodes("", "0-16383");
  const View view = look(shown, list({range(0, 99, kA), range(100, 16383, kB)}), shown);
  REQUIRE(view.slots_told.size() == 2);
  CHECK(view.slots_told[0].owner == kA);
  CHECK(view.slots_told[0].slots == SlotRanges{{0, 99}});
  CHECK_FALSE(same_look(view, look(shown, list({range(0, 16383, kB)}), shown)));
}

TEST_CASE("owners that change during a look contradict nothing") {
  const Reply moved = list({range(0, 16383, kB)});
  CHECK(look(nodes("0-99", "100-16383"), moved, nodes("", "0-16383")).slots_told.empty());
}

TEST_CASE("what a make does not tell of slots contradicts nothing, and hides nothing else") {
  Reply refused;
  refused.type = Reply::Type::kError;
  refused.text = "ERR unknown subcommand";
  const Reply shown = nodes("0-99", "100-16383");
  for (const Reply& slots : {refused, list({list({integer(0), integer(16383), list({})})})}) {
    const View view = look(shown, slots, shown);
    CHECK(view.reachable);
    CHECK(view.slots_told.empty());
  }
  CHECK(look(shown, list({range(0, 16383, kB)}), refused).slots_told.empty());
}
