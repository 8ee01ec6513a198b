// What slices of tokens have in common: a mark for each token, found by the token, and how a write leaves its
// mark.
#pragma once

#include <string>
#include <vector>

#include "checkers/objects/slice.h"
#include "checkers/objects/token_index.h"

namespace harness {

class MarkedSlice : public Slice {
 public:
  std::size_t size() const final { return marks_.size(); }
  const Mark& mark(std::size_t i) const final { return marks_[i]; }
  const Mark* find(Token token) const final;
  bool surely_before(const Mark& a, const Mark& b) const final { return a.first_end < b.last_start; }
  void write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) override;

 protected:
  /// The history must outlive the slice.
  explicit MarkedSlice(const History& history) : history_(history) {}

  /// The token's mark, which is made when there is none.
  std::uint32_t mark_of(Token token);
  /// Adds a conflict whose witness is these operations (kNoOperation is none), told behind the text.
  void clash(AnomalyKind type, std::string text, std::vector<std::uint32_t> operations,
             std::vector<Conflict>& found) const;

  const History& history_;
  std::vector<Mark> marks_;
  TokenIndex index_;

 private:
  /// A mark was added: what the slice keeps for each mark grows with it.
  virtual void grow_by_one() = 0;
};

}  // namespace harness
