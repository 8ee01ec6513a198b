/// What the engine does about users: who a connection is, what is denied, who is disconnected when users go
/// or change.
#include <algorithm>

#include "server/engine/client_line.h"
#include "server/engine/engine.h"

namespace node {

namespace {

/// All channels that any of its selectors allows; nothing when one allows all.
std::optional<std::vector<std::string>> channels_of(const acl::User& user) {
  std::vector<std::string> all;
  for (const acl::Selector& selector : user.selectors()) {
    if (selector.all_channels()) return std::nullopt;
    all.insert(all.end(), selector.channels().begin(), selector.channels().end());
  }
  return all;
}

bool listens_beyond(const Session& s, const std::vector<std::string>& allowed) {
  const auto denied = [&](const auto& names, bool patterns) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return !acl::allows_channel(allowed, name, patterns);
    });
  };
  return denied(s.patterns, true) || denied(s.channels, false) || denied(s.shard_channels, false);
}

}  // namespace

void Engine::begin_as_default(Session& session) const {
  session.user = &permissions.users.first();
  session.authenticated = session.user->no_password() && session.user->enabled();
}

bool Engine::is_stranger(const Session& session) const {
  if (session.authenticated) return false;
  const acl::User& first = permissions.users.first();
  return !first.no_password() || !first.enabled();
}

acl::Decision Engine::permitted(const Session& session, const Command& command,
                                const std::vector<std::string_view>& argv, acl::Context context) {
  const acl::Decision decision = permissions.check(session.user, command, argv);
  if (!decision)
    note_denied(session, decision.denied, context,
                std::string(decision.denied == acl::Denied::command ? command.name : argv[decision.at]));
  return decision;
}

void Engine::note_denied(const Session& session, acl::Denied reason, acl::Context context, std::string object,
                         std::string user) {
  const Session& client = session.kind == Session::Kind::script && current_ ? *current_ : session;
  if (user.empty() && session.user) user = session.user->name();
  permissions.log.add({1, reason, context, std::move(object), std::move(user), ports.clock.now_us() / 1000,
                       client_line(ports.sessions, client, state.now_ms)},
                      static_cast<std::size_t>(config.acl_log_length));
}

void Engine::drop_sessions_of(const acl::User& user) {
  std::vector<Session*> dropped;
  ports.sessions.for_each([&](Session& s) {
    if (s.user == &user) dropped.push_back(&s);
  });
  for (Session* s : dropped) {
    s->user = &permissions.users.first();
    s->authenticated = false;
    if (s == current_)
      s->close_after_reply = true;
    else
      ports.sessions.close(*s);
  }
}

void Engine::drop_listeners(const acl::User& before, const acl::User& after) {
  const auto allowed = channels_of(after), was_allowed = channels_of(before);
  if (!allowed) return;
  const auto kept = [&](const std::string& channel) {
    return std::find(allowed->begin(), allowed->end(), channel) != allowed->end();
  };
  if (was_allowed && std::all_of(was_allowed->begin(), was_allowed->end(), kept)) return;
  std::vector<Session*> dropped;
  ports.sessions.for_each([&](Session& s) {
    if (s.user == &before && listens_beyond(s, *allowed)) dropped.push_back(&s);
  });
  for (Session* s : dropped) ports.sessions.close(*s);
}

}  // namespace node
