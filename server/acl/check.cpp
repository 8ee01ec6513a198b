#include "server/acl/check.h"

#include <algorithm>

#include "server/keyspace/glob.h"

namespace node::acl {

namespace {

bool allows_command(const Selector& selector, const Attempt& attempt) {
  if (attempt.for_all || selector.allows_command(attempt.command)) return true;
  return attempt.words.size() > 1 && selector.allows_first_argument(attempt.command, attempt.words[1]);
}

bool covers(const KeyPattern& pattern, const KeyUse& use) {
  return (pattern.read || !use.read) && (pattern.write || !use.write);
}

bool allows_key(const Selector& selector, const KeyUse& use, std::string_view key) {
  return selector.all_keys() ||
         std::any_of(selector.keys().begin(), selector.keys().end(), [&](const KeyPattern& pattern) {
           return covers(pattern, use) && glob_match(pattern.text, key);
         });
}

Decision check(const Selector& selector, const Attempt& attempt) {
  if (!allows_command(selector, attempt)) return {Denied::command};
  for (const KeyUse& use : attempt.keys)
    if (!allows_key(selector, use, attempt.words[use.at])) return {Denied::key, use.at};
  if (selector.all_channels()) return {};
  for (const ChannelUse& use : attempt.channels)
    if (!allows_channel(selector.channels(), attempt.words[use.at], use.pattern))
      return {Denied::channel, use.at};
  return {};
}

bool reads_all(const Selector& selector) {
  return selector.all_keys() ||
         std::any_of(selector.keys().begin(), selector.keys().end(),
                     [](const KeyPattern& pattern) { return pattern.read && pattern.text == "*"; });
}

}  // namespace

Decision check(const User& user, const Attempt& attempt) {
  if (user.may_all()) return {};
  Decision worst{Denied::command};
  for (const Selector& selector : user.selectors()) {
    const Decision one = check(selector, attempt);
    if (one) return one;
    if (one.denied > worst.denied || (one.denied == worst.denied && one.at > worst.at)) worst = one;
  }
  return worst;
}

bool may_read_any_key(const User& user, const Attempt& attempt) {
  const auto selectors = user.selectors();
  return std::any_of(selectors.begin(), selectors.end(),
                     [&](const Selector& s) { return check(s, attempt) && reads_all(s); });
}

bool allows_channel(std::span<const std::string> allowed, std::string_view channel, bool pattern) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
    return pattern ? one == channel : glob_match(one, channel);
  });
}

}  // namespace node::acl
