#include "checkers/models/set.h"

#include <algorithm>
#include <unordered_map>

#include "checkers/common/no_index.h"
#include "checkers/common/ordered_groups.h"
#include "checkers/common/patience.h"
#include "checkers/search/cross_check.h"

namespace harness {
namespace {

/// One element: who added it, and in which reads it is.
struct Element {
  std::uint32_t first_add = kNoIndex;  // of those that may have happened, the one invoked first
  std::uint32_t first_ack = kNoIndex;  // the acknowledged add that returned first
  std::uint32_t failed_add = kNoIndex;
  std::uint32_t first_rank = kNoIndex;  // place in the chain of inclusions where it appears
  std::uint32_t begin = 0;              // its reads: seen_in_[begin .. begin + reads), in order of invocation
  std::uint32_t reads = 0;
  std::uint32_t mark = kNoIndex;  // scratch: the read that was looked at last
};

/// The set as the general search sees it, for --cross-check.
class SetSpec {
 public:
  struct Effect {
    bool read;
    std::vector<std::uint64_t> elements;  // sorted; of an add: one
    auto operator<=>(const Effect&) const = default;
  };
  using State = std::vector<std::uint64_t>;  // sorted

  State initial() const { return {}; }
  bool apply(State& state, const Effect& effect) const {
    if (effect.read) return state == effect.elements;
    const auto at = std::lower_bound(state.begin(), state.end(), effect.elements.front());
    if (at == state.end() || *at != effect.elements.front()) state.insert(at, effect.elements.front());
    return true;
  }
  bool pure(const Effect& effect) const { return effect.read; }
  std::size_t hash(const State& state) const {
    std::uint64_t hash = state.size();
    for (const std::uint64_t element : state) hash = (hash ^ element) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
    return hash;
  }
  std::size_t bytes(const State& state) const { return state.capacity() * 8 + sizeof(State); }
  void placed(const Effect&, int) {}
  /// The set only grows, so every open read must still be able to see all that is there.
  template <typename Each>
  bool viable(const State& state, const Each& each) const {
    bool fits = true;
    each([&](const Effect& effect) {
      fits = fits && (!effect.read || std::includes(effect.elements.begin(), effect.elements.end(),
                                                    state.begin(), state.end()));
    });
    return fits;
  }
  std::string words(const History&, const State& state) const {
    return "a set of " + std::to_string(state.size()) + " elements";
  }
};

class SetChecker {
 public:
  enum class Promise { kLinearizable, kNothingLost };

  SetChecker(const History& history, const ModelOptions& options, Promise promise, Findings& findings)
      : history_(history),
        null_says_nothing_(options.null_read_unconstrained),
        promise_(promise),
        findings_(findings),
        patience_(options.budget, findings),
        cross_check_(history, options) {}

  void judge(std::span<const std::uint32_t> group) {
    elements_.clear();
    index_.clear();
    adds_.clear();
    reads_.clear();
    const std::size_t before = findings_.violations();
    for (const std::uint32_t i : group) {
      if (patience_.ended()) return;
      gather(i);
    }
    invert_reads();
    if (patience_.ended()) return;
    for (const Element& element : elements_) {
      if (patience_.ended()) return;
      judge_element(element);
    }
    if (promise_ == Promise::kNothingLost) return;
    if (findings_.violations() == before) order();
    if (cross_check_.wanted())
      cross_check_.compare<SetSpec>(SetSpec{}, spec_operations(group), findings_.violations() > before);
  }
  void note_cross_check() { cross_check_.note(findings_); }

  /// Elements that were there for good once some read had them.
  std::size_t stable() const { return stable_; }

  void measures() {
    findings_.measure("added", static_cast<double>(acknowledged_));
    findings_.measure("lost", static_cast<double>(lost_));
    findings_.measure("stale", static_cast<double>(stale_));
    findings_.measure("never_read", static_cast<double>(never_read_));
    findings_.measure("stable", static_cast<double>(stable_));
    findings_.measure("lost_after_ms_max", to_ms(lost_after_max_));
    findings_.measure("stale_for_ms_max", to_ms(stale_for_max_));
  }

 private:
  const Operation& op(std::uint32_t i) const { return history_.operations[i]; }
  /// Null is the set that is not there: empty.
  std::span<const Value> content(std::uint32_t read) const {
    const Value result = op(read).result;
    return result.is_nil() ? std::span<const Value>{} : history_.values.as_list(result);
  }
  std::string name(const Element& e) const {
    return history_.values.to_json(op(e.first_add != kNoIndex ? e.first_add : e.failed_add).argument);
  }

  std::uint32_t element_id(Value value) {
    const auto [at, fresh] = index_.try_emplace(value.bits(), static_cast<std::uint32_t>(elements_.size()));
    if (fresh) elements_.emplace_back();
    return at->second;
  }

  void gather(std::uint32_t i) {
    const Operation& o = op(i);
    if (o.function == Function::kAdd) {
      Element& e = elements_[element_id(o.argument)];
      if (o.outcome == Outcome::kFail) {
        e.failed_add = i;
        return;
      }
      if (e.first_add == kNoIndex) e.first_add = i;
      if (o.outcome == Outcome::kOk && !o.result.is_nil() && o.result != o.argument)
        throw OperationRefused(o.complete_event, "an add of " + history_.values.to_json(o.argument) +
                                                     " is acknowledged as one of " +
                                                     history_.values.to_json(o.result) +
                                                     "; its completion repeats the element, or has null");
      if (o.outcome == Outcome::kOk && (e.first_ack == kNoIndex || o.completed < op(e.first_ack).completed))
        e.first_ack = i;
      adds_.push_back(i);
    } else if (o.function == Function::kRead) {
      if (o.outcome != Outcome::kOk) return;
      if (o.result.is_nil() && null_says_nothing_) return;
      if (!o.result.is_nil() && o.result.kind() != Value::Kind::kList)
        throw OperationRefused(o.invoke_event,
                               "a set's read returns a list, not " + history_.values.to_json(o.result));
      reads_.push_back(i);
    } else {
      throw OperationRefused(o.invoke_event,
                             "a set has add and read, not '" + std::string(to_string(o.function)) + "'");
    }
  }

  std::vector<SpecOp<SetSpec>> spec_operations(std::span<const std::uint32_t> group) const {
    std::vector<SpecOp<SetSpec>> ops;
    for (const std::uint32_t i : group) {
      SetSpec::Effect effect{op(i).function == Function::kRead, {}};
      if (op(i).outcome == Outcome::kFail) continue;
      if (!effect.read) {
        effect.elements.push_back(op(i).argument.bits());
      } else if (op(i).outcome == Outcome::kOk && !(op(i).result.is_nil() && null_says_nothing_)) {
        for (const Value element : content(i)) effect.elements.push_back(element.bits());
        std::sort(effect.elements.begin(), effect.elements.end());
      } else {
        continue;
      }
      ops.push_back({i, effect, effect});
    }
    return ops;
  }

  /// Fills seen_in_: for each element the reads that have it.
  void invert_reads() {
    contents_.clear();
    content_begin_.assign(1, 0);
    for (std::uint32_t r = 0; r < reads_.size(); ++r) {
      for (const Value value : content(reads_[r])) {
        if (patience_.ended()) break;
        const std::uint32_t id = element_id(value);
        Element& e = elements_[id];
        if (e.mark == r) {
          report_pair("duplicated-element", reads_[r], e.first_add,
                      words(history_, reads_[r], false) + of_key(history_, op(reads_[r]).key) + " has " +
                          history_.values.to_json(value) + " twice.");
          continue;
        }
        if (e.reads == 0) check_origin(e, reads_[r], value);
        e.mark = r;
        ++e.reads;
        contents_.push_back(id);
      }
      content_begin_.push_back(contents_.size());
    }
    std::uint32_t total = 0;
    for (Element& e : elements_) {
      e.begin = total;
      total += e.reads;
      e.reads = 0;
    }
    seen_in_.resize(total);
    for (std::uint32_t r = 0; r < reads_.size(); ++r)
      for (const std::uint32_t id : elements_of(r)) {
        Element& e = elements_[id];
        seen_in_[e.begin + e.reads++] = r;
      }
  }
  std::span<const std::uint32_t> elements_of(std::uint32_t r) const {
    return std::span(contents_).subspan(content_begin_[r], content_begin_[r + 1] - content_begin_[r]);
  }
  std::span<const std::uint32_t> reads_with(const Element& e) const {
    return std::span(seen_in_).subspan(e.begin, e.reads);
  }

  void check_origin(const Element& e, std::uint32_t read, Value value) {
    if (e.first_add != kNoIndex) return;
    const bool failed = e.failed_add != kNoIndex;
    report_pair(failed ? "failed-add-read" : "phantom-element", read, e.failed_add,
                words(history_, read, false) + of_key(history_, op(read).key) + " has " +
                    history_.values.to_json(value) +
                    (failed ? ", whose add certainly failed." : ", which nobody added."));
  }

  /// Each element alone: once it is there (acknowledged, or seen) every later read must have it.
  void judge_element(const Element& e) {
    if (e.first_add == kNoIndex) return;
    acknowledged_ += e.first_ack != kNoIndex;
    std::uint32_t knower = e.first_ack;
    for (const std::uint32_t r : reads_with(e)) {
      if (op(reads_[r]).completed < op(e.first_add).invoked)
        report_pair("future-read", reads_[r], e.first_add,
                    words(history_, reads_[r], false) + " has " + name(e) + " before " +
                        words(history_, e.first_add) + " was invoked.");
      if (knower == kNoIndex || op(reads_[r]).completed < op(knower).completed) knower = reads_[r];
    }
    if (knower == kNoIndex) return;
    const Nanos known = op(knower).completed;
    const auto first_later = static_cast<std::uint32_t>(
        std::partition_point(reads_.begin(), reads_.end(),
                             [&](std::uint32_t read) { return op(read).invoked <= known; }) -
        reads_.begin());
    // Its reads from there on, against all reads from there on: the first and the last gap.
    const auto with = reads_with(e);
    const auto from = std::lower_bound(with.begin(), with.end(), first_later);
    const auto have = static_cast<std::size_t>(with.end() - from);
    stable_ += e.reads > 0 && with.back() + 1 == reads_.size();
    if (have == reads_.size() - first_later) {
      never_read_ += e.reads == 0 && !reads_.empty();
      return;
    }
    std::uint32_t first_missing = first_later;
    for (auto at = from; at != with.end() && *at == first_missing; ++at) ++first_missing;
    auto last_missing = static_cast<std::uint32_t>(reads_.size() - 1);
    for (auto at = with.end(); at != from && *(at - 1) == last_missing; --at) --last_missing;
    report_missing(e, knower, first_missing, last_missing);
  }

  void report_missing(const Element& e, std::uint32_t knower, std::uint32_t first_missing,
                      std::uint32_t last_missing) {
    const Nanos known = op(knower).completed;
    const bool lost = e.reads == 0 || reads_with(e).back() < last_missing;
    if (lost) {
      ++lost_;
      lost_after_max_ = std::max(lost_after_max_, op(reads_[first_missing]).invoked - known);
    } else {
      ++stale_;
      stale_for_max_ = std::max(stale_for_max_, op(reads_[last_missing]).invoked - known);
      if (promise_ == Promise::kNothingLost) return;
    }
    if (!findings_.wants_more()) return findings_.count();
    const std::uint32_t involved[] = {e.first_ack != kNoIndex ? e.first_ack : e.first_add, knower,
                                      reads_[first_missing]};
    findings_.add(
        lost ? "lost-element" : "stale-read", involved,
        name(e) + of_key(history_, op(knower).key) + " was there (" + words(history_, knower, false) +
            (knower == e.first_ack ? " was acknowledged" : " had it") + "), but " +
            words(history_, reads_[first_missing], false) + ", invoked afterwards, does not have it" +
            (lost ? ", and it never came back." : "; a later read has it again."));
  }

  /// What element by element cannot show: reads that do not form a chain, and orders through several.
  void order() {
    std::vector<std::uint32_t> by_size(reads_.size());
    for (std::uint32_t r = 0; r < by_size.size(); ++r) by_size[r] = r;
    std::stable_sort(by_size.begin(), by_size.end(), [&](std::uint32_t a, std::uint32_t b) {
      return elements_of(a).size() < elements_of(b).size();
    });
    // A chain exactly when each read has as many elements as all smaller ones together and its own new ones.
    std::size_t united = 0;
    for (std::uint32_t rank = 0; rank < by_size.size(); ++rank) {
      for (const std::uint32_t id : elements_of(by_size[rank])) {
        if (elements_[id].first_rank != kNoIndex) continue;
        elements_[id].first_rank = rank;
        ++united;
      }
      if (elements_of(by_size[rank]).size() == united) continue;
      report_incomparable(by_size[rank - 1], by_size[rank]);
      return;
    }
    std::vector<std::vector<std::uint32_t>> adds_at(reads_.size() + 1);
    for (const std::uint32_t add : adds_) {
      const std::uint32_t rank = elements_[element_id(op(add).argument)].first_rank;
      if (rank != kNoIndex) {
        adds_at[rank].push_back(add);
      } else if (op(add).outcome == Outcome::kOk) {
        adds_at.back().push_back(add);
      }
    }
    OrderedGroups groups;
    const auto place = [&](std::uint32_t i, bool counts) {
      groups.add(i, counts ? op(i).invoked : -1, op(i).deadline(),
                 [&](std::uint32_t earlier) { report_order(i, earlier, by_size); });
    };
    for (std::uint32_t rank = 0; rank <= by_size.size(); ++rank) {
      // Of several adds of one element the first invoked counts; the others change nothing and may come
      // later.
      for (const std::uint32_t add : adds_at[rank])
        place(add, elements_[element_id(op(add).argument)].first_add == add);
      if (!adds_at[rank].empty()) groups.end_group();
      if (rank == by_size.size()) break;
      place(reads_[by_size[rank]], true);
      if (rank + 1 == by_size.size() ||
          elements_of(by_size[rank + 1]).size() != elements_of(by_size[rank]).size())
        groups.end_group();
    }
  }

  /// `late` returned before `early` was invoked, but the reads show that it came later.
  void report_order(std::uint32_t late, std::uint32_t early, const std::vector<std::uint32_t>& by_size) {
    if (!findings_.wants_more()) return findings_.count();
    std::vector<std::uint32_t> involved = {early, late};
    std::string why = "the reads show it";
    const auto has = [&](std::uint32_t r, std::uint32_t i) {
      if (op(i).function == Function::kRead) return content(reads_[r]).size() >= content(i).size();
      const auto elements = content(reads_[r]);
      return std::find(elements.begin(), elements.end(), op(i).argument) != elements.end();
    };
    for (const std::uint32_t r : by_size) {
      if (!has(r, early) || has(r, late)) continue;
      if (reads_[r] != early) {
        involved.push_back(reads_[r]);
        why = words(history_, reads_[r], false) + " has that and lacks this";
      }
      break;
    }
    findings_.add("contradictory-order", involved,
                  words(history_, late, false) + of_key(history_, op(late).key) + " must come after " +
                      words(history_, early, false) + ", because " + why +
                      "; but it had returned before that was invoked.");
  }

  /// `small` has an element that `large`, no smaller, lacks.
  void report_incomparable(std::uint32_t small, std::uint32_t large) {
    const auto elements = content(reads_[large]);
    for (const Value value : content(reads_[small])) {
      if (std::find(elements.begin(), elements.end(), value) != elements.end()) continue;
      report_pair("incomparable-reads", reads_[small], reads_[large],
                  words(history_, reads_[small], false) + of_key(history_, op(reads_[small]).key) + " has " +
                      history_.values.to_json(value) + ", which " + words(history_, reads_[large], false) +
                      " lacks, though that has at least as many elements: neither came before the other.");
      return;
    }
  }

  void report_pair(const char* type, std::uint32_t a, std::uint32_t b, const std::string& text) {
    if (!findings_.wants_more()) return findings_.count();
    std::vector<std::uint32_t> involved = {a};
    if (b != kNoIndex) involved.push_back(b);
    findings_.add(type, involved, text);
  }

  const History& history_;
  const bool null_says_nothing_;
  const Promise promise_;
  Findings& findings_;
  Patience patience_;
  CrossCheck cross_check_;
  std::vector<Element> elements_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;  // value bits -> element
  std::vector<std::uint32_t> adds_;                         // that may have happened
  std::vector<std::uint32_t> reads_;                        // acknowledged, in order of invocation
  std::vector<std::uint32_t> contents_;                     // elements of all reads
  std::vector<std::size_t> content_begin_;
  std::vector<std::uint32_t> seen_in_;
  std::size_t acknowledged_ = 0, lost_ = 0, stale_ = 0, stable_ = 0, never_read_ = 0;
  Nanos lost_after_max_ = 0, stale_for_max_ = 0;
};

void judge_keys(SetChecker& checker, const History& history, const Budget& budget, Findings& findings) {
  const ByKey by_key = split_by_key(history);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(budget, slot, by_key.size(), findings)) break;
    checker.judge(by_key.group(slot));
  }
  checker.measures();
}

}  // namespace

CheckResult check_set(const History& history, const ModelOptions& options) {
  Findings findings("set", history);
  SetChecker checker(history, options, SetChecker::Promise::kLinearizable, findings);
  judge_keys(checker, history, options.budget, findings);
  checker.note_cross_check();
  return findings.finish("Linearizable: the reads form a chain of inclusions that fits the order of events.");
}

CheckResult check_set_full(const History& history, const ModelOptions& options) {
  Findings findings("set-full", history);
  SetChecker checker(history, options, SetChecker::Promise::kNothingLost, findings);
  judge_keys(checker, history, options.budget, findings);
  if (checker.stable() == 0) findings.unknown("no element was read to the end");
  return findings.finish("No element was lost; reads may have been stale.");
}

}  // namespace harness
