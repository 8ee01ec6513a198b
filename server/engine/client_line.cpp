#include "server/engine/client_line.h"

#include <algorithm>

#include "server/acl/user.h"
#include "server/engine/command.h"

namespace node {

std::string client_line(const SessionsPort& sessions, const Session& s, std::int64_t now) {
  const auto [input, output, descriptor] = sessions.traffic(s);
  std::string flags;
  if (s.kind == Session::Kind::replica) flags += 'S';
  if (s.kind == Session::Kind::master) flags += 'M';
  if (s.monitor) flags += 'O';
  if (s.subscribed()) flags += 'P';
  if (s.in_multi) flags += 'x';
  if (s.blocked) flags += 'b';
  if (s.watch_broken) flags += 'd';
  if (s.readonly) flags += 'r';
  if (s.close_after_reply) flags += 'c';
  if (s.no_evict) flags += 'e';
  if (s.tracking) flags += 't';
  if (s.tracking && s.tracking->broken_redirect) flags += 'R';
  if (s.tracking && s.tracking->broadcast) flags += 'B';
  if (flags.empty()) flags = "N";
  std::string command = s.last_command ? std::string(s.last_command->name) : "NULL";
  constexpr std::size_t kReplyBuffer = 16 * 1024;
  const std::size_t beyond = output - std::min(output, kReplyBuffer);
  const auto number = [](auto n) { return std::to_string(n); };
  std::string line =
      "id=" + number(s.id) + " addr=" + s.address + " laddr=" + s.local_address +
      " fd=" + number(descriptor) + " name=" + s.name + " age=" + number((now - s.created_ms) / 1000) +
      " idle=" + number((now - s.active_ms) / 1000) + " flags=" + flags + " db=" + number(s.db) +
      " sub=" + number(s.channels.size()) + " psub=" + number(s.patterns.size()) +
      " ssub=" + number(s.shard_channels.size()) +
      " multi=" + number(s.in_multi ? static_cast<int>(s.queue.size()) : -1) + " qbuf=" + number(input) +
      " qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=" + number(output - beyond) +
      " oll=" + number(beyond > 0 ? 1 : 0) + " omem=" + number(beyond) +
      " tot-mem=" + number(input + output + 1024) + " events=r cmd=" + command +
      " user=" + (s.user ? s.user->name() : "(superuser)") +
      " redir=" + number(s.tracking ? static_cast<std::int64_t>(s.tracking->redirect) : -1) +
      " resp=" + number(s.out.resp());
  return line;
}

}  // namespace node
