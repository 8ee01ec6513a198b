#include "harness/core/own_restarts.h"

#include <catch2/catch.hpp>

#include "harness/core/command_effects.h"

using namespace harness;

namespace {

View look(Nanos time, const std::string& run_id) {
  View view;
  view.begin = view.end = time;
  view.node = 0;
  view.reachable = true;
  view.replication.process_id = 7;
  view.replication.run_id = run_id;
  return view;
}

/// n1, process 7, shows these run ids at 1 s, 2 s, ...
RunRecord showing(const std::vector<std::string>& run_ids) {
  RunRecord record;
  record.nodes.resize(1);
  Incarnation life;
  life.pid = 7;
  life.signal = 9;
  life.ended = 100 * kSecond;
  record.incarnations = {life};
  for (std::size_t i = 0; i < run_ids.size(); ++i)
    record.views.push_back(look(static_cast<Nanos>(i + 1) * kSecond, run_ids[i]));
  return record;
}

}  // namespace

TEST_CASE("a server that starts itself anew under its own process id has a new life") {
  RunRecord record = showing({"a", "a", "b", "b"});
  CommandRecord restart;
  restart.time = 2'500 * kMillisecond;
  restart.node = 0;
  restart.words = {"DEBUG", "RESTART"};
  const bool told = GENERATE(true, false);
  if (told) record.faults = faults_of_commands({restart});
  divide_lives_at_own_restarts(record);
  REQUIRE(record.incarnations.size() == 2);
  CHECK(record.incarnations[0].ended == 2 * kSecond);
  CHECK(record.incarnations[0].signal == 0);
  CHECK(record.incarnations[0].expected == told);
  CHECK(record.incarnations[1].started == 3 * kSecond);
  CHECK(record.incarnations[1].ended == 100 * kSecond);
  CHECK(record.incarnations[1].signal == 9);
}

TEST_CASE("one that keeps its run id, or does not show it, goes on living") {
  RunRecord record = showing({"a", "", "a"});
  divide_lives_at_own_restarts(record);
  CHECK(record.incarnations.size() == 1);
}
