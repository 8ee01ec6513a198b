// The slice of whatever counts: each step answers the new count, so that counts are tokens and tell the
// order. The count n is there when the steps up to n are; only times and gaps are to be checked. A count that
// was lost is counted again.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "checkers/objects/slice.h"
#include "harness/core/anomaly_kind.h"

namespace harness {

class CountedSlice : public Slice {
 public:
  /// By how much an operation steps; 0: it only looks.
  using Amount = std::function<std::int64_t(const Operation&)>;

  CountedSlice(const History& history, Amount amount) : history_(history), amount_(std::move(amount)) {}

  /// Counts are kept as they are, from 0 on, which is what a counter that is not there counts as.
  static Token token_of(std::int64_t count) { return static_cast<Token>(count); }
  static std::int64_t count_of(Token token) { return static_cast<std::int64_t>(token); }

  void write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) override;
  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override;
  void uncertain(std::uint32_t id, const Operation& operation) override;
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
  std::string contradicts(const Slice& predecessor, std::vector<std::uint32_t>& operations) const override;

 protected:
  void clash(AnomalyKind type, std::string text, std::vector<std::uint32_t> operations,
             std::vector<Conflict>& found) const;
  /// Steps that nobody got an answer for, and that may have been made here.
  std::int64_t uncertain_steps() const { return maybe_; }
  const History& history_;

 private:
  struct Step {
    std::int64_t count = 0;
    std::int64_t amount = 0;  // 0: a read
    std::uint32_t id = 0;
  };
  void check_order(std::vector<Step>& all, std::vector<Conflict>& found, std::size_t limit);
  void mark_steps();

  Amount amount_;
  std::vector<Step> steps_;
  std::vector<Step> reads_;
  std::int64_t maybe_ = 0;   // what unanswered steps may have added
  std::int64_t lowest_ = 0;  // the first state is not beyond it
  std::int64_t highest_ = 0;
  std::uint32_t lowest_op_ = kNoOperation;
  std::uint32_t highest_op_ = kNoOperation;
  std::vector<Mark> marks_;
  std::map<std::int64_t, std::uint32_t> index_;
};

}  // namespace harness
