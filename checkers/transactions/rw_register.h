// Rw-register: transactions write unique values to registers and read them. A read names the write it saw,
// which gives the wr edges; the order of a register's versions has to be inferred, and stays partial:
//
//   initial     the first value comes before every other
//   wfr         a transaction that read v and wrote w put w after v         (--wfr-keys)
//   sequential  each process saw the versions of a key in their order       (--sequential-keys)
//   realtime    so did transactions that followed each other in real time   (--linearizable-keys)
//
// Each but the first is an assumption about the store under test, unless the model asked for promises it:
// strict-serializable says that each key is linearizable, strong-session-serializable that it is sequential,
// and both, serializable and snapshot isolation that writes follow reads. An order that contradicts itself or
// the ones before it for some key is reported (cyclic-versions; with -item, -process or -realtime when only
// the model asked for promises it) and not used for that key.
#pragma once

#include <memory>

#include "checkers/transactions/txn_report.h"

namespace harness {

class RwRegister {
 public:
  /// REQUIRES: the history and the budget outlive this. Throws TxnBudgetEnded.
  RwRegister(const History& history, const ModelOptions& options, TxnBudget& budget);
  ~RwRegister();
  /// The anomalies that are no cycles, and the graph for those that are. Call once. What the
  /// budget did not allow is told in TxnFindings::incomplete.
  TxnFindings analyze(const TxnRequest& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace harness
