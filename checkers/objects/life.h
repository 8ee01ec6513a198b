// What objects of elements that come once and go once have in common (life_slice.h): how elements are
// numbered, and what is known of their removal in the whole load.
#pragma once

#include <string>
#include <vector>

#include "checkers/objects/life_slice.h"
#include "checkers/objects/object.h"
#include "harness/core/value.h"

namespace harness {

class LifeObject : public Object {
 public:
  explicit LifeObject(const History& history);
  void prepare(const Operation& operation) override;
  std::unique_ptr<Slice> slice() override { return std::make_unique<LifeSlice>(history_, words_); }
  std::string token_text(Token token) const override;

 protected:
  /// The birth of an element of the operation's key; elements are unique within their key.
  Token birth(const Operation& operation, Value element);
  /// The death of that birth by this operation.
  Token death(const Operation& operation, Token birth);
  /// Which element the operation took, takes or would take away: as LifeSlice::Words::removes.
  virtual Token removes(const Operation& operation) = 0;

  LifeSlice::Words words_;

 private:
  struct Entry {
    std::uint64_t of = 0;    // of a birth the key; of a death the operation, marked as one
    std::uint64_t what = 0;  // of a birth the element's bits; of a death the birth that it ends
    Nanos removed = kNever;  // of a birth: when the first call that took it, or may have, was sent
  };
  Token enter(std::uint64_t of, std::uint64_t what);
  const Entry& at(Token token) const { return entries_[token - 1]; }

  IdIndex index_;
  std::vector<Entry> entries_;  // by token - 1
};

}  // namespace harness
