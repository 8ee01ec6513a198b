// The end of a run soon after a violation is certain (`stop-at-violation`): what is recorded so far is judged
// again and again while the load goes on, by the checkers that judge the whole run in the end.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "harness/core/clock.h"
#include "harness/core/run_record.h"
#include "harness/run/store.h"

namespace harness {

/// The violation that a record which ends in the midst of its run already proves, in words; empty: none. May
/// throw: then nothing is known.
using JudgeSoFar = std::function<std::string(const RunRecord&, const RunFiles&)>;

/// Judges in a thread of its own that is less urgent than the run. The newest moments are left out: of them
/// not every journal has told yet. The pauses are longer than what the judging takes of the processor, so
/// that most of it is the run's; a history over the cap is not judged while it runs, and `found` says so
/// once.
class EarlyEnd {
 public:
  static constexpr std::uintmax_t kJournalMost = 256U
                                                 << 20;  // bytes; the record in memory is a few times that

  /// `found`: told the violation, or why there is no more judging. From the thread, once.
  EarlyEnd(const RunFiles& files, const RunClock& clock, JudgeSoFar judge,
           std::function<void(const std::string&)> found, std::uintmax_t journal_most = kJournalMost);
  ~EarlyEnd();  // waits for the judgement under way
  EarlyEnd(const EarlyEnd&) = delete;
  EarlyEnd& operator=(const EarlyEnd&) = delete;

  bool violated() const;
  std::string violation() const;  // in words; empty: none was found

 private:
  void watch();
  bool pause(Nanos time);
  bool too_large() const;
  void tell(const std::string& violation, const std::string& what);

  const RunFiles files_;
  const RunClock& clock_;
  const JudgeSoFar judge_;
  const std::function<void(const std::string&)> found_;
  const std::uintmax_t journal_most_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // guarded by mutex_, as is violated_
  bool violated_ = false;
  std::string violation_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace harness
