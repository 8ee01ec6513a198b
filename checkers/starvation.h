// What a run's record says of servers that had no processor, and what follows from it: a promise in
// wall-clock time that was broken around then is the machine's doing as likely as the server's. Content is
// not excused by it: a lost write is lost however slow the machine. But where only the machine can have led
// to the failover that lost it, nobody broke a promise.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/processor_wait.h"
#include "harness/core/run_record.h"

namespace harness {

/// Whether the kind is of a promise that rests on wall-clock time: detection, election, convergence, views
/// that follow what happens.
bool rests_on_time(std::string_view anomaly);

class Starvation {
 public:
  /// `failovers`: those that the run had. REQUIRES: the record and they outlive it.
  Starvation(const RunRecord& run, std::span<const ProcessorWait> waits,
             std::span<const Failover> failovers = {});

  /// Takes out of `result` what rests on time and showed itself around a time at which a server starved: a
  /// doubt takes its place, with the node and what it waited for. A result that doubts such things already
  /// gets the reason.
  void excuse(CheckResult& result) const;

 private:
  bool nothing_led_to_failover_of(int node, Nanos time) const;
  bool had_its_patience(const ExpectationRecord& expectation) const;
  bool was_late_besides(const Anomaly& anomaly) const;
  bool lost_without_cause(const Anomaly& anomaly) const;
  const ProcessorWait* behind(const Anomaly& anomaly) const;
  void give_reason(CheckResult& result) const;
  std::string told(const ProcessorWait& window) const;

  const RunRecord& run_;
  std::span<const Failover> failovers_;
  Nanos reach_ = 0;  // so long after it what starvation has set going may still show
  std::vector<ProcessorWait> windows_;
};

}  // namespace harness
