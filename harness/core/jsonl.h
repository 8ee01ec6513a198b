// The interchange form of a history: one JSON object a line (harness/FORMATS.md). Reading is a pure function
// of bytes, written by hand because ingest dominates the checking of long histories; it allocates nothing per
// event. A file is read in pieces, cut at newlines: pieces can be parsed in any order, by several threads,
// and are joined in theirs (harness/history_file.h does so).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/history.h"
#include "harness/core/large_processes.h"

namespace harness {

/// Throws HistoryError, with the line (from 1) and the reason, for anything that is not a history.
/// Empty lines are allowed. Fields that are not ours are skipped, whatever they hold.
History read_jsonl(std::string_view bytes);
/// The same as a stream. False when `keep_reading` ended it.
/// `warnings`: what counts otherwise than it stands there, in words.
bool read_jsonl(std::string_view bytes, EventSink& sink, const KeepReading& keep_reading,
                std::vector<std::string>* warnings = nullptr);

/// How many bytes a piece has, about: small enough that its events stay in a core's cache.
inline constexpr std::size_t kJsonlPiece = 1 << 20;
/// Where to cut: behind the first newline at or after `about`.
std::size_t jsonl_cut(std::string_view bytes, std::size_t about);
/// What the field "f" of a line says; empty when it has none.
std::string jsonl_function(std::string_view line);
/// How many operations a file holds, guessed from its first lines.
std::size_t jsonl_operations(std::string_view bytes);

/// The events of one piece; lines count from 1 within it. What is wrong with it is told by the joiner, which
/// knows where the piece stands.
struct JsonlPiece {
  struct IndexClaim {
    std::int64_t events_before;  // so many events come before the piece, says the field "index"
    std::size_t event;           // of this event of the piece,
    std::size_t line;            // on this line
  };
  struct Refusal {
    std::size_t line;
    std::string reason;
  };
  std::vector<Event> events;
  std::vector<std::uint32_t> lines;
  HistoryTables tables;    // of the values, and with `own_names` of all ids
  bool own_names = false;  // else keys, nodes and errors are in the sink's tables already
  std::size_t line_count = 0;
  std::vector<IndexClaim> claims;             // the first, and the first that contradicts it
  std::vector<std::int64_t> large_processes;  // of events whose process is below kNemesis: -2 the first, ...
  std::optional<Refusal> refusal;             // what stands behind the events

  void clear();
};

/// Parses one piece. `names`: where keys, nodes and errors are entered; null: in the piece's own tables, as
/// threads have to.
void parse_jsonl(std::string_view bytes, JsonlPiece& piece, HistoryTables* names = nullptr);

/// Hands pieces on in their order.
class JsonlJoiner {
 public:
  explicit JsonlJoiner(EventSink& sink) : sink_(sink) {}
  /// Throws HistoryError for what the piece, or the sink, refuses.
  void take(JsonlPiece& piece);
  void warn(std::vector<std::string>& warnings) const { processes_.warn(warnings); }

 private:
  void rename(JsonlPiece& piece);
  void rename_processes(JsonlPiece& piece);
  EventSink& sink_;
  LargeProcesses processes_;
  std::size_t lines_ = 0;   // before the next piece
  std::size_t events_ = 0;  // likewise
};

/// The same history as JSON Lines: events in their order, indices dense from 0 (the nemesis is left out).
std::string write_jsonl(const History& history);

/// What `history` records at one of its events: calls visit(operation, type, time, value) in order of events.
template <typename Visit>
void for_each_event(const History& history, Visit visit) {
  std::vector<std::uint32_t> at(history.events, 0xffffffff);
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& op = history.operations[i];
    at[op.invoke_event] = i;
    if (op.complete_event != kNoEvent) at[op.complete_event] = i;
  }
  for (std::uint32_t event = 0; event < at.size(); ++event) {
    if (at[event] == 0xffffffff) continue;  // the nemesis
    const Operation& op = history.operations[at[event]];
    if (event == op.invoke_event) {
      visit(op, EventType::kInvoke, op.invoked, op.argument);
    } else {
      const EventType type = op.outcome == Outcome::kOk     ? EventType::kOk
                             : op.outcome == Outcome::kFail ? EventType::kFail
                                                            : EventType::kInfo;
      visit(op, type, op.completed, op.outcome == Outcome::kOk ? op.result : op.argument);
    }
  }
}
std::string_view to_string(EventType type);

}  // namespace harness
