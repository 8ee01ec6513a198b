/// Whether a user may run a command with its arguments.
#pragma once

#include <string_view>
#include <vector>

#include "server/acl/user.h"

namespace node::acl {

struct KeyUse {
  std::size_t at;  ///< index into the words
  bool read = false, write = false;
};

struct ChannelUse {
  std::size_t at;
  bool pattern = false;  ///< PSUBSCRIBE: allowed only where the very pattern is
};

/// A command about to run.
struct Attempt {
  std::size_t command;   ///< its number in the catalogue
  bool for_all = false;  ///< AUTH and its like: nobody is kept from them
  const std::vector<std::string_view>& words;
  std::vector<KeyUse> keys{};
  std::vector<ChannelUse> channels{};
};

/// In redis's order: where each selector denies something else, the last is told.
enum class Denied : std::uint8_t { nothing, command, key, login, channel };

struct Decision {
  Denied denied = Denied::nothing;
  std::size_t at = 0;  ///< the word of the key or channel
  explicit operator bool() const { return denied == Denied::nothing; }
};

Decision check(const User& user, const Attempt& attempt);

/// Whether the user may do that, by a selector that lets it read any key as well: SORT … BY, GET read keys
/// that nobody names.
bool may_read_any_key(const User& user, const Attempt& attempt);

/// Whether the channel, or the pattern of channels, is among those allowed.
bool allows_channel(std::span<const std::string> allowed, std::string_view channel, bool pattern);

}  // namespace node::acl
