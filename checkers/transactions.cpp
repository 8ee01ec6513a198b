#include "checkers/transactions.h"

#include <array>
#include <string_view>

#include "checkers/list_append.h"
#include "checkers/rw_register.h"
#include "checkers/txn_report.h"

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

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// The answer when time ran out between two stages, each of which takes about a second per million
/// transactions; the search for cycles looks at the budget itself.
TxnAnalysis stopped(const char* name, const History& history, const char* stage) {
  TxnAnalysis analysis;
  CheckResult& result = analysis.result;
  result.name = name;
  result.operations = history.operations.size();
  result.truncated =
      std::string("the check ran out of its budget of time before ") + stage + "; raise it with --time-limit";
  result.explanation = "Not decided: " + result.truncated + ".";
  return analysis;
}
constexpr const char* kOrders = "the order of the versions was known";
constexpr const char* kCycles = "it looked for cycles";

}  // namespace

TxnAnalysis analyze_list_append(const History& history, const ModelOptions& options) {
  const TxnRequest request(options);
  if (options.budget.stop()) return stopped("list-append", history, kOrders);
  ListAppend model(history);
  if (options.budget.stop()) return stopped("list-append", history, kCycles);
  return conclude("list-append", history, request, model.analyze(request));
}

TxnAnalysis analyze_rw_register(const History& history, const ModelOptions& options) {
  const TxnRequest request(options);
  if (options.budget.stop()) return stopped("rw-register", history, kOrders);
  RwRegister model(history, options);
  if (options.budget.stop()) return stopped("rw-register", history, kCycles);
  return conclude("rw-register", history, request, model.analyze(request));
}

CheckResult check_list_append(const History& history, const ModelOptions& options) {
  return analyze_list_append(history, options).result;
}

CheckResult check_rw_register(const History& history, const ModelOptions& options) {
  return analyze_rw_register(history, options).result;
}

std::string to_dot(const History& history, const ExplainedCycle& cycle) {
  std::string dot = "digraph " + quoted(cycle.type) + " {\n  rankdir=LR;\n  node [shape=box];\n";
  for (std::size_t i = 0; i < cycle.steps.size(); ++i) {
    const std::string label = "T" + std::to_string(i + 1) + ": " +
                              show_transaction(history, history.operations[cycle.steps[i].from]);
    dot += "  t" + std::to_string(cycle.steps[i].from) + " [label=" + quoted(label) + "];\n";
  }
  for (const ExplainedStep& step : cycle.steps) {
    const EdgeStyle& style = kEdgeStyles[static_cast<std::size_t>(step.type)];
    const std::string label = std::string(style.label) + (step.key.empty() ? "" : " " + step.key);
    dot += "  t" + std::to_string(step.from) + " -> t" + std::to_string(step.to) +
           " [label=" + quoted(label) + ", color=" + quoted(style.color) +
           ", fontcolor=" + quoted(style.color) + ", tooltip=" + quoted(step.words) + "];\n";
  }
  return dot + "}\n";
}

}  // namespace harness
