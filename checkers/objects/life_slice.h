// The slice of elements that come once and go once: of a queue, a priority queue, a set from which elements
// are removed. An element's birth is a token, and its being taken away is another, one for each time that
// somebody got it: a second one shows that the first was lost, or that the element was delivered twice.
//
// Each element is judged by itself: it is there from its birth until it is taken, never again later, and
// taken once. What an unanswered call may have taken excuses as many absences as there are such calls.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "checkers/objects/marked_slice.h"
#include "harness/core/anomaly_kind.h"

namespace harness {

/// Of an operation that takes an element away and does not say which.
inline constexpr Token kAnyToken = ~Token{0};

class LifeSlice final : public MarkedSlice {
 public:
  struct Words {
    std::function<std::string(Token)> token;
    std::function<Token(Token)> ends;                // the birth that a death ends; kNothing of a birth
    std::function<bool(Token, Nanos)> gone;          // whether a known removal of it had begun by then
    std::function<Token(const Operation&)> removes;  // a birth, kAnyToken, or kNothing
    std::function<double(Token)> rank;               // none: no priorities; the lowest is taken first
    bool ordered = false;                            // taken in the order of births
  };
  LifeSlice(const History& history, const Words& words) : MarkedSlice(history), words_(words) {}

  void write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) override;
  /// A look (one, of part 0) shows all that is there; without one, only `sees` and `lacks` are told.
  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override;
  void uncertain(std::uint32_t id, const Operation& operation) override;
  std::vector<Conflict> conflicts(std::size_t limit) override;
  std::uint32_t began_without(Token token) const override;
  bool may_be_gone(Token token, Nanos by) const override;
  bool sure_of(Token token) const override { return takers_ == 0 && !unsure_.contains(token); }

 private:
  struct Sight {
    std::uint32_t id = kNoOperation;
    Nanos from = kNever;
    Nanos until = kNever;
  };
  struct Life {
    Sight first_seen;    // the one that ended first
    Sight last_seen;     // the one that began last
    Sight death;         // the first to be told
    Sight second_death;  // which shows that it was given out twice
    bool seen() const { return last_seen.id != kNoOperation; }
    bool died() const { return death.id != kNoOperation; }
  };
  struct Look {
    Sight sight;
    std::unordered_set<std::uint32_t> shown;  // marks
  };
  void grow_by_one() override;
  void see(std::uint32_t mark, const Sight& sight);
  void check_life(std::uint32_t mark, std::vector<Conflict>& found);
  void check_missing(std::vector<Conflict>& found);
  void check_order(std::vector<Conflict>& found, std::size_t limit);
  void check_ranks(std::vector<Conflict>& found, std::size_t limit);
  void sort_looks();
  Sight first_absence(std::uint32_t mark, Nanos after) const;
  bool is_birth(std::uint32_t mark) const { return words_.ends(marks_[mark].token) == kNothing; }
  std::string name(std::uint32_t mark) const { return words_.token(marks_[mark].token); }

  const Words& words_;
  std::vector<Life> lives_;                                 // of each mark; those of deaths are empty
  std::unordered_map<Token, std::vector<Sight>> absences_;  // by birth: told of this element alone
  std::vector<std::pair<Token, Sight>> deaths_;             // by birth, as they come
  std::vector<Look> looks_;                                 // that showed something
  std::vector<Sight> empty_;          // looks that showed nothing; sorted by their begin
  std::vector<Sight> empty_after_;    // of these, the one that ended first from here on
  std::size_t takers_ = 0;            // calls that may have taken any element
  std::unordered_set<Token> unsure_;  // births that an unplaced call took, or may have taken
  std::vector<std::uint32_t> missing_;
  std::unordered_set<std::uint32_t> excused_;
};

}  // namespace harness
