// The general search for objects other than registers: a sequential specification, its states interned, one
// search a key, and violations shrunk to a witness.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "checkers/common/findings.h"
#include "checkers/common/minimise.h"
#include "checkers/search/search.h"

namespace harness {

/// A specification as the search's model. REQUIRES of Spec:
///   State (copyable, ==), Effect (copyable, <=>)
///   State initial() const
///   bool apply(State&, const Effect&) const     false: not possible in this state
///   bool pure(const Effect&) const              never changes a state that allows it
///   std::size_t hash(const State&) const, std::size_t bytes(const State&) const
///   void expect(const Effect&)                  optional: told of every operation before the search
///   void placed(const Effect&, int by)          by +1: placed; -1: removed
///   bool viable(const State&, each) const       can the open operations still find their states?
///                                               each(visit): visit(const Effect&) of every enabled one
template <typename Spec>
class SpecModel {
 public:
  using State = typename Spec::State;
  using Effect = typename Spec::Effect;

  explicit SpecModel(Spec& spec) : spec_(spec) { intern(spec.initial()); }

  std::uint32_t effect(const Effect& effect, bool spare) {
    const auto [at, fresh] = numbers_.try_emplace(effect, static_cast<std::uint32_t>(effects_.size()));
    if (fresh) effects_.push_back(effect);
    if (spare && !spec_.pure(effect) &&
        std::find(spares_.begin(), spares_.end(), at->second) == spares_.end())
      spares_.push_back(at->second);
    return at->second;
  }
  std::uint32_t effects() const { return static_cast<std::uint32_t>(effects_.size()); }
  const State& state(SearchState number) const { return *states_[number]; }

  SearchState initial() const { return 0; }
  SearchState step(SearchState from, std::uint32_t number) {
    const std::uint64_t key = (static_cast<std::uint64_t>(from) << 32) | number;
    if (const auto known = steps_.find(key); known != steps_.end()) return known->second;
    State next = *states_[from];
    const SearchState to = spec_.apply(next, effects_[number]) ? intern(next) : kNoState;
    steps_.emplace(key, to);
    return to;
  }
  bool pure(std::uint32_t number) const { return spec_.pure(effects_[number]); }
  SearchState wants(std::uint32_t) const { return kNoState; }
  void placed(std::uint32_t number, std::uint32_t) { spec_.placed(effects_[number], +1); }
  void removed(std::uint32_t number, std::uint32_t) { spec_.placed(effects_[number], -1); }
  bool dead(SearchState) const { return false; }
  bool must_be_observed() const { return false; }
  template <typename Each, typename Emit>
  void for_useful(SearchState, const Each&, bool, Emit emit) {
    for (const std::uint32_t number : spares_) emit(number);
  }
  template <typename Each>
  bool viable(SearchState after, const Each& each_enabled) {
    return spec_.viable(*states_[after], [&](auto visit) {
      each_enabled([&](std::uint32_t number) { visit(effects_[number]); });
    });
  }
  std::size_t bytes() const { return bytes_ + steps_.size() * 32; }

 private:
  struct Hash {
    const Spec* spec;
    std::size_t operator()(const State& state) const { return spec->hash(state); }
  };
  SearchState intern(const State& state) {
    const auto [at, fresh] = index_.try_emplace(state, static_cast<SearchState>(states_.size()));
    if (fresh) {
      states_.push_back(&at->first);  // nodes of an unordered_map stay where they are
      bytes_ += spec_.bytes(state) + 64;
    }
    return at->second;
  }

  Spec& spec_;
  std::vector<Effect> effects_;
  std::map<Effect, std::uint32_t> numbers_;
  std::vector<std::uint32_t> spares_;
  std::unordered_map<State, SearchState, Hash> index_{16, Hash{&spec_}};
  std::vector<const State*> states_;
  std::unordered_map<std::uint64_t, SearchState> steps_;
  std::size_t bytes_ = 0;
};

/// One operation as a specification reads it.
template <typename Spec>
struct SpecOp {
  std::uint32_t operation;  // index in History::operations
  typename Spec::Effect effect;
  typename Spec::Effect weakened;  // what it may have done if its completion had been lost
};

template <typename Spec>
struct SpecSearch {
  SearchResult result;
  std::string state;  // the state after the longest order, in words
};

/// Searches one object. `kept` (when not empty): operations with a zero are weakened, pure ones left out.
template <typename Spec>
SpecSearch<Spec> search_spec(Spec spec, const History& history, std::span<const SpecOp<Spec>> ops,
                             const Budget& budget, std::span<const char> kept = {}) {
  SpecModel<Spec> model(spec);
  std::vector<SearchOp> search_ops;
  search_ops.reserve(ops.size());
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const Operation& op = history.operations[ops[i].operation];
    const bool weak = !kept.empty() && kept[i] == 0;
    const bool spare = weak || op.outcome == Outcome::kInfo;
    if (spare && spec.pure(ops[i].weakened)) continue;
    const auto& effect = spare ? ops[i].weakened : ops[i].effect;
    if constexpr (requires { spec.expect(effect); }) spec.expect(effect);
    search_ops.push_back({op.invoked, spare ? kNever : op.deadline(), model.effect(effect, spare)});
  }
  SearchResult result = Search<SpecModel<Spec>>(model, search_ops, model.effects(), budget).run();
  std::string state = spec.words(history, model.state(result.state));
  return {std::move(result), std::move(state)};
}

/// Judges one object and reports what was found. Returns the steps it took.
template <typename Spec>
std::uint64_t judge_by_search(const Spec& spec, const History& history, std::span<const SpecOp<Spec>> ops,
                              const Budget& budget, Findings& findings) {
  if (ops.empty()) return 0;
  const SpecSearch<Spec> found = search_spec(spec, history, ops, budget);
  const std::uint32_t key = history.operations[ops.front().operation].key;
  if (found.result.outcome == SearchOutcome::kOutOfBudget)
    findings.unknown(budget_words(history, key, found.result.ran_out, found.result.steps));
  if (found.result.outcome != SearchOutcome::kImpossible) return found.result.steps;
  if (!findings.wants_more()) {
    findings.count();
    return found.result.steps;
  }
  const auto impossible = [&](const std::vector<char>& kept, WitnessEffort& effort) {
    Budget trial;
    trial.steps = std::min(effort.left, 2 * found.result.steps + 1'000);
    const SearchResult result = search_spec(spec, history, ops, trial, kept).result;
    const bool yes = result.outcome == SearchOutcome::kImpossible;
    effort.spend(result.steps + ops.size(), yes);
    return yes;
  };
  std::vector<char> looked_at;
  for (const SpecOp<Spec>& op : ops)
    looked_at.push_back(history.operations[op.operation].invoked <= found.result.reached);
  const auto pure = [&](std::uint32_t i) { return spec.pure(ops[i].weakened); };
  std::vector<std::uint32_t> witness =
      minimise(looked_at, WitnessEffort::after(found.result.steps, ops.size()), pure, impossible);
  for (std::uint32_t& i : witness) i = ops[i].operation;
  findings.add("non-linearizable", witness,
               impossible_words(history, key, witness, found.result.placed, found.state));
  return found.result.steps;
}

}  // namespace harness
