// What the steps of a run leave behind: faults, commands, expectations, each journaled when it changes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// Who is told. Called one at a time, from the threads of the steps; may be empty.
struct StepSinks {
  /// Before a fault acts on the cluster, or heals: a harness that is killed meanwhile must not leave a crash
  /// that nobody asked for.
  std::function<void(std::size_t, const FaultRecord&)> fault_acts;
  std::function<void(std::size_t, const FaultRecord&)> fault;  // by number, whenever it changes
  std::function<void(const CommandRecord&)> command_sent;      // before it is sent, for the same reason
  std::function<void(const CommandRecord&)> command;           // once, when it is over
  std::function<void(const ExpectationRecord&)> expectation;   // the same
  std::function<void(const std::string&)> say;                 // one line for people
};

/// Thread-safe. A record belongs to the step that opened it until the run is over.
class StepRecords {
 public:
  explicit StepRecords(StepSinks sinks) : sinks_(std::move(sinks)) {}

  FaultRecord& open_fault(FaultRecord record, std::size_t& number);
  /// Tells that the fault is about to act, or to heal.
  void acts(std::size_t number, const FaultRecord& record);
  /// Tells of a change, and remembers which nodes the fault keeps from answering.
  void changed(std::size_t number, const FaultRecord& record);
  void sent(const CommandRecord& record);
  void add(const CommandRecord& record);
  void add(const ExpectationRecord& record);
  void say(const std::string& line);

  /// Nodes that a fault in force keeps from answering.
  std::vector<int> held() const;
  void save(const std::string& name, const std::string& reply);
  std::map<std::string, std::string> saved() const;

  /// REQUIRES: no step is under way.
  std::vector<FaultRecord> faults() const { return {faults_.begin(), faults_.end()}; }
  const std::vector<CommandRecord>& commands() const { return commands_; }
  const std::vector<ExpectationRecord>& expectations() const { return expectations_; }

 private:
  StepSinks sinks_;
  mutable std::mutex mutex_;        // guards all below
  std::deque<FaultRecord> faults_;  // references stay good
  std::map<std::size_t, std::vector<int>> held_by_;
  std::vector<CommandRecord> commands_;
  std::vector<ExpectationRecord> expectations_;
  std::map<std::string, std::string> saved_;
};

}  // namespace harness
