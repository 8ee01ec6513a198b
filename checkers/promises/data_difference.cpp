#include "checkers/promises/data_difference.h"

#include <algorithm>

#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

AnomalyKind type_of(DataDifference::Kind kind, AnomalyKind of_keys) {
  switch (kind) {
    case DataDifference::Kind::kKey:
      break;
    case DataDifference::Kind::kExpiry:
      return "expiry-differs";
    case DataDifference::Kind::kGroup:
      return "group-differs";
    case DataDifference::Kind::kConsumer:
      return "consumer-differs";
    case DataDifference::Kind::kCounter:
      return "stream-count-differs";
    case DataDifference::Kind::kFunction:
      return "functions-differ";
  }
  return of_keys;
}

/// Where the last set begins: its nodes come in order of their numbers.
std::size_t begin_of_end(const std::vector<FinalData>& all) {
  std::size_t begin = 0;
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].node <= all[i - 1].node) begin = i;
  return begin;
}

}  // namespace

DataSet data_in_the_end(const RunRecord& run) {
  return DataSet(run.final_data).subspan(begin_of_end(run.final_data));
}

DataSet data_at_load_end(const RunRecord& run) {
  return DataSet(run.final_data).first(begin_of_end(run.final_data));
}

std::vector<const FinalData*> data_by_node(const RunRecord& run, DataSet all) {
  std::vector<const FinalData*> by_node(run.nodes.size(), nullptr);
  for (const FinalData& data : all)
    if (0 <= data.node && static_cast<std::size_t>(data.node) < by_node.size())
      by_node[static_cast<std::size_t>(data.node)] = &data;
  return by_node;
}

Anomaly anomaly_of(const RunRecord& run, const DataDifference& difference, AnomalyKind type, int node,
                   std::string explanation) {
  Anomaly anomaly;
  anomaly.type = type_of(difference.kind, type).text();
  if (difference.kind != DataDifference::Kind::kFunction) anomaly.key = difference.key;
  anomaly.node = node_name(run, node);
  anomaly.time = judged_at(run);
  anomaly.explanation = std::move(explanation);
  return anomaly;
}

void say_what_was_not_compared(const RunRecord& run, DataSet all, CheckResult& result) {
  std::string text;
  int sample = 1;
  for (const FinalData& data : all) {
    sample = std::max(sample, data.sample);
    for (const std::string& what : data.not_compared)
      text += (text.empty() ? "Not compared: " : "; ") + what + " of " + node_name(run, data.node);
  }
  if (!text.empty()) text += ".";
  if (sample > 1)
    text += (text.empty() ? "" : " ") + ("One of " + std::to_string(sample)) + " keys was compared.";
  result.note = text;
}

}  // namespace harness
