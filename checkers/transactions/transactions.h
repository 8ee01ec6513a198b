// The transactional models: list-append and rw-register (the idea is Elle's: Kingsbury & Alvaro 2020). From
// what transactions read, each infers the order of the versions of every key, thence which transaction
// depended on which, and reports what no history of the asked consistency model could contain, with the
// evidence.
//
// Which anomalies count: those that `ModelOptions::consistency` forbids (default strict-serializable), or
// those that `ModelOptions::anomalies` names, each with the ones that are special cases of it (a G0 is a G1c;
// G1 is G1a, G1b and G1c), or both sets when both are given. Names and the lattice: consistency_models.h.
//
// info transactions: their reads say nothing; a write of theirs counts from the moment somebody read it. A
// failed transaction's write that somebody read is a G1a. Verdicts: invalid when an asked-for anomaly is
// there; unknown when nothing depends on anything, or when one value was written twice, so that its versions
// cannot be told apart; else valid.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "checkers/common/model.h"
#include "checkers/transactions/dependency_graph.h"
#include "harness/core/history.h"
#include "harness/core/verdict.h"

namespace harness {

/// Transactions are ["append", k, v] and ["r", k, [v, …]]. Throws UsageError for an unknown name in the
/// options or a transaction of another shape.
CheckResult check_list_append(const History& history, const ModelOptions& options);

/// Transactions are ["w", k, v] and ["r", k, v]. The order of a key's versions comes from the initial state
/// and from `linearizable_keys`, `sequential_keys`, `wfr_keys`.
CheckResult check_rw_register(const History& history, const ModelOptions& options);

/// One edge of a cycle in plain words.
struct ExplainedStep {
  std::size_t from = 0;  // indices into History::operations
  std::size_t to = 0;
  EdgeType type = EdgeType::kWw;
  std::string key;  // empty for process and real-time order
  std::string words;
};

struct ExplainedCycle {
  std::string type;  // "G-single-realtime"
  std::vector<ExplainedStep> steps;
};

/// The answer, and the listed cycles as data.
struct TxnAnalysis {
  CheckResult result;
  std::vector<ExplainedCycle> cycles;
};
TxnAnalysis analyze_list_append(const History& history, const ModelOptions& options);
TxnAnalysis analyze_rw_register(const History& history, const ModelOptions& options);

/// The listed cycles, drawn: their transactions with an edge for each step.
Drawings draw_list_append(const History& history, const ModelOptions& options);
Drawings draw_rw_register(const History& history, const ModelOptions& options);

/// A cycle as a Graphviz digraph: a record for each transaction, an edge for each step.
std::string to_dot(const History& history, const ExplainedCycle& cycle);

}  // namespace harness
