#include "reports/bus_lines.h"

#include <catch2/catch.hpp>

#include "harness/core/undated_line.h"

using namespace harness;

TEST_CASE("messages of the bus stand between the nodes' own lines, in order of time") {
  RunRecord record;
  for (const char* name : {"n1", "n2"}) {
    NodeInfo node;
    node.name = name;
    node.id = std::string(40, name[1]);
    record.nodes.push_back(node);
  }
  for (const Nanos time : {10, 30}) {
    LogLine line;
    line.time = time;
    line.text = "a line";
    record.logs.push_back(line);
  }
  BusSighting fail;
  fail.time = 20;
  fail.link = {"n2", "n1"};
  fail.fate = BusFate::kDropped;
  fail.message.type = BusType::kFail;
  fail.message.about = std::string(40, '1');
  fail.message.current_epoch = 4;
  BusSighting ping = fail;
  ping.time = 15;
  ping.fate = BusFate::kPassed;
  ping.message.type = BusType::kPing;
  record.bus.messages = {ping, fail};
  const auto lines = reporting::merged_log(record);
  REQUIRE(lines.size() == 4);
  CHECK(is_undated(lines[0]));  // the node's own has no header
  CHECK_FALSE(is_undated(lines[1]));
  CHECK(lines[1].level == '-');
  CHECK(lines[2].node == 1);
  CHECK(lines[2].level == '*');
  CHECK(lines[2].text == "bus: FAIL n2 -> n1 about n1, epoch 4, config epoch 0, 0 slots: dropped");
}
