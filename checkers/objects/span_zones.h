// The zones of one register in one span of authority (a term of a master, or a whole history): which values
// were in it, when each was surely there already and surely there still, and whether any order of the
// operations explains that (Gibbons & Korach 1997, for values that are written once; checkers/PROMISES.md).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "checkers/objects/slice.h"
#include "checkers/objects/token_index.h"
#include "harness/core/history.h"

namespace harness {

/// One value and what surely touched it in the span; S: the value surely stood there after this.
struct Zone : Mark {
  int chain = -1;    // zones joined by compare-and-set, in order
  int position = 0;  // in the chain

  Value value() const { return Value::from_bits(token); }
};

/// Two values of which each had to come before the other, or an order that a compare-and-set contradicts.
struct ZoneConflict {
  enum class Kind {
    kOrder,      // A before B and B before A
    kCasOrder,   // a value used after a compare-and-set had replaced it
    kDoubleCas,  // two compare-and-sets replaced the same value
    kCasCycle,
  };
  Kind kind = Kind::kOrder;
  Value earlier;  // the value that the witness shows to be replaced
  Value later;
  std::vector<std::uint32_t> operations;  // witness, in order of invocation
};

class Zones {
 public:
  /// A write that the span may hold. `invoked` bounds when it can have taken effect, wherever it did.
  void write(std::uint32_t op, const Operation& operation, Value value, Mark::Writer writer);
  /// An acknowledged observation of `value` in this span; its writer (if any) is given as to write().
  void observe(std::uint32_t op, const Operation& operation, Value value);
  /// A compare-and-set acknowledged in this span; both values must have been given by write/observe.
  void replace(std::uint32_t op, Value expected, Value next);

  /// At most `limit` conflicts; none when an order exists. Call once, after everything was added.
  std::vector<ZoneConflict> conflicts(std::size_t limit = 3);

  /// Whether the span's order surely has `a` before `b`. REQUIRES: conflicts() was called and found none.
  bool surely_before(const Zone& a, const Zone& b) const;

  const std::vector<Zone>& all() const { return zones_; }
  const Zone* find(Value value) const;

 private:
  struct Replacement {
    std::uint32_t op;
    std::uint32_t from;
    std::uint32_t to;
  };
  struct Chain {
    Nanos first_end = kNever;
    Nanos last_start = kBefore;
    std::uint32_t first_zone = 0;  // gives first_end
    std::uint32_t last_zone = 0;   // gives last_start
  };
  std::uint32_t zone_of(Value value);
  void link(std::vector<ZoneConflict>& found);
  void order_within(std::vector<ZoneConflict>& found);
  void order_between(std::vector<ZoneConflict>& found, std::size_t limit) const;
  std::vector<std::uint32_t> witness(const Chain& stale, const Chain& fresh) const;
  ZoneConflict conflict(ZoneConflict::Kind kind, const Zone& earlier, const Zone& later,
                        std::vector<std::uint32_t> operations) const;

  std::vector<Zone> zones_;
  TokenIndex index_;
  std::vector<Replacement> replacements_;
  std::vector<std::vector<std::uint32_t>> members_;  // of each chain, in order
  std::vector<Chain> chains_;
};

}  // namespace harness
