// One step of a plan, carried out from its beginning to its end on the calling thread.
#pragma once

#include <optional>
#include <string>

#include "harness/conditions/conditions.h"
#include "harness/run/command_sessions.h"
#include "harness/run/look_share.h"
#include "harness/run/nemesis.h"
#include "harness/run/step_board.h"
#include "harness/run/step_records.h"

namespace harness {

/// What the steps of a plan share.
struct StepShare {
  const NemesisScene& scene;
  LookShare& looks;
  StepBoard& board;
  StepRecords& records;
  CommandSessions& sessions;
};

class StepActor {
 public:
  /// `stream`: the step's random choices; `redraw`: its time is drawn again, as the steps begin once more.
  /// REQUIRES: its instant has come.
  StepActor(const Plan& plan, std::size_t step, Prng stream, bool redraw, const StepShare& share);

  /// All rounds of the step. Returns early when the run is stopped; what is in force is healed then.
  void run();

 private:
  bool begin(int round, Nanos since);
  bool wanted_again(int round, Nanos first) const;
  void act();
  /// A fault that was injected, and stays until it is healed if `active`.
  struct Injected {
    std::size_t number = 0;  // of its record
    FaultRecord* record = nullptr;
    std::unique_ptr<ActiveFault> active;
  };
  void inject();
  Injected inject_at(const Fault& fault, const std::string& target);
  void heal(const Injected& one);
  std::vector<int> named_by(const std::string& target);
  void stay_in_force(FaultRecord& record);
  void tell_until_held_before(FaultRecord& record);
  void heal_other();
  void send_command();
  void send_to_all(const std::vector<Node*>& nodes, const std::vector<std::string>& words,
                   const std::string& expected);
  std::vector<CommandRecord> send_to(Node& node, const std::vector<std::string>& words,
                                     const std::string& expected);
  void tell(const Node& node, const CommandRecord& record);
  void expect();

  /// Whether servers had no processor for a part of the patience, and that part was not given again yet.
  bool is_owed_time(const ExpectationRecord& record, Nanos now) const;

  /// Polls the condition until it has held for `stay`, or the patience ends, or the run does.
  ExpectationRecord await(const ConditionPlan& condition, Nanos patience, Nanos stay,
                          ExpectationRecord::Kind kind);
  void tell(const ExpectationRecord& record);
  ConditionScene condition_scene() const;
  FaultContext fault_context(const FaultRecord& record);

  const Plan& plan_;
  const std::size_t number_;
  const StepPlan& step_;
  const Prng stream_;
  const bool redraw_;
  Prng prng_;  // of the round under way
  const NemesisScene& scene_;
  LookShare& looks_;
  StepBoard& board_;
  StepRecords& records_;
  CommandSessions& sessions_;
};

}  // namespace harness
