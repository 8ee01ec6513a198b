#include "checkers/promises/effects.h"

#include <algorithm>

#include "checkers/promises/evidence.h"

namespace harness {
namespace {

bool holds(const std::vector<int>& nodes, int node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

bool cuts_bus(const Effect& effect) {
  return effect.kind == EffectKind::kCut && effect.traffic != Traffic::kClientPort;
}

/// The effect says which nodes it acts on; one that names none acts on those of its fault.
bool touches(const FaultRecord& fault, const Effect& effect, int node) {
  return holds(effect.nodes.empty() ? fault.nodes : effect.nodes, node);
}

}  // namespace

bool has_effect(const FaultRecord& fault, std::initializer_list<EffectKind> kinds) {
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return std::ranges::find(kinds, effect.kind) != kinds.end();
  });
}

bool any_effect(const RunRecord& run, std::initializer_list<EffectKind> kinds) {
  return std::any_of(run.faults.begin(), run.faults.end(),
                     [&](const FaultRecord& fault) { return has_effect(fault, kinds); });
}

bool acts_on(const RunRecord& run, const FaultRecord& fault, int node) {
  if (holds(fault.nodes, node)) return true;
  const std::string name = node_name(run, node);
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return holds(effect.nodes, node) || std::ranges::any_of(effect.links, [&](const HostLink& link) {
             return link.from == name || link.to == name;
           });
  });
}

bool silences(const FaultRecord& fault) {
  return cuts(fault) || degrades(fault) || has_effect(fault, {EffectKind::kDown, EffectKind::kStopped});
}

bool ends_process(const FaultRecord& fault) {
  return has_effect(fault, {EffectKind::kDown});
}

bool cuts(const FaultRecord& fault) {
  return std::ranges::any_of(fault.effects, cuts_bus);
}

bool degrades(const FaultRecord& fault) {
  return std::ranges::any_of(fault.effects, [](const Effect& effect) {
    switch (effect.kind) {
      case EffectKind::kDegraded:
        return effect.traffic != Traffic::kClientPort;
      case EffectKind::kBus:
      case EffectKind::kClock:
      case EffectKind::kDisk:
      case EffectKind::kLoad:
        return true;
      default:
        return false;
    }
  });
}

bool hands_over(const FaultRecord& fault) {
  return has_effect(fault, {EffectKind::kHandover});
}

const FaultRecord* handover_to(const RunRecord& run, int node, Nanos time) {
  constexpr Nanos kGivesUp = 10 * kSecond;
  for (const FaultRecord& fault : run.faults)
    if (hands_over(fault) && acts_on(run, fault, node) && fault.requested <= time + kLogResolution &&
        time <= fault.requested + kGivesUp)
      return &fault;
  return nullptr;
}

bool forced_handover(const FaultRecord& fault) {
  return std::ranges::any_of(fault.effects, [](const Effect& effect) {
    return effect.kind == EffectKind::kHandover && effect.forced;
  });
}

bool drops(const RunRecord& run, const FaultRecord& fault, int from, int to) {
  const HostLink link{node_name(run, from), node_name(run, to)};
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return cuts_bus(effect) && std::ranges::find(effect.links, link) != effect.links.end();
  });
}

bool separates(const RunRecord& run, const FaultRecord& fault, int a, int b) {
  return drops(run, fault, a, b) && drops(run, fault, b, a);
}

bool one_way_cut(const FaultRecord& fault) {
  return std::ranges::any_of(fault.effects, [](const Effect& effect) {
    return cuts_bus(effect) && std::ranges::any_of(effect.links, [&](const HostLink& link) {
             return std::ranges::find(effect.links, HostLink{link.to, link.from}) == effect.links.end();
           });
  });
}

bool clock_was_moved(const RunRecord& run, int node) {
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    return has_effect(fault, {EffectKind::kClock}) && acts_on(run, fault, node);
  });
}

bool excuses_line(const FaultRecord& fault, int node, std::string_view line) {
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return touches(fault, effect, node) &&
           std::ranges::any_of(effect.excuses.log_lines, [&](const std::string& part) {
             return !part.empty() && line.find(part) != std::string_view::npos;
           });
  });
}

bool excuses_exit(const FaultRecord& fault, int node) {
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return touches(fault, effect, node) && effect.excuses.exits;
  });
}

bool damages_data(const FaultRecord& fault, int node) {
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return touches(fault, effect, node) && effect.excuses.lost_data;
  });
}

bool damages_views(const FaultRecord& fault, int node) {
  return std::ranges::any_of(fault.effects, [&](const Effect& effect) {
    return touches(fault, effect, node) && effect.excuses.lost_views;
  });
}

}  // namespace harness
