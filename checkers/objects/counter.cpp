#include "checkers/objects/counter.h"

#include <algorithm>
#include <map>

namespace harness {
namespace {

/// Counts are kept as they are, from 0 on, which is what a counter that is not there counts as.
Token token_of(std::int64_t count) {
  return static_cast<Token>(count);
}

std::int64_t count_of(Token token) {
  return static_cast<std::int64_t>(token);
}

class CounterSlice final : public Slice {
 public:
  explicit CounterSlice(const History& history) : history_(history) {}

  void write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) override {
    steps_.push_back({count_of(token), operation.argument.as_integer(), id});
    (void)writer;
  }
  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override {
    const std::int64_t seen = count_of(effects.sees.front());
    if (operation.function == Function::kRead) reads_.push_back({seen, 0, id});
    if (lowest_op_ == kNoOperation || seen < lowest_) lowest_ = seen, lowest_op_ = id;
  }
  void uncertain(std::uint32_t id, const Operation& operation) override {
    if (operation.function == Function::kIncr) {
      maybe_ += operation.argument.as_integer();
      maybe_ops_.push_back(id);
    }
  }
  std::vector<Conflict> conflicts(std::size_t limit) override;
  std::size_t size() const override { return marks_.size(); }
  const Mark& mark(std::size_t i) const override { return marks_[i]; }
  const Mark* find(Token token) const override {
    const auto found = index_.find(count_of(token));
    return found == index_.end() ? nullptr : &marks_[found->second];
  }
  bool surely_before(const Mark& a, const Mark& b) const override {
    return count_of(a.token) < count_of(b.token);
  }
  std::uint32_t began_without(Token token) const override {
    return lowest_op_ != kNoOperation && count_of(token) > lowest_ ? lowest_op_ : kNoOperation;
  }
  std::string contradicts(const Slice& predecessor, std::vector<std::uint32_t>& operations) const override {
    const auto& before = static_cast<const CounterSlice&>(predecessor);
    if (lowest_op_ == kNoOperation || before.lowest_op_ == kNoOperation) return {};
    // Counted the most: what it was seen to hold, and every step that nobody got an answer for.
    if (lowest_ <= before.highest_ + maybe_) return {};
    operations = {before.highest_op_, lowest_op_};
    return "it counted " + std::to_string(lowest_) + ", and its predecessor no more than " +
           std::to_string(before.highest_);
  }

 private:
  struct Step {
    std::int64_t count = 0;
    std::int64_t amount = 0;  // 0: a read
    std::uint32_t id = 0;
  };
  void check_order(std::vector<Step>& all, std::vector<Conflict>& found, std::size_t limit);
  void clash(std::string text, std::vector<std::uint32_t> operations, std::vector<Conflict>& found) const;
  void mark_steps();

  const History& history_;
  std::vector<Step> steps_;
  std::vector<Step> reads_;
  std::vector<std::uint32_t> maybe_ops_;
  std::int64_t maybe_ = 0;   // what unanswered steps may have added
  std::int64_t lowest_ = 0;  // the first state is not beyond it
  std::int64_t highest_ = 0;
  std::uint32_t lowest_op_ = kNoOperation;
  std::uint32_t highest_op_ = kNoOperation;
  std::vector<Mark> marks_;
  std::map<std::int64_t, std::uint32_t> index_;
};

void CounterSlice::clash(std::string text, std::vector<std::uint32_t> operations,
                         std::vector<Conflict>& found) const {
  std::erase(operations, kNoOperation);
  std::sort(operations.begin(), operations.end());
  for (std::size_t i = 0; i < operations.size(); ++i)
    text += (i == 0 ? ": " : "; ") + history_.describe(history_.operations[operations[i]]);
  found.push_back({"", std::move(text), std::move(operations)});
}

void CounterSlice::mark_steps() {
  for (const Step& step : steps_) {
    const Operation& op = history_.operations[step.id];
    Mark mark;
    mark.token = token_of(step.count);
    mark.writer = Mark::Writer::kHere;
    mark.write = mark.first_op = mark.last_op = step.id;
    mark.first_end = op.completed;
    mark.last_start = op.invoked;
    mark.touched = true;
    index_.try_emplace(step.count, static_cast<std::uint32_t>(marks_.size()));
    marks_.push_back(mark);
  }
  // The count it began with was inherited, if no step without an answer lies between.
  if (lowest_op_ == kNoOperation || maybe_ > 0 || index_.contains(lowest_)) return;
  Mark start;
  start.token = token_of(lowest_);
  start.first_end = kBefore;
  start.last_op = start.first_op = lowest_op_;
  start.touched = true;
  index_.try_emplace(lowest_, static_cast<std::uint32_t>(marks_.size()));
  marks_.push_back(start);
}

/// Counts tell the order, so only times and gaps are to be checked.
void CounterSlice::check_order(std::vector<Step>& all, std::vector<Conflict>& found, std::size_t limit) {
  // Of one count the step comes before its reads, whose order is open.
  std::sort(all.begin(), all.end(), [&](const Step& a, const Step& b) {
    if (a.count != b.count) return a.count < b.count;
    if ((a.amount > 0) != (b.amount > 0)) return a.amount > 0;
    return history_.operations[a.id].completed < history_.operations[b.id].completed;
  });
  Nanos start = kBefore;
  std::uint32_t by = kNoOperation;
  std::int64_t gaps = 0;
  for (std::size_t i = 0; i < all.size() && found.size() < limit; ++i) {
    const Step& step = all[i];
    const Operation& op = history_.operations[step.id];
    const std::int64_t before = i == 0 ? lowest_ : all[i - 1].count;
    const std::int64_t from = step.amount > 0 ? step.count - step.amount : step.count;
    if (from < before)
      clash("two steps counted the same, so that one of them is lost", {all[i - 1].id, step.id}, found);
    gaps += std::max<std::int64_t>(0, from - before);
    if (gaps > maybe_)
      return clash("the count went from " + std::to_string(before) + " to " + std::to_string(from) +
                       " without a step that explains it",
                   {i == 0 ? kNoOperation : all[i - 1].id, step.id}, found);
    if (op.completed < start)
      clash("the count went back from " + std::to_string(before) + " to " + std::to_string(step.count),
            {by, step.id}, found);
    if (op.invoked > start) start = op.invoked, by = step.id;
  }
}

std::vector<Conflict> CounterSlice::conflicts(std::size_t limit) {
  std::vector<Step> all = steps_;
  all.insert(all.end(), reads_.begin(), reads_.end());
  std::vector<Conflict> found;
  check_order(all, found, limit);
  if (!all.empty()) highest_ = all.back().count, highest_op_ = all.back().id;
  mark_steps();
  return found;
}

class CounterObject final : public Object {
 public:
  using Object::Object;
  bool tokens_repeat() const override { return true; }
  bool takes(const Operation& op) const override {
    if (op.key == kNoKey) return false;
    if (op.function == Function::kRead) return op.outcome != Outcome::kOk || is_count(op.result);
    return op.function == Function::kIncr && op.argument.is_integer() && op.argument.as_integer() > 0 &&
           (op.outcome != Outcome::kOk || op.result.is_integer());
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    if (op.outcome != Outcome::kOk) return;
    effects.observes = true;
    const std::int64_t count = op.result.is_integer() ? op.result.as_integer() : 0;
    if (op.function == Function::kRead) {
      effects.sees.push_back(token_of(count));
    } else {
      effects.writes.push_back(token_of(count));
      effects.sees.push_back(token_of(count - op.argument.as_integer()));
    }
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<CounterSlice>(history_); }
  std::string token_text(Token token) const override {
    return "the count " + std::to_string(count_of(token));
  }

 private:
  static bool is_count(Value value) { return value.is_nil() || value.is_integer(); }
};

}  // namespace

std::unique_ptr<Object> make_counter_object(const History& history) {
  return std::make_unique<CounterObject>(history);
}

}  // namespace harness
