#include "checkers/models/kv.h"

#include <compare>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "checkers/models/kv_chains.h"
#include "checkers/models/register.h"
#include "checkers/search/spec_search.h"

namespace harness {
namespace {

/// Texts are named by their views into the history's table.
class KvSpec {
 public:
  using Kind = KvOp::Kind;
  struct Effect {
    Kind kind;
    std::string_view text;
    auto operator<=>(const Effect&) const = default;
  };
  using State = std::string;

  explicit KvSpec(std::string initial, std::size_t puts) : initial_(std::move(initial)), puts_left_(puts) {}

  State initial() const { return initial_; }
  bool apply(State& state, const Effect& effect) const {
    switch (effect.kind) {
      case Kind::kGet:
        return state == effect.text;
      case Kind::kPut:
        state = effect.text;
        return true;
      case Kind::kAppend:
        state += effect.text;
        return true;
    }
    return false;
  }
  bool pure(const Effect& effect) const { return effect.kind == Kind::kGet; }
  std::size_t hash(const State& state) const { return std::hash<std::string>{}(state); }
  std::size_t bytes(const State& state) const { return state.capacity() + sizeof(State); }
  void placed(const Effect& effect, int by) {
    if (effect.kind == Kind::kPut) puts_left_ -= static_cast<std::size_t>(by);
  }
  /// Once no put is left the value only grows: it must begin every value that is still to be read.
  template <typename Each>
  bool viable(const State& state, const Each& each) const {
    if (puts_left_ > 0) return true;
    bool fits = true;
    each([&](const Effect& effect) { fits &= effect.kind != Kind::kGet || effect.text.starts_with(state); });
    return fits;
  }
  std::string words(const History&, const State& state) const {
    std::string text = "the value ";
    append_json_string(text, state.size() > 60 ? "..." + state.substr(state.size() - 57) : state);
    return text;
  }

 private:
  std::string initial_;
  std::size_t puts_left_;
};

std::string_view text_of(const History& history, const Operation& op, Value value) {
  if (value.is_nil()) return "";
  if (value.kind() == Value::Kind::kText) return history.values.as_text(value);
  throw OperationRefused(op.invoke_event, "a kv store holds strings, not " + history.values.to_json(value));
}

std::string first_text(const ModelOptions& options) {
  if (options.initial.empty()) return {};
  const auto json = nlohmann::json::parse(options.initial, nullptr, false);
  if (!json.is_string()) throw UsageError("--initial of a kv store is a JSON string, not " + options.initial);
  return json.get<std::string>();
}

/// Without appends, and with nothing but texts, a key is a register.
bool is_register(const History& history) {
  return std::none_of(history.operations.begin(), history.operations.end(), [](const Operation& op) {
    const bool reads = op.function == Function::kGet || op.function == Function::kRead;
    return op.function == Function::kAppend || (op.outcome == Outcome::kOk && reads && op.result.is_nil());
  });
}

/// What matters of one key; counts its puts.
std::vector<SpecOp<KvSpec>> kv_operations(const History& history, std::span<const std::uint32_t> group,
                                          std::size_t& puts) {
  std::vector<SpecOp<KvSpec>> ops;
  for (const std::uint32_t index : group) {
    const Operation& op = history.operations[index];
    KvSpec::Effect effect{};
    switch (op.function) {
      case Function::kGet:
      case Function::kRead:
        if (op.outcome != Outcome::kOk) continue;
        effect = {KvSpec::Kind::kGet, text_of(history, op, op.result)};
        break;
      case Function::kPut:
      case Function::kWrite:
        if (op.outcome == Outcome::kFail) continue;
        effect = {KvSpec::Kind::kPut, text_of(history, op, op.argument)};
        ++puts;
        break;
      case Function::kAppend:
        if (op.outcome == Outcome::kFail) continue;
        effect = {KvSpec::Kind::kAppend, text_of(history, op, op.argument)};
        break;
      default:
        throw OperationRefused(op.invoke_event, "a kv store has get, put and append, not '" +
                                                    std::string(to_string(op.function)) + "'");
    }
    ops.push_back({index, effect, effect});
  }
  return ops;
}

bool decided_by_chains(const History& history, const std::vector<SpecOp<KvSpec>>& ops,
                       std::string_view initial, Findings& findings) {
  std::vector<KvOp> plain;
  for (const SpecOp<KvSpec>& op : ops) plain.push_back({op.operation, op.effect.kind, op.effect.text});
  return check_kv_chains(history, plain, initial, findings);
}

}  // namespace

ModelOptions kv_as_register(const ModelOptions& options) {
  first_text(options);  // refuses what is no text
  ModelOptions as_register = options;
  if (options.initial.empty()) as_register.initial = "\"\"";
  return as_register;
}

CheckResult check_kv(const History& history, const ModelOptions& options) {
  const std::string initial = first_text(options);
  if (is_register(history)) return check_linearizable_register(history, kv_as_register(options));
  Findings findings("kv", history);
  const ByKey by_key = split_by_key(history);
  std::uint64_t steps = 0;
  std::size_t chains = 0;
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    std::size_t puts = 0;
    const auto ops = kv_operations(history, by_key.group(slot), puts);
    if (decided_by_chains(history, ops, initial, findings)) {
      ++chains;
      continue;
    }
    const KvSpec spec(initial, puts);
    steps += judge_by_search<KvSpec>(spec, history, ops, options.budget, findings);
  }
  findings.measure("search_steps", static_cast<double>(steps));
  return findings.finish(chains == by_key.size() ? "Linearizable: every value shows the order of its appends."
                                                 : "Linearizable, decided by search.");
}

}  // namespace harness
