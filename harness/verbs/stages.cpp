#include "harness/verbs/stages.h"

#include "checkers/common/explaining.h"

namespace harness {

SearchTimer::SearchTimer(Stages& stages) : stages_(stages) {
  listen_to_explaining([this](bool begins) { turn(begins); });
}

SearchTimer::~SearchTimer() {
  listen_to_explaining({});
  turn(false);
}

void SearchTimer::turn(bool explaining) {
  const Clock::time_point now = Clock::now();
  (explaining_ ? stages_.explanation : stages_.search) += std::chrono::duration<double>(now - since_).count();
  since_ = now;
  explaining_ = explaining;
}

}  // namespace harness
