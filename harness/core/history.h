// A history: what the clients asked and were told. Events are paired into operations.
//
// Exact semantics (harness/FORMATS.md, checkers/PROMISES.md): operation A precedes B iff A completed strictly
// before B was invoked; an operation with no completion is `info`; a process has at most one open operation,
// and a process that got an info never appears again.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/core/time.h"
#include "harness/core/value.h"

namespace harness {

enum class Function : std::uint8_t {
  kRead,
  kWrite,
  kCas,
  kAdd,
  kEnqueue,
  kDequeue,
  kIncr,
  kTxn,
  kGet,
  kPut,
  kAppend,
  kAcquire,
  kRelease,
  kGenerate,
  kTransfer,
  kOther,
};
std::string_view to_string(Function function);
/// kOther when the name is not one of ours.
Function function_from(std::string_view name);

/// How an operation ended: ok took effect, fail certainly did not, info may take effect at any later time
/// or never.
enum class Outcome : std::uint8_t { kOk, kFail, kInfo };
std::string_view to_string(Outcome outcome);

enum class EventType : std::uint8_t { kInvoke, kOk, kFail, kInfo };

inline constexpr std::uint32_t kNoKey = 0xffffffff;
inline constexpr std::uint16_t kNoNode = 0xffff;
inline constexpr std::uint16_t kNoError = 0xffff;
inline constexpr std::uint32_t kNoEvent = 0xffffffff;

/// One line of a history. Key, value, node and error refer to the tables of the History being built.
struct Event {
  Nanos time = 0;
  Value value;
  std::int32_t process = 0;
  std::uint32_t key = kNoKey;
  EventType type = EventType::kInvoke;
  Function function = Function::kRead;
  std::uint16_t node = kNoNode;    // completions: the node that answered
  std::uint16_t error = kNoError;  // completions: why it failed or is unknown
};

/// An invocation and its completion.
struct Operation {
  Nanos invoked = 0;
  Nanos completed = kNever;  // time of the completion event, also of an info; kNever when there is none
  Value argument;            // the value at invoke
  Value result;              // the value at ok; nil otherwise
  std::int32_t process = 0;
  std::uint32_t key = kNoKey;
  std::uint32_t invoke_event = 0;           // index of the invocation in the history, dense from 0
  std::uint32_t complete_event = kNoEvent;  // index of the completion
  Function function = Function::kRead;
  Outcome outcome = Outcome::kInfo;
  std::uint16_t node = kNoNode;
  std::uint16_t error = kNoError;

  /// When it must have taken effect at the latest: kNever for an info.
  Nanos deadline() const { return outcome == Outcome::kInfo ? kNever : completed; }
  bool precedes(const Operation& other) const { return deadline() < other.invoked; }
};

/// Operations in order of invocation, with the tables that their ids refer to. Events of the process
/// "nemesis" are not operations; faults have a record of their own (run_record.h).
struct History {
  std::vector<Operation> operations;
  ValueTable values;
  StringTable keys;
  StringTable nodes;
  StringTable errors;
  std::size_t events = 0;  // all lines, the nemesis' too

  std::string_view key_text(const Operation& op) const {
    return op.key == kNoKey ? std::string_view{} : keys.text(op.key);
  }
  std::string_view node_text(const Operation& op) const {
    return op.node == kNoNode ? std::string_view{} : nodes.text(op.node);
  }
  std::string_view error_text(const Operation& op) const {
    return op.error == kNoError ? std::string_view{} : errors.text(op.error);
  }
  /// "p7 write r17 42 -> ok" with times in ms: for explanations and tests.
  std::string describe(const Operation& op) const;
};

/// A malformed history: the line (or event) number and the reason.
struct HistoryError : std::runtime_error {
  HistoryError(std::size_t line_number, const std::string& reason)
      : std::runtime_error("line " + std::to_string(line_number) + ": " + reason), line(line_number) {}
  std::size_t line;
};

/// Pairs events into operations.
class HistoryBuilder {
 public:
  /// The tables to intern keys, values, nodes and errors in before add().
  History& tables() { return history_; }

  /// REQUIRES: events come in order of time. Throws HistoryError (with `line`) for an event that a history
  /// cannot hold: a completion without an invocation, a second open operation of one process, a process that
  /// comes back after an info, time going backwards, a completion of another function or key.
  void add(const Event& event, std::size_t line);
  /// Counts a line of the nemesis, so that event indices stay those of the file.
  void skip() { ++history_.events; }

  History finish();

  /// Room for this many operations, so that a long history is not copied as it grows.
  void reserve(std::size_t operations) { history_.operations.reserve(operations); }

 private:
  static constexpr std::uint32_t kRetired = 0xffffffff;
  static constexpr std::uint32_t kIdle = 0xfffffffe;
  static constexpr std::int32_t kDenseProcesses = 1 << 20;

  std::uint32_t& open_operation(std::int32_t process);

  History history_;
  // process -> its open operation, kIdle or kRetired; small process numbers, the usual ones, by index
  std::vector<std::uint32_t> open_;
  std::unordered_map<std::int32_t, std::uint32_t> open_sparse_;
  Nanos last_time_ = 0;
};

}  // namespace harness
