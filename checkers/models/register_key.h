// One register's operations, as the register's algorithms see them: reads, writes and compare-and-sets over
// values numbered densely.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "checkers/common/model.h"
#include "harness/core/history.h"

namespace harness {

/// kDiffers: a failed compare-and-set that is taken as evidence: it saw a value other than the expected one.
enum class Access : std::uint8_t { kRead, kWrite, kCas, kDiffers };

struct RegisterOp {
  Nanos invoked = 0;
  Nanos deadline = 0;           // kNever: indeterminate
  std::uint32_t operation = 0;  // index in History::operations
  std::uint32_t expects = 0;    // value read or expected; of a write: unused
  std::uint32_t writes = 0;     // value written; of a read: unused
  Access access = Access::kRead;

  bool indeterminate() const { return deadline == kNever; }
};

/// What matters of one key's operations, in order of invocation. Left out are operations that prove nothing:
/// failed writes and reads, indeterminate reads, and by option failed compare-and-sets and reads of null.
struct RegisterKey {
  std::uint32_t key = kNoKey;
  std::vector<RegisterOp> ops;
  std::vector<Value> values;  // by dense number; number 0 is the first value of the register
};

/// How a register model reads an operation.
struct RegisterReading {
  Value initial;  // the first value; a Value that equals none when no operation ever mentions it
  std::string initial_text;
  bool null_read_unconstrained = false;
  bool failed_cas_observed = false;

  /// Throws OperationRefused for functions and values that a register does not have.
  bool relevant(const History& history, const Operation& op) const;
};

/// What a failed compare-and-set says that it saw ([expected, new, seen] at fail): as good as a read of it.
std::optional<Value> seen_by_failed_cas(const ValueTable& values, Value result);

RegisterReading register_reading(const History& history, const ModelOptions& options);

/// REQUIRES: `operations` index operations of one key, in order of invocation.
RegisterKey extract_register_key(const History& history, const RegisterReading& reading,
                                 std::span<const std::uint32_t> operations);

/// The two values of a compare-and-set's argument.
struct CasValues {
  Value expected;
  Value next;
};
CasValues cas_values(const History& history, const Operation& op);

}  // namespace harness
