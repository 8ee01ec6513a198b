// An object: what operations of a kind mean to the documented verdict. The ledger is written once, over
// objects; an object reads operations as tokens, makes slices and finds words. One file an object, and a line
// in the table (objects.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "checkers/objects/slice.h"
#include "harness/core/history.h"

namespace harness {

class Object {
 public:
  /// What a state shows of the stream behind it.
  enum class Shape {
    kLast,  // its last token alone, as a register: what came after it in the stream is not there
    kAll,   // all its tokens, as a set
  };

  explicit Object(const History& history) : history_(history) {}
  virtual ~Object() = default;

  virtual Shape shape() const { return Shape::kAll; }
  /// Whether two operations may add a token of one name (a count that was lost is counted again). Then tokens
  /// are looked for term by term, and none is asked where it comes from.
  virtual bool tokens_repeat() const { return false; }
  /// Whether the operation is one of this kind. Others of the load are not judged.
  virtual bool takes(const Operation& operation) const = 0;
  /// The instance the operation belongs to: operations of different instances share no state. A number of the
  /// history's table of keys, unless the object says otherwise.
  virtual std::uint32_t instance(const Operation& operation) { return operation.key; }
  virtual std::string instance_name(std::uint32_t instance) const {
    return std::string(history_.keys.text(instance));
  }
  /// A key of the instance: all keys of one lie in one slot.
  virtual std::string_view key_of(std::uint32_t instance) const { return history_.keys.text(instance); }
  /// Whether its effects are one transaction: in the stream whole, or not at all.
  virtual bool several(const Operation& operation) const { return (void)operation, false; }
  /// The servers' clocks were set: nothing can be told from the time at which something was to expire.
  virtual void times_are_uncertain() {}
  /// Told of every operation before any question, so that what is removed is known.
  virtual void prepare(const Operation& operation) { (void)operation; }
  /// Reads the operation. What it cannot read leaves `effects` empty.
  virtual void read(const Operation& operation, Effects& effects) = 0;
  /// As read(), for whoever asks only what it writes and whether it observes: what it shows may be left out,
  /// which saves much where reads show whole lists.
  virtual void read_writes(const Operation& operation, Effects& effects) { read(operation, effects); }
  virtual std::unique_ptr<Slice> slice() = 0;
  /// "9031", "the delivery of 17".
  virtual std::string token_text(Token token) const = 0;

 protected:
  const History& history_;
};

/// A line of the table.
struct ObjectEntry {
  std::string_view name;          // as WorkloadEntry::object says, and the workload's own name if it has none
  std::string_view promise;       // what may be lost, in a few words
  std::string_view strict_model;  // of checkers/models.h, for --strict beside the plain answer; empty: none
  std::unique_ptr<Object> (*make)(const History&);
};

}  // namespace harness
