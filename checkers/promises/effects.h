// What the faults of a record do to its nodes, asked of their effects: who is silenced, and which hosts hear
// each other. No checker asks for the name of a fault.
#pragma once

#include <initializer_list>

#include "harness/core/run_record.h"

namespace harness {

/// Whether an effect of one of these kinds belongs to the fault.
bool has_effect(const FaultRecord& fault, std::initializer_list<EffectKind> kinds);
/// Whether any fault of the run has one.
bool any_effect(const RunRecord& run, std::initializer_list<EffectKind> kinds);
/// Whether the fault acts on the node: the fault itself, one of its effects, or an end of its links.
bool acts_on(const RunRecord& run, const FaultRecord& fault, int node);

/// It can make the others believe that a node failed: the process is down, stopped or starved, or its links
/// or bus are cut or degraded. A cut of the client port alone, a start or a setting does not.
bool silences(const FaultRecord& fault);
/// It ends the process: the node is down until a start.
bool ends_process(const FaultRecord& fault);
bool cuts(const FaultRecord& fault);  // links of the bus
/// It makes nodes slow or their links unreliable without stopping them: no bound is derived for these.
bool degrades(const FaultRecord& fault);
bool hands_over(const FaultRecord& fault);
bool forced_handover(const FaultRecord& fault);
/// The handover to `node` that can still be at work then: a manual failover gives up after 5 s, one whose
/// election was lost after 10 s (CLUSTER_MF_TIMEOUT times CLUSTER_MF_PAUSE_MULT). Null: none.
const FaultRecord* handover_to(const RunRecord& run, int node, Nanos time);

/// Whether the fault drops what `from` sends to `to` on the cluster bus.
bool drops(const RunRecord& run, const FaultRecord& fault, int from, int to);
/// Whether neither of the two hears the other any more.
bool separates(const RunRecord& run, const FaultRecord& fault, int a, int b);
/// Whether some link is cut in one direction and not in the other.
bool one_way_cut(const FaultRecord& fault);

/// Whether a fault moved the wall clock by which the node counts and dates its log: nobody knows for certain
/// when a line of it was written.
bool clock_was_moved(const RunRecord& run, int node);

/// Whether the fault allows the node to log this line.
bool excuses_line(const FaultRecord& fault, int node, std::string_view line);
bool excuses_exit(const FaultRecord& fault, int node);
/// Whether the data files, or the nodes.conf, of the node may hold less than, or other than, it wrote.
bool damages_data(const FaultRecord& fault, int node);
bool damages_views(const FaultRecord& fault, int node);

}  // namespace harness
