#include "reports/graph.h"

#include <catch2/catch.hpp>

#include "reports/sample/sample_record.h"

namespace harness {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The line that describes a node in a drawing.
std::string line_of(const Drawing& drawing, const std::string& node) {
  const auto at = drawing.dot.find("\"" + node + "\" [class");
  REQUIRE(at != std::string::npos);
  return drawing.dot.substr(at, drawing.dot.find('\n', at) - at);
}

TEST_CASE("There is a drawing before, one for each fault that lasted, and one after") {
  const std::vector<Drawing> drawings = topology_drawings(make_sample({SampleVerdict::kPass, 500, 1}).record);
  REQUIRE(drawings.size() == 4);
  CHECK(drawings[0].name == "before");
  CHECK(drawings[1].name == "during-1");
  CHECK(drawings[2].name == "during-3");  // the restart was but a moment
  CHECK(drawings[3].name == "after");
  CHECK(has(drawings[1].caption, "segfault n3"));
}

TEST_CASE("Drawings show roles, epochs, slots, death, suspicion and cuts") {
  const std::vector<Drawing> drawings = topology_drawings(make_sample({SampleVerdict::kPass, 500, 1}).record);
  CHECK(has(line_of(drawings[0], "n3"), "master · epoch 3"));
  CHECK(has(line_of(drawings[0], "n3"), "slots 10923-16383"));
  CHECK(has(line_of(drawings[0], "n6"), "replica of n3"));
  CHECK(has(line_of(drawings[1], "n3"), "✕ dead · FAIL to 5 of 5"));
  CHECK(has(line_of(drawings[1], "n3"), "node-gone node-ill"));
  CHECK(has(line_of(drawings[2], "n2"), "✂ cut off"));
  CHECK(has(line_of(drawings[3], "n6"), "master · epoch 7"));
  CHECK(has(line_of(drawings[3], "n3"), "replica of n6"));
  CHECK(has(drawings[3].dot, "\"n6\" -> \"n3\" [constraint=false, class=\"link\""));
}

TEST_CASE("Only a fault whose effect is a stop draws its node as stopped") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  FaultRecord& fault = sample.record.faults[2];
  fault.sides.clear();
  Effect effect;
  effect.nodes = fault.nodes;
  effect.kind = EffectKind::kConfig;
  fault.effects = {effect};
  CHECK_FALSE(has(line_of(topology_drawings(sample.record)[2], "n2"), "stopped"));
  fault.effects[0].kind = EffectKind::kStopped;
  CHECK(has(line_of(topology_drawings(sample.record)[2], "n2"), "❚❚ stopped"));
}

TEST_CASE("Slots in many ranges are counted, and the word stands once") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  for (View& view : sample.record.views)
    for (TopologyNode& node : view.topology.nodes)
      if (node.id == sample.record.nodes[2].id && !node.slots.empty()) {
        node.slots.clear();
        for (int slot = 11000; slot < 11020; slot += 2) node.slots.push_back({slot, slot});
      }
  const std::string line = line_of(topology_drawings(sample.record)[0], "n3");
  CHECK(has(line, ">10 slots in 10 ranges<"));
}

TEST_CASE("A fault without evidence is not drawn as if it had happened") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  sample.record.faults[2].active = kNever;
  for (const Drawing& drawing : topology_drawings(sample.record)) CHECK(drawing.name != "during-3");
}

TEST_CASE("Names cannot break out of the graph's language") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  sample.record.nodes[0].name = "n1\"]; evil [label=\"x\\";
  sample.record.nodes[0].ip = "<B>&\xff";
  sample.record.faults[0].description = "line\nbreak } digraph evil {";
  const std::vector<Drawing> drawings = topology_drawings(sample.record);
  CHECK(has(drawings[0].dot, "\"n1\\\"]; evil [label=\\\"x\\\\\" [class"));
  CHECK(has(drawings[0].dot, "&lt;B&gt;&amp;\xef\xbf\xbd:6379"));
  const std::string file = make_graph({.record = sample.record, .verdict = sample.verdict});
  CHECK(has(file, "line break }"));  // stays in its comment
}

TEST_CASE("Without a view there is nothing to draw") {
  const Sample error = make_sample({SampleVerdict::kError, 500, 1});
  CHECK(topology_drawings(error.record).empty());
  CHECK(make_graph({.record = error.record, .verdict = error.verdict}).starts_with("//"));
}

}  // namespace
}  // namespace harness
