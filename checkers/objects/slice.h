// What one term of a master knew of one object (a register, a set, a queue, ...), as its clients saw it
// (checkers/PROMISES.md, "The same verdict for every object"). A state is told by tokens: each operation that
// changes the object adds one (a value, an element, a count, the removal of an element), so that a term's
// stream is a sequence of tokens, and its heir starts behind a prefix of them. The ledger compares slices of
// terms, and knows nothing of the data.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/core/anomaly_kind.h"
#include "harness/core/history.h"

namespace harness {

inline constexpr std::uint32_t kNoOperation = 0xffffffff;
inline constexpr Nanos kBefore = -1;  // before every operation of the span

/// What an operation adds to the stream; unique within one object. 0: nothing, the state of the beginning.
using Token = std::uint64_t;
inline constexpr Token kNothing = 0;

/// One token and what surely touched it in the span.
struct Mark {
  enum class Writer {
    kHere,       // acknowledged in this span
    kElsewhere,  // surely not written in this span: inherited
    kUncertain,  // an indeterminate write, or one whose span is not known: here or before, at any time
  };
  Token token = kNothing;
  Writer writer = Writer::kElsewhere;
  std::uint32_t write = kNoOperation;     // operation that wrote it; none for kNothing
  Nanos first_end = kNever;               // F: by then it had surely been written
  Nanos last_start = kBefore;             // S: see Slice::surely_before
  std::uint32_t first_op = kNoOperation;  // the operation that gives F
  std::uint32_t last_op = kNoOperation;   // the operation that gives S, or that saw it last
  bool touched = false;                   // some operation of the span wrote or observed it
};

/// A contradiction within one span.
struct Conflict {
  AnomalyKind type = "";                  // empty: it is not linearizable
  std::string text;                       // "5 was observed although 7 had replaced it"
  std::vector<std::uint32_t> operations;  // witness, in order of invocation
};

/// What an operation did and showed, in tokens.
struct Effects {
  /// A part of the object (one list of several) that was looked at whole: sees[begin..end).
  struct Look {
    std::uint32_t part = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Token> writes;  // what it adds, if it takes effect
  std::vector<Token> sees;    // what an acknowledged one showed to be there
  bool observes = false;      // it was acknowledged and shows something, be it that nothing is there
  std::vector<Look> looks;    // of an object of several parts; none: it saw the whole
  std::vector<Token> lacks;   // of what can be taken away again: what it showed not to be there
  void clear() {
    writes.clear();
    sees.clear();
    observes = false;
    looks.clear();
    lacks.clear();
  }
};

class Slice {
 public:
  virtual ~Slice() = default;

  /// A write that the span may hold. `invoked` bounds when it can have taken effect, wherever it did.
  virtual void write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) = 0;
  /// An acknowledged operation of this span that shows something; the writers of what it sees are given.
  virtual void observe(std::uint32_t id, const Operation& operation, const Effects& effects) = 0;
  /// An operation without an answer, or answered nobody knows in which term: it may have taken effect here,
  /// at any time from its invocation on, or not at all.
  virtual void uncertain(std::uint32_t id, const Operation& operation) { (void)id, (void)operation; }

  /// Rule 1: at most `limit` contradictions; none when an order exists, as far as this object can tell. Call
  /// once, after everything was added and before the questions below.
  virtual std::vector<Conflict> conflicts(std::size_t limit) = 0;

  virtual std::size_t size() const = 0;
  virtual const Mark& mark(std::size_t i) const = 0;
  virtual const Mark* find(Token token) const = 0;
  /// Whether the span's order surely has `a` before `b`.
  virtual bool surely_before(const Mark& a, const Mark& b) const = 0;
  /// An operation that shows that the span's first state lacked this token, which was not written in the
  /// span; kNoOperation when none does.
  virtual std::uint32_t began_without(Token token) const = 0;
  /// Whether somebody, in whatever term, may have taken away by then what this span held: then that a later
  /// term lacks it is no loss.
  virtual bool may_be_gone(Token token, Nanos by) const { return (void)token, (void)by, false; }
  /// Whether began_without() leaves no doubt: nobody without an answer can have taken the token away here.
  virtual bool sure_of(Token token) const { return (void)token, true; }
  /// Why no prefix of the predecessor's stream gives this span's first state, although each token may do;
  /// empty when one does. `operations`: its witness.
  virtual std::string contradicts(const Slice& predecessor, std::vector<std::uint32_t>& operations) const {
    (void)predecessor, (void)operations;
    return {};
  }
};

}  // namespace harness
