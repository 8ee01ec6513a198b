#include "checkers/transactions/transactions.h"

#include <algorithm>

#include <array>
#include <string_view>

#include "checkers/transactions/list_append.h"
#include "checkers/transactions/rw_register.h"
#include "checkers/transactions/txn_report.h"

namespace harness {
namespace {

struct EdgeStyle {
  std::string_view label;
  std::string_view color;
};

constexpr std::array<EdgeStyle, 6> kEdgeStyles = {{{"ww", "#c02700"},
                                                   {"wr", "#c000a5"},
                                                   {"rw", "#5b00c0"},
                                                   {"process", "#0050c0"},
                                                   {"realtime", "#0050c0"},
                                                   {"", "#000000"}}};

std::string dot_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// The model's verdict; `unknown` when the budget does not even allow to set the model up.
template <typename TxnModel, typename... Arguments>
TxnAnalysis analyze_within_budget(std::string_view name, const History& history, const ModelOptions& options,
                                  const Arguments&... arguments) {
  const TxnRequest request(options);
  TxnBudget budget(options.budget);
  TxnFindings nothing;
  try {
    TxnModel model(arguments..., budget);
    return conclude(name, history, request, model.analyze(request));
  } catch (const TxnBudgetEnded& ended) {
    nothing.incomplete = ended.why;
  }
  return conclude(name, history, request, std::move(nothing));
}

/// As the anomalies of the cycles name their operations.
Drawings drawn(const History& history, const TxnAnalysis& analysis) {
  Drawings drawings;
  for (const ExplainedCycle& cycle : analysis.cycles) {
    std::vector<std::size_t> operations;
    for (const ExplainedStep& step : cycle.steps)
      operations.push_back(history.operations[step.from].invoke_event);
    std::ranges::sort(operations);
    drawings[{cycle.type, std::move(operations)}] = to_dot(history, cycle);
  }
  return drawings;
}

}  // namespace

TxnAnalysis analyze_list_append(const History& history, const ModelOptions& options) {
  return analyze_within_budget<ListAppend>("list-append", history, options, history);
}

TxnAnalysis analyze_rw_register(const History& history, const ModelOptions& options) {
  return analyze_within_budget<RwRegister>("rw-register", history, options, history, options);
}

CheckResult check_list_append(const History& history, const ModelOptions& options) {
  return analyze_list_append(history, options).result;
}

CheckResult check_rw_register(const History& history, const ModelOptions& options) {
  return analyze_rw_register(history, options).result;
}

Drawings draw_list_append(const History& history, const ModelOptions& options) {
  return drawn(history, analyze_list_append(history, options));
}

Drawings draw_rw_register(const History& history, const ModelOptions& options) {
  return drawn(history, analyze_rw_register(history, options));
}

std::string to_dot(const History& history, const ExplainedCycle& cycle) {
  std::string dot = "digraph " + dot_string(cycle.type) + " {\n  rankdir=LR;\n  node [shape=box];\n";
  for (std::size_t i = 0; i < cycle.steps.size(); ++i) {
    const std::string label = "T" + std::to_string(i + 1) + ": " +
                              show_transaction(history, history.operations[cycle.steps[i].from]);
    dot += "  t" + std::to_string(cycle.steps[i].from) + " [label=" + dot_string(label) + "];\n";
  }
  for (const ExplainedStep& step : cycle.steps) {
    const EdgeStyle& style = kEdgeStyles[static_cast<std::size_t>(step.type)];
    const std::string label = std::string(style.label) + (step.key.empty() ? "" : " " + step.key);
    dot += "  t" + std::to_string(step.from) + " -> t" + std::to_string(step.to) +
           " [label=" + dot_string(label) + ", color=" + dot_string(style.color) +
           ", fontcolor=" + dot_string(style.color) + ", tooltip=" + dot_string(step.words) + "];\n";
  }
  return dot + "}\n";
}

}  // namespace harness
