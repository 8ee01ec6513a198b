#include "workloads/bank.h"

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kBankOptions[] = {
    keys_option("12"),
    kHotKeysOption,
    kHotShareOption,
    {"accounts", Parameter::Kind::kInteger, "of each bank", "", "5", 2, 1000},
    {"initial", Parameter::Kind::kInteger, "what an account holds that nobody touched", "", "100", 0, 1e12},
    {"amount", Parameter::Kind::kInteger, "amounts are drawn from 1 to this", "", "5", 1, 1e9},
    share_option("read", "share of reads", "0.3"),
    share_option("watch", "of the transfers, those by WATCH, MULTI and EXEC; the others are scripts", "0.3"),
    kOnceOption,
    kOnceKeysOption,
};

/// Moves an amount between two accounts. Answers [1, balance, balance, state], or [0] where the funds do not
/// suffice.
constexpr std::string_view kTransfer =
    "local from = tonumber(redis.call('GET', KEYS[1]) or ARGV[2]) "
    "local to = tonumber(redis.call('GET', KEYS[2]) or ARGV[2]) "
    "local amount = tonumber(ARGV[1]) "
    "if from < amount then return {0} end "
    "redis.call('SET', KEYS[1], string.format('%d', from - amount)) "
    "redis.call('SET', KEYS[2], string.format('%d', to + amount)) "
    "return {1, from - amount, to + amount, redis.call('INCR', KEYS[3])}";

/// A transfer as the history holds it, and the keys of its accounts.
struct Transfer {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t amount = 0;
  std::array<std::string, 2> keys;
};

class BankWorkload final : public Workload {
 public:
  explicit BankWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        accounts_(setup.options.integer("accounts")),
        initial_(setup.options.integer("initial")),
        amount_(setup.options.integer("amount")),
        read_(setup.options.number("read")),
        watch_(setup.options.number("watch")),
        banks_(setup, "b"),
        once_(setup, "o"),
        final_reads_(setup, banks_, once_) {}

  Operation next(std::int32_t process, Prng& prng) override {
    Operation op;
    const bool once = once_.turn(prng) && once_.writes(prng);
    op.key = once ? once_.fresh() : banks_.number(banks_.draw(prng));
    if (!once && prng.chance(read_)) return op;
    op.function = Function::kTransfer;
    const auto accounts = static_cast<std::uint64_t>(accounts_);
    const std::uint64_t from = prng.below(accounts);
    const std::uint64_t to = (from + 1 + prng.below(accounts - 1)) % accounts;
    const Value parts[] = {Value::integer(static_cast<std::int64_t>(from)),
                           Value::integer(static_cast<std::int64_t>(to)),
                           Value::integer(prng.between(1, amount_))};
    op.argument = recorder_.list(parts);
    by_watch_[process] = prng.chance(watch_);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.function == Function::kRead) return read(client, op);
    const auto means = by_watch_.find(op.process);
    if (means != by_watch_.end() && means->second) return by_watch(client, op);
    return by_script(client, op);
  }

  void retired(std::int32_t process) override { by_watch_.erase(process); }

  std::optional<Operation> next_final(const FinalTurn&) override { return final_reads_.next(); }

 private:
  const std::string& name(const Operation& op) const {
    return banks_.has(op.key) ? banks_.text(op.key) : once_.text(op.key);
  }

  std::string account(const Operation& op, std::int64_t number) const {
    return "{" + name(op) + "}." + std::to_string(number);
  }

  /// The key that counts the transfers: the number of the bank's state.
  std::string state(const Operation& op) const { return "{" + name(op) + "}.state"; }

  Transfer transfer_of(const Operation& op) const {
    const std::vector<Value> parts = recorder_.elements(op.argument);
    Transfer transfer{parts[0].as_integer(), parts[1].as_integer(), parts[2].as_integer(), {}};
    transfer.keys = {account(op, transfer.from), account(op, transfer.to)};
    return transfer;
  }

  Task<Operation> read(Client& client, Operation op) {
    std::vector<std::string> keys;
    for (std::int64_t i = 0; i < accounts_; ++i) keys.push_back(account(op, i));
    keys.push_back(state(op));
    std::vector<std::string_view> command = {"MGET"};
    command.insert(command.end(), keys.begin(), keys.end());
    const Answer answer = co_await client.command(keys.front(), command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const auto balances = values_of(*answer.reply, recorder_);
    if (!balances || balances->size() != keys.size()) {
      unexpected_reply(op, recorder_);
      co_return op;
    }
    std::vector<Value> pairs;
    for (std::int64_t i = 0; i < accounts_; ++i) {
      const Value held = (*balances)[static_cast<std::size_t>(i)];
      const Value pair[] = {Value::integer(i), held.is_nil() ? Value::integer(initial_) : held};
      pairs.push_back(recorder_.list(pair));
    }
    const Value number[] = {balances->back().is_nil() ? Value::integer(0) : balances->back()};
    pairs.push_back(recorder_.list(number));
    op.result = recorder_.list(pairs);
    co_return op;
  }

  Task<Operation> by_script(Client& client, Operation op) {
    const Transfer transfer = transfer_of(op);
    const std::string amount = std::to_string(transfer.amount);
    const std::string initial = std::to_string(initial_);
    const std::string number = state(op);
    const std::string_view command[] = {"EVAL",           kTransfer, "3",    transfer.keys[0],
                                        transfer.keys[1], number,    amount, initial};
    const Answer answer = co_await client.command(transfer.keys[0], command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const auto told = values_of(*answer.reply, recorder_);
    if (told && told->size() == 4)
      take_balances(op, (*told)[1], (*told)[2], (*told)[3]);
    else if (told && told->size() == 1)
      op.outcome = Outcome::kFail;  // no error: the funds did not suffice
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  Task<Operation> by_watch(Client& client, Operation op) {
    const Transfer transfer = transfer_of(op);
    Session session(client, transfer.keys[0]);
    const Answer watched = co_await session.watch(transfer.keys);
    if (!not_yet(op, watched)) co_return op;
    const std::string_view get[] = {"MGET", transfer.keys[0], transfer.keys[1]};
    const Answer got = co_await session.command(get);
    if (!not_yet(op, got)) co_return op;
    const auto balances = balances_of(*got.reply);
    if (!balances || (*balances)[0] < transfer.amount) {
      const Answer forgotten = co_await session.unwatch();
      take_answer(op, got, recorder_);
      op.outcome = Outcome::kFail;  // no error: the funds did not suffice
      if (!balances) op.error = recorder_.error("no-balance");
      if (forgotten.outcome == Outcome::kInfo) client.reset();
      co_return op;
    }
    co_return co_await exchange(session, op, transfer, *balances);
  }

  Task<Operation> exchange(Session& session, Operation op, const Transfer& transfer,
                           std::array<std::int64_t, 2> balances) {
    const std::string from = std::to_string(balances[0] - transfer.amount);
    const std::string to = std::to_string(balances[1] + transfer.amount);
    Commands body;
    body.add({"SET", transfer.keys[0], from});
    body.add({"SET", transfer.keys[1], to});
    body.add({"INCR", state(op)});
    const Answer answer = co_await session.transaction(body);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const redisReply& exec = *answer.reply;
    if (exec.type == REDIS_REPLY_ARRAY && exec.elements == 3 && is_ok(*exec.element[0]) &&
        is_ok(*exec.element[1]) && exec.element[2]->type == REDIS_REPLY_INTEGER)
      take_balances(op, value_of(from, recorder_), value_of(to, recorder_),
                    Value::integer(exec.element[2]->integer));
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// Whether the transfer may go on. Until EXEC is sent nothing can have been applied: what is not answered
  /// by then is a failure.
  bool not_yet(Operation& op, const Answer& answer) const {
    if (take_answer(op, answer, recorder_)) return true;
    op.outcome = Outcome::kFail;
    return false;
  }

  std::optional<std::array<std::int64_t, 2>> balances_of(const redisReply& reply) const {
    const auto values = values_of(reply, recorder_);
    if (!values || values->size() != 2) return std::nullopt;
    std::array<std::int64_t, 2> balances{initial_, initial_};
    for (std::size_t i = 0; i < 2; ++i) {
      if ((*values)[i].is_integer()) balances[i] = (*values)[i].as_integer();
      if (!(*values)[i].is_integer() && !(*values)[i].is_nil()) return std::nullopt;
    }
    return balances;
  }

  void take_balances(Operation& op, Value from, Value to, Value state) const {
    std::vector<Value> result = recorder_.elements(op.argument);
    result.push_back(from);
    result.push_back(to);
    result.push_back(state);
    op.result = recorder_.list(result);
  }

  Recorder& recorder_;
  std::int64_t accounts_;
  std::int64_t initial_;
  std::int64_t amount_;
  double read_;
  double watch_;
  KeySet banks_;
  OnceKeys once_;  // banks with one transfer
  FinalReads final_reads_;
  std::unordered_map<std::int32_t, bool> by_watch_;  // by process: of the transfer that it offered
};

}  // namespace

std::span<const Parameter> bank_options() {
  return kBankOptions;
}

std::unique_ptr<Workload> make_bank_workload(const WorkloadSetup& setup) {
  return std::make_unique<BankWorkload>(setup);
}

}  // namespace harness
