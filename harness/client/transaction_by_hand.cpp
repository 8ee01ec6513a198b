#include "harness/client/transaction_by_hand.h"

#include <optional>

#include "harness/client/pause.h"

namespace harness {
namespace {

/// Why the first of the commands was refused.
std::optional<Classification> first_refusal(const Answer& queued) {
  const auto refusal = [](const ReplyPtr& reply) -> std::optional<Classification> {
    if (reply->type != REDIS_REPLY_ERROR) return std::nullopt;
    return classify_error_reply({reply->str, reply->len});
  };
  for (const ReplyPtr& reply : queued.earlier)
    if (const auto why = refusal(reply)) return why;
  return refusal(queued.reply);
}

}  // namespace

Task<Answer> transaction_by_hand(Client& client, std::string_view key, const Commands& commands,
                                 std::chrono::milliseconds pause) {
  Session session(client, key);
  Answer queued = co_await session.pipeline(commands);
  if (queued.outcome != Outcome::kOk) {
    queued.outcome = Outcome::kFail;  // nothing is executed before EXEC is sent
    co_return queued;
  }
  const std::optional<Classification> refused = first_refusal(queued);
  co_await pause_for(client.group().context(), pause);
  const std::string_view exec[] = {"EXEC"};
  Answer answer = co_await session.command(exec);
  if (answer.outcome != Outcome::kOk) client.group().refresh_soon();
  if (refused && answer.outcome == Outcome::kOk)
    co_return Answer{Outcome::kInfo, kExecutedAfterRefusal, nullptr, answer.node, {}};
  if (refused && answer.outcome == Outcome::kFail && refused->outcome == Outcome::kFail)
    answer.reason = refused->reason;
  co_return answer;
}

}  // namespace harness
