#include "checkers/promises/shown_views.h"

#include <algorithm>

#include "checkers/promises/evidence.h"
#include "harness/core/append_slot.h"

namespace harness {
namespace {

void own(SlotOwners& owners, const SlotRange& range, const std::string& id) {
  for (int slot = range.first; slot <= range.last; ++slot) owners[static_cast<std::size_t>(slot)] = id;
}

std::string address(const ShownNode& node) {
  return node.ip + ":" + std::to_string(node.port);
}

}  // namespace

SlotOwners owners_by(const Topology& nodes) {
  SlotOwners owners(kSlotCount);
  for (const TopologyNode& node : nodes.nodes)
    for (const SlotRange& range : node.slots) own(owners, range, node.id);
  return owners;
}

SlotOwners owners_by(const std::vector<ShownRange>& slots) {
  SlotOwners owners(kSlotCount);
  for (const ShownRange& range : slots)
    if (!range.nodes.empty()) own(owners, range.slots, range.nodes.front().id);
  return owners;
}

SlotOwners owners_by(const std::vector<ShownShard>& shards) {
  SlotOwners owners(kSlotCount);
  for (const ShownShard& shard : shards) {
    // A master that failed may stand beside the one that replaced it.
    const ShownNode* master = nullptr;
    for (const ShownNode& node : shard.nodes)
      if (node.role == "master" && (master == nullptr || master->health == "fail")) master = &node;
    for (const SlotRange& range : shard.slots)
      own(owners, range, master == nullptr ? "a shard without a master" : master->id);
  }
  return owners;
}

SlotRanges differing(const SlotOwners& a, const SlotOwners& b) {
  SlotRanges ranges;
  for (int slot = 0; slot < kSlotCount; ++slot) {
    const auto i = static_cast<std::size_t>(slot);
    if (a[i] == b[i]) continue;
    append_slot(ranges, slot);
  }
  return ranges;
}

std::string nodes_text(const FinalView& view, std::string_view id) {
  std::string_view rest = view.nodes;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with(id)) return "\"" + std::string(line) + "\"";
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  return "no line of it";
}

std::string slots_text_of(const RunRecord& run, const FinalView& view, int slot) {
  for (const ShownRange& range : view.slots) {
    if (!range.slots.contains(slot)) continue;
    std::string text = slots_text({range.slots}) + ":";
    for (const ShownNode& node : range.nodes) text += " " + name_of_id(run, node.id) + " " + address(node);
    return "\"" + text + "\"";
  }
  return "no line of slot " + std::to_string(slot);
}

std::string shard_text(const RunRecord& run, const ShownShard& shard) {
  std::string text = "slots " + (shard.slots.empty() ? "none" : slots_text(shard.slots)) + ":";
  for (const ShownNode& node : shard.nodes)
    text += " " + name_of_id(run, node.id) + " " + address(node) + " " + node.role + " " + node.health +
            " offset " + std::to_string(node.offset);
  return "\"" + text + "\"";
}

std::string name_of_id(const RunRecord& run, const std::string& id) {
  if (id.empty()) return "nobody";
  const int node = run.node_by_id(id);
  return node < 0 ? id : node_name(run, node);
}

}  // namespace harness
