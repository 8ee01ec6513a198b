// Recordings of MONITOR: how they are read, and that what a replay leaves is what the recorded clients would
// have.
#include <catch2/catch.hpp>
#include <map>

#include "harness/core/check.h"
#include "workloads/recording.h"
#include "workloads/test_support.h"

using namespace harness;

TEST_CASE("a line of MONITOR gives time, client and words, with their escapes") {
  const Recording recording = parse_recording(
      "OK\r\n10.000100 [0 1.2.3.4:5] \"set\" \"k\" \"a\\\"b\\\\\\x00\\n\"\n"
      "12.000000 [0 1.2.3.4:6] \"EVAL\" \"return 1\" \"1\" \"{t}.k\"\n"
      "12.000001 [0 lua] \"get\" \"k\"\n12.000002 [0 1.2.3.4:6] \"blpop\" \"k\" \"0\"\n"
      "12.000003 [0 1.2.3.4:5] \"xread\" \"count\" \"1\" \"streams\" \"s\" \"0\"\n"
      "12.000004 [0 1.2.3.4:5] \"xread\" \"BLOCK\" \"0\" \"streams\" \"s\" \"0\"\n13.000000 [0 1.2.3.4:5] "
      "\"ping\"\n");
  REQUIRE(recording.commands.size() == 4);
  CHECK(recording.clients == 2);
  CHECK(recording.left_out == 3);
  const RecordedCommand& set = recording.commands[0];
  CHECK(set.words == std::vector<std::string>{"set", "k", std::string("a\"b\\\0\n", 6)});
  CHECK(set.key == "k");
  CHECK(set.microseconds == 0);
  CHECK(recording.commands[1].key == "{t}.k");
  CHECK(recording.commands[1].client == 1);
  CHECK(recording.commands[1].microseconds == 1'999'900);
  CHECK(recording.commands[2].key == "s");
  CHECK(recording.commands[3].key.empty());
}

TEST_CASE("what is no recording is refused with the line") {
  for (const char* text : {"10.0 [0 a:1] set k", "set k v", "10.0 [0 a:1]", "10.0 [0 a:1] \"set", "x"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(parse_recording("1.0 [0 a:1] \"get\" \"k\"\n" + std::string(text)),
                      Catch::Contains("line 2"));
  }
}

TEST_CASE("a replay follows each recorded client in its order, and leaves what its commands leave") {
  OnCluster replayed("replay");
  const Recording recording = parse_recording(sample_recording());
  History history = replayed.load(4000, 3);
  std::map<std::int32_t, std::int64_t> last;  // by process: the command before
  std::map<std::int32_t, std::size_t> client;
  std::size_t ok = 0;
  for (const Operation& op : history.operations) {
    ok += op.outcome == Outcome::kOk;
    if (op.argument.is_nil()) continue;  // the final phase
    const auto number = op.argument.as_integer();
    const std::size_t who = recording.commands[static_cast<std::size_t>(number)].client;
    CHECK(client.try_emplace(op.process, who).first->second == who);
    if (last.contains(op.process) && number <= last[op.process])
      CHECK(number ==
            static_cast<std::int64_t>(std::find_if(recording.commands.begin(), recording.commands.end(),
                                                   [&](const auto& each) { return each.client == who; }) -
                                      recording.commands.begin()));
    last[op.process] = number;
  }
  CHECK(ok == history.operations.size());
  CHECK(replayed.by_hand({"SCARD", "{tags}:both"}, "{tags}:both").integer == 2);
  CHECK(replayed.by_hand({"GETBIT", "seen", "1000"}, "seen").integer == 1);
  CHECK(replayed.by_hand({"XLEN", "events"}, "events").integer > 10);
}
