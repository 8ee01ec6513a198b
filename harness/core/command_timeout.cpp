#include "harness/core/command_timeout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "harness/core/same_word.h"

namespace harness {
namespace {

/// Where a command's timeout stands, and in which unit.
struct Blocking {
  std::string_view name;
  int place;  // a word's index; negative: from the end; 0: behind the word BLOCK
  Nanos unit;
};
constexpr std::array<Blocking, 12> kBlocking = {{{"BLPOP", -1, kSecond},
                                                 {"BRPOP", -1, kSecond},
                                                 {"BRPOPLPUSH", -1, kSecond},
                                                 {"BLMOVE", -1, kSecond},
                                                 {"BZPOPMIN", -1, kSecond},
                                                 {"BZPOPMAX", -1, kSecond},
                                                 {"BLMPOP", 1, kSecond},
                                                 {"BZMPOP", 1, kSecond},
                                                 {"WAIT", 2, kMillisecond},
                                                 {"WAITAOF", 3, kMillisecond},
                                                 {"XREAD", 0, kMillisecond},
                                                 {"XREADGROUP", 0, kMillisecond}}};
/// DEBUG SLEEP and CLIENT REPLY OFF are among them.
constexpr std::array<std::string_view, 10> kAtLeisure = {
    "SHUTDOWN", "SYNC", "PSYNC", "REPLCONF", "MONITOR", "DEBUG", "MIGRATE", "CLIENT", "MODULE", "FAILOVER"};
constexpr double kLongest = 1e9;  // seconds: what is longer is for ever

/// The index of the word that holds the timeout; nothing when the command has none.
std::optional<std::size_t> place_of(const Blocking& blocking, const std::vector<std::string>& words) {
  if (blocking.place > 0) return static_cast<std::size_t>(blocking.place);
  if (blocking.place < 0) return words.size() - static_cast<std::size_t>(-blocking.place);
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (same_word(words[i], "STREAMS")) return std::nullopt;
    if (same_word(words[i], "BLOCK")) return i + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Nanos> blocking_timeout(const std::vector<std::string>& words) {
  if (words.size() < 2) return std::nullopt;
  for (const Blocking& blocking : kBlocking) {
    if (!same_word(words[0], blocking.name)) continue;
    const auto place = place_of(blocking, words);
    if (!place || *place >= words.size()) return std::nullopt;
    const std::string& text = words[*place];
    double time = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    const double seconds = time * to_seconds(blocking.unit);
    if (!whole || !(seconds > 0 && seconds < kLongest)) return std::nullopt;
    return static_cast<Nanos>(std::llround(seconds * 1e9));
  }
  return std::nullopt;
}

bool may_wait(const std::vector<std::string>& words) {
  if (words.empty()) return true;
  const auto same = [&](std::string_view name) { return same_word(words[0], name); };
  return std::ranges::any_of(kBlocking, same, &Blocking::name) || std::ranges::any_of(kAtLeisure, same);
}

}  // namespace harness
