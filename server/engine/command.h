/// The shape of one line of the command table.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace node {

struct Call;
using Handler = void (*)(Call&);
using Arguments = const std::vector<std::string_view>&;

/// What a command may do, as COMMAND INFO tells it and as the checks before execution need it.
namespace flag {
inline constexpr std::uint32_t write = 1, readonly = 2, denyoom = 4, admin = 8, pubsub = 16, noscript = 32,
                               blocking = 64, loading = 128, stale = 256, skip_monitor = 512, asking = 1024,
                               fast = 2048, no_auth = 4096, no_multi = 8192, movable_keys = 16384,
                               may_replicate = 32768, no_mandatory_keys = 65536, shard = 131072,
                               allow_busy = 1 << 18, no_async_loading = 1 << 19, skip_slowlog = 1 << 20,
                               arbitrary_keys = 1 << 24;  ///< touches keys that it does not name
/// Categories of ACL CAT that do not follow from the other flags and the group.
inline constexpr std::uint32_t acl_dangerous = 1 << 21, acl_admin = 1 << 22, acl_keyspace = 1 << 23;
}  // namespace flag

/// Where the keys stand. `first` 0: no keys. `last` negative counts from the end.
struct KeySpec {
  std::int8_t first = 0, last = 0, step = 0;
  /// For commands whose keys move with their arguments: indices into argv.
  std::vector<std::size_t> (*find)(const std::vector<std::string_view>& argv) = nullptr;
};

struct Command {
  std::string_view name;  ///< lower case; of a subcommand "command|subcommand"
  std::int16_t arity;     ///< words including the name; negative: at least that many
  std::uint32_t flags;
  KeySpec keys;
  std::string_view group;  ///< as COMMAND DOCS groups them
  Handler handler;

  bool is(std::uint32_t f) const { return (flags & f) != 0; }
  bool arity_fits(std::size_t words) const {
    return arity < 0 ? words >= static_cast<std::size_t>(-arity) : words == static_cast<std::size_t>(arity);
  }
};

}  // namespace node
