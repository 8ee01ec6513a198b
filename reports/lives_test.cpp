#include "reports/lives.h"

#include <catch2/catch.hpp>

using namespace harness;
using namespace harness::reporting;

namespace {

/// n2 lives, crashes at 5 s and lives again from 8 s on; n1 lives on.
RunRecord two_nodes() {
  RunRecord record;
  record.nodes.resize(2);
  record.nodes[0].name = "n1";
  record.nodes[1].name = "n2";
  record.info.clients_end = 20 * kSecond;
  Incarnation crashed{.node = 1, .pid = 7, .started = 0, .ended = 5 * kSecond, .signal = 11};
  Incarnation again{.node = 1, .pid = 9, .started = 8 * kSecond, .ended = 21 * kSecond, .expected = true};
  record.incarnations = {{.node = 0, .pid = 6}, crashed, again};
  return record;
}

Anomaly accuses(const std::string& node, Nanos time) {
  Anomaly anomaly;
  anomaly.node = node;
  anomaly.time = time;
  return anomaly;
}

}  // namespace

TEST_CASE("a violation tells how the process of the accused node ended") {
  const RunRecord record = two_nodes();
  CHECK(end_of_accused(record, accuses("n2", 4 * kSecond)) ==
        "The process of n2 (pid 7) ended at 5.000 s by signal 11, and nobody had asked it to.");
  CHECK(end_of_accused(record, accuses("n2", 9 * kSecond)) ==
        "The process of n2 (pid 9) lived until the run ended.");
  CHECK(end_of_accused(record, accuses("n1", 9 * kSecond)) ==
        "The process of n1 (pid 6) was not seen to end.");
  CHECK(end_of_accused(record, accuses("", 9 * kSecond)).empty());
}

TEST_CASE("a violation beside an end that nobody asked for is that end") {
  const RunRecord record = two_nodes();
  CHECK(tells_an_end(record, accuses("n2", 5 * kSecond + 20 * kMillisecond)));
  CHECK_FALSE(tells_an_end(record, accuses("n2", 9 * kSecond)));
  CHECK_FALSE(tells_an_end(record, accuses("n1", 5 * kSecond)));
}
