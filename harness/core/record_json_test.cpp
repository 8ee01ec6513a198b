#include "harness/core/record_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace harness;
using Json = nlohmann::json;

namespace {

/// Through the text of a store and back, compared as JSON: every field that is written must come back.
template <typename T>
T round_trip(const T& value) {
  const std::string line = to_line(value);
  T back = Json::parse(line).get<T>();
  CHECK(to_line(back) == line);
  return back;
}

View sample_view() {
  View view;
  view.node = 2;
  view.begin = -5;
  view.end = 90 * kSecond;
  view.topology =
      parse_cluster_nodes(std::string(40, 'a') + " 10.77.0.2:6379@16379 slave " + std::string(40, 'b') +
                          " 3 1594792793000 8 disconnected\n" + std::string(40, 'b') +
                          " 10.77.0.1:6379@16379 myself,master,fail? - 5 7 8 connected 0-5460 9000 "
                          "[77->-" +
                          std::string(40, 'a') + "] [93-<-" + std::string(40, 'a') + "]\n");
  view.cluster = parse_cluster_info("cluster_state:ok\r\ncluster_slots_ok:5\r\ncluster_current_epoch:7\r\n");
  view.replication = parse_info_replication(
      "role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\nmaster_link_status:up\r\nslave_repl_offset:"
      "84\r\n"
      "slave0:ip=1.1.1.1,port=7,state=online,offset=70,lag=1\r\nrun_id:abc\r\nprocess_id:17\r\n");
  view.slots_told = by_owner({{{9000, 9000}, std::string(40, 'a')}, {{0, 5460}, std::string(40, 'b')}});
  return view;
}

}  // namespace

TEST_CASE("a view comes back whole") {
  const View view = sample_view();
  REQUIRE(view.topology.unparsed_lines == 0);
  const View back = round_trip(view);
  CHECK(back.topology.same_view_as(view.topology));
  CHECK(back.topology.nodes.size() == 2);
  CHECK(back.topology.myself()->migrating == std::vector<int>{77});
  CHECK(back.cluster == view.cluster);
  CHECK(back.replication.link_up);
  CHECK(back.slots_told == view.slots_told);
  CHECK(back.replication.replicas.at(0).offset == 70);
  CHECK(back.begin == -5);
  CHECK(back.reachable);
}

TEST_CASE("an unreachable view keeps its reason and nothing else") {
  View view;
  view.reachable = false;
  view.error = "no answer \xff";
  CHECK(round_trip(view).error == "no answer \xef\xbf\xbd");
}

TEST_CASE("faults, lives, log lines and the run come back whole, never is null") {
  FaultRecord fault;
  fault.fault = "partition";
  fault.nodes = {1, 2};
  fault.sides = {{"n1"}, {"n2", "c1"}};
  fault.one_way = fault.heals = true;
  fault.requested = 5;
  fault.evidence = "3 packets dropped";
  CHECK(Json(fault)["healed"].is_null());
  const FaultRecord fault_back = round_trip(fault);
  CHECK(fault_back.sides == fault.sides);
  CHECK(fault_back.healed == kNever);
  CHECK_FALSE(fault_back.verified_healed());

  Incarnation life{2, 99, -7, 8, -1, 11, true};
  CHECK(round_trip(life).signal == 11);
  LogLine line{4, 1, 99, 'M', '#', "text \"quoted\""};
  CHECK(round_trip(line).level == '#');
  CHECK(round_trip(LogLine{}).role == 0);

  RunInfo info;
  info.id = "x";
  info.seed = ~0ULL;
  info.settled = 17;
  info.server = {"redis", "redis", "7.0.15", "/usr/bin/redis-server", "ab"};
  info.config.node_timeout_ms = 30000;
  info.environment["kernel"] = "6.1";
  const RunInfo info_back = round_trip(info);
  CHECK(info_back.seed == ~0ULL);
  CHECK(info_back.config.node_timeout_ms == 30000);
  CHECK(info_back.clients_end == kNever);
  CHECK(info_back.server.version == "7.0.15");

  NodeInfo node{"n1", "10.77.0.1", 6379, "id", 0, true, {{0, 5460}, {9, 9}}};
  CHECK(round_trip(node).slots == node.slots);
  CHECK(round_trip(RunCounters{1, 2, 3, {}, 4, 5, 6, 7}).observer_failures == 5);
  CHECK(round_trip(RunCounters{1, 2, 3, {}, 4, 5, 6, 7}).host_stall_max == 6);
  CHECK(round_trip(RunCounters{1, 2, 3, {}, 4, 5, 6, 7}).server_starved_max == 7);
}

TEST_CASE("values that are not text stay different values") {
  FinalData data;
  data.complete = true;
  data.values = {{"k\xff", "\xfe"}, {"k\xfe", std::string("a\0b", 3)}, {"plain", "\xc3\xa9"}};
  CHECK(round_trip(data).values == data.values);
}

TEST_CASE("what is missing in an older store is the default, what is of the wrong type is refused") {
  CHECK(Json::parse("{}").get<ClusterConfig>().node_timeout_ms == ClusterConfig{}.node_timeout_ms);
  CHECK(Json::parse(R"({"host_stall_max":6})").get<RunCounters>().server_starved_max == 0);
  CHECK_THROWS_AS(Json::parse(R"({"port":"x"})").get<NodeInfo>(), Json::exception);
  CHECK_THROWS_AS(Json::parse(R"({"slots":["5-99999"]})").get<NodeInfo>(), Json::exception);
}

TEST_CASE("the observer's journal puts views and offsets together") {
  View first = sample_view();
  first.begin = first.end = 10;
  View second = first;
  second.begin = second.end = 40;
  second.replication.replication_id = "new";
  View other;
  other.node = 0;
  other.begin = other.end = 20;
  other.reachable = false;
  const std::string text = view_line(first) + look_line({15, 2, true, 100, {}}) + view_line(other) +
                           seen_line(30, 2) + view_line(second) + look_line({50, 2, true, 200, {}});
  const TopologyLog log = parse_topology_log(text);
  CHECK(log.bad_lines == 0);
  CHECK_FALSE(log.torn);
  REQUIRE(log.views.size() == 3);
  CHECK(log.views[0].end == 30);
  CHECK(log.views[1].end == 20);
  CHECK(log.views[2].end == 50);
  REQUIRE(log.offsets.size() == 2);
  CHECK(log.offsets[1].replication_id == "new");
}

TEST_CASE("a journal cut at any byte is read up to its last whole line") {
  const std::string text = view_line(sample_view()) + look_line({15, 2, true, 100, {}}) + seen_line(30, 2);
  for (std::size_t length = 0; length < text.size(); ++length) {
    const TopologyLog log = parse_topology_log(std::string_view(text).substr(0, length));
    INFO(length);
    CHECK(log.bad_lines == 0);
  }
  CHECK(parse_topology_log(text.substr(0, text.size() - 4)).torn);
  CHECK(parse_topology_log("garbage\n" + text).bad_lines == 1);
  CHECK(parse_topology_log("{\"look\":[1]}\n").bad_lines == 1);
  CHECK(parse_faults("{\"fault\":\"a\"}\n{\"fau").torn);
}

TEST_CASE("what nodes hold and tell in the end, and who was meant to belong, come back whole") {
  FinalData data;
  data.node = 3;
  data.complete = true;
  data.behind = "7 bytes";
  data.values["\xff"] = "v";
  data.foreign["k"] = "MOVED 1 a:1";
  data.functions["lib"] = "LUA code";
  data.not_compared = {"x"};
  data.sample = 4;
  data.read_until_ms = 17;
  data.field_expiry_read = true;
  StreamState stream;
  stream.last_id = "5-1";
  stream.entries_added = 2;
  stream.groups["g\xff"] = {"4-1", kNotKnown, {{"3-1", "c", 2}}, {"c", "d"}};
  data.details["\xff"] = {"stream", 99, {{"f", 5}}, stream};
  const FinalData back = round_trip(data);
  CHECK(back.details.at("\xff").stream->groups.at("g\xff").pending == stream.groups["g\xff"].pending);
  CHECK(back.details.at("\xff").field_expires.at("f") == 5);
  CHECK(differences(data, back).empty());

  FinalView view;
  view.node = 1;
  view.nodes = "text \xff";
  view.steady = false;
  view.slots = {{{0, 5}, {{"id", "10.0.0.1", 7, "", "", 0}}}};
  view.has_shards = true;
  view.shards = {{{{0, 5}, {7, 7}}, {{"id", "10.0.0.1", 7, "master", "online", 12}}}};
  const FinalView shown = round_trip(view);
  CHECK(shown.nodes == view.nodes);
  CHECK(shown.shards.at(0).slots == view.shards[0].slots);
  CHECK(shown.shards[0].nodes.at(0).offset == 12);

  NodeInfo node;
  node.master = true;
  node.slots = {{0, 16383}};
  const Intention intention{5 * kSecond, Membership({node})};
  CHECK(round_trip(intention).membership == intention.membership);
  CHECK_THROWS(Json::parse(R"({"since": 0, "membership": {"shard_of": [2], "slots": []}})").get<Intention>());
}
