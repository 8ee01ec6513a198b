/// DEBUG DIGEST: one number for all data, whatever the order of keys and of unordered members, so that two
/// servers (of ours, of redis, or one of each) can be compared by it. SHA-1 of the parts, combined by
/// exclusive or where the order does not count and by hashing on where it does.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "server/keyspace/database.h"

namespace node {

using Digest = std::array<std::uint8_t, 20>;

Digest digest_of_value(const Entry& entry, bool expires);
Digest digest_of_all(std::span<const std::unique_ptr<Database>> databases);
std::string to_hex(const Digest& digest);

}  // namespace node
