// The slice of what only grows and shows all that it holds: a set of elements, or several lists, each read
// whole (its parts). Reads of one part must form a chain of inclusions (of prefixes, for lists); along it the
// times must fit (checkers/PROMISES.md, "Types that return positions").
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "checkers/objects/marked_slice.h"

namespace harness {

class TokenSlice final : public MarkedSlice {
 public:
  struct Words {
    std::function<std::string(Token)> token;
    std::function<std::uint32_t(Token)> part;  // the part a token belongs to
    std::function<bool(Token)> removed;        // somebody may have taken it away: its absence says nothing
    bool ordered = false;                      // reads show tokens in the order of the stream
  };
  TokenSlice(const History& history, const Words& words) : MarkedSlice(history), words_(words) {}

  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override;
  std::vector<Conflict> conflicts(std::size_t limit) override;
  std::uint32_t began_without(Token token) const override;

 private:
  static constexpr std::uint32_t kUnseen = 0xffffffff;
  struct Sight {
    std::uint32_t id = 0;
    std::uint32_t turn = 0;  // a number of its own: a transaction may look at one part twice
    Nanos from = 0;
    Nanos until = 0;
    std::vector<std::uint32_t> marks;
    std::uint32_t part = 0;
  };
  struct Chain {
    Nanos start = kBefore;  // the latest start of what came before
    std::uint32_t by = kNoOperation;
    std::vector<std::uint32_t> order;  // marks as they came
  };
  void grow_by_one() override;
  void look(std::uint32_t id, const Operation& operation, std::uint32_t part, std::span<const Token> sees);
  void check_whole(std::vector<Conflict>& found, std::size_t limit);
  void check_chain(std::vector<Sight>& sights, std::uint32_t part, std::vector<Conflict>& found,
                   std::size_t limit);
  void grow(const Sight& sight, Chain& chain, std::vector<Conflict>& found);
  void pass(Chain& chain, std::uint32_t id, Nanos from, Nanos until, std::vector<Conflict>& found);
  /// A clash that is of no named kind: the reads are not linearizable.
  void clash(std::string text, std::vector<std::uint32_t> operations, std::vector<Conflict>& found) const {
    MarkedSlice::clash("", std::move(text), std::move(operations), found);
  }
  std::string name(std::uint32_t mark) const { return words_.token(marks_[mark].token); }

  const Words& words_;
  std::vector<std::uint32_t> turn_ops_;  // the operation of each turn
  std::uint32_t next_turn_ = 0;
  std::vector<std::uint32_t> wide_;     // operations that looked at several parts
  std::vector<std::uint32_t> level_;    // of each mark: the read that first showed it, once sorted
  std::vector<std::uint32_t> place_;    // and its position
  std::vector<std::uint32_t> seen_by_;  // how many reads showed it
  std::unordered_map<std::uint32_t, std::vector<Sight>> sights_;  // by part; sorted by conflicts()
};

}  // namespace harness
