#include "workloads/types.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "harness/client/outcome.h"
#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"
#include "workloads/type_lines.h"

namespace harness {
namespace {

constexpr Parameter kTypesOptions[] = {once_option("1"), once_keys_option("4000")};

/// EXEC's refusal where a command was refused for no reason that clients know: the build does not have it.
constexpr std::string_view kAborted = "execabort";

/// Why a node refuses writes for a time; inside EXEC those of a script, which it lets begin.
constexpr std::string_view kForNow[] = {"misconf", "oom", "noreplicas", "readonly", "clusterdown"};

/// That reason, if a command of the transaction was answered so: what it left is not certain then.
std::string_view refused_for_now(const redisReply& exec) {
  if (exec.type != REDIS_REPLY_ARRAY) return {};
  for (std::size_t i = 0; i < exec.elements; ++i) {
    const redisReply& reply = *exec.element[i];
    if (reply.type != REDIS_REPLY_ERROR) continue;
    const std::string_view reason = classify_error_reply({reply.str, reply.len}).reason;
    if (std::ranges::count(kForNow, reason) > 0) return reason;
  }
  return {};
}

class TypesWorkload final : public Workload {
 public:
  explicit TypesWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder), once_(setup, "o"), fresh_(setup) {}

  Operation next(std::int32_t, Prng& prng) override {
    Operation op;
    if (!once_.next(op, prng)) return op;
    op.function = Function::kWrite;
    op.argument = fresh_.next();
    numbers_.emplace(op.key, op.argument.as_integer());
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (unknown_.contains(&line_of(op))) {
      op.outcome = Outcome::kFail;
      op.error = recorder_.error("not-supported");
      return done(op);
    }
    if (op.function != Function::kWrite && half_done_.contains(op.key)) {
      op.outcome = Outcome::kFail;
      op.error = recorder_.error("half-done");
      return done(op);
    }
    return op.function == Function::kWrite ? write(client, op) : read(client, op);
  }

  /// Each share reads all of its own.
  std::optional<Operation> next_final(const FinalTurn&) override {
    while (next_final_ < once_.size()) {
      Operation read;
      read.key = once_.number(next_final_++);
      if (!unknown_.contains(&line_of(read)) && !half_done_.contains(read.key)) return read;
    }
    return std::nullopt;
  }

 private:
  static Task<Operation> done(Operation op) { co_return op; }

  std::int64_t number_of(const Operation& op) const { return numbers_.at(op.key); }
  const TypeLine& line_of(const Operation& op) const {
    return type_lines()[static_cast<std::size_t>(number_of(op)) % type_lines().size()];
  }

  Task<Operation> write(Client& client, Operation op) {
    const TypeLine& line = line_of(op);
    const Answer answer = co_await transaction(client, op, commands_of(line.writes, tag(op), number_of(op)));
    if (!take_answer(op, answer, recorder_)) {
      if (answer.reason == kAborted) unknown_.insert(&line);
      co_return op;
    }
    if (const std::string_view reason = refused_for_now(*answer.reply); !reason.empty()) {
      half_done_.insert(op.key);
      op.outcome = Outcome::kInfo;
      op.error = recorder_.error(reason);
      co_return op;
    }
    const auto wrong = differences(*answer.reply, 0, line.writes, line.answers, op);
    if (!wrong) {
      unknown_.insert(&line);
      unexpected_reply(op, recorder_);
    } else if (wrong->empty()) {
      op.result = op.argument;
    } else {
      const Value told[] = {op.argument, recorder_.text(wrong->front())};
      op.result = recorder_.list(told);
    }
    co_return op;
  }

  /// In one transaction, too: first how many of the keys there are.
  Task<Operation> read(Client& client, Operation op) {
    const TypeLine& line = line_of(op);
    std::vector<std::string> exists = keys_of(line, tag(op));
    exists.insert(exists.begin(), "EXISTS");
    std::vector<std::vector<std::string>> commands = commands_of(line.reads, tag(op), number_of(op));
    commands.insert(commands.begin(), std::move(exists));
    const Answer answer = co_await transaction(client, op, commands);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type != REDIS_REPLY_ARRAY || answer.reply->elements != commands.size()) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    const redisReply& count = *answer.reply->element[0];
    if (count.type == REDIS_REPLY_INTEGER && count.integer == 0) co_return op;
    const auto wrong = differences(*answer.reply, 1, line.reads, line.shows, op);
    if (!wrong) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    std::vector<Value> texts;
    for (const std::string& each : *wrong) texts.push_back(recorder_.text(each));
    op.result = texts.empty() ? Value::integer(number_of(op)) : recorder_.list(texts);
    co_return op;
  }

  Task<Answer> transaction(Client& client, const Operation& op,
                           const std::vector<std::vector<std::string>>& commands) {
    Commands body;
    for (const std::vector<std::string>& words : commands)
      body.add(std::vector<std::string_view>(words.begin(), words.end()));
    Session session(client, tag(op));
    co_return co_await session.transaction(body);
  }

  /// What was answered otherwise than the line says. Nothing: this build does not know such a command.
  std::optional<std::vector<std::string>> differences(const redisReply& exec, std::size_t skip,
                                                      std::string_view commands, std::string_view answers,
                                                      const Operation& op) const {
    const std::vector<std::string_view> asked = parts_of(commands);
    const std::vector<std::string_view> wanted = parts_of(answers);
    if (exec.type != REDIS_REPLY_ARRAY || exec.elements != wanted.size() + skip) return std::nullopt;
    std::vector<std::string> wrong;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const redisReply& reply = *exec.element[i + skip];
      const std::string got = rendered(reply);
      if (reply.type == REDIS_REPLY_ERROR && is_unknown_command(got)) return std::nullopt;
      if (!matches(wanted[i], got, tag(op), number_of(op)))
        wrong.push_back(std::string(asked[i]) + ": " + got + ", not " + std::string(wanted[i]));
    }
    return wrong;
  }

  const std::string& tag(const Operation& op) const { return once_.text(op.key); }

  Recorder& recorder_;
  OnceKeys once_;
  FreshValues fresh_;
  std::unordered_map<std::uint32_t, std::int64_t> numbers_;  // by key: what was, or is to be, written
  std::set<const TypeLine*> unknown_;                        // which the build does not know
  std::set<std::uint32_t> half_done_;                        // keys whose script was refused for a time
  std::size_t next_final_ = 0;
};

}  // namespace

std::span<const Parameter> types_options() {
  return kTypesOptions;
}

std::unique_ptr<Workload> make_types_workload(const WorkloadSetup& setup) {
  return std::make_unique<TypesWorkload>(setup);
}

}  // namespace harness
