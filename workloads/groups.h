// Groups of keys that are always written together, so that a group is one register: what the workloads
// multi-slot and functions have in common.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workloads/answers.h"
#include "workloads/keys.h"

namespace harness {

inline constexpr Parameter kGroupSizeOption = {
    "size", Parameter::Kind::kInteger, "keys of each group", "", "4", 2, 1000};

class GroupWorkload : public Workload {
 public:
  Operation next(std::int32_t process, Prng& prng) override;
  Task<Operation> invoke(Client& client, Operation op) override;
  std::optional<Operation> next_final(const FinalTurn&) override;

 protected:
  GroupWorkload(const WorkloadSetup& setup);

  /// A change of a group that is not one of `once`. Sets function and argument.
  virtual void change(Operation& op, Prng& prng) = 0;
  /// Whether to change a group of `once` that was written, instead of reading it. Sets function and argument.
  virtual void return_to(Operation&, Prng&) {}
  /// Carries out what is no read.
  virtual Task<Operation> perform(Client& client, Operation op) = 0;

  const std::string& tag(const Operation& op) const;
  std::vector<std::string> keys_of(const Operation& op) const;
  static std::vector<std::string_view> words(std::string_view command, const std::vector<std::string>& keys);

  Recorder& recorder_;
  std::int64_t size_;
  KeySet groups_;
  OnceKeys once_;
  FreshValues fresh_;

 private:
  Task<Operation> read(Client& client, Operation op);
  void take_group(Operation& op, const Answer& answer) const;

  FinalReads final_reads_;
  double read_;
  double replica_;
};

}  // namespace harness
