#include "reports/views.h"

#include <algorithm>

#include "harness/core/view_times.h"

namespace harness::reporting {
namespace {

Nanos last_time(const RunRecord& record) {
  Nanos last = record.info.end != kNever ? record.info.end : 0;
  for (const View& view : record.views) last = std::max(last, view.end);
  return last;
}

/// The times in which the node had no process, without the harness' own stop at the end of the run.
std::vector<Span> deaths(const RunRecord& record, int node) {
  std::vector<Span> out;
  for (const Incarnation& life : record.incarnations) {
    if (life.node != node || life.ended == kNever) continue;
    if (life.expected && life.ended >= record.info.settled) continue;
    Span span{life.ended, kNever};
    for (const Incarnation& next : record.incarnations)
      if (next.node == node && next.started >= life.ended) span.end = std::min(span.end, next.started);
    out.push_back(span);
  }
  return out;
}

NodeState own_state(const View& view) {
  if (!view.reachable) return NodeState::kUnreachable;
  const TopologyNode* self = view.topology.myself();
  const bool master = self ? self->is(kFlagMaster) : view.replication.is_master;
  return master ? NodeState::kMaster : NodeState::kReplica;
}

std::uint64_t own_epoch(const View& view) {
  const TopologyNode* self = view.topology.myself();
  return self && self->is(kFlagMaster) ? self->config_epoch : 0;
}

void append(std::vector<LaneSegment>& segments, const LaneSegment& next) {
  if (next.end <= next.begin) return;
  if (!segments.empty() && segments.back().state == next.state && segments.back().epoch == next.epoch &&
      segments.back().end == next.begin)
    segments.back().end = next.end;
  else
    segments.push_back(next);
}

/// Appends the segment, with the parts of it in which the node was dead shown as such.
void append_lived(std::vector<LaneSegment>& segments, LaneSegment segment, const std::vector<Span>& dead) {
  for (Span death : dead) {
    if (death.end <= segment.begin || death.begin >= segment.end) continue;
    LaneSegment before = segment;
    before.end = std::max(segment.begin, death.begin);
    append(segments, before);
    const Nanos end = std::min(death.end, segment.end);
    append(segments, {std::max(segment.begin, death.begin), end, NodeState::kDead, 0});
    segment.begin = end;
  }
  append(segments, segment);
}

std::vector<LaneSegment> lane_segments(const RunRecord& record, int node,
                                       const std::vector<const View*>& views, Nanos last) {
  std::vector<LaneSegment> segments;
  const std::vector<Span> dead = deaths(record, node);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const Nanos end = i + 1 < views.size() ? views[i + 1]->begin : std::max(views[i]->end, last);
    append_lived(segments, {views[i]->begin, end, own_state(*views[i]), own_epoch(*views[i])}, dead);
  }
  return segments;
}

/// A change of one observer's opinion of a node.
struct Opinion {
  Nanos time = 0;
  int pfail = 0;  // +1, 0, -1
  int fail = 0;
};

std::vector<Opinion> opinions_of(const RunRecord& record, int node,
                                 const std::vector<std::vector<const View*>>& views) {
  std::vector<Opinion> out;
  const std::string& id = record.nodes[static_cast<std::size_t>(node)].id;
  for (std::size_t observer = 0; observer < views.size(); ++observer) {
    if (static_cast<int>(observer) == node) continue;
    std::uint16_t before = 0;
    for (const View* view : views[observer]) {
      const TopologyNode* line = view->topology.find(id);
      const std::uint16_t now = line ? line->flags & (kFlagPfail | kFlagFail) : 0;
      if (now == before) continue;
      const auto change = [&](std::uint16_t flag) { return ((now & flag) != 0) - ((before & flag) != 0); };
      out.push_back({view->begin, change(kFlagPfail), change(kFlagFail)});
      before = now;
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Opinion& a, const Opinion& b) { return a.time < b.time; });
  return out;
}

std::vector<Suspicion> suspicions_of(const RunRecord& record, int node,
                                     const std::vector<std::vector<const View*>>& views, Nanos last) {
  std::vector<Suspicion> out;
  Suspicion now;
  for (const Opinion& opinion : opinions_of(record, node, views)) {
    if ((now.pfail > 0 || now.fail > 0) && opinion.time > now.begin) {
      now.end = opinion.time;
      out.push_back(now);
    }
    now = {opinion.time, opinion.time, now.pfail + opinion.pfail, now.fail + opinion.fail};
  }
  if (now.pfail > 0 || now.fail > 0) {
    now.end = std::max(last, now.begin);
    out.push_back(now);
  }
  return out;
}

}  // namespace

std::string_view to_string(NodeState state) {
  switch (state) {
    case NodeState::kMaster:
      return "master";
    case NodeState::kReplica:
      return "replica";
    case NodeState::kUnreachable:
      return "unreachable";
    case NodeState::kDead:
      return "dead";
  }
  return "unreachable";
}

std::vector<Lane> role_lanes(const RunRecord& record) {
  const auto views = views_by_node(record);
  const Nanos last = last_time(record);
  std::vector<Lane> lanes;
  for (std::size_t node = 0; node < record.nodes.size(); ++node) {
    const int number = static_cast<int>(node);
    lanes.push_back({number, lane_segments(record, number, views[node], last),
                     suspicions_of(record, number, views, last)});
  }
  return lanes;
}

Observations::Observations(const RunRecord& record)
    : views_(views_by_node(record)), answers_(views_), deaths_(record.nodes.size()) {
  for (std::vector<const View*>& answers : answers_)
    std::erase_if(answers, [](const View* view) { return !view->reachable; });
  for (std::size_t node = 0; node < deaths_.size(); ++node)
    deaths_[node] = deaths(record, static_cast<int>(node));
}

const View* Observations::view_at(int node, Nanos time) const {
  return harness::view_at(views_[static_cast<std::size_t>(node)], time);
}

const View* Observations::answer_at(int node, Nanos time) const {
  return harness::view_at(answers_[static_cast<std::size_t>(node)], time);
}

NodeState Observations::state_at(int node, Nanos time) const {
  for (Span death : deaths_[static_cast<std::size_t>(node)])
    if (death.begin <= time && time < death.end) return NodeState::kDead;
  const View* view = view_at(node, time);
  return view ? own_state(*view) : NodeState::kUnreachable;
}

std::string Observations::role_words(int node, Nanos time) const {
  const NodeState state = state_at(node, time);
  std::string words(to_string(state));
  const View* view = view_at(node, time);
  if (state == NodeState::kMaster && view) words += ", epoch " + std::to_string(own_epoch(*view));
  return words;
}

SlotMap slot_map(const RunRecord& record, const Topology& topology) {
  std::vector<OwnedRange> claims;
  for (const TopologyNode& node : topology.nodes)
    for (const SlotRange& range : node.slots)
      claims.push_back({range.first, range.last, record.node_by_id(node.id)});
  std::sort(claims.begin(), claims.end(),
            [](const OwnedRange& a, const OwnedRange& b) { return a.first < b.first; });
  SlotMap map;
  int next = 0;
  for (const OwnedRange& claim : claims) {
    if (claim.first > next) map.push_back({next, claim.first - 1, -1});
    if (claim.last < next) continue;  // a second claim of the same slots: the first stands
    map.push_back({std::max(claim.first, next), claim.last, claim.owner});
    next = claim.last + 1;
  }
  if (next < kSlotCount) map.push_back({next, kSlotCount - 1, -1});
  return map;
}

Ownership slot_ownership(const RunRecord& record) {
  Ownership ownership;
  const auto views = views_by_node(record);
  const Nanos last = last_time(record);
  for (std::size_t node = 0; node < views.size(); ++node) {
    for (std::size_t i = 0; i < views[node].size(); ++i) {
      const View& view = *views[node][i];
      if (!view.reachable) continue;
      SlotMap map = slot_map(record, view.topology);
      const auto known = std::find(ownership.maps.begin(), ownership.maps.end(), map);
      const auto index = static_cast<std::size_t>(known - ownership.maps.begin());
      if (known == ownership.maps.end()) ownership.maps.push_back(std::move(map));
      const Nanos end = i + 1 < views[node].size() ? views[node][i + 1]->begin : std::max(view.end, last);
      auto& spans = ownership.spans;
      const int observer = static_cast<int>(node);
      if (!spans.empty() && spans.back().observer == observer && spans.back().map == index &&
          spans.back().end == view.begin)
        spans.back().end = end;
      else
        spans.push_back({observer, view.begin, end, index});
    }
  }
  return ownership;
}

namespace {

/// By key: the range that holds its slot; -1: none does.
std::vector<int> ranges_of_keys(const History& history, const std::vector<Availability>& ranges) {
  std::vector<int> range_of_key(history.keys.size(), -1);
  for (std::size_t key = 0; key < range_of_key.size(); ++key) {
    const int slot = slot_of(history.keys.text(static_cast<std::uint32_t>(key)));
    for (std::size_t i = 0; i < ranges.size(); ++i)
      if (ranges[i].range.contains(slot)) range_of_key[key] = static_cast<int>(i);
  }
  return range_of_key;
}

/// When operations on one range were acknowledged, and when such began that were not.
struct Times {
  std::vector<Nanos> acknowledged, refused;
};

/// The times of each range, and when the last operation of the load began.
std::pair<std::vector<Times>, Nanos> times_of(const RunRecord& record,
                                              const std::vector<Availability>& ranges) {
  const std::vector<int> range_of_key = ranges_of_keys(record.history, ranges);
  std::vector<Times> times(ranges.size());
  Nanos last = 0;
  for (const Operation& op : record.history.operations) {
    if (op.invoked >= record.info.clients_end) continue;  // the final reads
    last = std::max(last, op.invoked);
    const int range = op.key == kNoKey ? -1 : range_of_key[op.key];
    if (range < 0) continue;
    Times& of = times[static_cast<std::size_t>(range)];
    // A refusal without an error is an answer: a compare-and-set that saw another value.
    const bool answered = op.outcome == Outcome::kFail && op.error == kNoError && op.node != kNoNode;
    if (op.outcome == Outcome::kOk || answered)
      of.acknowledged.push_back(op.completed);
    else
      of.refused.push_back(op.invoked);
  }
  return {std::move(times), last};
}

/// A gap is a time without an acknowledged operation in which some operation began.
void find_gaps(Times times, Nanos last, Nanos shortest, Availability& of) {
  auto& [acknowledged, refused] = times;
  std::sort(acknowledged.begin(), acknowledged.end());
  of.acknowledged = acknowledged.size();
  acknowledged.push_back(std::max(last, acknowledged.empty() ? 0 : acknowledged.back()));
  Nanos before = 0;
  for (Nanos time : acknowledged) {
    const auto asked = std::lower_bound(refused.begin(), refused.end(), before);
    if (time - before >= shortest && asked != refused.end() && *asked < time) {
      of.gaps.push_back({before, time});
      of.longest = std::max(of.longest, time - before);
    }
    before = time;
  }
}

}  // namespace

std::vector<Availability> availability(const RunRecord& record, Nanos shortest) {
  std::vector<Availability> out;
  for (const NodeInfo& node : record.nodes)
    for (const SlotRange& range : node.slots) out.push_back({range, node.shard, 0, {}, 0});
  auto [times, last] = times_of(record, out);
  for (std::size_t i = 0; i < out.size(); ++i) find_gaps(std::move(times[i]), last, shortest, out[i]);
  std::sort(out.begin(), out.end(),
            [](const Availability& a, const Availability& b) { return a.range.first < b.range.first; });
  return out;
}

}  // namespace harness::reporting
