#include "checkers/objects/counted_slice.h"

#include <algorithm>

#include "harness/core/anomaly_kind.h"

namespace harness {

void CountedSlice::write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer) {
  steps_.push_back({count_of(token), amount_(operation), id});
}

void CountedSlice::observe(std::uint32_t id, const Operation& operation, const Effects& effects) {
  const std::int64_t seen = count_of(effects.sees.front());
  if (amount_(operation) == 0) reads_.push_back({seen, 0, id});
  if (lowest_op_ == kNoOperation || seen < lowest_) lowest_ = seen, lowest_op_ = id;
}

void CountedSlice::uncertain(std::uint32_t, const Operation& operation) {
  maybe_ += amount_(operation);
}

std::string CountedSlice::contradicts(const Slice& predecessor,
                                      std::vector<std::uint32_t>& operations) const {
  const auto& before = static_cast<const CountedSlice&>(predecessor);
  if (lowest_op_ == kNoOperation || before.lowest_op_ == kNoOperation) return {};
  // Counted the most: what it was seen to hold, and every step that nobody got an answer for.
  if (lowest_ <= before.highest_ + maybe_) return {};
  operations = {before.highest_op_, lowest_op_};
  return "it counted " + std::to_string(lowest_) + ", and its predecessor no more than " +
         std::to_string(before.highest_);
}

void CountedSlice::clash(AnomalyKind type, std::string text, std::vector<std::uint32_t> operations,
                         std::vector<Conflict>& found) const {
  std::erase(operations, kNoOperation);
  std::sort(operations.begin(), operations.end());
  for (std::size_t i = 0; i < operations.size(); ++i)
    text += (i == 0 ? ": " : "; ") + history_.describe(history_.operations[operations[i]]);
  found.push_back({type, std::move(text), std::move(operations)});
}

void CountedSlice::mark_steps() {
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
void CountedSlice::check_order(std::vector<Step>& all, std::vector<Conflict>& found, std::size_t limit) {
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
      clash("", "two steps counted the same, so that one of them is lost", {all[i - 1].id, step.id}, found);
    gaps += std::max<std::int64_t>(0, from - before);
    if (gaps > maybe_)
      return clash("",
                   (step.amount > 0 ? "a step of " + std::to_string(step.amount) + " took the count"
                                    : "the count went") +
                       " from " + std::to_string(before) + " to " + std::to_string(step.count) +
                       ", and no other step explains that",
                   {i == 0 ? kNoOperation : all[i - 1].id, step.id}, found);
    if (op.completed < start)
      clash("", "the count went back from " + std::to_string(before) + " to " + std::to_string(step.count),
            {by, step.id}, found);
    if (op.invoked > start) start = op.invoked, by = step.id;
  }
}

std::vector<Conflict> CountedSlice::conflicts(std::size_t limit) {
  std::vector<Step> all = steps_;
  all.insert(all.end(), reads_.begin(), reads_.end());
  std::vector<Conflict> found;
  check_order(all, found, limit);
  if (!all.empty()) highest_ = all.back().count, highest_op_ = all.back().id;
  mark_steps();
  return found;
}

}  // namespace harness
