#include "server/cluster/open_slots.h"

#include <algorithm>

#include "server/cluster/nodes_conf.h"

namespace node::cluster::open_slots {

std::string write(const State& state) {
  std::string text = describe_open_slots(state);
  if (!text.empty()) text.erase(0, 1);
  return text;
}

void read(Context& c, std::string_view text) {
  if (!c.me().is_replica()) return;
  c.state.close_all_slots();
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto open = parse_open_slot(word);
    if (Node* other = open ? c.state.find(open->other) : nullptr)
      (open->leaves ? c.state.migrating : c.state.importing)[open->slot] = other;
  }
}

void inherit(Context& c, const Node& lost, Node& heir) {
  if (&lost == &heir) return;
  for (auto* open : {&c.state.migrating, &c.state.importing})
    for (auto& [slot, other] : *open) {
      if (other != &lost) continue;
      c.log(LogLevel::kNotice, "Slot {} goes on moving: node {} has taken the place of {}", slot,
            heir.id.view(), lost.id.view());
      other = &heir;
      c.save_soon();
    }
}

void settle(Context& c) {
  State& s = c.state;
  std::erase_if(s.migrating, [&](const auto& open) { return s.owner[open.first] != s.myself; });
  std::erase_if(s.importing, [&](const auto& open) { return s.owner[open.first] == s.myself; });
  for (const auto& [slot, target] : s.migrating)
    c.log(LogLevel::kNotice, "Slot {} is migrating to {}, as the lost master had said", slot,
          target->id.view());
  for (const auto& [slot, source] : s.importing)
    c.log(LogLevel::kNotice, "Slot {} is imported from {}, as the lost master had said", slot,
          source->id.view());
}

}  // namespace node::cluster::open_slots
