// Packet drops in the network namespace of the calling thread, through libnftables: one transaction in the
// kernel each, no forked `nft`. Every rule set is a table of its own. A packet passes the counters of all of
// them before any drops it: sets that overlap count apart, and each can go in any order.
#pragma once

#include <cstdint>
#include <string>

#include "harness/sandbox/sandbox.h"

namespace harness::packet_filter {

/// Drops, from now on and for established connections too, what the rule names. The name is the table's:
/// table_name(). Throws EnvironmentError, also when the kernel does not list the rules afterwards.
void add(const std::string& table, const DropRule& rule);
/// Takes the table away, and verifies that by listing.
void remove(const std::string& table);
/// Packets that the table's rules have dropped since they were made.
std::uint64_t dropped_packets(const std::string& table);
/// How many tables of add() the kernel lists here.
int count();

/// A name that no other table of this process has.
std::string table_name();

/// Throws EnvironmentError, with the mend, when the kernel has no nftables for us.
void require_available();

}  // namespace harness::packet_filter
