#include "checkers/promises/reads_when_down.h"

#include <algorithm>

#include "checkers/promises/node_settings.h"

namespace harness {
namespace {

constexpr std::string_view kDirective[] = {"cluster-allow-reads-when-down"};

/// A list of ["r", key, value] and nothing else.
bool only_reads(const ValueTable& values, Value transaction) {
  if (transaction.kind() != Value::Kind::kList) return false;
  return std::ranges::all_of(values.as_list(transaction), [&](const Value each) {
    if (each.kind() != Value::Kind::kList || values.as_list(each).empty()) return false;
    const Value what = values.as_list(each)[0];
    return what.kind() == Value::Kind::kText && values.as_text(what) == "r";
  });
}

}  // namespace

bool may_read_when_down(const RunRecord& run, int node) {
  return may_be_on(run, node, kDirective);
}

bool changes_data(const History& history, const Operation& operation) {
  switch (operation.function) {
    case Function::kRead:
    case Function::kGet:
      return false;
    case Function::kTxn:
      return !only_reads(history.values, operation.argument);
    default:
      return true;
  }
}

}  // namespace harness
