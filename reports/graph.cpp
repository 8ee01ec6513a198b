#include "reports/graph.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "reports/story.h"
#include "reports/strength.h"
#include "reports/text.h"
#include "reports/views.h"

namespace harness {
namespace {

using namespace reporting;

constexpr std::size_t kFaultsDrawn = 8;

/// A quoted DOT identifier.
std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (char c : clean_utf8(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' || c == '\0' ? ' ' : c;
  }
  return out + "\"";
}

/// What is known of one node at one moment.
struct NodeAt {
  NodeState state = NodeState::kUnreachable;
  const View* view = nullptr;  // null before its first
  bool master = false;         // by its own last answer, or as it was created
  std::uint64_t epoch = 0;
  SlotRanges slots;  // by its own view
  int replica_of = -1;
  bool link_up = true;
  int pfail = 0, fail = 0, observers = 0;  // what the others think
  bool stopped = false, cut_off = false;
};

/// What the faults in force do to the node is asked of their effects: a changed setting stops nobody.
void add_faults(NodeAt& at, const RunRecord& record, int node, Nanos time) {
  for (const FaultRecord& fault : record.faults) {
    if (!fault.verified_active() || time < fault.active || (fault.healed != kNever && time >= fault.healed))
      continue;
    if (std::count(fault.nodes.begin(), fault.nodes.end(), node) > 0 && !fault.sides.empty())
      at.cut_off = true;
    for (const Effect& effect : fault.effects) {
      if (std::count(effect.nodes.begin(), effect.nodes.end(), node) == 0) continue;
      if (effect.kind == EffectKind::kCut) at.cut_off = true;
      if (effect.kind == EffectKind::kStopped && fault.heals && at.state != NodeState::kDead)
        at.stopped = true;
    }
  }
}

/// By its own word, and by the faults.
NodeAt own_word(const RunRecord& record, const Observations& observations, int node, Nanos time) {
  NodeAt at;
  at.state = observations.state_at(node, time);
  at.view = observations.answer_at(node, time);
  at.master = record.nodes[static_cast<std::size_t>(node)].master;
  if (const TopologyNode* self = at.view ? at.view->topology.myself() : nullptr) {
    at.master = self->is(kFlagMaster);
    at.epoch = self->config_epoch;
    at.slots = self->slots;
    at.replica_of = record.node_by_id(self->master_id);
    at.link_up = at.view->replication.link_up;
  }
  add_faults(at, record, node, time);
  return at;
}

std::unordered_map<std::string_view, std::size_t> nodes_by_id(const RunRecord& record) {
  std::unordered_map<std::string_view, std::size_t> found;
  for (std::size_t i = 0; i < record.nodes.size(); ++i) found.emplace(record.nodes[i].id, i);
  return found;
}

/// What the others think of each node. One pass over each view: clusters have up to a thousand nodes.
void add_opinions(std::vector<NodeAt>& nodes, const RunRecord& record, const Observations& observations,
                  Nanos time) {
  const auto by_id = nodes_by_id(record);
  for (std::size_t observer = 0; observer < nodes.size(); ++observer) {
    if (nodes[observer].state == NodeState::kDead) continue;
    const View* view = observations.view_at(static_cast<int>(observer), time);
    if (!view || !view->reachable) continue;
    for (const TopologyNode& line : view->topology.nodes) {
      const auto found = by_id.find(line.id);
      if (found == by_id.end() || found->second == observer) continue;
      NodeAt& at = nodes[found->second];
      ++at.observers;
      at.pfail += line.is(kFlagPfail);
      at.fail += line.is(kFlagFail);
    }
  }
}

/// Every node, by its number.
std::vector<NodeAt> nodes_at(const RunRecord& record, const Observations& observations, Nanos time) {
  std::vector<NodeAt> nodes;
  for (std::size_t i = 0; i < record.nodes.size(); ++i)
    nodes.push_back(own_word(record, observations, static_cast<int>(i), time));
  add_opinions(nodes, record, observations, time);
  return nodes;
}

bool healthy(const NodeAt& at) {
  return (at.state == NodeState::kMaster || at.state == NodeState::kReplica) && !at.stopped && !at.cut_off &&
         at.fail == 0;
}

std::string marks(const NodeAt& at) {
  std::string out;
  const auto mark = [&](const std::string& text) { out += (out.empty() ? "" : " · ") + text; };
  if (at.state == NodeState::kDead) mark("✕ dead");
  if (at.stopped) mark("❚❚ stopped");
  if (at.cut_off) mark("✂ cut off");
  if (at.state == NodeState::kUnreachable && !at.stopped) mark("? no answer");
  if (at.fail > 0) mark("FAIL to " + std::to_string(at.fail) + " of " + std::to_string(at.observers));
  if (at.fail == 0 && at.pfail > 0)
    mark("PFAIL to " + std::to_string(at.pfail) + " of " + std::to_string(at.observers));
  return out;
}

/// An HTML-like label: name and address, role with its epoch, slots, marks.
std::string node_line(const RunRecord& record, int node, const NodeAt& at) {
  const NodeInfo& info = record.nodes[static_cast<std::size_t>(node)];
  const bool gone = at.state == NodeState::kDead || at.state == NodeState::kUnreachable;
  std::string role = at.master ? "master · epoch " + std::to_string(at.epoch) : "replica";
  if (!at.master && at.replica_of >= 0) role += " of " + node_name(record, at.replica_of);
  if (gone) role = "was " + role;
  const auto line = [](std::string_view text, int size) {
    return "<BR/><FONT POINT-SIZE=\"" + std::to_string(size) + "\">" + escape_xml(text) + "</FONT>";
  };
  std::string label = "<B>" + escape_xml(info.name) + "</B>";
  label += line(info.ip + ":" + std::to_string(info.port), 9) + line(role, 10);
  if (at.master && !at.slots.empty()) {
    std::string slots = "slots " + ranges_text(at.slots);
    if (slots.size() > 38)
      slots =
          std::to_string(count_slots(at.slots)) + " slots in " + std::to_string(at.slots.size()) + " ranges";
    label += line(slots, 10);
  }
  if (const std::string text = marks(at); !text.empty()) label += line(text, 10);
  const std::string kind = gone ? "gone" : at.master ? "master" : "replica";
  const std::string fill = gone ? "#f6d5e3" : at.master ? "#cfe3f8" : "#eef2f6";
  const std::string pen = healthy(at) ? "#4a6a8a" : "#b3306b";
  return "    " + dot_string(info.name) +
         " [class=" + dot_string("node-" + kind + (healthy(at) ? "" : " node-ill")) + ", label=<" + label +
         ">, fillcolor=" + dot_string(fill) + ", color=" + dot_string(pen) +
         ", penwidth=" + (at.master ? "1.8" : "1") +
         ", style=" + dot_string(gone ? "filled,rounded,dashed" : "filled,rounded") + "];\n";
}

/// The nodes of each shard as they were created, masters first: the fixed places.
std::map<int, std::vector<int>> nodes_by_shard(const RunRecord& record) {
  std::map<int, std::vector<int>> shards;
  for (const bool master : {true, false})
    for (std::size_t i = 0; i < record.nodes.size(); ++i)
      if (record.nodes[i].master == master) shards[record.nodes[i].shard].push_back(static_cast<int>(i));
  return shards;
}

std::string shard_cluster(const RunRecord& record, int shard, const std::vector<int>& members,
                          const std::vector<NodeAt>& nodes) {
  std::string out = "  subgraph " + dot_string("cluster_" + std::to_string(shard)) +
                    " {\n    label=" + dot_string("shard " + std::to_string(shard + 1)) +
                    "; class=\"shard\";\n";
  for (int node : members) out += node_line(record, node, nodes[static_cast<std::size_t>(node)]);
  for (std::size_t i = 1; i < members.size(); ++i)
    out += "    " + dot_string(node_name(record, members[0])) + " -> " +
           dot_string(node_name(record, members[i])) + " [style=invis];\n";
  return out + "  }\n";
}

std::string replication_edges(const RunRecord& record, const std::vector<NodeAt>& nodes) {
  std::string out;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeAt& at = nodes[i];
    if (at.master || at.replica_of < 0) continue;
    const bool up = at.link_up && healthy(at) && healthy(nodes[static_cast<std::size_t>(at.replica_of)]);
    out += "  " + dot_string(node_name(record, at.replica_of)) + " -> " + dot_string(record.nodes[i].name) +
           " [constraint=false, class=" + dot_string(up ? "link" : "link-down") +
           (up ? "" : ", style=dashed, color=\"#b3306b\"") + "];\n";
  }
  return out;
}

Drawing draw(const RunRecord& record, const Observations& observations, std::string name, std::string caption,
             Nanos time) {
  const std::vector<NodeAt> nodes = nodes_at(record, observations, time);
  std::string dot = "digraph " + dot_string(name) + " {\n";
  dot +=
      "  graph [bgcolor=transparent, fontname=\"sans-serif\", fontsize=10, color=\"#c4ccd6\", "
      "fontcolor=\"#5a6673\", style=rounded, nodesep=0.25, ranksep=0.35, margin=0];\n"
      "  node [shape=box, fontname=\"sans-serif\", fontsize=12, margin=\"0.14,0.07\", width=1.75];\n"
      "  edge [color=\"#4a6a8a\", arrowsize=0.6];\n";
  for (const auto& [shard, members] : nodes_by_shard(record))
    dot += shard_cluster(record, shard, members, nodes);
  dot += replication_edges(record, nodes) + "}\n";
  return {std::move(name), std::move(caption), time, std::move(dot)};
}

/// How bad a moment is: what is dead or silent counts most, then what is FAIL or PFAIL to others.
int badness(const RunRecord& record, const Observations& observations, Nanos time) {
  int sum = 0;
  for (const NodeAt& at : nodes_at(record, observations, time)) {
    sum += at.state == NodeState::kDead || at.state == NodeState::kUnreachable ? 100 : 0;
    sum += at.stopped || at.cut_off ? 20 : 0;
    sum += 4 * at.fail + at.pfail;
  }
  return sum;
}

/// The first of the worst moments of a fault, among those at which some view changed.
Nanos worst_moment(const RunRecord& record, const Observations& observations, const FaultRecord& fault) {
  const Span span = fault_span(record, fault);
  std::vector<Nanos> times = {span.begin};
  for (const View& view : record.views)
    if (span.begin < view.begin && view.begin < span.end) times.push_back(view.begin);
  if (times.size() > 200) {  // enough to find the worst; each costs a look at every node
    const std::size_t step = times.size() / 200 + 1;
    std::vector<Nanos> fewer;
    for (std::size_t i = 0; i < times.size(); i += step) fewer.push_back(times[i]);
    times = std::move(fewer);
  }
  Nanos worst_time = times.front();
  int most = -1;
  for (Nanos time : times)
    if (const int bad = badness(record, observations, time); bad > most) {
      most = bad;
      worst_time = time;
    }
  return worst_time;
}

}  // namespace

std::vector<Drawing> topology_drawings(const RunRecord& record) {
  std::vector<Drawing> drawings;
  if (record.views.empty() || record.nodes.empty()) return drawings;
  const Observations observations(record);
  Nanos first = kNever, last = 0;
  for (const FaultRecord& fault : record.faults) first = std::min(first, fault.requested);
  for (const View& view : record.views) last = std::max(last, view.end);
  const Nanos before = first == kNever ? 0 : std::max<Nanos>(0, first - kMillisecond);
  drawings.push_back(
      draw(record, observations, "before", "before the first fault, " + seconds(before, 1) + " s", before));
  std::size_t number = 0;
  for (const FaultRecord& fault : record.faults) {
    ++number;
    const Span span = fault_span(record, fault);
    if (!fault.verified_active() || span.end <= span.begin || drawings.size() > kFaultsDrawn) continue;
    const Nanos worst_time = worst_moment(record, observations, fault);
    drawings.push_back(
        draw(record, observations, "during-" + std::to_string(number),
             "at its worst during: " + (fault.description.empty() ? fault.fault : fault.description) + ", " +
                 seconds(worst_time, 1) + " s",
             worst_time));
  }
  drawings.push_back(draw(record, observations, "after", "at the end, " + seconds(last, 1) + " s", last));
  return drawings;
}

std::string make_graph(const ReportInput& input) {
  std::string out;
  for (const Drawing& drawing : topology_drawings(input.record)) {
    std::string caption = clean_utf8(drawing.caption);
    std::replace_if(
        caption.begin(), caption.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    out += "// " + caption + "\n" + drawing.dot;
  }
  return out.empty() ? "// the observer recorded no view\n" : out;
}

}  // namespace harness
