#include "harness/core/edn.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "harness/core/key_name.h"
#include "harness/core/large_processes.h"

namespace harness {
namespace {

/// An operation's map as it stands in the file.
struct RawEvent {
  Event event;
  std::size_t line = 0;
  bool client = true;
  bool has_process = false, has_function = false, has_time = false;
  bool tuple = false;
  std::optional<Value> key;
  Value node, error, function;
};

/// The operations of a file, one after another, whatever they mean.
class Operations {
 public:
  Operations(std::string_view bytes, Notation notation) : parser_(bytes, notation) {
    parser_.skip_space();
    close_ = parser_.take('[') ? ']' : notation == Notation::kEdn && parser_.take('(') ? ')' : '\0';
  }

  /// False at the end.
  bool next(RawEvent& raw) {
    for (parser_.skip_space(); !parser_.at_end(); parser_.skip_space()) {
      if (close_ != '\0' && parser_.take(close_)) {
        parser_.skip_space();
        if (!parser_.at_end()) parser_.refuse("more follows the operations" + parser_.found());
        return false;
      }
      if (parse_event(raw)) return true;
    }
    if (close_ != '\0')
      parser_.refuse(std::string("the operations do not end with '") + close_ + "'" + parser_.found());
    return false;
  }

  ValueTable& values() { return parser_.values(); }
  std::size_t position() const { return parser_.position(); }
  std::size_t skipped_records() const { return skipped_records_; }
  const LargeProcesses& large_processes() const { return processes_; }

 private:
  /// False for a record that is no operation.
  bool parse_event(RawEvent& raw) {
    raw = {};
    raw.line = parser_.line();
    unsigned seen = 0;  // a bit for each of kFields
    if (!parser_.json() && parser_.take('#')) {
      const std::string_view tag = parser_.token();
      parser_.skip_space();
      if (tag != "jepsen.history.Op" && tag != "knossos.op.Op") {
        parser_.value();
        ++skipped_records_;
        return false;
      }
    }
    parser_.expect('{');
    for (parser_.skip_space(); !parser_.take('}'); parser_.skip_space()) {
      if (parser_.at_end()) parser_.refuse("an operation does not end");
      const std::string_view name = parser_.field_name();
      parser_.skip_space();
      if (parser_.peek() == '}') parser_.refuse("a key and no value");
      const auto* const field = std::find(std::begin(kFields), std::end(kFields), name);
      if (field == std::end(kFields)) {
        parser_.value();
        continue;
      }
      const unsigned bit = 1U << (field - std::begin(kFields));
      if ((seen & bit) != 0) parser_.refuse("a field appears twice: " + std::string(name));
      seen |= bit;
      read_field(raw, *field);
    }
    if (raw.client && (seen & 1U) == 0)
      throw HistoryError(raw.line, "an operation needs a type: invoke, ok, fail or info");
    return true;
  }

  std::string_view text_of(Value value) {
    if (value.kind() != Value::Kind::kText)
      parser_.refuse(parser_.json() ? "expected a text" : "expected a keyword");
    return values().as_text(value);
  }

  std::int32_t number_of(Value process) {
    if (process.is_integer() && process.as_integer() >= 0 && process.as_integer() < LargeProcesses::kFirst)
      return static_cast<std::int32_t>(process.as_integer());
    const std::string digits = values().to_json(process);
    if (digits.find_first_not_of("0123456789") != digits.npos)
      parser_.refuse("a process is an integer from 0, or a name such as :nemesis, not " + digits);
    return processes_.number_of(digits, parser_.line());
  }

  /// The type is the first.
  static constexpr std::string_view kFields[] = {"type",  "f",   "process", "time",
                                                 "value", "key", "node",    "error"};
  void read_field(RawEvent& raw, std::string_view name) {
    if (name == "type") {
      const std::string_view type = text_of(parser_.value());
      static constexpr std::string_view kTypes[] = {"invoke", "ok", "fail", "info"};
      const auto at = std::find(std::begin(kTypes), std::end(kTypes), type);
      if (at == std::end(kTypes))
        parser_.refuse("type is invoke, ok, fail or info, not " + std::string(type));
      raw.event.type = static_cast<EventType>(at - std::begin(kTypes));
    } else if (name == "f") {
      const Value f = parser_.value();
      raw.has_function = !f.is_nil();
      raw.function = f;
      raw.event.function = f.kind() == Value::Kind::kText ? function_from(text_of(f)) : Function::kOther;
    } else if (name == "process") {
      const Value process = parser_.value();
      raw.has_process = !process.is_nil();
      raw.client = process.is_integer() || process.is_nil() || process.kind() == Value::Kind::kOther;
      if (raw.client && !process.is_nil()) raw.event.process = number_of(process);
    } else if (name == "time") {
      const Value time = parser_.value();
      if (time.is_nil()) return;
      if (!time.is_integer()) parser_.refuse("time is not an integer");
      raw.event.time = time.as_integer();
      raw.has_time = true;
    } else if (name == "value") {
      parser_.tuple_tag = false;
      raw.event.value = parser_.value();
      raw.tuple = parser_.tuple_tag;
    } else if (name == "key") {
      raw.key = parser_.value();
    } else if (name == "node") {
      raw.node = parser_.value();
    } else if (name == "error") {
      raw.error = parser_.value();
    }
  }

  EdnParser parser_;
  char close_ = '\0';  // what ends the collection that the operations stand in, if they do
  std::size_t skipped_records_ = 0;
  LargeProcesses processes_;
};

std::optional<std::pair<Value, Value>> pair_of(const ValueTable& values, Value value) {
  if (value.kind() != Value::Kind::kList) return std::nullopt;
  const auto list = values.as_list(value);
  if (list.size() != 2) return std::nullopt;
  return std::pair(list[0], list[1]);
}

/// Whether the value is a list of micro-operations: [[:r x nil] [:append y 1]]. Not an empty one.
bool is_transaction(const ValueTable& values, Value value) {
  if (value.kind() != Value::Kind::kList) return false;
  const auto is_micro = [&](Value micro) {
    if (micro.kind() != Value::Kind::kList) return false;
    const auto parts = values.as_list(micro);
    if (parts.empty() || parts[0].kind() != Value::Kind::kText) return false;
    const std::string_view f = values.as_text(parts[0]);
    return (parts.size() == 3 && (f == "r" || f == "w" || f == "append")) || (parts.size() == 2 && f == "r");
  };
  const auto list = values.as_list(value);
  return !list.empty() && std::all_of(list.begin(), list.end(), is_micro);
}

bool reads_or_writes(Function function) {
  return function == Function::kRead || function == Function::kWrite;
}

/// What only the whole file tells about the meaning of its operations.
class Survey {
 public:
  bool timed = false;         // the operations carry times
  bool processes = false;     // and processes
  bool tuples = false;        // all values are [key value]
  bool transactions = false;  // reads and writes are of micro-operations, as in Jepsen's long-fork
  std::int32_t process_max = 0;
  std::size_t skipped_records = 0;

  /// False when `keep_reading` ended it.
  bool read(std::string_view bytes, Notation notation, const KeepReading& keep_reading) {
    Operations operations(bytes, notation);
    RawEvent raw;
    std::size_t without_time = 0, without_process = 0;
    bool pairs = true, proof = false;
    for (std::size_t i = 1; operations.next(raw); ++i) {
      if (raw.client) {
        timed |= raw.has_time;
        if (!raw.has_time) without_time = raw.line;
        processes |= raw.has_process;
        if (!raw.has_process) without_process = raw.line;
        if (raw.event.process < LargeProcesses::kFirst)
          process_max = std::max(process_max, raw.event.process);
        transactions = transactions || (raw.has_function && reads_or_writes(raw.event.function) &&
                                        is_transaction(operations.values(), raw.event.value));
        pairs = pairs && may_be_tuple(operations.values(), raw, proof);
      }
      if (i % kBatch != 0) continue;
      operations.values() = {};
      if (!keep_reading(operations.position())) return false;
    }
    if (timed && without_time != 0)
      throw HistoryError(without_time, "no time, while other operations have one");
    if (processes && without_process != 0)
      throw HistoryError(without_process, "no process, while other operations have one");
    tuples = pairs && proof;
    skipped_records = operations.skipped_records();
    return true;
  }

  static constexpr std::size_t kBatch = 1024;

 private:
  /// A bare vector [key value] looks like any value of two elements. The history is taken as independent when
  /// every client event has such a value and some invocation shows that the first element is no part of the
  /// operation: a read of [key nil], a cas of [key [expected new]], a transaction behind a plain key.
  static bool may_be_tuple(const ValueTable& values, const RawEvent& raw, bool& proof) {
    const auto pair = pair_of(values, raw.event.value);
    if (!pair || raw.key || pair->first.kind() == Value::Kind::kList) return false;
    if (raw.event.type != EventType::kInvoke) return true;
    bool shown = false;
    switch (raw.has_function ? raw.event.function : Function::kTxn) {
      case Function::kRead:
      case Function::kGet:
      case Function::kDequeue:
      case Function::kAcquire:
      case Function::kRelease:
      case Function::kGenerate:
        shown = pair->second.is_nil();
        break;
      case Function::kCas:
        shown = pair_of(values, pair->second).has_value();
        break;
      case Function::kTxn:
        shown = pair->second.kind() == Value::Kind::kList;
        break;
      default:
        return true;
    }
    proof |= shown;
    return shown;
  }
};

/// Hands the operations on as events, once their meaning is known.
class EdnReader {
 public:
  EdnReader(std::string_view bytes, Notation notation, const Survey& survey, EventSink& sink)
      : operations_(bytes, notation), survey_(survey), sink_(sink), tables_(sink.tables()) {}

  bool read(const KeepReading& keep_reading) {
    RawEvent raw;
    while (operations_.next(raw)) {
      place(raw);
      events_.push_back(raw.event);
      lines_.push_back(static_cast<std::uint32_t>(raw.line));
      if (events_.size() < Survey::kBatch) continue;
      hand_on();
      if (!keep_reading(operations_.position())) return false;
    }
    hand_on();
    return true;
  }

  void warn(std::vector<std::string>& warnings) const {
    if (moved_times_ > 0)
      warnings.push_back(
          std::to_string(moved_times_) +
          " times were not later than the one before: they count as 1 ns later, since the order "
          "of the lines is the order of events");
    operations_.large_processes().warn(warnings);
    if (renamed_ > 0)
      warnings.push_back("processes that go on after an info: " + std::to_string(renamed_) +
                         "; each counts as a new process from there");
  }

 private:
  void place(RawEvent& raw) {
    const std::size_t index = index_++;
    if (!raw.client) {
      raw.event.process = kNemesis;
      return;
    }
    raw.event.time = survey_.timed ? later_time(raw) : static_cast<Nanos>(index);
    place_key(raw);
    place_function(raw);
    place_process(raw);
    raw.event.node = short_id(tables_.nodes, raw.node);
    raw.event.error = short_id(tables_.errors, raw.error);
  }

  /// The order of the file is Jepsen's order: equal or backward times move up by a nanosecond.
  Nanos later_time(const RawEvent& raw) {
    static constexpr Nanos kTimeMax = kNever / 2;
    if (raw.event.time > kTimeMax) throw HistoryError(raw.line, "time is beyond what nanoseconds can count");
    moved_times_ += raw.event.time <= last_;
    last_ = std::max(raw.event.time, last_ + 1);
    return last_;
  }

  void place_key(RawEvent& raw) {
    std::optional<Value> key = raw.key;
    if (survey_.tuples || raw.tuple) {
      const auto pair = pair_of(operations_.values(), raw.event.value);
      if (!pair) throw HistoryError(raw.line, "expected an independent [key value]");
      key = pair->first;
      raw.event.value = pair->second;
    }
    if (key && !key->is_nil()) raw.event.key = tables_.keys.intern(key_name(operations_.values(), *key));
  }

  /// Elle's own examples have no :f; Jepsen's long-fork calls its transactions read and write.
  void place_function(RawEvent& raw) {
    if (raw.has_function && (!survey_.transactions || (raw.event.function != Function::kRead &&
                                                       raw.event.function != Function::kWrite)))
      return;
    const ValueTable& values = operations_.values();
    const Value value = raw.event.value;
    const bool empty =
        value.is_nil() || (value.kind() == Value::Kind::kList && values.as_list(value).empty());
    if (empty || is_transaction(values, value)) {
      raw.event.function = Function::kTxn;
    } else if (!raw.has_function) {
      throw HistoryError(raw.line, "an operation without f, and its value is no list of micro-operations");
    }
  }

  /// Without processes, all operations are of one. Elle's examples let a process go on after an info, which
  /// leaves an operation open: what follows is another process, of a number that the file does not use.
  void place_process(RawEvent& raw) {
    std::int32_t& process = raw.event.process;
    const std::int32_t written = process;
    const auto name = names_.find(written);
    if (raw.event.type == EventType::kInfo) {
      if (name != names_.end()) process = name->second;
      names_[written] = kRetired;
    } else if (name != names_.end()) {
      if (name->second == kRetired) {
        if (raw.event.type != EventType::kInvoke) return;  // refused as a completion of nothing
        if (survey_.process_max >= LargeProcesses::kFirst - 1 - static_cast<std::int32_t>(renamed_))
          throw HistoryError(raw.line, "no process number is left for one that went on after an info");
        name->second = survey_.process_max + 1 + static_cast<std::int32_t>(renamed_++);
      }
      process = name->second;
    }
  }

  std::uint16_t short_id(StringTable& table, Value value) {
    if (value.is_nil()) return kNoNode;
    const std::uint32_t id = table.intern(plain(value));
    return id < kNoNode ? static_cast<std::uint16_t>(id) : kNoNode;
  }
  std::string plain(Value value) {
    const ValueTable& values = operations_.values();
    return value.kind() == Value::Kind::kText ? std::string(values.as_text(value)) : values.to_json(value);
  }

  void hand_on() {
    sink_.take({events_, operations_.values(), lines_, 0});
    events_.clear();
    lines_.clear();
    operations_.values() = {};
  }

  static constexpr std::int32_t kRetired = -2;  // until it invokes again

  Operations operations_;
  const Survey& survey_;
  EventSink& sink_;
  HistoryTables& tables_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> lines_;
  std::size_t index_ = 0;
  Nanos last_ = -1;
  std::unordered_map<std::int32_t, std::int32_t> names_;  // of processes that had an info: what they are now
  std::size_t moved_times_ = 0, renamed_ = 0;
};

}  // namespace

bool read_edn(std::string_view bytes, EventSink& sink, std::vector<std::string>& warnings,
              const KeepReading& keep_reading, Notation notation) {
  Survey survey;
  if (!survey.read(bytes, notation, keep_reading)) return false;
  if (survey.skipped_records > 0)
    warnings.push_back(std::to_string(survey.skipped_records) +
                       " tagged records that are not operations were left out");
  EdnReader reader(bytes, notation, survey, sink);
  const bool whole = reader.read(keep_reading);
  reader.warn(warnings);
  return whole;
}

History read_edn(std::string_view bytes, std::vector<std::string>& warnings, Notation notation) {
  HistoryBuilder builder;
  read_edn(
      bytes, builder, warnings, [](std::size_t) { return true; }, notation);
  return builder.finish();
}

EventPlace edn_event(std::string_view bytes, std::size_t event, Notation notation) {
  Operations operations(bytes, notation);
  RawEvent raw;
  for (std::size_t i = 0; operations.next(raw); ++i) {
    const ValueTable& values = operations.values();
    if (i == event)
      return {raw.line, raw.function.kind() == Value::Kind::kText ? std::string(values.as_text(raw.function))
                                                                  : values.to_json(raw.function)};
    operations.values() = {};
  }
  return {};
}

bool is_json_document(std::string_view bytes) {
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return false;
  if (bytes[begin] != '{') return bytes[begin] == '[';
  // An object that goes on behind its line.
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = begin; i < bytes.size() && bytes[i] != '\n'; ++i) {
    const char c = bytes[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
  }
  return depth > 0 && !quoted;
}

}  // namespace harness
