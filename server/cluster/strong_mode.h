// Strong mode within the cluster's rooms: what strong.h decides, performed; what it must know, told.
// STRONG.md.
#pragma once

#include <span>
#include <string_view>

#include "server/cluster/context.h"

namespace node::cluster::strong_mode {

/// At the start, and when the node got another name: with what the state remembers, and new data.
void begin(Context& c);
void advance(Context& c);  // every tick
void on_module(Context& c, const Node& sender, const ModuleBody& body);
/// Takes over what was decided; adds the messages to the actions. Part of drain(), which puts the disk first.
void collect(Context& c);
void begin_life(Context& c);

bool founded(const Context& c);
/// Whether clients may be told that the cluster is ok.
bool ready(const Context& c);
/// Why a CLUSTER subcommand is not for a founded strong cluster; empty: it is.
std::string_view refusal(const Context& c, std::span<const std::string_view> argv);
/// Lines of CLUSTER INFO; none where the mode is off.
std::string info_lines(const Context& c);

}  // namespace node::cluster::strong_mode
