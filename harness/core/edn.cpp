#include "harness/core/edn.h"

#include <algorithm>
#include <optional>

#include "harness/core/edn_parser.h"
#include "harness/core/jsonl.h"

namespace harness {
namespace {

/// An operation's map as it stands in the file.
struct RawEvent {
  Event event;
  std::size_t line = 0;
  bool client = true;
  bool has_time = false;
  bool tuple = false;
  std::optional<Value> key;
  Value node, error;
};

/// The operations of a file, one after another, whatever they mean.
class Operations {
 public:
  explicit Operations(std::string_view bytes) : parser_(bytes) {
    parser_.skip_space();
    vector_ = parser_.take('[');
  }

  /// False at the end.
  bool next(RawEvent& raw) {
    for (parser_.skip_space(); !parser_.at_end(); parser_.skip_space()) {
      if (vector_ && parser_.take(']')) {
        parser_.skip_space();
        if (!parser_.at_end()) parser_.refuse("more follows the vector of operations" + parser_.found());
        return false;
      }
      if (parse_event(raw)) return true;
    }
    if (vector_) parser_.refuse("the vector of operations does not end");
    return false;
  }

  ValueTable& values() { return parser_.values(); }
  std::size_t position() const { return parser_.position(); }
  std::size_t skipped_records() const { return skipped_records_; }

 private:
  /// False for a record that is no operation.
  bool parse_event(RawEvent& raw) {
    raw = {};
    raw.line = parser_.line();
    if (parser_.take('#')) {
      const std::string_view tag = parser_.token();
      parser_.skip_space();
      if (tag != "jepsen.history.Op" && tag != "knossos.op.Op") {
        parser_.value();
        ++skipped_records_;
        return false;
      }
    }
    parser_.expect('{');
    seen_type_ = seen_f_ = seen_process_ = false;
    for (parser_.skip_space(); !parser_.take('}'); parser_.skip_space()) {
      if (parser_.at_end()) parser_.refuse("an operation does not end");
      if (!parser_.take(':')) {
        parser_.value();  // a key that is no keyword is none of ours
        parser_.skip_space();
        parser_.value();
        continue;
      }
      const std::string_view name = parser_.token();
      parser_.skip_space();
      if (parser_.peek() == '}') parser_.refuse("a key and no value");
      read_field(raw, name);
    }
    if (raw.client && !(seen_type_ && seen_f_ && seen_process_))
      throw HistoryError(raw.line, "an operation needs :type, :f and :process");
    return true;
  }

  std::string_view text_of(Value value) {
    if (value.kind() != Value::Kind::kText) parser_.refuse("expected a keyword");
    return values().as_text(value);
  }

  void read_field(RawEvent& raw, std::string_view name) {
    if (name == "type") {
      seen_type_ = true;
      const std::string_view type = text_of(parser_.value());
      static constexpr std::string_view kTypes[] = {"invoke", "ok", "fail", "info"};
      const auto at = std::find(std::begin(kTypes), std::end(kTypes), type);
      if (at == std::end(kTypes))
        parser_.refuse("type is :invoke, :ok, :fail or :info, not " + std::string(type));
      raw.event.type = static_cast<EventType>(at - std::begin(kTypes));
    } else if (name == "f") {
      seen_f_ = true;
      const Value f = parser_.value();
      raw.event.function = f.kind() == Value::Kind::kText ? function_from(text_of(f)) : Function::kOther;
    } else if (name == "process") {
      seen_process_ = true;
      const Value process = parser_.value();
      raw.client = process.is_integer();
      if (raw.client) {
        if (process.as_integer() < 0 || process.as_integer() > INT32_MAX)
          parser_.refuse("a process is an integer from 0");
        raw.event.process = static_cast<std::int32_t>(process.as_integer());
      }
    } else if (name == "time") {
      const Value time = parser_.value();
      if (!time.is_integer()) parser_.refuse(":time is not an integer");
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
    } else {
      parser_.value();
    }
  }

  EdnParser parser_;
  bool vector_ = false;
  std::size_t skipped_records_ = 0;
  bool seen_type_ = false, seen_f_ = false, seen_process_ = false;
};

std::optional<std::pair<Value, Value>> pair_of(const ValueTable& values, Value value) {
  if (value.kind() != Value::Kind::kList) return std::nullopt;
  const auto list = values.as_list(value);
  if (list.size() != 2) return std::nullopt;
  return std::pair(list[0], list[1]);
}

/// What only the whole file tells about the meaning of its operations.
class Survey {
 public:
  bool timed = false;   // the operations carry times
  bool tuples = false;  // all values are [key value]
  std::size_t skipped_records = 0;

  /// False when `keep_reading` ended it.
  bool read(std::string_view bytes, const KeepReading& keep_reading) {
    Operations operations(bytes);
    RawEvent raw;
    std::size_t without_time = 0;
    bool pairs = true, proof = false;
    for (std::size_t i = 1; operations.next(raw); ++i) {
      if (raw.client) {
        timed |= raw.has_time;
        if (!raw.has_time) without_time = raw.line;
        pairs = pairs && may_be_tuple(operations.values(), raw, proof);
      }
      if (i % kBatch != 0) continue;
      operations.values() = {};
      if (!keep_reading(operations.position())) return false;
    }
    if (timed && without_time != 0)
      throw HistoryError(without_time, "no :time, while other operations have one");
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
    switch (raw.event.function) {
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
class Reader {
 public:
  Reader(std::string_view bytes, const Survey& survey, EventSink& sink)
      : operations_(bytes), survey_(survey), sink_(sink), tables_(sink.tables()) {}

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

 private:
  void place(RawEvent& raw) {
    const std::size_t index = index_++;
    if (!raw.client) {
      raw.event.process = kNemesis;
      return;
    }
    // The order of the file is Jepsen's order: equal or backward times move up by a nanosecond.
    raw.event.time = survey_.timed ? std::max(raw.event.time, last_ + 1) : static_cast<Nanos>(index);
    last_ = raw.event.time;
    place_key(raw);
    raw.event.node = short_id(tables_.nodes, raw.node);
    raw.event.error = short_id(tables_.errors, raw.error);
  }

  void place_key(RawEvent& raw) {
    std::optional<Value> key = raw.key;
    if (survey_.tuples || raw.tuple) {
      const auto pair = pair_of(operations_.values(), raw.event.value);
      if (!pair) throw HistoryError(raw.line, "expected an independent [key value]");
      key = pair->first;
      raw.event.value = pair->second;
    }
    if (key && !key->is_nil()) raw.event.key = tables_.keys.intern(plain(*key));
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

  Operations operations_;
  const Survey& survey_;
  EventSink& sink_;
  HistoryTables& tables_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> lines_;
  std::size_t index_ = 0;
  Nanos last_ = -1;
};

/// Operations' names and micro-operations are keywords, whole texts are strings.
void append_edn(std::string& out, const ValueTable& values, Value value, bool micro_operations) {
  if (value.kind() == Value::Kind::kNil) {
    out += "nil";
  } else if (value.kind() == Value::Kind::kList) {
    out += '[';
    bool first = true;
    for (const Value element : values.as_list(value)) {
      if (!first) out += ' ';
      const std::string_view text =
          element.kind() == Value::Kind::kText ? values.as_text(element) : std::string_view{};
      if (first && micro_operations && (text == "r" || text == "w" || text == "append")) {
        out += ":" + std::string(text);
      } else {
        append_edn(out, values, element, micro_operations);
      }
      first = false;
    }
    out += ']';
  } else if (value.kind() == Value::Kind::kOther && !values.as_other(value).empty() &&
             values.as_other(value)[0] == '{') {
    // A JSON object reads as an EDN map but for its colons.
    bool quoted = false;
    const std::string_view json = values.as_other(value);
    for (std::size_t i = 0; i < json.size(); ++i) {
      if (quoted && json[i] == '\\') {
        out += json[i++];
      } else if (json[i] == '"') {
        quoted = !quoted;
      } else if (!quoted && json[i] == ':') {
        out += ' ';
        continue;
      }
      out += json[i];
    }
  } else {
    out += values.to_json(value);
  }
}

}  // namespace

bool read_edn(std::string_view bytes, EventSink& sink, std::vector<std::string>& warnings,
              const KeepReading& keep_reading) {
  Survey survey;
  if (!survey.read(bytes, keep_reading)) return false;
  if (survey.skipped_records > 0)
    warnings.push_back(std::to_string(survey.skipped_records) +
                       " tagged records that are not operations were left out");
  return Reader(bytes, survey, sink).read(keep_reading);
}

History read_edn(std::string_view bytes, std::vector<std::string>& warnings) {
  HistoryBuilder builder;
  read_edn(bytes, builder, warnings, [](std::size_t) { return true; });
  return builder.finish();
}

std::size_t edn_line_of_event(std::string_view bytes, std::size_t event) {
  Operations operations(bytes);
  RawEvent raw;
  for (std::size_t i = 0; operations.next(raw); ++i) {
    if (i == event) return raw.line;
    operations.values() = {};
  }
  return 0;
}

std::string write_edn(const History& history) {
  std::string out;
  std::size_t index = 0;
  for_each_event(history, [&](const Operation& op, EventType type, Nanos time, Value value) {
    out += "{:index " + std::to_string(index++) + ", :type :" + std::string(to_string(type)) + ", :process " +
           std::to_string(op.process) + ", :f :" + std::string(to_string(op.function)) + ", :value ";
    if (op.key != kNoKey) {
      out += "#jepsen.independent/tuple [";
      append_json_string(out, history.key_text(op));
      out += ' ';
    }
    append_edn(out, history.values, value, op.function == Function::kTxn);
    if (op.key != kNoKey) out += ']';
    out += ", :time " + std::to_string(time);
    if (type != EventType::kInvoke && op.node != kNoNode) {
      out += ", :node ";
      append_json_string(out, history.node_text(op));
    }
    if (type != EventType::kInvoke && op.error != kNoError) {
      out += ", :error ";
      append_json_string(out, history.error_text(op));
    }
    out += "}\n";
  });
  return out;
}

}  // namespace harness
