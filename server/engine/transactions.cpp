/// MULTI, EXEC, WATCH.
#include "server/engine/engine.h"
#include "server/engine/handlers.h"

namespace node {

namespace {
void end_transaction(Call& c) {
  c.client.in_multi = c.client.abort_exec = false;
  c.client.queue.clear();
  c.engine.unwatch(c.client);
}

/// Its user may not do that any more.
void refuse_queued(Call& c, const acl::Decision& decision) {
  const std::string_view reason =
      decision.denied == acl::Denied::command ? "no permission to execute the command or subcommand"
      : decision.denied == acl::Denied::key   ? "no permission to touch the specified keys"
                                            : "no permission to access one of the channels used as arguments";
  const std::string line =
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This "
      "command is no longer allowed for the following reason: " +
      std::string(reason);
  c.engine.note_error(line, nullptr, false);
  c.reply.error(line);
}
}  // namespace

void command_multi(Call& c) {
  if (c.client.in_multi) return c.error("ERR MULTI calls can not be nested");
  c.client.in_multi = true;
  c.reply.ok();
}

void command_discard(Call& c) {
  if (!c.client.in_multi) return c.error("ERR DISCARD without MULTI");
  end_transaction(c);
  c.reply.ok();
}

void command_watch(Call& c) {
  if (c.client.in_multi) return c.error("ERR WATCH inside MULTI is not allowed");
  if (!c.client.watch_broken)
    for (std::size_t i = 1; i < c.argc(); ++i) c.engine.watch(c.client, c.arg(i));
  c.reply.ok();
}

void command_unwatch(Call& c) {
  c.engine.unwatch(c.client);
  c.reply.ok();
}

void command_exec(Call& c) {
  Session& s = c.client;
  if (!s.in_multi) return c.error("ERR EXEC without MULTI");
  if (s.abort_exec) {
    end_transaction(c);
    return c.error("EXECABORT Transaction discarded because of previous errors.");
  }
  if (s.watch_broken || c.engine.watched_expired(s)) {
    end_transaction(c);
    return c.reply.null_array();
  }
  const std::vector<QueuedCommand> queue = std::move(s.queue);
  end_transaction(c);
  s.executing = true;
  c.reply.array(queue.size());
  for (const QueuedCommand& q : queue) {
    const std::vector<std::string_view> words(q.argv.begin(), q.argv.end());
    if (const auto decision = c.engine.permitted(s, *q.command, words, acl::Context::multi); !decision)
      refuse_queued(c, decision);
    else
      c.engine.call(s, *q.command, words);
  }
  s.executing = false;
}

}  // namespace node
