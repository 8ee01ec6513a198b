#include "checkers/models/register_key.h"

#include <unordered_map>

#include "checkers/common/findings.h"

namespace harness {

CasValues cas_values(const History& history, const Operation& op) {
  if (op.argument.kind() == Value::Kind::kList) {
    const auto pair = history.values.as_list(op.argument);
    if (pair.size() == 2) return {pair[0], pair[1]};
  }
  throw OperationRefused(op.invoke_event,
                         "a cas takes [expected, new], not " + history.values.to_json(op.argument));
}

bool RegisterReading::relevant(const History& history, const Operation& op) const {
  switch (op.function) {
    case Function::kRead:
    case Function::kGet:
      return op.outcome == Outcome::kOk && !(null_read_unconstrained && op.result.is_nil());
    case Function::kWrite:
    case Function::kPut:
      return op.outcome != Outcome::kFail;
    case Function::kCas:
      if (op.outcome != Outcome::kFail) return true;
      if (const auto seen = seen_by_failed_cas(history.values, op.result))
        return !(null_read_unconstrained && seen->is_nil());
      return failed_cas_observed;
    default:
      throw OperationRefused(op.invoke_event, "a register has read, write and cas, not '" +
                                                  std::string(to_string(op.function)) + "' (" +
                                                  history.describe(op) + ")");
  }
}

std::optional<Value> seen_by_failed_cas(const ValueTable& values, Value result) {
  if (result.kind() != Value::Kind::kList) return std::nullopt;
  const auto told = values.as_list(result);
  return told.size() == 3 ? std::optional(told[2]) : std::nullopt;
}

RegisterReading register_reading(const History& history, const ModelOptions& options) {
  RegisterReading reading;
  reading.null_read_unconstrained = options.null_read_unconstrained;
  reading.failed_cas_observed = options.failed_cas_observed;
  reading.initial_text = options.initial.empty() ? "null" : options.initial;
  if (!options.initial.empty()) reading.initial = initial_value(history, options.initial);
  return reading;
}

RegisterKey extract_register_key(const History& history, const RegisterReading& reading,
                                 std::span<const std::uint32_t> operations) {
  RegisterKey out;
  out.values.push_back(reading.initial);
  std::unordered_map<std::uint64_t, std::uint32_t> numbers{{reading.initial.bits(), 0}};
  const auto number = [&](Value value) {
    const auto [at, fresh] = numbers.try_emplace(value.bits(), static_cast<std::uint32_t>(out.values.size()));
    if (fresh) out.values.push_back(value);
    return at->second;
  };
  for (const std::uint32_t index : operations) {
    const Operation& op = history.operations[index];
    out.key = op.key;
    if (!reading.relevant(history, op)) continue;
    RegisterOp r;
    r.invoked = op.invoked;
    r.deadline = op.deadline();
    r.operation = index;
    const auto seen =
        op.outcome == Outcome::kFail ? seen_by_failed_cas(history.values, op.result) : std::nullopt;
    if (seen) {
      r.access = Access::kRead;
      r.expects = number(*seen);
    } else if (op.function == Function::kCas) {
      const CasValues values = cas_values(history, op);
      r.access = op.outcome == Outcome::kFail ? Access::kDiffers : Access::kCas;
      r.expects = number(values.expected);
      r.writes = number(values.next);
      if (r.access == Access::kCas && r.expects == r.writes) {
        if (r.indeterminate()) continue;  // changes nothing and is known by nobody
        r.access = Access::kRead;         // it saw the value and left it
      }
    } else if (op.function == Function::kWrite || op.function == Function::kPut) {
      r.access = Access::kWrite;
      r.writes = number(op.argument);
    } else {
      r.access = Access::kRead;
      r.expects = number(op.result);
    }
    out.ops.push_back(r);
  }
  return out;
}

}  // namespace harness
