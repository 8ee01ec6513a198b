// The means of every fault that cuts links: drop rules in the network namespaces of hosts, so that
// established connections hang as they do when a cable is cut. Each fault holds rules of its own: faults
// overlap, and heal in any order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/faults/common/fault.h"

namespace harness {

/// What one host drops.
struct HostCut {
  Host* host = nullptr;
  std::vector<Host*> deaf_to;   // what arrives from these is dropped
  std::vector<Host*> mute_for;  // what leaves for these is dropped
};

struct Cut {
  std::vector<HostCut> hosts;
  Traffic traffic = Traffic::kAll;
  int port = 0;  // of `traffic`, where the cut is of one node's port; 0: the ports that all nodes share
  /// Every host must have dropped a packet before the cut counts as active; else one of them is enough.
  bool felt_by_all = true;
};

/// Puts the rules in force, waits until a packet was dropped, and fills the record: effects, requested,
/// active with the evidence, or error. The description, the nodes and the sides are the fault's own.
std::unique_ptr<ActiveFault> put_in_force(FaultContext& context, Cut cut, FaultRecord& record);

/// The effect of connections that end without a word between a node and these: links of both directions.
Effect dead_connections(const Host& host, const std::vector<Host*>& peers, Traffic traffic,
                        const FaultRecord& record);

/// A choice of ports, as in a parameter "port": all, client or bus.
inline constexpr std::string_view kPortChoices[] = {"all", "client", "bus"};
inline constexpr std::string_view kDirectionChoices[] = {"both", "in", "out"};
Traffic traffic_of(const Parameters& with);
/// The port that the traffic of this node uses; 0 for all.
int port_of(const Node& node, Traffic traffic);
/// What the parameter "direction" says, from the host's point of view.
HostCut cut_at(Host& host, const std::vector<Host*>& others, const Parameters& with);

Host& host_of(FaultContext& context, int node);
/// Nodes that are meant to belong to the cluster now: to a spare one nobody speaks.
std::vector<int> member_nodes(FaultContext& context);
std::vector<Host*> node_hosts(FaultContext& context);
/// Everybody, clients too, who is not among these.
std::vector<Host*> everybody_but(FaultContext& context, const std::vector<Host*>& hosts);
std::vector<std::string> addresses_of(const std::vector<Host*>& hosts);
std::vector<std::string> names_of(const std::vector<Host*>& hosts);
std::string joined(const std::vector<std::string>& words);

}  // namespace harness
