// What a transactional model found, on its way into a CheckResult: a bounded log of anomalies, the dependency
// graph, and plain words for each of its edges.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkers/common/model.h"
#include "checkers/transactions/consistency_models.h"
#include "checkers/transactions/cycles.h"
#include "checkers/transactions/dependency_graph.h"
#include "checkers/transactions/transactions.h"
#include "checkers/transactions/txn_columns.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Counts every anomaly, lists the first few of each type.
class AnomalyLog {
 public:
  static constexpr std::size_t kListed = 16;

  /// `make` builds the Anomaly, and is only called for one that will be listed.
  template <typename Make>
  void add(std::string_view type, Make&& make) {
    Entry& entry = types_[type];
    if (entry.count++ >= kListed) return;
    entry.listed.push_back(make());
    entry.listed.back().type = type;
  }

  struct Entry {
    std::size_t count = 0;
    std::vector<Anomaly> listed;
  };
  const std::map<std::string_view, Entry>& types() const { return types_; }

 private:
  std::map<std::string_view, Entry> types_;  // by names that live as long as the program
};

/// Why one transaction precedes another: the key and the words.
struct EdgeReason {
  std::string key;
  std::string words;
};
/// For a step of type ww, wr or rw, with the names the two transactions have in the explanation.
using DataReason =
    std::function<EdgeReason(const CycleStep&, const std::string& from, const std::string& to)>;

/// What a model hands over. `reason` may refer to the model's own indices, which must still be alive.
struct TxnFindings {
  AnomalyLog log;
  DependencyGraph graph;
  DataReason reason;
  std::vector<std::string> doubts;  // why a valid verdict would claim more than the history shows
  std::string incomplete;           // empty, or why the analysis ended before its end
};

/// Which anomalies the options ask for, with the orders that the graph must hold for them.
struct TxnRequest {
  explicit TxnRequest(const ModelOptions& options);  // UsageError for an unknown name
  bool wants(std::string_view anomaly) const { return prohibited.contains(anomaly); }
  void infer_version_orders(std::string_view model);

  NameSet prohibited;
  std::string asked;  // for the explanation: "strict-serializable"
  CycleRequest cycles;
  bool process_order = false;
  bool realtime_order = false;
  // What the models asked for say of the versions of a key, without being told (checkers/PROMISES.md,
  // "Verdicts must be earned"). Named anomalies alone (--anomalies) say nothing.
  bool linearizable_keys = false;  // strict-serializable
  bool sequential_keys = false;    // strong-session-serializable
  bool wfr_keys =
      false;  // serializable, snapshot-isolation: who read a version and wrote the key, wrote a later one
};

/// What both models end with: adds the orders that the request needs to the data edges, and builds the graph.
void finish_graph(GraphBuilder& graph, const History& history, const TxnRequest& request, TxnBudget& budget,
                  TxnFindings& findings);

/// Searches the graph for cycles and writes everything down.
TxnAnalysis conclude(std::string_view model, const History& history, const TxnRequest& request,
                     TxnFindings findings);

/// "p3 append x 1, read y [1,2] (ok, 0.010 to 0.020 ms)".
std::string show_transaction(const History& history, const Operation& op);
/// An Anomaly of some transactions: their events, the time the last one ended, and "Let T1 = …" before the
/// words, in which the transactions are called T1, T2, … in this order.
Anomaly anomaly_of(const History& history, const std::vector<Index>& transactions, std::string key,
                   const std::string& words);

}  // namespace harness
