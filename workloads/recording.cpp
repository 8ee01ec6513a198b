#include "workloads/recording.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>

#include "harness/core/check.h"

namespace harness {
namespace {

/// Commands with a meaning for their connection, that wait, or that are an administrator's.
constexpr std::array<std::string_view, 46> kLeftOut = {
    "acl",     "asking",   "auth",       "bgrewriteaof", "bgsave",     "blmove",     "blmpop",
    "blpop",   "brpop",    "brpoplpush", "bzmpop",       "bzpopmax",   "bzpopmin",   "client",
    "cluster", "config",   "debug",      "discard",      "exec",       "failover",   "flushall",
    "flushdb", "function", "hello",      "monitor",      "multi",      "psubscribe", "psync",
    "quit",    "readonly", "readwrite",  "replconf",     "replicaof",  "reset",      "save",
    "script",  "select",   "shutdown",   "slaveof",      "ssubscribe", "subscribe",  "sync",
    "unwatch", "wait",     "waitaof",    "watch"};
/// The place of the first key where it is not the first argument.
struct KeyPlace {
  std::string_view command;
  std::size_t place;
};
constexpr KeyPlace kKeyPlaces[] = {
    {"eval", 3},   {"evalsha", 3}, {"eval_ro", 3}, {"evalsha_ro", 3}, {"fcall", 3},      {"fcall_ro", 3},
    {"object", 2}, {"xgroup", 2},  {"xinfo", 2},   {"memory", 2},     {"bitop", 2},      {"zunion", 2},
    {"zinter", 2}, {"zdiff", 2},   {"lmpop", 2},   {"zmpop", 2},      {"sintercard", 2}, {"zintercard", 2}};
constexpr std::string_view kKeyless[] = {"ping",    "echo",    "info",     "time",      "dbsize",
                                         "publish", "command", "lastsave", "randomkey", "scan",
                                         "keys",    "latency", "slowlog"};

std::string lower(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  std::optional<std::int64_t> microseconds() {
    std::int64_t seconds = 0, fraction = 0;
    if (!number(seconds) || !take('.') || !number(fraction) || !take(' ')) return std::nullopt;
    return seconds * 1'000'000 + fraction;
  }
  /// "[0 127.0.0.1:60866] "; of a script "lua".
  std::optional<std::string> client() {
    const std::size_t space = rest_.find(' ');
    const std::size_t end = rest_.find("] ");
    if (!take('[') || space == std::string_view::npos || end == std::string_view::npos || end < space)
      return std::nullopt;
    std::string name(rest_.substr(space, end - 1 - space));
    rest_.remove_prefix(end + 1);
    return name;
  }
  /// Words in quotes, with the escapes of the server's sdscatrepr.
  std::optional<std::vector<std::string>> words() {
    std::vector<std::string> words;
    while (!rest_.empty()) {
      if (!take('"')) return std::nullopt;
      std::string word;
      while (!rest_.empty() && rest_.front() != '"')
        if (!character(word)) return std::nullopt;
      if (!take('"')) return std::nullopt;
      words.push_back(std::move(word));
      if (!rest_.empty() && !take(' ')) return std::nullopt;
    }
    return words.empty() ? std::nullopt : std::optional(words);
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool number(std::int64_t& value) {
    const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return problem == std::errc{};
  }
  bool character(std::string& word) {
    if (!take('\\')) {
      word += rest_.front();
      rest_.remove_prefix(1);
      return true;
    }
    if (rest_.empty()) return false;
    const char escaped = rest_.front();
    rest_.remove_prefix(1);
    if (escaped == 'x') return hexadecimal(word);
    constexpr std::string_view kEscapes = "n\nr\rt\ta\ab\b\\\\\"\"";
    for (std::size_t i = 0; i < kEscapes.size(); i += 2)
      if (kEscapes[i] == escaped) return word += kEscapes[i + 1], true;
    return false;
  }
  bool hexadecimal(std::string& word) {
    unsigned value = 0;
    if (rest_.size() < 2 ||
        std::from_chars(rest_.data(), rest_.data() + 2, value, 16).ptr != rest_.data() + 2)
      return false;
    word += static_cast<char>(value);
    rest_.remove_prefix(2);
    return true;
  }
  std::string_view rest_;
};

bool left_out(const std::vector<std::string>& words) {
  const std::string name = lower(words[0]);
  if (std::ranges::find(kLeftOut, name) != kLeftOut.end()) return true;
  const bool reads_stream = name == "xread" || name == "xreadgroup";
  return reads_stream &&
         std::ranges::any_of(words, [](const std::string& word) { return lower(word) == "block"; });
}

std::string key_of_command(const std::vector<std::string>& words) {
  const std::string name = lower(words[0]);
  if (std::ranges::find(kKeyless, name) != std::end(kKeyless)) return {};
  std::size_t place = 1;
  for (const KeyPlace& each : kKeyPlaces)
    if (each.command == name) place = each.place;
  if (name == "xread" || name == "xreadgroup")
    for (std::size_t i = 1; i < words.size(); ++i)
      if (lower(words[i]) == "streams") place = i + 1;
  return place < words.size() ? words[place] : std::string();
}

constexpr std::string_view kSample = R"monitor(1700000000.000000 [0 10.0.0.1:5001] "set" "user:1" "ada"
1700000000.001000 [0 10.0.0.2:5002] "hset" "cart:1" "book" "2" "pen" "5"
1700000000.002000 [0 10.0.0.1:5001] "append" "user:1" " lovelace"
1700000000.003000 [0 10.0.0.3:5003] "rpush" "jobs" "a" "b" "c"
1700000000.004000 [0 10.0.0.2:5002] "hincrby" "cart:1" "book" "1"
1700000000.005000 [0 10.0.0.3:5003] "lpop" "jobs"
1700000000.006000 [0 10.0.0.1:5001] "setex" "session:1" "600" "token"
1700000000.007000 [0 10.0.0.2:5002] "zadd" "scores" "10" "ada" "7" "bob"
1700000000.008000 [0 10.0.0.2:5002] "zincrby" "scores" "5" "bob"
1700000000.009000 [0 10.0.0.3:5003] "xadd" "events" "MAXLEN" "~" "1000" "*" "kind" "login"
1700000000.010000 [0 10.0.0.3:5003] "xadd" "events" "*" "kind" "logout"
1700000000.011000 [0 10.0.0.1:5001] "sadd" "{tags}:a" "x" "y" "z"
1700000000.012000 [0 10.0.0.1:5001] "sadd" "{tags}:b" "y" "z"
1700000000.013000 [0 10.0.0.1:5001] "sinterstore" "{tags}:both" "{tags}:a" "{tags}:b"
1700000000.014000 [0 10.0.0.2:5002] "setbit" "seen" "1000" "1"
1700000000.015000 [0 10.0.0.2:5002] "pfadd" "visitors" "10.0.0.1" "10.0.0.2"
1700000000.016000 [0 10.0.0.3:5003] "geoadd" "places" "13.4" "52.5" "berlin"
1700000000.017000 [0 10.0.0.1:5001] "incr" "hits"
1700000000.018000 [0 10.0.0.1:5001] "expire" "user:1" "600"
1700000000.019000 [0 10.0.0.2:5002] "eval" "return redis.call('incrby', KEYS[1], ARGV[1])" "1" "hits" "5"
1700000000.019100 [0 lua] "incrby" "hits" "5"
1700000000.020000 [0 10.0.0.2:5002] "hgetall" "cart:1"
1700000000.021000 [0 10.0.0.3:5003] "lrange" "jobs" "0" "-1"
1700000000.022000 [0 10.0.0.3:5003] "ltrim" "jobs" "-50" "-1"
1700000000.023000 [0 10.0.0.1:5001] "getrange" "user:1" "0" "40"
1700000000.024000 [0 10.0.0.1:5001] "setrange" "user:1" "0" "\x00\x01\"\\"
1700000000.025000 [0 10.0.0.2:5002] "zrange" "scores" "0" "-1" "WITHSCORES"
1700000000.026000 [0 10.0.0.2:5002] "srem" "{tags}:a" "x"
1700000000.027000 [0 10.0.0.3:5003] "persist" "user:1"
1700000000.028000 [0 10.0.0.3:5003] "del" "user:1"
)monitor";

}  // namespace

Recording parse_recording(std::string_view text) {
  Recording recording;
  std::map<std::string, std::size_t> clients;
  std::optional<std::int64_t> first;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.empty() || one == "OK") continue;  // MONITOR's own answer
    Line line(one);
    const auto time = line.microseconds();
    const auto client = time ? line.client() : std::nullopt;
    auto words = client ? line.words() : std::nullopt;
    if (!words)
      throw UsageError("line " + std::to_string(number) +
                       " of the recording is none of MONITOR's: " + std::string(one.substr(0, 80)));
    if (!first) first = time;
    if (client->ends_with("lua") || left_out(*words)) {
      ++recording.left_out;
      continue;
    }
    const std::size_t who = clients.try_emplace(*client, clients.size()).first->second;
    std::string key = key_of_command(*words);
    recording.commands.push_back({*time - *first, who, std::move(*words), std::move(key)});
  }
  recording.clients = clients.size();
  return recording;
}

std::string_view sample_recording() {
  return kSample;
}

}  // namespace harness
