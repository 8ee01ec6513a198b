// "replicas" and "reload": what differs between two nodes' data, one planted difference at a time.
#include "checkers/promises/replicas.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"
#include "checkers/promises/reload.h"

using namespace harness;
using namespace harness::testing;

namespace {

constexpr int kReplica = 5;  // n6, of n3

StreamState stream() {
  StreamState state;
  state.last_id = "5-1";
  state.max_deleted_id = "0-0";
  state.entries_added = 3;
  state.groups["g"] = {"4-1", 2, {{"3-1", "c1", 1}, {"4-1", "c2", 2}}, {"c1", "c2"}};
  return state;
}

/// A healthy run; every node holds one key of each kind, all alike.
RunRecord healthy() {
  RunRecord run = FailoverRun().finish();
  for (FinalData& data : run.final_data) {
    data.read_from_ms = 1'000'000;
    data.read_until_ms = 1'000'900;
    data.field_expiry_read = true;
    data.values["stream"] = R"(stream "5-1" "f" "v")";
    data.details["stream"] = {"stream", 0, {}, stream()};
    data.values["hash"] = R"(hash "f" "v")";
    data.details["hash"] = {"hash", 2'000'000, {{"f", 3'000'000}}, {}};
    data.functions["lib"] = "LUA #!lua name=lib";
  }
  return run;
}

CheckResult judged(const RunRecord& run) {
  CheckResult result = check_replicas(run, {});
  INFO(result.explanation);
  return result;
}

FinalData& replica(RunRecord& run) {
  return run.final_data[kReplica];
}

}  // namespace

TEST_CASE("replicas: all alike") {
  const CheckResult result = judged(healthy());
  CHECK(result.valid == Validity::kValid);
  CHECK(result.violations == 0);
}

TEST_CASE("replicas: each kind of difference is a violation of its own name") {
  RunRecord run = healthy();
  FinalData& data = replica(run);
  StreamGroup& group = data.details["stream"].stream->groups["g"];
  std::string type = "replica-differs";
  SECTION("a value") {
    data.values["hash"] = R"(hash "f" "w")";
  }
  SECTION("a type") {
    data.details["hash"].type = "list";
  }
  SECTION("a key that it lacks") {
    data.values.erase("hash");
  }
  SECTION("a key that only it has") {
    data.values["more"] = "1";
  }
  SECTION("a key that only it holds, and does not show") {
    data.foreign["more"] = "MOVED 1 10.77.0.1:6379";
  }
  SECTION("a time of expiry") {
    data.details["hash"].expires_ms += 1000;
    type = "expiry-differs";
  }
  SECTION("no expiry") {
    data.details["hash"].expires_ms = 0;
    type = "expiry-differs";
  }
  SECTION("the expiry of a field") {
    data.details["hash"].field_expires.clear();
    type = "expiry-differs";
  }
  SECTION("the last id") {
    data.details["stream"].stream->last_id = "4-1";
    type = "group-differs";
  }
  SECTION("a group that it lacks") {
    data.details["stream"].stream->groups.clear();
    type = "group-differs";
  }
  SECTION("a group's position") {
    group.last_delivered = "3-1";
    type = "group-differs";
  }
  SECTION("an entry pending for another consumer") {
    group.pending[0].consumer = "c2";
    type = "group-differs";
  }
  SECTION("an entry that is not pending") {
    group.pending.pop_back();
    type = "group-differs";
  }
  SECTION("a consumer that it lacks") {
    group.consumers.pop_back();
    type = "consumer-differs";
  }
  SECTION("how many entries the group has read") {
    group.entries_read = GENERATE(1, kNotKnown);
    type = "stream-count-differs";
  }
  SECTION("how many entries were added") {
    data.details["stream"].stream->entries_added = 2;
    type = "stream-count-differs";
  }
  SECTION("the code of a function") {
    data.functions["lib"] = "LUA #!lua name=lib --";
    type = "functions-differ";
  }
  const CheckResult result = judged(run);
  CHECK(result.valid == Validity::kInvalid);
  CHECK(result.violations == 1);
  CHECK(has(result, type));
  CHECK_THAT(result.explanation, Catch::Contains("n3") && Catch::Contains("n6"));
}

TEST_CASE("replicas: what may expire while it is read is left out, and nothing else") {
  RunRecord run = healthy();
  for (FinalData& data : run.final_data) data.details["hash"].expires_ms = 1'000'500;
  replica(run).values.erase("hash");
  replica(run).details.erase("hash");
  CHECK(judged(run).valid == Validity::kValid);
  for (FinalData& data : run.final_data)
    if (data.details.contains("hash")) data.details["hash"].expires_ms = 1'002'000;
  CHECK(judged(run).violations == 1);
}

TEST_CASE("replicas: what a make does not tell is not compared") {
  RunRecord run = healthy();
  FinalData& data = replica(run);
  data.field_expiry_read = false;
  data.details["hash"].field_expires.clear();
  data.details["stream"].stream->entries_added = kNotTold;
  data.details["stream"].stream->max_deleted_id.clear();
  data.details["stream"].stream->groups["g"].entries_read = kNotTold;
  data.not_compared = {"the content of 2 keys of the type vectorset"};
  const CheckResult result = judged(run);
  CHECK(result.valid == Validity::kValid);
  CHECK_THAT(result.explanation, Catch::Contains("vectorset of n6"));
}

TEST_CASE("replicas: one that moves to another master after it was read is compared with the one before") {
  RunRecord run = healthy();
  replica(run).values["own"] = "\"1\"";
  run.final_data[2].values["own"] = "\"1\"";  // n3, its master
  View moved = *std::find_if(run.views.rbegin(), run.views.rend(),
                             [](const View& view) { return view.node == kReplica && view.reachable; });
  const Nanos read = moved.end;
  moved.begin = moved.end = read + kSecond;
  for (TopologyNode& node : moved.topology.nodes)
    if (node.id == run.nodes[kReplica].id) node.master_id = run.nodes[0].id;
  run.views.push_back(moved);
  CHECK(judged(run).valid == Validity::kInvalid);  // nobody knows when it was read
  run.info.started_unix_ms = replica(run).read_until_ms - read / kMillisecond;
  CHECK(judged(run).valid == Validity::kValid);
}

namespace {

/// A healthy run that was read at the end of the load, too: `at_load_end` then stands before what the nodes
/// held in the end.
RunRecord read_twice() {
  RunRecord run = healthy();
  const FinalData& first = run.final_data.front();
  const auto read_at = (run.info.settled + 100 * kMillisecond) / kMillisecond;
  run.info.started_unix_ms = first.read_until_ms - read_at;
  std::vector<FinalData> at_load_end = run.final_data;
  for (FinalData& data : at_load_end) data.values["drained"] = R"(list "a")";
  for (FinalData& data : at_load_end) data.details["drained"] = {"list", 0, {}, {}};
  run.final_data.insert(run.final_data.begin(), at_load_end.begin(), at_load_end.end());
  return run;
}

FinalData& replica_at_load_end(RunRecord& run) {
  return run.final_data[kReplica];
}

}  // namespace

TEST_CASE("replicas: copies that differ at the end of the load alone are a violation") {
  RunRecord run = read_twice();
  CHECK(judged(run).valid == Validity::kValid);
  replica_at_load_end(run).values.erase("drained");
  const CheckResult result = judged(run);
  CHECK(result.violations == 1);
  CHECK(has(result, "replica-differs"));
  CHECK_THAT(result.explanation, Catch::Contains("at the end of the load"));
  CHECK(result.anomalies.at(0).time < run.info.end);
}

TEST_CASE("replicas: what differs at the end of the load and in the end is told once") {
  RunRecord run = read_twice();
  replica_at_load_end(run).values["hash"] = R"(hash "f" "w")";
  run.final_data.back().values["hash"] = R"(hash "f" "w")";
  REQUIRE(run.final_data.back().node == kReplica);
  CHECK(judged(run).violations == 1);
  CHECK_THAT(judged(run).explanation, Catch::Contains("in the end"));
}

TEST_CASE("replicas: what cannot be compared at the end of the load leaves no doubt") {
  RunRecord run = read_twice();
  replica_at_load_end(run).values.clear();
  REQUIRE(judged(run).valid == Validity::kInvalid);
  SECTION("not caught up") {
    replica_at_load_end(run).behind = "it is 70 bytes behind n3";
  }
  SECTION("not read whole") {
    replica_at_load_end(run).complete = false;
  }
  SECTION("nobody knows when it was read") {
    run.info.started_unix_ms = 0;
  }
  CHECK(judged(run).valid == Validity::kValid);
}

TEST_CASE("replicas: one that never caught up is named, and no violation") {
  RunRecord run = healthy();
  replica(run).behind = "it is 70 bytes behind n3";
  replica(run).values.clear();
  const CheckResult result = judged(run);
  CHECK(result.valid == Validity::kUnknown);
  CHECK(result.violations == 0);
  CHECK_THAT(result.explanation, Catch::Contains("n6 had not caught up") && Catch::Contains("70 bytes"));
}

TEST_CASE("replicas: one that keeps its distance has missed something, one that comes nearer is only slow") {
  RunRecord run = healthy();
  replica(run).behind = "it is 70 bytes behind n3";
  const auto samples = [&](std::int64_t at_first, std::int64_t in_the_end, int seconds) {
    run.offsets.clear();
    for (int i = 0; i <= seconds * 10; ++i)
      for (const int node : {2, 5}) {
        OffsetSample& sample = run.offsets.emplace_back();
        sample.time = run.info.settled + i * 100 * kMillisecond;
        sample.node = node;
        sample.is_master = node == 2;
        sample.offset =
            10'000 + i - (node == 5 ? at_first + (in_the_end - at_first) * i / (seconds * 10) : 0);
      }
    return judged(run);
  };
  const CheckResult stuck = samples(70, 70, 15);
  INFO(stuck.explanation);
  CHECK(stuck.valid == Validity::kInvalid);
  REQUIRE(!stuck.anomalies.empty());
  CHECK(stuck.anomalies[0].type == "replica-stuck");
  CHECK(samples(7'000, 70, 15).valid == Validity::kUnknown);
  CHECK(samples(70, 70, 5).valid == Validity::kUnknown);
  for (View& view : run.views)
    if (view.node == 5) view.replication.link_up = false;
  CHECK(samples(70, 70, 15).valid == Validity::kUnknown);
}

TEST_CASE("replicas: one whose data was replaced outside of the stream is not compared") {
  RunRecord run = healthy();
  run.final_data[kReplica].values.clear();
  REQUIRE(check_replicas(run, {}).valid == Validity::kInvalid);
  FaultRecord reload;
  reload.description = "DEBUG RELOAD NOSAVE";
  reload.nodes = {kReplica};
  Effect data;
  data.kind = EffectKind::kData;
  data.nodes = reload.nodes;
  data.excuses.lost_data = true;
  reload.effects = {data};
  reload.requested = reload.active = kSecond;
  run.faults.insert(run.faults.begin(), reload);
  CHECK(check_replicas(run, {}).valid == Validity::kUnknown);
}

TEST_CASE("replicas: no evidence is unknown") {
  RunRecord run = healthy();
  SECTION("a node that could not be read") {
    replica(run).complete = false;
    CHECK(judged(run).valid == Validity::kUnknown);
  }
  SECTION("nothing was read") {
    run.final_data.clear();
    CHECK(judged(run).valid == Validity::kUnknown);
  }
}

TEST_CASE("reload: files give what was held, or it is a violation") {
  RunRecord run = healthy();
  run.plan.limits.reload_at_end = true;
  run.plan.cluster.persistence = Persistence::kAppendEverysec;
  run.reloaded = run.final_data;
  SECTION("alike") {
    CHECK(check_reload(run, {}).valid == Validity::kValid);
  }
  SECTION("a consumer is lost") {
    run.reloaded[2].details["stream"].stream->groups["g"].consumers.pop_back();
    const CheckResult result = check_reload(run, {});
    CHECK(has(result, "consumer-differs"));
    CHECK_THAT(result.explanation, Catch::Contains("append-everysec") && Catch::Contains("n3"));
  }
  SECTION("a key is lost") {
    run.reloaded[2].values.erase("hash");
    CHECK(has(check_reload(run, {}), "reload-differs"));
  }
  SECTION("but not where a fault touched the node's files") {
    run.reloaded[2].values.erase("hash");
    FaultRecord fault;
    fault.nodes = {2};
    Effect effect;
    effect.kind = EffectKind::kDisk;
    effect.nodes = {2};
    fault.effects = {effect};
    run.faults.push_back(fault);
    CHECK(check_reload(run, {}).violations == 0);
  }
  SECTION("a node that does not load leaves a doubt") {
    run.reloaded[2].complete = false;
    run.reloaded[2].error = "it does not load its files";
    const CheckResult result = check_reload(run, {});
    CHECK(result.valid == Validity::kUnknown);
    CHECK_THAT(result.explanation, Catch::Contains("n3") && Catch::Contains("does not load"));
  }
  SECTION("nothing was loaded") {
    run.reloaded.clear();
    CHECK(check_reload(run, {}).valid == Validity::kUnknown);
  }
  SECTION("no such promise") {
    run.plan.cluster.persistence = Persistence::kNone;
    CHECK(check_reload(run, {}).valid == Validity::kNotApplicable);
    run.plan.limits.reload_at_end = std::nullopt;
    CHECK(check_reload(run, {}).valid == Validity::kNotApplicable);
  }
}
