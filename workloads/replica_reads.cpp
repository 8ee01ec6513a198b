#include "workloads/replica_reads.h"

#include "harness/client/session.h"
#include "workloads/answers.h"
#include "workloads/register.h"
#include "workloads/wrapped.h"

namespace harness {
namespace {

constexpr Parameter kReplicaReadsOptions[] = {
    share_option("replica", "share of READONLY reads at a random node", "0.3"),
    share_option("unasked", "share of reads at a random node without READONLY", "0.05"),
};

const std::vector<Parameter>& all_replica_reads_options() {
  static const std::vector<Parameter> all = joined(register_options(), kReplicaReadsOptions);
  return all;
}

/// Reads of two kinds more than the registers', of the keys that those use.
class ReplicaReadsWorkload final : public Workload {
 public:
  explicit ReplicaReadsWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder),
        registers_(make_register_workload(setup)),
        replica_(setup.options.number("replica")),
        unasked_(setup.options.number("unasked")) {}

  Operation next(std::int32_t process, Prng& prng) override {
    Operation op = registers_->next(process, prng);
    const double kind = prng.unit();
    if (kind < replica_ + unasked_ && op.function == Function::kRead)
      return read_at(kind < replica_, op, prng);
    return op;
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    if (op.argument.kind() != Value::Kind::kList || op.function == Function::kCas)
      return registers_->invoke(client, op);
    return read(client, op);
  }

  void retired(std::int32_t process) override { registers_->retired(process); }
  std::optional<Operation> next_final(const FinalTurn& turn) override { return registers_->next_final(turn); }

 private:
  /// The argument: [whether READONLY, a number that says which node].
  Operation read_at(bool readonly, Operation op, Prng& prng) {
    op.function = readonly ? Function::kGet : Function::kRead;
    const Value how[] = {Value::integer(readonly ? 1 : 0),
                         Value::integer(static_cast<std::int64_t>(prng.below(1'000)))};
    op.argument = recorder_.list(how);
    return op;
  }

  Task<Operation> read(Client& client, Operation op) {
    const std::vector<Value> how = recorder_.elements(op.argument);
    const auto nodes = static_cast<std::int64_t>(client.group().nodes().size());
    Session session(client, static_cast<int>(how[1].as_integer() % nodes), how[0].as_integer() == 1);
    const std::string key = recorder_.key_text(op.key);
    const std::string_view command[] = {"GET", key};
    const Answer answer = co_await session.command(command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    const auto value = value_of(*answer.reply, recorder_);
    if (value)
      op.result = *value;
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  Recorder& recorder_;
  std::unique_ptr<Workload> registers_;
  double replica_;
  double unasked_;
};

}  // namespace

std::span<const Parameter> replica_reads_options() {
  return all_replica_reads_options();
}

std::unique_ptr<Workload> make_replica_reads_workload(const WorkloadSetup& setup) {
  return std::make_unique<ReplicaReadsWorkload>(setup);
}

}  // namespace harness
