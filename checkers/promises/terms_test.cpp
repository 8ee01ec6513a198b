// Who was a master when, and whose stream it went on with.
#include "checkers/promises/terms.h"

#include <catch2/catch.hpp>

#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// n1 dies, n4 wins its election, and n1 comes back between that and the next look at n4.
RunRecord back_at_once() {
  RecordBuilder b;
  b.observe_until(3'000);
  b.crash(1);
  b.observe_until(5'000);
  b.mark_failed(1);
  b.observe_until(5'500);
  b.promote(4, 7);
  b.restart(1);
  b.observe_until(6'500);
  b.demote(1, 4);
  b.observe_until(9'000);
  b.end(8'000, 8'500, 9'000);
  RunRecord run = b.finish();
  for (LogLine& line : run.logs)
    if (line.text.starts_with("Failover election won")) line.time -= 20 * kMillisecond;
  return run;
}

const Term& last_of(const Terms& terms, const RunRecord& run, int node) {
  const int term = terms.term_of(node - 1, run.info.settled, run.info.settled);
  REQUIRE(term != kNoTerm);
  return terms[term];
}

}  // namespace

TEST_CASE("an heir whose old master came back before it was looked at took over from it, as its log tells") {
  RunRecord run = back_at_once();
  const Terms terms(run);
  const Term& heir = last_of(terms, run, 4);
  CHECK(heir.origin == Term::Origin::kPromoted);
  REQUIRE(heir.parent != kNoTerm);
  CHECK(terms[heir.parent].node == 0);

  SECTION("without that line it may have followed the one that came back") {
    std::erase_if(run.logs, [](const LogLine& line) { return line.text.starts_with("Failover election"); });
    const Terms silent(run);
    CHECK(last_of(silent, run, 4).origin == Term::Origin::kUnknown);

    const std::string stream = terms[heir.parent].replication_ids.back();
    const auto name_stream = [&](const std::string& name) {
      for (View& view : run.views)
        if (view.node == 3 && view.replication.is_master) view.replication.replicated_id = name;
    };
    name_stream(stream);  // as it did not: a process that starts begins a new stream
    const Terms named(run);
    CHECK(last_of(named, run, 4).origin == Term::Origin::kPromoted);
    CHECK(last_of(named, run, 4).parent == heir.parent);
    name_stream("another stream");
    CHECK(last_of(Terms(run), run, 4).origin == Term::Origin::kUnknown);
  }
}
