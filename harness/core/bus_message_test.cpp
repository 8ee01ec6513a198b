// The reader of the cluster bus: made messages, recordings of all builds, and streams that are none.
#include "harness/core/bus_message.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ci/test_paths.h"
#include "harness/core/bus_log.h"
#include "harness/core/bus_test_messages.h"

using namespace harness;

namespace {

std::string cut(BusFramer& framer, const std::string& bytes, std::size_t size,
                std::vector<std::string>& whole) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += size)
    framer.feed(std::string_view(bytes).substr(at, size), [&](std::string_view piece, bool is_whole) {
      out += piece;
      if (is_whole) whole.emplace_back(piece);
    });
  return out;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  REQUIRE(in);
  return text.str();
}

}  // namespace

TEST_CASE("a header says who speaks, of which epochs, and which slots it claims") {
  TestMessage ping;
  ping.gossip = {{std::string(40, 'b'), bus_flag::kMaster}, {std::string(40, 'c'), 1 | bus_flag::kPfail}};
  const auto message = read_bus_message(ping.bytes());
  REQUIRE(message);
  CHECK(message->type == BusType::kPing);
  CHECK(message->sender == std::string(40, 'a'));
  CHECK(message->master.empty());
  CHECK(message->current_epoch == 7);
  CHECK(message->config_epoch == 3);
  CHECK(message->offset == 1000);
  CHECK(message->slots == 3);
  CHECK(message->state_ok);
  CHECK_FALSE(message->light);
  REQUIRE(message->gossip.size() == 2);
  CHECK(bus_flag_words(message->gossip[1].flags) == "master,fail?");
  ping.slots = {1};
  CHECK(read_bus_message(ping.bytes())->slots_print != message->slots_print);
}

TEST_CASE("bodies must be as long as they say") {
  for (const BusType type : {BusType::kAuthRequest, BusType::kAuthAck, BusType::kMfStart}) {
    TestMessage message;
    message.type = type;
    CHECK(read_bus_message(message.bytes())->type == type);
    message.body = "x";
    CHECK_FALSE(read_bus_message(message.bytes()));
  }
  TestMessage fail;
  fail.type = BusType::kFail;
  CHECK_FALSE(read_bus_message(fail.bytes()));
  fail.body = std::string(40, 'd');
  CHECK(read_bus_message(fail.bytes())->about == fail.body);
  TestMessage update;
  update.type = BusType::kUpdate;
  update.body = std::string(8 + 40 + 2048, '\0');
  update.body[7] = 9;
  update.body.replace(8, 40, std::string(40, 'e'));
  update.body[48] = 3;
  const auto told = read_bus_message(update.bytes());
  REQUIRE(told);
  CHECK((told->about_epoch == 9 && told->about == std::string(40, 'e') && told->about_slots == 2));
  TestMessage publish;
  publish.type = BusType::kPublishShard;
  publish.body = std::string("\0\0\0\2\0\0\0\3chmsg", 13);
  CHECK(read_bus_message(publish.bytes()));
  publish.body.pop_back();
  CHECK_FALSE(read_bus_message(publish.bytes()));
  std::string later = TestMessage().bytes();
  put(later, 12, 77, 2);
  CHECK(read_bus_message(later)->type == BusType::kOther);
  put(later, 8, 2, 2);
  CHECK_FALSE(read_bus_message(later));  // another version of the protocol
}

TEST_CASE("light headers are for what is published and for modules") {
  std::string bytes = light_publish("channel", "message");
  const auto message = read_bus_message(bytes);
  REQUIRE(message);
  CHECK((message->light && message->type == BusType::kPublish && message->sender.empty()));
  put(bytes, 12, 0x8000U, 2);
  CHECK_FALSE(read_bus_message(bytes));  // no PING has one
}

TEST_CASE("extensions are walked through, and must fit") {
  TestMessage ping;
  ping.body = std::string("\0\0\0\x18\0\0\0\0hostname.test\0\0\0", 24);
  std::string bytes = ping.bytes();
  put(bytes, 2214, 1, 2);
  CHECK_FALSE(read_bus_message(bytes));  // without the flag the count is garbage, and the length is wrong
  bytes[2253] = 4;
  REQUIRE(read_bus_message(bytes));
  CHECK(read_bus_message(bytes)->extensions == std::vector<std::uint16_t>{0});
  put(bytes, 2214, 2, 2);
  CHECK_FALSE(read_bus_message(bytes));
}

TEST_CASE("a stream is cut into its messages, in whatever pieces it comes") {
  const std::string stream = TestMessage().bytes() + light_publish("c", "m") + TestMessage().bytes();
  for (const std::size_t size : {1U, 7U, 2256U, 5000U}) {
    BusFramer framer;
    std::vector<std::string> whole;
    CHECK(cut(framer, stream, size, whole) == stream);
    CHECK(whole.size() == 3);
    CHECK(framer.passed_bytes() == 0);
    CHECK(framer.take_rest().empty());
  }
}

TEST_CASE("what is not the bus passes as it is") {
  for (const std::string& strange :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("RCmb\0\0\0\3", 8) + "abc"}) {
    BusFramer framer;
    std::vector<std::string> whole;
    const std::string stream = TestMessage().bytes() + strange + TestMessage().bytes();
    CHECK(cut(framer, stream, 11, whole) == stream);
    CHECK(whole.size() == 1);
    CHECK(framer.lost());
    CHECK(framer.passed_bytes() == stream.size() - whole[0].size());
  }
  // One that is too long to be kept passes, and the stream goes on behind it.
  TestMessage module;
  module.type = BusType::kModule;
  module.body = std::string(5U << 20U, 'x');
  BusFramer framer;
  std::vector<std::string> whole;
  const std::string stream = module.bytes() + TestMessage().bytes();
  CHECK(cut(framer, stream, 1U << 16U, whole) == stream);
  CHECK((whole.size() == 1 && !framer.lost()));
}

TEST_CASE("names of types, as plans have them") {
  std::string problem;
  CHECK(bus_types_from("any", problem) == BusTypeSet::all());
  const BusTypeSet two = bus_types_of(nlohmann::json{"PING", "failover_auth_ack"}, problem);
  CHECK(problem.empty());
  CHECK(words_of(two) == "PING FAILOVER_AUTH_ACK");
  bus_types_from("FAILOVER_AUTH_AKC", problem);
  CHECK_THAT(problem, Catch::Contains("'FAILOVER_AUTH_ACK'"));
}

TEST_CASE("recordings of every build are read whole, type by type") {
  const std::filesystem::path folder = source_dir() + "/harness/core/testdata/bus_message_seeds";
  std::set<std::string> builds;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".bin") continue;
    const std::string name = entry.path().stem().string();
    builds.insert(name.substr(0, name.find('-')));
    INFO(name);
    BusFramer framer;
    std::vector<std::string> whole;
    const std::string stream = read(entry.path());
    CHECK(cut(framer, stream, 1000, whole) == stream);
    CHECK(framer.passed_bytes() == 0);
    std::set<BusType> types;
    bool light = false, extended = false;
    for (const std::string& bytes : whole) {
      const auto message = read_bus_message(bytes);
      REQUIRE(message);
      CHECK((message->light || message->sender.size() == 40));
      CHECK(message->type != BusType::kOther);
      types.insert(message->type);
      light = light || message->light;
      extended = extended || !message->extensions.empty();
    }
    for (const BusType type : {BusType::kPing, BusType::kPong, BusType::kMeet, BusType::kFail,
                               BusType::kPublish, BusType::kAuthRequest, BusType::kAuthAck, BusType::kUpdate,
                               BusType::kMfStart, BusType::kPublishShard}) {
      INFO(to_string(type));
      CHECK(types.contains(type));
    }
    CHECK(light == name.starts_with("valkey"));
    CHECK(extended == (!name.starts_with("redis-7.0") && !name.starts_with("bundled")));
  }
  CHECK(builds == std::set<std::string>{"bundled", "redis", "valkey"});
}

TEST_CASE("what was seen is journaled and read back") {
  BusWatch watch;
  const BusLink link{"n1", "n2"};
  TestMessage ping;
  const auto seen = [&](const TestMessage& message) { return *read_bus_message(message.bytes()); };
  CHECK(watch.matters(link, seen(ping)));
  CHECK_FALSE(watch.matters(link, seen(ping)));
  CHECK(watch.matters({"n2", "n1"}, seen(ping)));
  ping.gossip = {{std::string(40, 'b'), bus_flag::kMaster}};
  CHECK_FALSE(watch.matters(link, seen(ping)));
  ping.gossip.push_back({std::string(40, 'c'), bus_flag::kMaster | bus_flag::kPfail});
  CHECK(watch.matters(link, seen(ping)));
  ping.config_epoch = 8;
  CHECK(watch.matters(link, seen(ping)));
  const TestMessage last = ping;
  SECTION("a suspicion that is taken back matters, also some messages after it was told last") {
    ping.gossip.pop_back();
    CHECK(watch.matters(link, seen(ping)));
    CHECK_FALSE(watch.matters(link, seen(ping)));
    ping.gossip.push_back({std::string(40, 'c'), bus_flag::kMaster});
    CHECK(watch.matters(link, seen(ping)));
    CHECK_FALSE(watch.matters(link, seen(ping)));
    ping = last;
  }

  BusCounts counts;
  counts[link].sent[0] = 5;
  counts[link].delivered[0] = 4;
  const std::string text = line_of(BusOpening{1, {"n1", "n2"}, 16379, 3}).dump() + "\n" +
                           line_of(sighting_of(20, link, BusFate::kDropped, seen(ping))).dump() + "\n" +
                           line_of(30, counts).dump() + "\nnonsense\n{\"torn";
  const BusLog log = parse_bus_log(text);
  CHECK(log.open);
  CHECK(log.opening.closed_links == 3);
  CHECK(log.bad_lines == 1);
  REQUIRE(log.messages.size() == 1);
  CHECK(log.messages[0].fate == BusFate::kDropped);
  CHECK(log.messages[0].message.config_epoch == 8);
  REQUIRE(log.messages[0].message.gossip.size() == 2);
  CHECK(log.messages[0].message.gossip[0].node == std::string(40, 'c'));  // who is suspected first
  CHECK(words_of(log.messages[0], [](std::string_view id) { return std::string(id.substr(0, 1)); }) ==
        "PING n1 -> n2, epoch 7, config epoch 8, 3 slots, master, tells of c master,fail?: dropped");
  CHECK(log.saw_all({"n1", "n2"}));
  CHECK_FALSE(log.saw_all({"n3"}));
  BusTypeSet pings;
  pings.add(BusType::kPing);
  CHECK(count_of(log.counts, {pings, {"n1"}, {}, true}) == 4);
  CHECK(count_of(log.counts, {pings, {}, {"n1"}, false}) == 0);
}
