#include "workloads/groups.h"

#include <algorithm>

#include "harness/client/session.h"

namespace harness {

GroupWorkload::GroupWorkload(const WorkloadSetup& setup)
    : recorder_(setup.recorder),
      size_(setup.options.integer("size")),
      groups_(setup, "g"),
      once_(setup, "o"),
      fresh_(setup),
      final_reads_(setup, groups_, once_),
      read_(setup.options.number("read")),
      replica_(setup.options.number("replica")) {}

Operation GroupWorkload::next(std::int32_t, Prng& prng) {
  Operation op;
  if (once_.turn(prng)) {
    if (!once_.next(op, prng)) {
      return_to(op, prng);
      return op;
    }
    op.function = Function::kWrite;
    op.argument = fresh_.next();
    return op;
  }
  op.key = groups_.number(groups_.draw(prng));
  const double kind = prng.unit();
  if (kind < replica_) {
    op.function = Function::kGet;
    op.argument = Value::integer(static_cast<std::int64_t>(prng.below(1'000)));
  } else if (kind >= replica_ + read_) {
    change(op, prng);
  }
  return op;
}

Task<Operation> GroupWorkload::invoke(Client& client, Operation op) {
  if (op.function == Function::kRead || op.function == Function::kGet) return read(client, op);
  return perform(client, op);
}

std::optional<Operation> GroupWorkload::next_final(const FinalTurn&) {
  return final_reads_.next();
}

const std::string& GroupWorkload::tag(const Operation& op) const {
  return groups_.has(op.key) ? groups_.text(op.key) : once_.text(op.key);
}

std::vector<std::string> GroupWorkload::keys_of(const Operation& op) const {
  std::vector<std::string> keys;
  for (std::int64_t i = 0; i < size_; ++i) keys.push_back("{" + tag(op) + "}." + std::to_string(i));
  return keys;
}

std::vector<std::string_view> GroupWorkload::words(std::string_view command,
                                                   const std::vector<std::string>& keys) {
  std::vector<std::string_view> all = {command};
  all.insert(all.end(), keys.begin(), keys.end());
  return all;
}

Task<Operation> GroupWorkload::read(Client& client, Operation op) {
  const std::vector<std::string> keys = keys_of(op);
  const auto command = words("MGET", keys);
  if (op.function == Function::kRead) {
    take_group(op, co_await client.command(keys.front(), command));
    co_return op;
  }
  const auto nodes = static_cast<std::int64_t>(client.group().nodes().size());
  Session session(client, static_cast<int>(op.argument.as_integer() % nodes), true);
  take_group(op, co_await session.command(command));
  co_return op;
}

void GroupWorkload::take_group(Operation& op, const Answer& answer) const {
  if (!take_answer(op, answer, recorder_)) return;
  const auto values = values_of(*answer.reply, recorder_);
  if (!values || values->size() != static_cast<std::size_t>(size_)) return unexpected_reply(op, recorder_);
  const bool same =
      std::all_of(values->begin(), values->end(), [&](Value each) { return each == values->front(); });
  op.result = same ? values->front() : recorder_.list(*values);
}

}  // namespace harness
