#include "harness/core/jsonl.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace harness {
namespace {

constexpr int kDepthMax = 64;  // of nested values

/// One line, read left to right. Positions never pass the line's end.
class Line {
 public:
  Line(std::string_view text, std::size_t number, std::string& scratch)
      : at_(text.data()), end_(text.data() + text.size()), number_(number), scratch_(scratch) {}

  [[noreturn]] void refuse(const std::string& reason) const { throw HistoryError(number_, reason); }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool at_end() const { return at_ == end_; }
  char peek() const { return at_ == end_ ? '\0' : *at_; }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(std::string("expected '") + c + "'" + found());
  }

  /// A string. Without escapes the view is into the line itself, else into the scratch.
  std::string_view string() {
    if (!take('"')) refuse("expected a string" + found());
    const char* begin = at_;
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    if (at_ != end_ && *at_ == '"') return {begin, static_cast<std::size_t>(at_++ - begin)};
    scratch_.assign(begin, at_);
    while (true) {
      if (at_ == end_) refuse("a string does not end");
      const char c = *at_++;
      if (c == '"') return scratch_;
      if (static_cast<unsigned char>(c) < 0x20) refuse("a control character within a string");
      if (c == '\\') {
        escape();
      } else {
        scratch_ += c;
      }
    }
  }

  /// An integer of 64 bits. False when it is another number (a fraction, or too large); nothing is read then.
  bool integer(std::int64_t& out) {
    const char* p = at_;
    const bool negative = p != end_ && *p == '-';
    if (negative) ++p;
    if (p == end_ || *p < '0' || *p > '9') refuse("expected a number" + found());
    const char* digits = p;
    std::uint64_t number = 0;
    while (p != end_ && *p >= '0' && *p <= '9') number = number * 10 + static_cast<std::uint64_t>(*p++ - '0');
    if (*digits == '0' && p - digits > 1) refuse("a number with a leading zero");
    if (p - digits > 18 || (p != end_ && (*p == '.' || *p == 'e' || *p == 'E'))) return false;
    out = negative ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number);
    at_ = p;
    return true;
  }

  Value value(ValueTable& table, std::vector<Value>& stack, int depth = 0) {
    switch (peek()) {
      case 'n':
        literal("null");
        return {};
      case '"':
        return table.text(string());
      case '[':
        return list(table, stack, depth);
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9': {
        std::int64_t number;
        if (integer(number)) return table.integer(number);
        return other(table);
      }
      case 't':
      case 'f':
      case '{':
        return other(table);
      default:
        refuse("expected a value" + found());
    }
  }

  /// Passes over a value of any kind, checking that it is JSON.
  void skip_value() { other_text(); }

  void literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      refuse("expected a value" + found());
    at_ += word.size();
  }

  std::string found() const {
    if (at_ == end_) return ", found the end of the line";
    return std::string(", found '") +
           std::string(at_, std::min<std::size_t>(12, static_cast<std::size_t>(end_ - at_))) + "'";
  }

 private:
  Value list(ValueTable& table, std::vector<Value>& stack, int depth) {
    if (depth >= kDepthMax) refuse("values nest too deeply");
    ++at_;
    const std::size_t base = stack.size();
    skip_space();
    if (!take(']')) {
      do {
        skip_space();
        const Value element = value(table, stack, depth + 1);
        stack.push_back(element);
        skip_space();
      } while (take(','));
      expect(']');
    }
    const Value out = table.list(std::span(stack).subspan(base));
    stack.resize(base);
    return out;
  }

  /// The text of the value that begins here; moves past it.
  std::string_view other_text() {
    const char* begin = at_;
    int depth = 0;
    do {
      if (at_ == end_) refuse("a value does not end");
      if (*at_ == '"') {
        string();
        continue;
      }
      if (*at_ == '[' || *at_ == '{') ++depth;
      if (*at_ == ']' || *at_ == '}') --depth;
      ++at_;
      if (depth == 0)  // a scalar goes on to the next delimiter
        while (*begin != '[' && *begin != '{' && at_ != end_ && std::strchr(",]} \t\r", *at_) == nullptr)
          ++at_;
    } while (depth > 0);
    const std::string_view text(begin, static_cast<std::size_t>(at_ - begin));
    if (std::count(text.begin(), text.end(), '[') + std::count(text.begin(), text.end(), '{') >
            kDepthMax * 64 ||
        !nlohmann::json::accept(text))
      refuse("not JSON: '" + std::string(text.substr(0, 40)) + "'");
    return text;
  }

  Value other(ValueTable& table) {
    const auto parsed = nlohmann::json::parse(other_text());
    return table.other(parsed.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }

  unsigned hex4() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      if (at_ == end_) refuse("a string does not end");
      const char c = *at_++;
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) refuse("a \\u escape without four hex digits");
      code = code * 16 + static_cast<unsigned>(digit);
    }
    return code;
  }

  void escape() {
    if (at_ == end_) refuse("a string does not end");
    const char c = *at_++;
    static constexpr std::string_view kFrom = "\"\\/bfnrt";
    static constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
      scratch_ += kTo[i];
      return;
    }
    if (c != 'u') refuse("an unknown escape in a string");
    unsigned code = hex4();
    if (code >= 0xd800 && code < 0xdc00) {
      if (!take('\\') || !take('u')) refuse("half a surrogate pair in a string");
      const unsigned low = hex4();
      if (low < 0xdc00 || low > 0xdfff) refuse("half a surrogate pair in a string");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
      refuse("half a surrogate pair in a string");
    }
    const auto put = [&](unsigned byte) { scratch_ += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xc0 | (code >> 6));
      put(0x80 | (code & 63));
    } else if (code < 0x10000) {
      put(0xe0 | (code >> 12));
      put(0x80 | ((code >> 6) & 63));
      put(0x80 | (code & 63));
    } else {
      put(0xf0 | (code >> 18));
      put(0x80 | ((code >> 12) & 63));
      put(0x80 | ((code >> 6) & 63));
      put(0x80 | (code & 63));
    }
  }

  const char* at_;
  const char* end_;
  std::size_t number_;
  std::string& scratch_;
};

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

class Reader {
 public:
  History read(std::string_view bytes) {
    reserve_for(bytes);
    std::size_t number = 0;
    while (!bytes.empty()) {
      ++number;
      const void* newline = std::memchr(bytes.data(), '\n', bytes.size());
      const std::size_t length =
          newline == nullptr ? bytes.size()
                             : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data());
      read_line(bytes.substr(0, length), number);
      bytes.remove_prefix(std::min(length + 1, bytes.size()));
    }
    return builder_.finish();
  }

 private:
  /// Half the lines invoke; their length is guessed from the first ones.
  void reserve_for(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, 1 << 16);
    const auto lines = static_cast<std::size_t>(std::count(head.begin(), head.end(), '\n'));
    if (lines > 16) builder_.reserve(bytes.size() / (head.size() / lines) / 2 + bytes.size() / 4096);
  }

  void read_line(std::string_view text, std::size_t number) {
    Line line(text, number, scratch_);
    line.skip_space();
    if (line.at_end()) return;
    Event event;
    seen_ = 0;
    nemesis_ = false;
    line.expect('{');
    line.skip_space();
    if (!line.take('}')) {
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
      line.expect('}');
    }
    line.skip_space();
    if (!line.at_end()) line.refuse("more follows the event" + line.found());
    finish(line, event, number);
  }

  void read_field(Line& line, Field field, Event& event) {
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
      case kF: {
        const std::string_view name = line.string();
        event.function = function_from(name);
        break;
      }
      case kKey:
        read_key(line, event);
        break;
      case kValue:
        event.value = line.value(tables().values, stack_);
        break;
      case kNode:
        event.node = short_id(line, tables().nodes, "nodes");
        break;
      case kErrorField:
        event.error = short_id(line, tables().errors, "errors");
        break;
      case kUnknown:
        line.skip_value();
        break;
    }
  }

  void read_process(Line& line, Event& event) {
    if (line.peek() == '"') {
      nemesis_ = line.string() == "nemesis";
      if (!nemesis_) line.refuse("process is an integer from 0, or \"nemesis\"");
      return;
    }
    std::int64_t number;
    if (!line.integer(number) || number < 0 || number > INT32_MAX)
      line.refuse("process is an integer from 0, or \"nemesis\"");
    event.process = static_cast<std::int32_t>(number);
  }

  void read_type(Line& line, Event& event) {
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

  /// A text; an integer means its digits.
  void read_key(Line& line, Event& event) {
    if (line.peek() == 'n') {
      line.literal("null");
    } else if (line.peek() == '"') {
      event.key = tables().keys.intern(line.string());
    } else {
      std::int64_t number;
      if (!line.integer(number)) line.refuse("key is a string or an integer");
      event.key = tables().keys.intern(std::to_string(number));
    }
  }

  std::uint16_t short_id(Line& line, StringTable& table, const char* what) {
    if (line.peek() == 'n') {
      line.literal("null");
      return kNoNode;
    }
    // Jepsen's errors are often arrays; their text is as good as a word.
    const std::uint32_t id = line.peek() == '"'
                                 ? table.intern(line.string())
                                 : table.intern(tables().values.to_json(line.value(tables().values, stack_)));
    if (id < kNoNode) return static_cast<std::uint16_t>(id);
    if (&table == &tables().errors) return kNoError;  // beyond 65535 different texts an error has no words
    line.refuse(std::string("too many different ") + what);
  }

  void finish(Line& line, const Event& event, std::size_t number) {
    static constexpr std::pair<Field, const char*> kRequired[] = {
        {kTime, "time"}, {kProcess, "process"}, {kType, "type"}, {kF, "f"}};
    if (nemesis_) {
      builder_.skip();
    } else {
      for (const auto& [field, name] : kRequired)
        if ((seen_ & field) == 0) line.refuse(std::string("no ") + name);
      builder_.add(event, number);
    }
    if ((seen_ & kIndex) != 0 && index_ != static_cast<std::int64_t>(tables().events) - 1)
      line.refuse("index is " + std::to_string(index_) + ", expected " + std::to_string(tables().events - 1));
  }

  History& tables() { return builder_.tables(); }

  HistoryBuilder builder_;
  std::string scratch_;
  std::vector<Value> stack_;
  std::int64_t index_ = 0;
  unsigned seen_ = 0;
  bool nemesis_ = false;
};

}  // namespace

History read_jsonl(std::string_view bytes) {
  return Reader().read(bytes);
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
      append_json_string(out, history.key_text(op));
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
