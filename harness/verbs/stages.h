// How long the parts of a check took, in seconds.
#pragma once

#include <chrono>

namespace harness {

struct Stages {
  double reading = 0;
  double screening = 0;    // what can be told from events alone (checkers/models/screening.h)
  double search = 0;       // judging: searches, graphs, promises
  double explanation = 0;  // words and small witnesses for what was found
};

/// Adds the time that it lives to a stage.
class StageTimer {
 public:
  explicit StageTimer(double& stage) : stage_(stage) {}
  ~StageTimer() { stage_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double& stage_;
  const Clock::time_point start_ = Clock::now();
};

/// Judging, and the explanations within it apart: while it lives it listens (checkers/common/explaining.h).
class SearchTimer {
 public:
  explicit SearchTimer(Stages& stages);
  ~SearchTimer();
  SearchTimer(const SearchTimer&) = delete;
  SearchTimer& operator=(const SearchTimer&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  void turn(bool explaining);

  Stages& stages_;
  Clock::time_point since_ = Clock::now();
  bool explaining_ = false;
};

}  // namespace harness
