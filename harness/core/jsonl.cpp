#include "harness/core/jsonl.h"

#include <algorithm>
#include <cstring>

#include "harness/core/json_line.h"
#include "harness/core/key_name.h"

namespace harness {
namespace {

enum Field : unsigned {
  kIndex = 1,
  kTime = 2,
  kProcess = 4,
  kType = 8,
  kF = 16,
  kKey = 32,
  kValue = 64,
  kNode = 128,
  kErrorField = 256,
  kUnknown = 0,
};

Field field_named(std::string_view name) {
  switch (name.empty() ? '\0' : name[0]) {
    case 'i':
      return name == "index" ? kIndex : kUnknown;
    case 't':
      return name == "time" ? kTime : name == "type" ? kType : kUnknown;
    case 'p':
      return name == "process" ? kProcess : kUnknown;
    case 'f':
      return name == "f" ? kF : kUnknown;
    case 'k':
      return name == "key" ? kKey : kUnknown;
    case 'v':
      return name == "value" ? kValue : kUnknown;
    case 'n':
      return name == "node" ? kNode : kUnknown;
    case 'e':
      return name == "error" ? kErrorField : kUnknown;
    default:
      return kUnknown;
  }
}

constexpr const char* kTooManyNodes = "too many different nodes";

/// Ids of nodes and errors have 16 bits.
std::uint16_t short_of(std::uint32_t id) {
  return id < kNoError ? static_cast<std::uint16_t>(id) : kNoError;
}

constexpr unsigned kRequired = kTime | kProcess | kType | kF;

/// Reads the lines of one piece.
class PieceReader {
 public:
  PieceReader(JsonlPiece& piece, HistoryTables& names) : piece_(piece), names_(names) {}

  void read(std::string_view bytes) {
    std::size_t number = 0;
    bool cut = false;  // the file ends within the line
    try {
      while (!bytes.empty()) {
        ++number;
        const void* newline = std::memchr(bytes.data(), '\n', bytes.size());
        const std::size_t length =
            newline == nullptr ? bytes.size()
                               : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
        cut = newline == nullptr && bytes.back() != '}';
        if (!read_line(bytes.substr(0, length), number)) break;
        bytes.remove_prefix(std::min(length + 1, bytes.size()));
      }
    } catch (const HistoryError& error) {
      piece_.refusal = {
          error.line,
          error.reason + (cut ? "; the file ends within this line: if it was cut, remove it" : "")};
    }
    piece_.line_count = number;
  }

 private:
  /// False when the piece cannot go on: its indices contradict each other.
  bool read_line(std::string_view text, std::size_t number) {
    JsonLine line(text, number, scratch_);
    Event event;
    seen_ = 0;
    if (!read_usual(line, event)) {
      if (seen_ == 0) {
        line.skip_space();
        if (line.at_end()) return true;
      }
      read_fields(line, event);
    }
    if (event.process != kNemesis && (seen_ & kRequired) != kRequired) refuse_incomplete(line);
    const bool agrees = (seen_ & kIndex) == 0 || claim_index(number);
    piece_.events.push_back(event);
    piece_.lines.push_back(static_cast<std::uint32_t>(number));
    return agrees;
  }

  /// The fields in the order in which most writers put them, without spaces, as far as the line has them so.
  /// True: the line is read. False: `seen_` tells what was read, and read_fields() goes on from there.
  bool read_usual(JsonLine& line, Event& event) {
    const char* done = line.position();  // behind the last field that was read whole
    const auto read = [&](Field field) {
      seen_ |= field;
      done = line.position();
    };
    const auto stop = [&] {
      line.go_back(done);
      return false;
    };
    if (line.take_text("{\"index\":")) {
      if (!line.take_integer(index_)) return stop();
      read(kIndex);
      if (!line.take_text(",\"time\":")) return stop();
    } else if (!line.take_text("{\"time\":")) {
      return stop();
    }
    if (!line.take_integer(event.time) || event.time < 0) return stop();
    read(kTime);
    std::int64_t process;
    if (!line.take_text(",\"process\":") || !line.take_integer(process) || process < 0 ||
        process >= LargeProcesses::kFirst)
      return stop();
    event.process = static_cast<std::int32_t>(process);
    read(kProcess);
    if (!line.take_text(",\"type\":\"") || !take_type(line, event)) return stop();
    read(kType);
    if (!line.take_text(",\"f\":\"") || !take_function(line, event)) return stop();
    read(kF);
    if (line.take_text(",\"key\":\"")) {
      const std::string_view key = line.take_plain_rest();
      if (key.data() == nullptr) return stop();
      event.key = names_.keys.intern(key_name_of_text(key, name_));
      read(kKey);
    }
    if (!line.take_text(",\"value\":")) return stop();
    std::int64_t number;
    if (line.take_integer(number)) {
      event.value = piece_.tables.values.integer(number);
    } else if (!line.take_text("null")) {
      event.value = line.value(piece_.tables.values, stack_);
    }
    read(kValue);
    return (line.take('}') && line.at_end()) || stop();
  }

  static bool take_type(JsonLine& line, Event& event) {
    if (line.take_text("invoke\"")) {
      event.type = EventType::kInvoke;
    } else if (line.take_text("ok\"")) {
      event.type = EventType::kOk;
    } else if (line.take_text("info\"")) {
      event.type = EventType::kInfo;
    } else if (line.take_text("fail\"")) {
      event.type = EventType::kFail;
    } else {
      return false;
    }
    return true;
  }

  static bool take_function(JsonLine& line, Event& event) {
    if (line.take_text("read\"")) {
      event.function = Function::kRead;
    } else if (line.take_text("write\"")) {
      event.function = Function::kWrite;
    } else {
      const std::string_view name = line.take_plain_rest();
      if (name.data() == nullptr) return false;
      event.function = function_from(name);
    }
    return true;
  }

  /// Fields in any order, with spaces, known or not: from the beginning of the line, or behind a field.
  void read_fields(JsonLine& line, Event& event) {
    const bool begins = seen_ == 0;
    if (begins) line.expect('{');
    line.skip_space();
    if (begins ? line.peek() != '}' : line.take(',')) {
      do {
        line.skip_space();
        const Field field = field_named(line.string());
        line.skip_space();
        line.expect(':');
        line.skip_space();
        if (field != kUnknown && (seen_ & field) != 0) line.refuse("a field appears twice");
        seen_ |= field;
        read_field(line, field, event);
        line.skip_space();
      } while (line.take(','));
    }
    line.expect('}');
    line.skip_space();
    if (!line.at_end()) line.refuse("more follows the event" + line.found());
  }

  void read_field(JsonLine& line, Field field, Event& event) {
    switch (field) {
      case kIndex:
        if (!line.integer(index_)) line.refuse("index is not an integer");
        break;
      case kTime:
        if (!line.integer(event.time) || event.time < 0)
          line.refuse("time is not an integer of nanoseconds from 0");
        break;
      case kProcess:
        read_process(line, event);
        break;
      case kType:
        read_type(line, event);
        break;
      case kF:
        event.function = function_from(line.string());
        break;
      case kKey:
        read_key(line, event);
        break;
      case kValue:
        event.value = line.value(piece_.tables.values, stack_);
        break;
      case kNode:
        event.node = short_id(line, names_.nodes, kTooManyNodes);
        break;
      case kErrorField:
        event.error = short_id(line, names_.errors, nullptr);
        break;
      case kUnknown:
        line.skip_value();
        break;
    }
  }

  void read_process(JsonLine& line, Event& event) {
    static constexpr const char* kWhat = "process is an integer from 0, or \"nemesis\"";
    if (line.peek() == '"') {
      if (line.string() != "nemesis") line.refuse(kWhat);
      event.process = kNemesis;
      return;
    }
    std::int64_t number;
    if (!line.integer(number) || number < 0) line.refuse(kWhat);
    if (number < LargeProcesses::kFirst) {
      event.process = static_cast<std::int32_t>(number);
    } else {  // the joiner has a number for it
      piece_.large_processes.push_back(number);
      event.process = kNemesis - static_cast<std::int32_t>(piece_.large_processes.size());
    }
  }

  static void read_type(JsonLine& line, Event& event) {
    const std::string_view type = line.string();
    if (type == "invoke") {
      event.type = EventType::kInvoke;
    } else if (type == "ok") {
      event.type = EventType::kOk;
    } else if (type == "fail") {
      event.type = EventType::kFail;
    } else if (type == "info") {
      event.type = EventType::kInfo;
    } else {
      line.refuse("type is invoke, ok, fail or info, not '" + std::string(type) + "'");
    }
  }

  /// 5 and "5" are two keys (key_name.h).
  void read_key(JsonLine& line, Event& event) {
    if (line.peek() == 'n') {
      line.literal("null");
    } else if (line.peek() == '"') {
      event.key = names_.keys.intern(key_name_of_text(line.string(), name_));
    } else {
      ValueTable& values = piece_.tables.values;
      event.key = names_.keys.intern(values.to_json(line.value(values, stack_)));
    }
  }

  /// The id of a text, or of any other value's JSON (Jepsen's errors are often arrays). `too_many`: refused
  /// with these words when ids run out; null: what comes later has no words.
  std::uint16_t short_id(JsonLine& line, StringTable& table, const char* too_many) {
    if (line.peek() == 'n') {
      line.literal("null");
      return kNoNode;
    }
    const std::uint32_t id =
        line.peek() == '"'
            ? table.intern(line.string())
            : table.intern(piece_.tables.values.to_json(line.value(piece_.tables.values, stack_)));
    if (id >= kNoNode && too_many != nullptr) line.refuse(too_many);
    return short_of(id);
  }

  void refuse_incomplete(const JsonLine& line) const {
    static constexpr std::pair<Field, const char*> kNames[] = {
        {kTime, "time"}, {kProcess, "process"}, {kType, "type"}, {kF, "f"}};
    for (const auto& [field, name] : kNames)
      if ((seen_ & field) == 0) line.refuse(std::string("no ") + name);
  }

  /// What the line says of its place in the history, which only the whole history can confirm. The first
  /// claim, and the first that contradicts it, are all that needs to be compared with it.
  bool claim_index(std::size_t number) {
    const std::int64_t before = index_ - static_cast<std::int64_t>(piece_.events.size());
    if (!piece_.claims.empty() && piece_.claims.front().events_before == before) return true;
    piece_.claims.push_back({before, piece_.events.size(), number});
    return piece_.claims.size() == 1;
  }

  JsonlPiece& piece_;
  HistoryTables& names_;
  std::string scratch_, name_;
  std::vector<Value> stack_;
  std::int64_t index_ = 0;
  unsigned seen_ = 0;
};

/// Ids of a piece's table as ids of the whole history's.
std::vector<std::uint32_t> entered(const StringTable& from, StringTable& into) {
  std::vector<std::uint32_t> ids(from.size());
  for (std::uint32_t id = 0; id < ids.size(); ++id) ids[id] = into.intern(from.text(id));
  return ids;
}

}  // namespace

std::size_t jsonl_cut(std::string_view bytes, std::size_t about) {
  if (bytes.size() <= about) return bytes.size();
  const std::size_t newline = bytes.find('\n', about);
  return newline == std::string_view::npos ? bytes.size() : newline + 1;
}

void parse_jsonl(std::string_view bytes, JsonlPiece& piece, HistoryTables* names) {
  piece.clear();
  piece.own_names = names == nullptr;
  PieceReader(piece, names == nullptr ? piece.tables : *names).read(bytes);
}

void JsonlPiece::clear() {
  events.clear();
  lines.clear();
  claims.clear();
  refusal.reset();
  large_processes.clear();
  line_count = 0;
  if (own_names || tables.values.texts() + tables.values.lists() + tables.values.others() > 0) tables = {};
}

void JsonlJoiner::take(JsonlPiece& piece) {
  if (piece.own_names) rename(piece);
  if (!piece.large_processes.empty()) rename_processes(piece);
  const auto check = [&](const JsonlPiece::IndexClaim& claim) {
    const auto expected = static_cast<std::int64_t>(events_);
    if (claim.events_before == expected) return;
    const auto at = static_cast<std::int64_t>(claim.event);
    throw HistoryError(lines_ + claim.line, "index is " + std::to_string(claim.events_before + at) +
                                                ", expected " + std::to_string(expected + at));
  };
  if (!piece.claims.empty()) check(piece.claims.front());
  sink_.take({piece.events, piece.tables.values, piece.lines, lines_});
  if (!piece.claims.empty()) check(piece.claims.back());
  if (piece.refusal) throw HistoryError(lines_ + piece.refusal->line, piece.refusal->reason);
  lines_ += piece.line_count;
  events_ += piece.events.size();
}

void JsonlJoiner::rename(JsonlPiece& piece) {
  HistoryTables& tables = sink_.tables();
  const auto keys = entered(piece.tables.keys, tables.keys);
  const auto nodes = entered(piece.tables.nodes, tables.nodes);
  const auto errors = entered(piece.tables.errors, tables.errors);
  for (std::size_t i = 0; i < piece.events.size(); ++i) {
    Event& event = piece.events[i];
    if (event.key != kNoKey) event.key = keys[event.key];
    if (event.error != kNoError) event.error = short_of(errors[event.error]);
    if (event.node == kNoNode) continue;
    if (nodes[event.node] >= kNoNode) throw HistoryError(lines_ + piece.lines[i], kTooManyNodes);
    event.node = static_cast<std::uint16_t>(nodes[event.node]);
  }
}

void JsonlJoiner::rename_processes(JsonlPiece& piece) {
  for (std::size_t i = 0; i < piece.events.size(); ++i) {
    std::int32_t& process = piece.events[i].process;
    if (process >= kNemesis) continue;
    const auto place = static_cast<std::size_t>(kNemesis - 1 - process);
    process = processes_.number_of(std::to_string(piece.large_processes[place]), lines_ + piece.lines[i]);
  }
}

bool read_jsonl(std::string_view bytes, EventSink& sink, const KeepReading& keep_reading,
                std::vector<std::string>* warnings) {
  JsonlJoiner joiner(sink);
  JsonlPiece piece;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = jsonl_cut(bytes.substr(at), kJsonlPiece);
    parse_jsonl(bytes.substr(at, length), piece, &sink.tables());
    joiner.take(piece);
    at += length;
    if (!keep_reading(at)) return false;
  }
  if (warnings != nullptr) joiner.warn(*warnings);
  return true;
}

History read_jsonl(std::string_view bytes) {
  HistoryBuilder builder;
  builder.reserve(jsonl_operations(bytes));
  read_jsonl(bytes, builder, [](std::size_t) { return true; });
  return builder.finish();
}

std::string jsonl_function(std::string_view text) {
  std::string scratch, function;
  JsonLine line(text, 0, scratch);
  line.skip_space();
  line.expect('{');
  do {
    line.skip_space();
    const bool wanted = line.string() == "f";
    line.skip_space();
    line.expect(':');
    line.skip_space();
    if (wanted) return std::string(line.string());
    line.skip_value();
    line.skip_space();
  } while (line.take(','));
  return {};
}

std::size_t jsonl_operations(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 1 << 16);
  const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
  return lines > 16 ? bytes.size() / (head.size() / lines) / 2 + bytes.size() / 4096 : 0;
}

std::string_view to_string(EventType type) {
  static constexpr std::string_view kNames[] = {"invoke", "ok", "fail", "info"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string write_jsonl(const History& history) {
  std::string out;
  std::size_t index = 0;
  for_each_event(history, [&](const Operation& op, EventType type, Nanos time, Value value) {
    out += "{\"index\":" + std::to_string(index++) + ",\"time\":" + std::to_string(time) +
           ",\"process\":" + std::to_string(op.process) + ",\"type\":\"";
    out += to_string(type);
    out += "\",\"f\":\"";
    out += to_string(op.function);
    out += '"';
    if (op.key != kNoKey) {
      out += ",\"key\":";
      append_key_json(out, history.key_text(op));
    }
    out += ",\"value\":" + history.values.to_json(value);
    if (type != EventType::kInvoke && op.node != kNoNode) {
      out += ",\"node\":";
      append_json_string(out, history.node_text(op));
    }
    if (type != EventType::kInvoke && op.error != kNoError) {
      out += ",\"error\":";
      append_json_string(out, history.error_text(op));
    }
    out += "}\n";
  });
  return out;
}

}  // namespace harness
