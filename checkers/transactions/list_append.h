// List-append: transactions append unique elements to lists and read whole lists. A read shows the order of
// every append before it, so the longest read of a key gives the key's versions, and with them nearly every
// dependency.
#pragma once

#include <memory>

#include "checkers/transactions/txn_report.h"

namespace harness {

class ListAppend {
 public:
  /// REQUIRES: the history and the budget outlive this. Throws TxnBudgetEnded.
  ListAppend(const History& history, TxnBudget& budget);
  ~ListAppend();
  /// The anomalies that are no cycles, and the graph for those that are. Call once. What the
  /// budget did not allow is told in TxnFindings::incomplete.
  TxnFindings analyze(const TxnRequest& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace harness
