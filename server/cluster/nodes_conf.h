// nodes.conf, in redis 7.0's own text format; reads what 7.2+ and Valkey write as well.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/cluster/state.h"

namespace node::cluster {

/// One line without its end: what CLUSTER NODES and nodes.conf say of a node.
std::string describe_node(const State& state, const Node& node);
/// The lines of all nodes that have none of the flags of `except`.
std::string describe_nodes(const State& state, std::uint16_t except);
/// The slots that this node is moving: " [5->-id] [7-<-id]", each with a space before it.
std::string describe_open_slots(const State& state);
struct OpenSlot {
  int slot;
  bool leaves;  ///< it migrates to the other node; else it is imported from there
  std::string_view other;
};
/// One of these words, or nothing where it is corrupt.
std::optional<OpenSlot> parse_open_slot(std::string_view word);
std::string write_nodes_conf(const State& state);

/// Fills an empty state. Returns what is wrong, with the line's number, or nothing.
std::optional<std::string> read_nodes_conf(std::string_view text, State& state, Ms now);

}  // namespace node::cluster
