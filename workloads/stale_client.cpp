#include "workloads/stale_client.h"

#include <unordered_set>

#include "workloads/register.h"
#include "workloads/wrapped.h"

namespace harness {
namespace {

constexpr Parameter kStaleClientOptions[] = {
    share_option("learn", "of the operations, those before which the client takes the map of the moment",
                 "0.001"),
};

const std::vector<Parameter>& all_stale_client_options() {
  static const std::vector<Parameter> all = joined(register_options(), kStaleClientOptions);
  return all;
}

class StaleClientWorkload final : public Workload {
 public:
  explicit StaleClientWorkload(const WorkloadSetup& setup)
      : registers_(make_register_workload(setup)), learn_(setup.options.number("learn")) {}

  Operation next(std::int32_t process, Prng& prng) override {
    if (prng.chance(learn_)) keeps_.erase(process);
    return registers_->next(process, prng);
  }
  Task<Operation> invoke(Client& client, Operation op) override {
    if (!final_ && keeps_.insert(op.process).second) client.keep_map();
    return registers_->invoke(client, op);
  }
  void retired(std::int32_t process) override { registers_->retired(process); }
  std::optional<Operation> next_final(const FinalTurn& turn) override {
    final_ = true;
    return registers_->next_final(turn);
  }

 private:
  std::unique_ptr<Workload> registers_;
  double learn_;
  std::unordered_set<std::int32_t> keeps_;  // processes whose client has its map
  bool final_ = false;
};

}  // namespace

std::span<const Parameter> stale_client_options() {
  return all_stale_client_options();
}

std::unique_ptr<Workload> make_stale_client_workload(const WorkloadSetup& setup) {
  return std::make_unique<StaleClientWorkload>(setup);
}

}  // namespace harness
