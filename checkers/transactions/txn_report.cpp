#include "checkers/transactions/txn_report.h"

#include <algorithm>
#include <cstdio>

#include "checkers/common/explaining.h"

namespace harness {
namespace {

constexpr std::size_t kShownMops = 24;
constexpr std::size_t kShownTransactions = 24;

constexpr CycleClass class_at(std::size_t index) {
  return {static_cast<CycleShape>(index % 5), static_cast<CycleOrder>(index / 5)};
}

/// To the microsecond, and to the nanosecond where less would say 0.000.
std::string milliseconds(Nanos time) {
  char text[32];
  std::snprintf(text, sizeof text, time < 1'000'000 ? "%.6f" : "%.3f", to_ms(time));
  return text;
}

std::string join(const NameSet& names) {
  std::string all;
  for (std::string_view name : names) all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

std::string name_of(std::size_t position) {
  return "T" + std::to_string(position + 1);
}

Nanos end_of(const Operation& op) {
  return op.completed == kNever ? op.invoked : op.completed;
}

/// Turns the cycles and the log of one analysis into its result.
class Conclusion {
 public:
  Conclusion(std::string_view model, const History& history, const TxnRequest& request, TxnFindings findings)
      : history_(history), request_(request), findings_(std::move(findings)) {
    result_.name = model;
    result_.operations = history.operations.size();
  }

  TxnAnalysis run() {
    CycleFindings found = find_cycles(findings_.graph, request_.cycles);
    const Explaining explaining;
    std::ranges::stable_sort(found.cycles, {}, [](const Cycle& cycle) { return cycle.steps.size(); });
    for (const Cycle& cycle : found.cycles)
      findings_.log.add(to_string(cycle.cycle_class), [&] { return anomaly_of_cycle(cycle); });
    for (const HiddenCycle& hidden : found.hidden)
      findings_.log.add(hidden.anomaly, [&] { return anomaly_of_component(hidden); });
    collect_anomalies();
    result_.truncated += result_.truncated.empty() || found.incomplete.empty() ? "" : "; ";
    result_.truncated += found.incomplete;
    if (!findings_.incomplete.empty())
      result_.truncated += (result_.truncated.empty() ? "" : "; ") + findings_.incomplete;
    result_.measured = {{"transactions", static_cast<double>(findings_.graph.transactions())},
                        {"edges", static_cast<double>(findings_.graph.edges())},
                        {"components", static_cast<double>(found.components)},
                        {"largest_component_transactions", static_cast<double>(found.largest_component)}};
    decide();
    return {std::move(result_), std::move(cycles_)};
  }

 private:
  std::string_view lattice_name_of(std::string_view type) const {
    for (std::size_t i = 0; i < kCycleClasses; ++i)
      if (to_string(class_at(i)) == type) return lattice_name(class_at(i));
    return type;
  }

  void collect_anomalies() {
    for (const auto& [type, entry] : findings_.log.types()) {
      const std::string_view known = lattice_name_of(type);
      present_.insert(known);
      if (!request_.wants(known)) continue;
      types_ += (types_.empty() ? "" : ", ") + std::string(type);
      result_.violations += entry.count;
      result_.anomalies.insert(result_.anomalies.end(), entry.listed.begin(), entry.listed.end());
      if (entry.count > entry.listed.size())
        result_.truncated += (result_.truncated.empty() ? "" : "; ") + std::to_string(entry.listed.size()) +
                             " of " + std::to_string(entry.count) + " " + std::string(type) + " are listed";
    }
  }

  void decide() {
    const ModelBoundary boundary = boundary_of(present_);
    std::string ruled_out;
    if (!boundary.weakest.empty()) ruled_out = "The history is not " + join(boundary.weakest);
    if (!boundary.also.empty()) ruled_out += ", and so also not " + join(boundary.also);
    if (!ruled_out.empty()) ruled_out += ".";
    if (result_.violations > 0) {
      result_.valid = Validity::kInvalid;
      result_.explanation = "Found " + types_ + ", which " + request_.asked + " forbids. " + ruled_out;
    } else if (!findings_.incomplete.empty()) {
      result_.valid = Validity::kUnknown;
      result_.explanation = "Not decided: " + findings_.incomplete + ".";
    } else if (!findings_.doubts.empty()) {
      result_.valid = Validity::kUnknown;
      result_.explanation = findings_.doubts.front() +
                            (findings_.doubts.size() > 1
                                 ? " (and " + std::to_string(findings_.doubts.size() - 1) + " more keys)"
                                 : "");
    } else if (findings_.graph.edges() == 0) {
      result_.valid = Validity::kUnknown;
      result_.explanation =
          "empty-transaction-graph: no transaction depends on another, so nothing was put to the test.";
    } else {
      result_.valid = Validity::kValid;
      result_.explanation = "Nothing that " + request_.asked + " forbids was found among " +
                            std::to_string(findings_.graph.transactions()) + " transactions and " +
                            std::to_string(findings_.graph.edges()) + " edges.";
      if (!ruled_out.empty()) result_.explanation += " Beside what was asked: " + ruled_out;
    }
  }

  ExplainedStep explain(const CycleStep& step, const std::string& from, const std::string& to) const {
    ExplainedStep explained{step.from, step.to, step.type, {}, {}};
    const Operation& first = history_.operations[step.from];
    const Operation& second = history_.operations[step.to];
    if (step.type == EdgeType::kProcess) {
      explained.words = "process " + std::to_string(first.process) + " executed " + from + " before " + to;
    } else if (step.type == EdgeType::kRealtime) {
      explained.words = from + " completed at " + milliseconds(first.completed) + " ms, " +
                        milliseconds(second.invoked - first.completed) + " ms before " + to + " was invoked";
    } else {
      EdgeReason reason = findings_.reason(step, from, to);
      explained.key = std::move(reason.key);
      explained.words = std::move(reason.words);
    }
    return explained;
  }

  Anomaly anomaly_of_cycle(const Cycle& cycle) {
    ExplainedCycle explained{std::string(to_string(cycle.cycle_class)), {}};
    std::vector<Index> transactions;
    std::string words, key;
    bool one_key = true;
    const std::size_t count = cycle.steps.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string from = name_of(i), to = name_of((i + 1) % count);
      const bool last = i + 1 == count;
      ExplainedStep step = explain(cycle.steps[i], from, to);
      transactions.push_back(cycle.steps[i].from);
      if (last || i < kShownTransactions) {
        words += std::string(last     ? " However, "
                             : i == 0 ? ""
                                      : " ") +
                 from + " < " + to + ", because " + step.words + (last ? ": a contradiction." : ";");
      } else if (i == kShownTransactions) {
        words += " … and so on up to " + name_of(count - 1) + ".";
      }
      if (!step.key.empty()) {
        one_key = one_key && (key.empty() || key == step.key);
        key = step.key;
      }
      explained.steps.push_back(std::move(step));
    }
    cycles_.push_back(std::move(explained));
    return anomaly_of(history_, transactions, one_key ? key : "", words);
  }

  Anomaly anomaly_of_component(const HiddenCycle& hidden) const {
    return anomaly_of(
        history_, hidden.transactions, "",
        "These transactions depend on each other in a circle; the search for a short cycle among "
        "them ran out of steps.");
  }

  const History& history_;
  const TxnRequest& request_;
  TxnFindings findings_;
  CheckResult result_;
  std::vector<ExplainedCycle> cycles_;
  NameSet present_;
  std::string types_;
};

}  // namespace

TxnRequest::TxnRequest(const ModelOptions& options) {
  std::vector<std::string> models = options.consistency;
  if (models.empty() && options.anomalies.empty()) models = {"strict-serializable"};
  prohibited = anomalies_prohibited_by(models);
  NameSet named;
  for (const std::string& name : options.anomalies) named.insert(known_anomaly(name));
  prohibited.merge(anomalies_implying(named));
  for (const std::string& model : models) asked += (asked.empty() ? "" : ", ") + model;
  if (!named.empty()) asked += (asked.empty() ? "--anomalies " : " with --anomalies ") + join(named);
  for (const std::string& model : models) infer_version_orders(model);
  cycles.steps = options.budget.steps;
  cycles.cancelled = options.budget.cancelled;
  for (std::size_t i = 0; i < kCycleClasses; ++i) {
    const bool wanted = wants(lattice_name(class_at(i)));
    cycles.wanted[i] = wanted;
    process_order |= wanted && class_at(i).order != CycleOrder::kData;
    realtime_order |= wanted && class_at(i).order == CycleOrder::kRealtime;
  }
}

/// A model includes every weaker one, so the strongest that is asked for says the most.
void TxnRequest::infer_version_orders(std::string_view model) {
  const NameSet weaker = models_implied_by(model);
  linearizable_keys |= weaker.contains(canonical_model("strict-serializable"));
  sequential_keys |= weaker.contains(canonical_model("strong-session-serializable"));
  wfr_keys |= weaker.contains(canonical_model("serializable")) ||
              weaker.contains(canonical_model("snapshot-isolation"));
}

void finish_graph(GraphBuilder& graph, const History& history, const TxnRequest& request, TxnBudget& budget,
                  TxnFindings& findings) {
  if (request.process_order) graph.add_process_order(history);
  if (request.realtime_order) graph.add_realtime_order(history);
  budget.take(graph.bytes());
  findings.graph = graph.build();
}

TxnAnalysis conclude(std::string_view model, const History& history, const TxnRequest& request,
                     TxnFindings findings) {
  return Conclusion(model, history, request, std::move(findings)).run();
}

std::string show_transaction(const History& history, const Operation& op) {
  std::string text = "p" + std::to_string(op.process);
  const bool ok = op.outcome == Outcome::kOk;
  const std::span<const Value> mops = history.values.as_list(ok ? op.result : op.argument);
  for (std::size_t i = 0; i < mops.size(); ++i) {
    if (i == kShownMops) {
      text += ", … " + std::to_string(mops.size() - i) + " more";
      break;
    }
    const std::span<const Value> parts = history.values.as_list(mops[i]);
    std::string name = show(history, parts[0]);
    const bool read = name == "r" || name == ":r";
    if (read) name = "read";
    if (name == "w" || name == ":w") name = "write";
    text += (i == 0 ? " " : ", ") + name + " " + show(history, parts[1]) + " ";
    text += read && !ok ? "?" : show(history, parts[2]);
  }
  text += " (" + std::string(to_string(op.outcome)) + ", " + milliseconds(op.invoked) + " to ";
  return text + (op.completed == kNever ? "never" : milliseconds(op.completed)) + " ms)";
}

Anomaly anomaly_of(const History& history, const std::vector<Index>& transactions, std::string key,
                   const std::string& words) {
  Anomaly anomaly;
  anomaly.key = std::move(key);
  anomaly.explanation = "Let";
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    const Operation& op = history.operations[transactions[i]];
    anomaly.operations.push_back(op.invoke_event);
    anomaly.time = std::max(anomaly.time, end_of(op));
    if (op.node != kNoNode && anomaly.node.empty()) anomaly.node = history.node_text(op);
    if (i < kShownTransactions)
      anomaly.explanation += (i == 0 ? " " : "; ") + name_of(i) + " = " + show_transaction(history, op);
  }
  if (transactions.size() > kShownTransactions)
    anomaly.explanation += "; … " + std::to_string(transactions.size() - kShownTransactions) + " more";
  anomaly.explanation += ". " + words;
  return anomaly;
}

}  // namespace harness
