#include "workloads/unique_ids.h"

#include <string>

#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {
namespace {

constexpr Parameter kUniqueIdsOptions[] = {keys_option("12"), kHotKeysOption, kHotShareOption, kOnceOption,
                                           kOnceKeysOption};

class UniqueIdsWorkload final : public Workload {
 public:
  explicit UniqueIdsWorkload(const WorkloadSetup& setup)
      : recorder_(setup.recorder), generators_(setup, "u"), once_(setup, "o") {}

  Operation next(std::int32_t, Prng& prng) override {
    if (once_.turn(prng) && once_.writes(prng)) return generate(once_.fresh());
    return generate(generators_.number(generators_.draw(prng)));
  }

  Task<Operation> invoke(Client& client, Operation op) override {
    const std::string& key = generators_.has(op.key) ? generators_.text(op.key) : once_.text(op.key);
    const std::string_view command[] = {"INCR", key};
    const Answer answer = co_await client.command(key, command);
    if (!take_answer(op, answer, recorder_)) co_return op;
    if (answer.reply->type == REDIS_REPLY_INTEGER)
      op.result = *value_of(*answer.reply, recorder_);
    else
      unexpected_reply(op, recorder_);
    co_return op;
  }

  /// One more of each: a generator that fell back gives one that was given.
  std::optional<Operation> next_final(const FinalTurn&) override {
    const std::size_t place = next_final_++;
    if (place < generators_.size()) return generate(generators_.number(place));
    if (place - generators_.size() < once_.size()) return generate(once_.number(place - generators_.size()));
    return std::nullopt;
  }

 private:
  Operation generate(std::uint32_t key) const {
    Operation op;
    op.function = Function::kGenerate;
    op.key = key;
    return op;
  }

  Recorder& recorder_;
  KeySet generators_;
  OnceKeys once_;  // generators that give one identifier, and a second in the end
  std::size_t next_final_ = 0;
};

}  // namespace

std::span<const Parameter> unique_ids_options() {
  return kUniqueIdsOptions;
}

std::unique_ptr<Workload> make_unique_ids_workload(const WorkloadSetup& setup) {
  return std::make_unique<UniqueIdsWorkload>(setup);
}

}  // namespace harness
