#include "checkers/models/multi_register.h"

#include <compare>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <unordered_map>

#include "checkers/search/spec_search.h"

namespace harness {
namespace {

struct Micro {
  bool write;
  std::uint32_t place;  // of the register, dense
  std::uint64_t value;  // bits
  auto operator<=>(const Micro&) const = default;
};

class MultiRegisterSpec {
 public:
  using State = std::vector<std::uint64_t>;
  using Effect = std::vector<Micro>;

  /// `first`: each register's first value, in the order of the names.
  MultiRegisterSpec(std::vector<Value> names, State first)
      : names_(std::move(names)), first_(std::move(first)) {}

  const State& initial() const { return first_; }
  bool apply(State& state, const Effect& effect) const {
    for (const Micro& micro : effect) {
      if (micro.write) {
        state[micro.place] = micro.value;
      } else if (state[micro.place] != micro.value) {
        return false;
      }
    }
    return true;
  }
  bool pure(const Effect& effect) const {
    return std::none_of(effect.begin(), effect.end(), [](const Micro& micro) { return micro.write; });
  }
  std::size_t hash(const State& state) const {
    std::uint64_t hash = 0;
    for (const std::uint64_t value : state) hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
    return hash;
  }
  std::size_t bytes(const State& state) const { return state.size() * 8 + sizeof(State); }
  void placed(const Effect&, int) {}
  template <typename Each>
  bool viable(const State&, const Each&) const {
    return true;
  }
  std::string words(const History& history, const State& state) const {
    std::string text = "the registers ";
    for (std::size_t i = 0; i < std::min<std::size_t>(state.size(), 8); ++i) {
      const Value value = Value::from_bits(state[i]);
      text +=
          (i == 0 ? "" : ", ") + history.values.to_json(names_[i]) + " = " +
          (history.values.contains(value) ? history.values.to_json(value) : std::string("the first value"));
    }
    return text;
  }

 private:
  std::vector<Value> names_;
  State first_;
};

class Splitter {
 public:
  explicit Splitter(const History& history, const ModelOptions& options)
      : history_(history), skip_null_(options.null_read_unconstrained) {}

  /// Transactions by connected component of the registers they touch.
  struct Component {
    std::vector<Value> names;
    std::vector<SpecOp<MultiRegisterSpec>> ops;
  };
  std::vector<Component> split() {
    for (std::uint32_t i = 0; i < history_.operations.size(); ++i) read(i);
    std::vector<Component> components;
    std::unordered_map<std::uint32_t, std::uint32_t> component_of_root;
    std::vector<std::uint32_t> place(names_.size());
    for (std::uint32_t name = 0; name < names_.size(); ++name) {
      const auto [at, fresh] =
          component_of_root.try_emplace(root(name), static_cast<std::uint32_t>(components.size()));
      if (fresh) components.emplace_back();
      Component& component = components[at->second];
      place[name] = static_cast<std::uint32_t>(component.names.size());
      component.names.push_back(names_[name]);
    }
    for (SpecOp<MultiRegisterSpec>& op : ops_) {
      Component& component = components[component_of_root[root(op.effect.front().place)]];
      for (Micro& micro : op.effect) micro.place = place[micro.place];
      for (Micro& micro : op.weakened) micro.place = place[micro.place];
      component.ops.push_back(std::move(op));
    }
    return components;
  }

 private:
  void read(std::uint32_t index) {
    const Operation& op = history_.operations[index];
    if (op.function != Function::kTxn)
      throw OperationRefused(op.invoke_event,
                             "a multi-register has txn, not '" + std::string(to_string(op.function)) + "'");
    if (op.outcome == Outcome::kFail) return;
    const bool ok = op.outcome == Outcome::kOk;
    const Value value = ok ? op.result : op.argument;
    SpecOp<MultiRegisterSpec> out{index, {}, {}};
    if (value.kind() != Value::Kind::kList) refuse(op, value);
    for (const Value micro : history_.values.as_list(value)) {
      if (micro.kind() != Value::Kind::kList) refuse(op, value);
      const auto parts = history_.values.as_list(micro);
      if (parts.size() != 3 || parts[0].kind() != Value::Kind::kText) refuse(op, value);
      const std::string_view f = history_.values.as_text(parts[0]);
      const bool write = f == "w" || f == "write";
      if (!write && f != "r" && f != "read") refuse(op, value);
      const Micro read_or_write{write, number(op, parts[1]), parts[2].bits()};
      if (!out.effect.empty()) join(out.effect.front().place, read_or_write.place);
      if (!out.weakened.empty()) join(out.weakened.front().place, read_or_write.place);
      if (write) out.weakened.push_back(read_or_write);
      if (write || (ok && !(skip_null_ && parts[2].is_nil()))) out.effect.push_back(read_or_write);
    }
    if (!out.effect.empty()) ops_.push_back(std::move(out));
  }
  [[noreturn]] void refuse(const Operation& op, Value value) const {
    throw OperationRefused(op.invoke_event, "a txn is a list of [\"r\", k, v] and [\"w\", k, v], not " +
                                                history_.values.to_json(value));
  }
  std::uint32_t number(const Operation& op, Value name) {
    // Registers of different keys of the history are different registers.
    const std::pair id(name.bits(), key_slot(history_, op.key));
    const auto [at, fresh] = numbers_.try_emplace(id, static_cast<std::uint32_t>(names_.size()));
    if (fresh) {
      names_.push_back(name);
      parent_.push_back(at->second);
    }
    return at->second;
  }
  std::uint32_t root(std::uint32_t name) {
    while (parent_[name] != name) name = parent_[name] = parent_[parent_[name]];
    return name;
  }
  void join(std::uint32_t a, std::uint32_t b) { parent_[root(a)] = root(b); }

  const History& history_;
  bool skip_null_;
  std::vector<Value> names_;
  std::vector<std::uint32_t> parent_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> numbers_;
  std::vector<SpecOp<MultiRegisterSpec>> ops_;
};

/// --initial: one value for every register, or an object that gives some registers theirs; the others begin
/// with null.
class FirstValues {
 public:
  FirstValues(const History& history, const std::string& text) : history_(history) {
    if (text.empty()) return;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (json.is_discarded()) throw UsageError("--initial is no JSON: " + text);
    if (!json.is_object()) {
      all_ = initial_value(history, text);
      return;
    }
    for (const auto& [name, value] : json.items()) of_name_[name] = initial_value(history, value.dump());
  }
  MultiRegisterSpec::State of(const std::vector<Value>& names) const {
    MultiRegisterSpec::State first;
    for (const Value name : names) {
      const std::string text = name.kind() == Value::Kind::kText ? std::string(history_.values.as_text(name))
                                                                 : history_.values.to_json(name);
      const auto place = of_name_.find(text);
      first.push_back((place == of_name_.end() ? all_ : place->second).bits());
    }
    return first;
  }

 private:
  const History& history_;
  Value all_{};
  std::map<std::string, Value> of_name_;
};

}  // namespace

CheckResult check_multi_register(const History& history, const ModelOptions& options) {
  Findings findings("multi-register", history);
  const FirstValues first(history, options.initial);
  std::uint64_t steps = 0;
  auto components = Splitter(history, options).split();
  for (auto& component : components) {
    MultiRegisterSpec::State values = first.of(component.names);
    const MultiRegisterSpec spec(std::move(component.names), std::move(values));
    steps += judge_by_search<MultiRegisterSpec>(spec, history, component.ops, options.budget, findings);
  }
  findings.measure("search_steps", static_cast<double>(steps));
  return findings.finish("Linearizable, decided by search over " + std::to_string(components.size()) +
                         (components.size() == 1 ? " group of registers." : " groups of registers."));
}

}  // namespace harness
