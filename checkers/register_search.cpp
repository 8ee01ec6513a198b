#include "checkers/register_search.h"

#include <unordered_map>

namespace harness {
namespace {

/// The states are the values. Besides stepping it counts, per value, who can still produce it and who still
/// needs it: a value that is left while it is needed and can never return ends the branch.
class RegisterModel {
 public:
  struct Effect {
    Access access;
    std::uint32_t expects;
    std::uint32_t writes;
    bool operator==(const Effect&) const = default;
  };

  explicit RegisterModel(std::size_t values) : producers_(values, 0), needed_(values, 0), by_value_(values) {}

  std::uint32_t effect_of(const RegisterOp& op) {
    const Effect effect{op.access, op.access == Access::kWrite ? 0 : op.expects,
                        op.access == Access::kWrite || op.access == Access::kCas ? op.writes : 0};
    const std::uint64_t name = (static_cast<std::uint64_t>(effect.expects) << 34) |
                               (static_cast<std::uint64_t>(effect.writes) << 2) |
                               static_cast<std::uint64_t>(effect.access);
    const auto [at, fresh] = numbers_.try_emplace(name, static_cast<std::uint32_t>(effects_.size()));
    if (fresh) effects_.push_back(effect);
    const std::uint32_t number = at->second;
    count(number, +1, op.indeterminate());
    return number;
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
  void placed(std::uint32_t number, bool spare) { count(number, -1, spare); }
  void removed(std::uint32_t number, bool spare) { count(number, +1, spare); }
  bool dead(SearchState left) const { return needed_[left] > 0 && producers_[left] == 0; }

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
  void count(std::uint32_t number, int by, bool spare) {
    const Effect& effect = effects_[number];
    if (effect.access == Access::kWrite || effect.access == Access::kCas) producers_[effect.writes] += by;
    if (!spare && (effect.access == Access::kRead || effect.access == Access::kCas))
      needed_[effect.expects] += by;
  }

  std::vector<Effect> effects_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
  std::vector<int> producers_;  // by value: operations not placed that make it
  std::vector<int> needed_;     // by value: required operations not placed that need it
  std::vector<std::vector<std::uint32_t>> by_value_;
  std::vector<std::uint32_t> spares_;
  std::vector<std::uint32_t> wanted_;
};

}  // namespace

SearchResult search_register(std::span<const RegisterOp> ops, std::size_t values, const Budget& budget) {
  RegisterModel model(values);
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
