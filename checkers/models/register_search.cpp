#include "checkers/models/register_search.h"

#include <algorithm>
#include <unordered_map>

namespace harness {
namespace {

/// Operations not placed yet, by value, each value's in one order: lists that give an operation back its
/// place (the search takes back its last step first).
class ByValue {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  ByValue(std::size_t values, std::size_t ops)
      : first_(values, kNone), last_(values, kNone), next_(ops, kNone), previous_(ops, kNone) {}
  void append(std::uint32_t value, std::uint32_t op) {
    previous_[op] = last_[value];
    (last_[value] == kNone ? first_[value] : next_[last_[value]]) = op;
    last_[value] = op;
  }
  std::uint32_t first(std::uint32_t value) const { return first_[value]; }
  void remove(std::uint32_t value, std::uint32_t op) {
    (previous_[op] == kNone ? first_[value] : next_[previous_[op]]) = next_[op];
    if (next_[op] != kNone) previous_[next_[op]] = previous_[op];
  }
  void put_back(std::uint32_t value, std::uint32_t op) {
    (previous_[op] == kNone ? first_[value] : next_[previous_[op]]) = op;
    if (next_[op] != kNone) previous_[next_[op]] = op;
  }

 private:
  std::vector<std::uint32_t> first_, last_;     // by value
  std::vector<std::uint32_t> next_, previous_;  // by operation
};

/// The states are the values. Besides stepping it knows, per value, who can still produce it and who still
/// needs it: a value that is left while it is needed, and cannot return in time, ends the branch.
class RegisterModel {
 public:
  struct Effect {
    Access access;
    std::uint32_t expects;
    std::uint32_t writes;
    bool operator==(const Effect&) const = default;
  };

  RegisterModel(std::size_t values, std::span<const RegisterOp> ops)
      : ops_(ops), producers_(values, ops.size()), needed_(values, ops.size()), by_value_(values) {
    std::vector<std::uint32_t> by_deadline;
    for (std::uint32_t i = 0; i < ops.size(); ++i) {
      if (produces(ops[i])) producers_.append(ops[i].writes, i);
      if (needs(ops[i])) by_deadline.push_back(i);
    }
    std::stable_sort(by_deadline.begin(), by_deadline.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return ops[a].deadline < ops[b].deadline; });
    for (const std::uint32_t i : by_deadline) needed_.append(ops[i].expects, i);
  }

  std::uint32_t effect_of(const RegisterOp& op) {
    const Effect effect{op.access, op.access == Access::kWrite ? 0 : op.expects,
                        op.access == Access::kWrite || op.access == Access::kCas ? op.writes : 0};
    const std::uint64_t name = (static_cast<std::uint64_t>(effect.expects) << 34) |
                               (static_cast<std::uint64_t>(effect.writes) << 2) |
                               static_cast<std::uint64_t>(effect.access);
    const auto [at, fresh] = numbers_.try_emplace(name, static_cast<std::uint32_t>(effects_.size()));
    if (fresh) effects_.push_back(effect);
    return at->second;
  }
  /// Indeterminate effects that are there at all, by the value they make.
  void add_spare(std::uint32_t effect) {
    auto& list = by_value_[effects_[effect].writes];
    if (std::find(list.begin(), list.end(), effect) == list.end()) list.push_back(effect);
    if (std::find(spares_.begin(), spares_.end(), effect) == spares_.end()) spares_.push_back(effect);
  }
  std::uint32_t effects() const { return static_cast<std::uint32_t>(effects_.size()); }

  SearchState initial() const { return 0; }
  SearchState step(SearchState state, std::uint32_t number) const {
    const Effect& effect = effects_[number];
    switch (effect.access) {
      case Access::kRead:
        return effect.expects == state ? state : kNoState;
      case Access::kDiffers:
        return effect.expects != state ? state : kNoState;
      case Access::kWrite:
        return effect.writes;
      case Access::kCas:
        return effect.expects == state ? effect.writes : kNoState;
    }
    return kNoState;
  }
  bool pure(std::uint32_t number) const {
    return effects_[number].access == Access::kRead || effects_[number].access == Access::kDiffers;
  }
  SearchState wants(std::uint32_t number) const {
    const Effect& effect = effects_[number];
    return effect.access == Access::kRead || effect.access == Access::kCas ? effect.expects : kNoState;
  }
  void placed(std::uint32_t, std::uint32_t op) {
    if (produces(ops_[op])) producers_.remove(ops_[op].writes, op);
    if (needs(ops_[op])) needed_.remove(ops_[op].expects, op);
  }
  void removed(std::uint32_t, std::uint32_t op) {
    if (produces(ops_[op])) producers_.put_back(ops_[op].writes, op);
    if (needs(ops_[op])) needed_.put_back(ops_[op].expects, op);
  }
  /// Whoever needs the value first must have returned before anybody who could make it again was invoked.
  bool dead(SearchState left) const {
    const std::uint32_t need = needed_.first(left), producer = producers_.first(left);
    if (need == ByValue::kNone) return false;
    return producer == ByValue::kNone || ops_[need].deadline < ops_[producer].invoked;
  }

  template <typename Each>
  bool viable(SearchState, const Each&) const {
    return true;
  }
  std::size_t bytes() const { return 0; }

  /// A value made by an indeterminate write that the next placed operation does not look at might as well
  /// not have been made.
  bool must_be_observed() const { return true; }

  /// Indeterminate effects that make a value which an enabled operation needs, directly or through further
  /// indeterminate compare-and-sets.
  template <typename Ops, typename Emit>
  void for_useful(SearchState state, const Ops& enabled_effects, bool observe, Emit emit) {
    if (spares_.empty()) return;
    wanted_.clear();
    bool any_other = false;
    const auto want = [&](std::uint32_t value) {
      if (value != state && std::find(wanted_.begin(), wanted_.end(), value) == wanted_.end())
        wanted_.push_back(value);
    };
    enabled_effects([&](std::uint32_t number) {
      if (const SearchState value = wants(number); value != kNoState) want(value);
      if (effects_[number].access == Access::kDiffers) any_other = true;  // stuck, so it needs another value
    });
    const auto useful = [&](std::uint32_t number) {
      if (observe && wants(number) != state) return;
      if (effects_[number].writes != state) emit(number);
    };
    if (any_other) {
      for (const std::uint32_t number : spares_) useful(number);
      return;
    }
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      for (const std::uint32_t number : by_value_[wanted_[i]]) {
        if (effects_[number].access == Access::kCas) want(effects_[number].expects);
        useful(number);
      }
  }

 private:
  static bool produces(const RegisterOp& op) {
    return op.access == Access::kWrite || op.access == Access::kCas;
  }
  static bool needs(const RegisterOp& op) {
    return !op.indeterminate() && (op.access == Access::kRead || op.access == Access::kCas);
  }

  std::span<const RegisterOp> ops_;
  std::vector<Effect> effects_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
  ByValue producers_;  // by invocation
  ByValue needed_;     // required ones, by deadline
  std::vector<std::vector<std::uint32_t>> by_value_;
  std::vector<std::uint32_t> spares_;
  std::vector<std::uint32_t> wanted_;
};

}  // namespace

SearchResult search_register(std::span<const RegisterOp> ops, std::size_t values, const Budget& budget) {
  RegisterModel model(values, ops);
  std::vector<SearchOp> search_ops;
  search_ops.reserve(ops.size());
  for (const RegisterOp& op : ops) {
    const std::uint32_t effect = model.effect_of(op);
    if (op.indeterminate()) model.add_spare(effect);
    search_ops.push_back({op.invoked, op.deadline, effect});
  }
  return Search<RegisterModel>(model, search_ops, model.effects(), budget).run();
}

}  // namespace harness
