#include "checkers/promises/by_hand.h"

#include <algorithm>
#include <charconv>

#include "harness/core/same_word.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

/// First words of commands that change no key that they name; MIGRATE moves it as it is.
constexpr std::string_view kWriteNothing[] = {
    "ACL",         "ASKING", "CLIENT",        "CLUSTER",    "COMMAND",  "CONFIG",     "DBSIZE",
    "DEBUG",       "DUMP",   "ECHO",          "EVALSHA_RO", "EVAL_RO",  "EXISTS",     "EXPIRETIME",
    "FCALL_RO",    "GET",    "GETRANGE",      "HEXISTS",    "HGET",     "HGETALL",    "HKEYS",
    "HLEN",        "HMGET",  "HVALS",         "INFO",       "KEYS",     "LINDEX",     "LLEN",
    "LRANGE",      "MEMORY", "MGET",          "MIGRATE",    "MONITOR",  "MULTI",      "OBJECT",
    "PEXPIRETIME", "PING",   "PSUBSCRIBE",    "PTTL",       "PUBLISH",  "RANDOMKEY",  "READONLY",
    "SCAN",        "SCARD",  "SISMEMBER",     "SMEMBERS",   "SPUBLISH", "SSUBSCRIBE", "STRLEN",
    "SUBSCRIBE",   "TOUCH",  "TTL",           "TYPE",       "UNWATCH",  "WAIT",       "WAITAOF",
    "WATCH",       "XINFO",  "XLEN",          "XPENDING",   "XRANGE",   "XREVRANGE",  "ZCARD",
    "ZCOUNT",      "ZRANGE", "ZRANGEBYSCORE", "ZRANK",      "ZSCORE"};
constexpr std::string_view kScripts[] = {"EVAL", "EVALSHA", "FCALL", "SCRIPT", "FUNCTION"};

bool among(std::span<const std::string_view> words, const std::string& word) {
  return std::ranges::any_of(words, [&](std::string_view one) { return same_word(word, one); });
}

/// Each slot that the words name: one by one, or as the firsts and lasts of ranges.
void add_slots(const CommandRecord& command, bool ranges, std::set<int>& slots) {
  std::vector<int> numbers;
  for (std::size_t i = 2; i < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    int slot = -1;
    std::from_chars(word.data(), word.data() + word.size(), slot);
    numbers.push_back(std::clamp(slot, 0, kSlotCount - 1));
  }
  if (!ranges) slots.insert(numbers.begin(), numbers.end());
  if (!ranges) return;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
    for (int slot = numbers[i]; slot <= numbers[i + 1]; ++slot) slots.insert(slot);
}

void add_placed(const CommandRecord& command, std::set<int>& slots) {
  if (command.words.size() < 2 || !same_word(command.words[0], "CLUSTER")) return;
  constexpr std::string_view kOneByOne[] = {"ADDSLOTS", "DELSLOTS"};
  constexpr std::string_view kRanges[] = {"ADDSLOTSRANGE", "DELSLOTSRANGE"};
  if (among(kOneByOne, command.words[1])) add_slots(command, false, slots);
  if (among(kRanges, command.words[1])) add_slots(command, true, slots);
  if (!same_word(command.words[1], "FLUSHSLOTS")) return;
  for (int slot = 0; slot < kSlotCount; ++slot) slots.insert(slot);
}

}  // namespace

ByHand::ByHand(const RunRecord& run) {
  for (const CommandRecord& command : run.commands) {
    if (command.words.empty() || command.node < 0) continue;
    const bool script = among(kScripts, command.words[0]);
    // A script that ends with an error may have written before.
    if (command.refused && !script) continue;
    add_placed(command, slots_);
    if (among(kWriteNothing, command.words[0])) continue;
    words_.insert(command.words.begin() + 1, command.words.end());
    if (script) scripts_.insert(scripts_.end(), command.words.begin() + 1, command.words.end());
  }
}

bool ByHand::wrote(std::string_view key) const {
  if (words_.empty()) return false;
  if (words_.contains(key)) return true;
  return std::ranges::any_of(scripts_, [&](const std::string& script) {
    const std::string name(key);
    return script.find("'" + name + "'") != std::string::npos ||
           script.find('"' + name + '"') != std::string::npos;
  });
}

}  // namespace harness
