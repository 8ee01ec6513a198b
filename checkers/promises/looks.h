// When the observer looked at a node, and what a look proves: it is stamped when its answer has arrived, so
// the node gave that answer at some moment between the look before and the stamp.
#pragma once

#include <vector>

#include "harness/core/run_record.h"

namespace harness {

class Looks {
 public:
  explicit Looks(const RunRecord& run);
  /// The stamp of the first recorded look that was surely sent after `time`: looks at a node follow one
  /// another, so it is the second that is stamped then or later. kNever: none.
  Nanos sent_after(int node, Nanos time) const;
  /// The last recorded stamp before `time`; -1: none.
  Nanos before(int node, Nanos time) const;

 private:
  std::vector<std::vector<Nanos>> stamps_;  // by node, in order, each once
};

}  // namespace harness
