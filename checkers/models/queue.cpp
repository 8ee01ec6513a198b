// Why pairs are enough (queue without empty answers, elements enqueued once). An element x is in the queue
// from its enqueue e(x) to its dequeue d(x), and e(x) comes before d(x): so e(x) has happened by
// f'_e = min(f_e, f_d), and d(x) not before s'_d = max(s_d, s_e). a must come before b if f'_e(a) < s_e(b),
// or if f_d(a) < s'_d(b). Both are interval orders, and in the union of two interval orders a shortest cycle
// has length two: of two edges of one kind, a1 < b1 and a2 < b2, either a1 < b2 or a2 < b1 follows, which
// shortcuts any longer cycle. Without cycles, any total order that extends both is a legal queue: enqueue at
// the running maximum of s_e, dequeue at the running maximum of s'_d and of the enqueue. An empty answer
// needs a moment of its interval that lies within no (f'_e, s'_d); elements before and after that moment
// never contradict the order (an element surely before it cannot follow one surely after it).
#include "checkers/models/queue.h"

#include <algorithm>
#include <compare>
#include <unordered_map>
#include <unordered_set>

#include "checkers/common/no_index.h"
#include "checkers/common/patience.h"
#include "checkers/search/cross_check.h"
#include "checkers/search/spec_search.h"

namespace harness {
namespace {

class QueueSpec {
 public:
  struct Effect {
    enum class Kind : std::uint8_t { kEnqueue, kDequeue, kEmpty, kTakeAny } kind;
    std::uint64_t value;
    auto operator<=>(const Effect&) const = default;
  };
  using State = std::vector<std::uint64_t>;  // front first

  /// Counts what will have to be placed, so that a front that nobody will take any more ends a branch.
  void expect(const Effect& effect) { placed(effect, -1); }

  State initial() const { return {}; }
  bool apply(State& state, const Effect& effect) const {
    switch (effect.kind) {
      case Effect::Kind::kEnqueue:
        state.push_back(effect.value);
        return true;
      case Effect::Kind::kDequeue:
        if (state.empty() || state.front() != effect.value) return false;
        state.erase(state.begin());
        return true;
      case Effect::Kind::kEmpty:
        return state.empty();
      case Effect::Kind::kTakeAny:
        if (state.empty()) return false;  // it found nothing: as if it had not happened
        state.erase(state.begin());
        return true;
    }
    return false;
  }
  bool pure(const Effect& effect) const { return effect.kind == Effect::Kind::kEmpty; }
  std::size_t hash(const State& state) const {
    std::uint64_t hash = state.size();
    for (const std::uint64_t value : state) hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL + (hash >> 29);
    return hash;
  }
  std::size_t bytes(const State& state) const { return state.capacity() * 8 + sizeof(State); }
  void placed(const Effect& effect, int by) {
    if (effect.kind == Effect::Kind::kTakeAny) takes_left_ -= by;
    if (effect.kind == Effect::Kind::kEmpty) waiting_ -= by;
    if (effect.kind != Effect::Kind::kDequeue) return;
    waiting_ -= by;
    dequeues_left_[effect.value] -= by;
  }
  /// The front leaves by a dequeue of it or by an indeterminate one; until then no other answer is possible.
  template <typename Each>
  bool viable(const State& state, const Each&) const {
    if (state.empty() || waiting_ == 0 || takes_left_ > 0) return true;
    const auto left = dequeues_left_.find(state.front());
    return left != dequeues_left_.end() && left->second > 0;
  }
  std::string words(const History& history, const State& state) const {
    std::string text = "the queue [";
    for (std::size_t i = 0; i < std::min<std::size_t>(state.size(), 8); ++i)
      text += (i == 0 ? "" : ", ") + history.values.to_json(Value::from_bits(state[i]));
    return text + (state.size() > 8 ? ", ...]" : "]");
  }

 private:
  std::unordered_map<std::uint64_t, int> dequeues_left_;  // by element
  int waiting_ = 0;                                       // dequeues and empty answers not placed yet
  int takes_left_ = 0;                                    // indeterminate dequeues not placed yet
};

/// An element that was surely or perhaps enqueued.
struct Item {
  std::uint32_t enqueue = kNoIndex;
  std::uint32_t dequeue = kNoIndex;
  std::uint32_t failed = kNoIndex;   // a failed enqueue of it
  std::uint32_t assumed = kNoIndex;  // the indeterminate dequeue that has to have taken it
  Nanos there_from = 0;              // f'_e
  Nanos there_until = kNever;        // s'_d
};

class QueueChecker {
 public:
  QueueChecker(const History& history, const ModelOptions& options, Findings& findings)
      : history_(history),
        options_(options),
        findings_(findings),
        patience_(options.budget, findings),
        cross_check_(history, options) {}

  void judge(std::span<const std::uint32_t> group) {
    items_.clear();
    index_.clear();
    empties_.clear();
    unknown_dequeues_.clear();
    repeated_ = false;
    const std::size_t before = findings_.violations();
    for (const std::uint32_t i : group) {
      if (patience_.ended()) return;
      gather_enqueue(i);
    }
    if (repeated_) return search(group);
    for (const std::uint32_t i : group) {
      if (patience_.ended()) return;
      gather_dequeue(i);
    }
    if (!empties_.empty() && !unknown_dequeues_.empty()) return search(group);
    tighten();
    std::erase_if(items_, [&](const Item& item) {
      return item.enqueue == kNoIndex ||
             (op(item.enqueue).outcome == Outcome::kInfo && item.dequeue == kNoIndex);
    });
    assume_unknown_dequeues();
    find_overtaken();
    find_false_empties();
    if (cross_check_.wanted())
      cross_check_.compare<QueueSpec>(QueueSpec{}, spec_operations(group), findings_.violations() > before);
  }
  void note_cross_check() { cross_check_.note(findings_); }
  std::size_t searched() const { return searched_; }
  std::uint64_t steps() const { return steps_; }

 private:
  const Operation& op(std::uint32_t i) const { return history_.operations[i]; }
  Nanos dequeued_by(const Item& item) const {
    return item.dequeue == kNoIndex ? kNever : op(item.dequeue).completed;
  }

  Item& item_of(Value value) {
    const auto [at, fresh] = index_.try_emplace(value.bits(), static_cast<std::uint32_t>(items_.size()));
    if (fresh) items_.emplace_back();
    return items_[at->second];
  }

  void gather_enqueue(std::uint32_t i) {
    const Operation& o = op(i);
    if (o.function == Function::kDequeue) return;
    if (o.function != Function::kEnqueue)
      throw OperationRefused(o.invoke_event, "a queue has enqueue and dequeue, not '" +
                                                 std::string(to_string(o.function)) + "'");
    Item& item = item_of(o.argument);
    if (o.outcome == Outcome::kFail) {
      item.failed = i;
      return;
    }
    repeated_ |= item.enqueue != kNoIndex;
    item.enqueue = i;
  }

  void gather_dequeue(std::uint32_t i) {
    const Operation& o = op(i);
    if (o.function != Function::kDequeue || o.outcome == Outcome::kFail) return;
    if (o.outcome == Outcome::kInfo) {
      unknown_dequeues_.push_back(i);
      return;
    }
    if (o.result.is_nil()) {
      if (!options_.null_read_unconstrained) empties_.push_back(i);
      return;
    }
    const auto known = index_.find(o.result.bits());
    if (known == index_.end() || items_[known->second].enqueue == kNoIndex) {
      const bool failed = known != index_.end();
      report(failed ? "failed-enqueue-dequeued" : "unexpected-element",
             {i, failed ? items_[known->second].failed : kNoIndex},
             words(history_, i) + of_key(history_, o.key) +
                 (failed ? " took an element whose enqueue certainly failed."
                         : " took an element that nobody enqueued."));
      return;
    }
    Item& item = items_[known->second];
    if (item.dequeue != kNoIndex) {
      report("duplicated-element", {item.enqueue, item.dequeue, i},
             words(history_, item.dequeue) + " and " + words(history_, i) + of_key(history_, o.key) +
                 " took the same element, which was enqueued once.");
      return;
    }
    if (o.completed < op(item.enqueue).invoked) {
      report("future-read", {item.enqueue, i},
             words(history_, i) + of_key(history_, o.key) + " took an element before " +
                 words(history_, item.enqueue) + " was invoked.");
      return;
    }
    item.dequeue = i;
  }

  void tighten() {
    for (Item& item : items_) {
      if (item.enqueue == kNoIndex) continue;
      item.there_from = std::min(op(item.enqueue).deadline(), dequeued_by(item));
      item.there_until =
          item.dequeue == kNoIndex ? kNever : std::max(op(item.dequeue).invoked, op(item.enqueue).invoked);
    }
  }

  /// Elements never dequeued that another overtook: each must have been taken by an indeterminate dequeue, in
  /// time for the first that overtook it. The earliest invoked dequeue goes to the most urgent element.
  void assume_unknown_dequeues() {
    if (unknown_dequeues_.empty()) return;
    std::vector<const Item*> by_enqueue = sorted_by_enqueue();
    std::vector<Nanos> soonest(by_enqueue.size() + 1, kNever);  // dequeue of those from each on
    for (std::size_t i = by_enqueue.size(); i-- > 0;)
      soonest[i] = std::min(soonest[i + 1], dequeued_by(*by_enqueue[i]));
    std::vector<std::pair<Nanos, Item*>> needed;
    for (Item& item : items_) {
      if (item.dequeue != kNoIndex) continue;
      const auto after = std::partition_point(by_enqueue.begin(), by_enqueue.end(), [&](const Item* other) {
        return op(other->enqueue).invoked <= item.there_from;
      });
      const Nanos urgency = soonest[static_cast<std::size_t>(after - by_enqueue.begin())];
      if (urgency != kNever) needed.emplace_back(urgency, &item);
    }
    std::sort(needed.begin(), needed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::size_t next = 0;
    for (auto& [urgency, item] : needed) {
      if (next == unknown_dequeues_.size() || op(unknown_dequeues_[next]).invoked > urgency) continue;
      item->assumed = unknown_dequeues_[next++];
      item->there_until = std::max(op(item->assumed).invoked, op(item->enqueue).invoked);
    }
  }

  std::vector<const Item*> sorted_by_enqueue() const {
    std::vector<const Item*> out;
    for (const Item& item : items_) out.push_back(&item);
    std::sort(out.begin(), out.end(), [](const Item* a, const Item* b) { return a->enqueue < b->enqueue; });
    return out;
  }

  /// b overtook a: a was there before b was enqueued, and still there when b had been dequeued.
  void find_overtaken() {
    std::vector<const Item*> by_arrival = sorted_by_enqueue();
    std::vector<const Item*> by_enqueue = by_arrival;
    std::stable_sort(by_arrival.begin(), by_arrival.end(),
                     [](const Item* a, const Item* b) { return a->there_from < b->there_from; });
    const Item* longest =
        nullptr;  // of those that surely arrived before b: the one that surely stays longest
    std::size_t next = 0;
    for (const Item* b : by_enqueue) {
      for (; next < by_arrival.size() && by_arrival[next]->there_from < op(b->enqueue).invoked; ++next)
        if (longest == nullptr || by_arrival[next]->there_until > longest->there_until)
          longest = by_arrival[next];
      if (b->dequeue == kNoIndex || longest == nullptr || dequeued_by(*b) >= longest->there_until) continue;
      report_overtaken(*longest, *b);
    }
  }

  void report_overtaken(const Item& a, const Item& b) {
    if (!findings_.wants_more()) return findings_.count();
    const bool lost = a.dequeue == kNoIndex;
    std::string text = words(history_, b.dequeue) + of_key(history_, op(b.enqueue).key) +
                       " overtook an element that was enqueued earlier: " + words(history_, a.enqueue) +
                       " was done before " + words(history_, b.enqueue) + " was invoked, but ";
    text += lost ? "it was never dequeued." : words(history_, a.dequeue) + " took it only later.";
    report(lost ? "lost-element" : "out-of-order", {a.enqueue, a.dequeue, b.enqueue, b.dequeue}, text);
  }

  /// An empty answer whose whole interval is covered by elements that were surely there.
  void find_false_empties() {
    if (empties_.empty()) return;
    std::vector<const Item*> there;
    for (const Item& item : items_)
      if (item.there_from < item.there_until) there.push_back(&item);
    std::sort(there.begin(), there.end(),
              [](const Item* a, const Item* b) { return a->there_from < b->there_from; });
    struct Cover {
      Nanos from, until;
      std::size_t begin, end;  // of `there`
    };
    std::vector<Cover> covers;
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (!covers.empty() && there[i]->there_from < covers.back().until) {
        covers.back().until = std::max(covers.back().until, there[i]->there_until);
        covers.back().end = i + 1;
      } else {
        covers.push_back({there[i]->there_from, there[i]->there_until, i, i + 1});
      }
    }
    for (const std::uint32_t empty : empties_) {
      const Operation& o = op(empty);
      const auto after = std::partition_point(covers.begin(), covers.end(),
                                              [&](const Cover& c) { return c.from < o.invoked; });
      if (after == covers.begin()) continue;
      const Cover& cover = *(after - 1);
      if (o.completed >= cover.until) continue;
      report_empty(empty, std::span(there).subspan(cover.begin, cover.end - cover.begin));
    }
  }

  void report_empty(std::uint32_t empty, std::span<const Item* const> cover) {
    if (!findings_.wants_more()) return findings_.count();
    // Only those that are needed to cover the interval: always the one that reaches furthest.
    const Operation& o = op(empty);
    std::vector<std::uint32_t> involved = {empty};
    std::string text = words(history_, empty) + of_key(history_, o.key) +
                       " found the queue empty, but at every moment of it something was there:";
    Nanos reached = o.invoked;
    bool first = true;
    while (first || reached <= o.completed) {
      const Item* best = nullptr;
      for (const Item* item : cover)
        if (item->there_from < reached && (best == nullptr || item->there_until > best->there_until))
          best = item;
      if (best == nullptr || (!first && best->there_until <= reached)) break;
      first = false;
      involved.push_back(best->enqueue);
      if (best->dequeue != kNoIndex) involved.push_back(best->dequeue);
      text += " " + words(history_, best->enqueue) +
              (best->dequeue == kNoIndex ? ", never dequeued;"
                                         : ", until " + words(history_, best->dequeue) + ";");
      reached = best->there_until;
    }
    text.back() = '.';
    findings_.add("false-empty", involved, text);
  }

  void search(std::span<const std::uint32_t> group) {
    ++searched_;
    steps_ +=
        judge_by_search<QueueSpec>(QueueSpec{}, history_, spec_operations(group), options_.budget, findings_);
  }

  std::vector<SpecOp<QueueSpec>> spec_operations(std::span<const std::uint32_t> group) const {
    std::vector<SpecOp<QueueSpec>> ops;
    using Kind = QueueSpec::Effect::Kind;
    std::unordered_set<std::uint64_t> dequeued;
    for (const std::uint32_t i : group)
      if (op(i).function == Function::kDequeue && op(i).outcome == Outcome::kOk)
        dequeued.insert(op(i).result.bits());
    for (const std::uint32_t i : group) {
      const Operation& o = op(i);
      if (o.outcome == Outcome::kFail) continue;
      // An indeterminate enqueue that no answer shows need not have happened, nor whatever took its element.
      if (o.outcome == Outcome::kInfo && o.function == Function::kEnqueue &&
          !dequeued.contains(o.argument.bits()))
        continue;
      QueueSpec::Effect effect{Kind::kEnqueue, o.argument.bits()};
      QueueSpec::Effect weakened = effect;
      if (o.function == Function::kDequeue) {
        weakened = {Kind::kTakeAny, 0};
        effect = o.outcome == Outcome::kInfo ? weakened
                 : o.result.is_nil()         ? QueueSpec::Effect{Kind::kEmpty, 0}
                                             : QueueSpec::Effect{Kind::kDequeue, o.result.bits()};
        if (effect.kind == Kind::kEmpty && options_.null_read_unconstrained) continue;
      }
      ops.push_back({i, effect, weakened});
    }
    return ops;
  }

  void report(const char* type, std::initializer_list<std::uint32_t> operations, const std::string& text) {
    std::vector<std::uint32_t> involved;
    for (const std::uint32_t i : operations)
      if (i != kNoIndex) involved.push_back(i);
    findings_.add(type, involved, text);
  }

  const History& history_;
  const ModelOptions& options_;
  Findings& findings_;
  Patience patience_;
  CrossCheck cross_check_;
  std::vector<Item> items_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_;  // value bits -> item
  std::vector<std::uint32_t> empties_;
  std::vector<std::uint32_t> unknown_dequeues_;  // in order of invocation
  bool repeated_ = false;
  std::size_t searched_ = 0;
  std::uint64_t steps_ = 0;
};

}  // namespace

CheckResult check_queue(const History& history, const ModelOptions& options) {
  Findings findings("queue", history);
  QueueChecker checker(history, options, findings);
  const ByKey by_key = split_by_key(history);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    checker.judge(by_key.group(slot));
  }
  checker.note_cross_check();
  if (checker.searched() > 0) {
    findings.measure("search_steps", static_cast<double>(checker.steps()));
    findings.note("Decided by search on " + std::to_string(checker.searched()) + " of the queues.");
  }
  return findings.finish("Linearizable as first in, first out.");
}

}  // namespace harness
