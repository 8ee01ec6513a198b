// A history: what the clients asked and were told. Events are paired into operations.
//
// Exact semantics (harness/FORMATS.md, checkers/PROMISES.md): operation A precedes B iff A completed strictly
// before B was invoked; an operation with no completion is `info`; a process has at most one open operation,
// and a process that got an info never appears again.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
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
  kOther,    // a name that is none of these
  kRemove,   // takes a named element away
  kAck,      // says that an element was processed
  kReclaim,  // takes over what another consumer did not acknowledge
  kPublish,
  kReceive,
};
inline constexpr Function kLastFunction = Function::kReceive;
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
  Value result;              // the value at ok; of a cas also at fail: [expected, new, seen]; nil otherwise
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

/// What the ids of events and operations refer to.
struct HistoryTables {
  ValueTable values;
  StringTable keys;
  StringTable nodes;
  StringTable errors;
};

/// Operations in order of invocation, with the tables that their ids refer to. Events of the process
/// "nemesis" are not operations; faults have a record of their own (run_record.h).
struct History : HistoryTables {
  std::vector<Operation> operations;
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
  HistoryError(std::size_t line_number, const std::string& why)
      : std::runtime_error("line " + std::to_string(line_number) + ": " + why),
        line(line_number),
        reason(why) {}
  std::size_t line;
  std::string reason;
};

/// Some events of a history, in their order, as a reader hands them on. Keys, nodes and errors are ids of the
/// sink's tables; values are of the reader's own, which lives no longer than the batch, since most sinks need
/// only few of them.
struct EventBatch {
  std::span<const Event> events;  // those of kNemesis only count
  const ValueTable& values;
  std::span<const std::uint32_t> lines;  // of each event, counted from first_line
  std::size_t first_line = 0;

  std::size_t line(std::size_t event) const { return first_line + lines[event]; }
};

/// The process of events that are no operations.
inline constexpr std::int32_t kNemesis = -1;

/// Takes the events of a history as they are read: to build a History, or to do without one.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Where the reader enters keys, nodes and errors.
  virtual HistoryTables& tables() = 0;
  /// Throws HistoryError for events that a history cannot hold.
  virtual void take(const EventBatch& batch) = 0;
};

/// Asked by readers between batches, with the bytes that are read; false ends the reading.
using KeepReading = std::function<bool(std::size_t bytes)>;

/// Which operation each process has open, and what a history may not do: the half of pairing that does not
/// depend on what is kept of an operation. `handle`: the caller's name for an open operation.
class OpenOperations {
 public:
  static constexpr std::uint32_t kHandleMax = 0xfffffffd;

  /// Throws HistoryError when time goes backwards, a process has an operation open already, or comes back
  /// after an info.
  void invoke(const Event& event, std::size_t line, std::uint32_t handle) {
    check_time(event, line);
    std::uint32_t& open = of(event.process);
    if (open != kIdle) refuse_invocation(event, line, open == kRetired);
    open = handle;
  }
  /// The operation that the event completes. Throws HistoryError when there is none.
  std::uint32_t complete(const Event& event, std::size_t line) {
    check_time(event, line);
    std::uint32_t& open = of(event.process);
    if (open > kHandleMax) refuse_completion(event, line);
    const std::uint32_t handle = open;
    open = event.type == EventType::kInfo ? kRetired : kIdle;
    return handle;
  }
  /// Throws HistoryError when a completion is of another function or key than its invocation; a completion
  /// may leave its key out.
  static void check_same(const Event& event, std::size_t line, Function function, std::uint32_t key) {
    if (function != event.function || (event.key != kNoKey && event.key != key))
      refuse_other(event, line, function != event.function);
  }
  /// Calls each(handle) for what is open still, in order of process.
  template <typename Each>
  void for_each_open(Each each) const {
    for (const std::uint32_t open : dense_)
      if (open <= kHandleMax) each(open);
    for (const auto& [process, open] : sparse_)
      if (open <= kHandleMax) each(open);
  }
  std::size_t bytes() const { return dense_.capacity() * sizeof(std::uint32_t) + sparse_.size() * 48; }

 private:
  static constexpr std::uint32_t kRetired = 0xffffffff;
  static constexpr std::uint32_t kIdle = 0xfffffffe;
  static constexpr std::int32_t kDenseProcesses = 1 << 20;

  void check_time(const Event& event, std::size_t line) {
    if (event.time < last_time_) throw HistoryError(line, "time goes backwards");
    last_time_ = event.time;
  }
  std::uint32_t& of(std::int32_t process) {
    const auto index = static_cast<std::uint32_t>(process);
    return index < dense_.size() ? dense_[index] : of_new(process);
  }
  std::uint32_t& of_new(std::int32_t process);
  [[noreturn]] static void refuse_invocation(const Event& event, std::size_t line, bool retired);
  [[noreturn]] static void refuse_completion(const Event& event, std::size_t line);
  [[noreturn]] static void refuse_other(const Event& event, std::size_t line, bool function);

  std::vector<std::uint32_t> dense_;  // small process numbers, the usual ones, by index
  std::unordered_map<std::int32_t, std::uint32_t> sparse_;
  Nanos last_time_ = 0;
};

/// Which keys' operations are wanted, by id; those without a key are one more object.
class WantedKeys {
 public:
  void insert(std::uint32_t key) {
    if (key == kNoKey) {
      keyless_ = true;
      return;
    }
    if (key >= keys_.size()) keys_.resize(key + key / 2 + 1);
    keys_[key] = true;
  }
  bool contains(std::uint32_t key) const {
    return key == kNoKey ? keyless_ : key < keys_.size() && keys_[key];
  }

 private:
  std::vector<bool> keys_;
  bool keyless_ = false;
};

/// Pairs events into operations and keeps them all, or those of some keys.
class HistoryBuilder final : public EventSink {
 public:
  /// Only operations of these keys are kept, with the indices that their events have in the whole history.
  /// REQUIRES: an earlier pass over the same events numbered the keys, and refused what is malformed.
  void keep_only(const WantedKeys* keys) { wanted_ = keys; }

  History& tables() override { return history_; }
  void take(const EventBatch& batch) override;

  /// REQUIRES: events come in order of time; their ids are of tables(). Throws HistoryError (with `line`) for
  /// an event that a history cannot hold: a completion without an invocation, a second open operation of one
  /// process, a process that comes back after an info, time going backwards, a completion of another function
  /// or key.
  void add(const Event& event, std::size_t line);
  /// Counts a line of the nemesis, so that event indices stay those of the file.
  void skip() { ++history_.events; }

  History finish();

  /// Room for this many operations, so that a long history is not copied as it grows.
  void reserve(std::size_t operations) { history_.operations.reserve(operations); }

 private:
  static constexpr std::uint32_t kElsewhere = OpenOperations::kHandleMax;  // of a key that is not wanted

  template <typename TakeOver>
  void add(const Event& event, std::size_t line, TakeOver& value);

  History history_;
  OpenOperations open_;
  const WantedKeys* wanted_ = nullptr;
};

}  // namespace harness
