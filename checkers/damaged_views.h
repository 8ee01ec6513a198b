// A server that took a nodes.conf which the plan had damaged believes what nobody told it, and tells it to
// the others: Redis promises nothing of a cluster that hears such a node. What it shows and serves from then
// on proves nothing; data that is lost stays lost.
#pragma once

#include <string>

#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness {

class DamagedViews {
 public:
  explicit DamagedViews(const RunRecord& run);

  /// Takes out of `result` what follows from the configuration of the cluster (rests_on_time(), starvation.h)
  /// and showed itself after a server took a damaged nodes.conf: a doubt takes its place.
  void excuse(CheckResult& result) const;

 private:
  Nanos since_ = kNever;  // kNever: no server took one
  std::string node_;
};

}  // namespace harness
