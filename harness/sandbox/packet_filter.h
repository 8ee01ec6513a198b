// Packet drops in the network namespace of the calling thread, through libnftables: one transaction in the
// kernel each, no forked `nft`. All rules live in one table of our own, so that taking them away is one
// delete.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace harness::packet_filter {

/// Drops, from now on and for established connections too, every IPv4 packet that arrives from an address in
/// `from` and every one sent to an address in `to`. Adds to what is dropped already. Either may be empty.
/// Throws EnvironmentError, also when the kernel does not list the rules afterwards.
void drop(const std::vector<std::string>& from, const std::vector<std::string>& to);

/// Takes every rule of drop() away, and verifies that by listing.
void clear();

/// Packets that the rules of drop() have dropped since they were made.
std::uint64_t dropped_packets();

/// Throws EnvironmentError, with the mend, when the kernel has no nftables for us.
void require_available();

}  // namespace harness::packet_filter
