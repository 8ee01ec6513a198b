#include "checkers/common/notation.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "harness/core/jsonl.h"

namespace harness {
namespace {

struct NotedEvent {
  std::size_t column;
  std::string json;
};

/// Where the operation that opens at `open` is closed: its ], ! or ? outside of values.
std::size_t closer_of(std::string_view line, std::size_t open) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = open + 1; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (depth == 0 && (c == ']' || c == '!' || c == '?')) return i;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
  }
  return std::string_view::npos;
}

bool answers(std::string_view function) {
  static constexpr std::string_view kNames[] = {"read", "get", "dequeue", "acquire", "release", "generate"};
  return std::find(std::begin(kNames), std::end(kNames), function) != std::end(kNames);
}

class Noted {
 public:
  void line(std::string_view text, std::size_t number) {
    int process = static_cast<int>(number) * 100;
    for (std::size_t open = text.find('['); open != std::string_view::npos;) {
      const std::size_t close = closer_of(text, open);
      if (close == std::string_view::npos) throw HistoryError(number, "an operation is not closed");
      operation(text.substr(open + 1, close - open - 1), open, close, text[close], process, number);
      if (text[close] == '?') ++process;
      open = text.find('[', close + 1);
    }
  }

  std::string jsonl() {
    std::stable_sort(events_.begin(), events_.end(),
                     [](const NotedEvent& a, const NotedEvent& b) { return a.column < b.column; });
    std::string out;
    for (const NotedEvent& event : events_) out += event.json + "\n";
    return out;
  }

 private:
  void operation(std::string_view text, std::size_t open, std::size_t close, char closer, int process,
                 std::size_t number) {
    std::istringstream in{std::string(text)};
    std::string key, function, word, result;
    in >> function;
    if (function.ends_with(':')) {
      key = function.substr(0, function.size() - 1);
      in >> function;
    }
    std::vector<std::string> values;
    while (in >> word) {
      if (word == "=") {
        in >> result;
      } else {
        values.push_back(word);
      }
    }
    if (function.empty()) throw HistoryError(number, "an operation without a function");
    std::string value = values.empty() ? "null" : values[0] == "nil" ? "null" : values[0];
    if (function == "cas" && values.size() == 2) value = "[" + values[0] + "," + values[1] + "]";
    const bool answer = answers(function);
    const auto event = [&](std::size_t column, const char* type, const std::string& v) {
      std::string json = "{\"time\":" + std::to_string(column * 1'000'000) +
                         ",\"process\":" + std::to_string(process) + ",\"type\":\"" + type + "\",\"f\":\"" +
                         function + "\"";
      if (!key.empty()) json += ",\"key\":\"" + key + "\"";
      events_.push_back({column, json + ",\"value\":" + v + "}"});
    };
    event(open, "invoke", answer ? "null" : value);
    const char* type = closer == ']' ? "ok" : closer == '!' ? "fail" : "info";
    event(close, type, result.empty() ? value : result);
  }

  std::vector<NotedEvent> events_;
};

}  // namespace

std::string jsonl_from_notation(std::string_view text) {
  Noted noted;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    ++number;
    if (!line.starts_with('#') && !line.starts_with('%')) noted.line(line, number);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return noted.jsonl();
}

History history_from_notation(std::string_view text) {
  return read_jsonl(jsonl_from_notation(text));
}

}  // namespace harness
