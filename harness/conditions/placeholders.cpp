#include "harness/conditions/placeholders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>

#include "harness/core/slot.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

constexpr std::array<std::string_view, 7> kKinds = {"id", "ip", "port", "bus-port", "slot", "key", "owner"};

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Whether a backslash before it is taken away: outside of quotes before everything, within double quotes
/// only before what is special there, within single quotes never.
bool escapable(char next, char quote) {
  return quote == 0 || (quote == '"' && std::string_view("\"\\$`").find(next) != std::string_view::npos);
}

/// Reads one word from the front of the line, quotes and all.
std::string take_word(std::string_view& line, std::string& problem) {
  std::string word;
  char quote = 0;
  while (!line.empty() && (quote || !blank(line.front()))) {
    const char c = line.front();
    line.remove_prefix(1);
    if (quote && c == quote) {
      quote = 0;
    } else if (!quote && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && !line.empty() && escapable(line.front(), quote)) {
      word += line.front();
      line.remove_prefix(1);
    } else {
      word += c;
    }
  }
  if (quote) problem = fmt::format("a {} is not closed", quote);
  return word;
}

std::optional<int> slot_number(std::string_view text) {
  int slot = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slot);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && slot >= 0 && slot < kSlotCount ? std::optional(slot) : std::nullopt;
}

std::string key_of_slot(int slot) {
  for (int i = 0;; ++i)
    if (std::string key = "key:" + std::to_string(i); slot_of(key) == slot) return key;
}

/// Where the placeholder that begins at `open` ends: its own closing brace, past those of a hash tag.
std::size_t closing_brace(std::string_view word, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < word.size(); ++i) {
    if (word[i] == '{') ++depth;
    if (word[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// The word with `fill(inside)` in place of each placeholder.
std::string fill_word(std::string_view word, std::string& problem,
                      const std::function<std::string(std::string_view)>& fill) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '{') {
      out += word[i];
    } else if (i + 1 < word.size() && word[i + 1] == '{') {
      out += '{';
      ++i;
    } else if (const std::size_t end = closing_brace(word, i); end != std::string_view::npos) {
      out += fill(word.substr(i + 1, end - i - 1));
      i = end;
    } else {
      problem = fmt::format("'{}': a brace is not closed (write {{{{ for a brace)", word);
      return out;
    }
  }
  return out;
}

std::string of_node(std::string_view kind, std::string_view target, ClusterNow& now, std::string& problem) {
  const auto number = now.node(target, problem);
  if (!number) return {};
  const NodeInfo& info = now.cluster().infos()[static_cast<std::size_t>(*number)];
  if (kind == "ip") return info.ip;
  if (kind == "port") return std::to_string(now.cluster().node(*number).port());
  const TopologyNode* self = now.roles().view(*number).topology.myself();
  if (kind == "id") return self ? self->id : info.id;  // a hard reset gives a new one
  return std::to_string(self && self->bus_port ? self->bus_port : info.port + 10'000);
}

std::string owner_id(int slot, ClusterNow& now, std::string& problem) {
  const auto owner = now.roles().master_of_slot(slot);
  if (owner) return of_node("id", now.name(*owner), now, problem);
  problem = fmt::format("nobody serves slot {} now", slot);
  return {};
}

std::string unknown_kind(std::string_view kind) {
  return fmt::format("unknown placeholder '{}'{}", kind, suggestion(kind, kKinds));
}

std::string filled(std::string_view inside, ClusterNow& now, std::string& problem) {
  const auto colon = inside.find(':');
  if (colon == std::string_view::npos) {
    const auto saved = now.scene().saved.find(std::string(inside));
    if (saved != now.scene().saved.end()) return saved->second;
    problem = fmt::format("no reply was saved as '{}'", inside);
    return {};
  }
  const std::string_view kind = inside.substr(0, colon);
  const std::string_view argument = inside.substr(colon + 1);
  if (std::ranges::find(kKinds, kind) == kKinds.end()) {
    problem = unknown_kind(kind);
    return {};
  }
  if (kind == "slot") return std::to_string(slot_of(argument));
  if (kind != "key" && kind != "owner") return of_node(kind, argument, now, problem);
  const auto slot = slot_number(argument);
  if (!slot) problem = fmt::format("'{}' is no slot", argument);
  if (!slot) return {};
  return kind == "key" ? key_of_slot(*slot) : owner_id(*slot, now, problem);
}

bool is_placeholder(const std::string& inside, ClusterNow& now) {
  if (now.scene().saved.contains(inside)) return true;
  const auto colon = inside.find(':');
  return colon != std::string::npos && std::ranges::find(kKinds, inside.substr(0, colon)) != kKinds.end();
}

std::string problem_with(std::string_view inside, const std::set<std::string>& saved) {
  const auto colon = inside.find(':');
  const std::string_view kind = inside.substr(0, colon);
  if (colon == std::string_view::npos) {
    if (saved.contains(std::string(inside))) return {};
    const std::vector<std::string_view> names(saved.begin(), saved.end());
    return fmt::format("no earlier step saves '{}'{} (write {{{{ for a brace)", inside,
                       suggestion(inside, names));
  }
  if (std::ranges::find(kKinds, kind) == kKinds.end()) return unknown_kind(kind);
  const std::string_view argument = inside.substr(colon + 1);
  if (kind == "slot") return {};
  if (kind == "key" || kind == "owner")
    return slot_number(argument) ? std::string{} : fmt::format("'{}' is no slot (0 to 16383)", argument);
  return check_target(argument).problem;
}

}  // namespace

std::vector<std::string> split_words(std::string_view line, std::string& problem) {
  std::vector<std::string> words;
  for (;;) {
    while (!line.empty() && blank(line.front())) line.remove_prefix(1);
    if (line.empty()) return words;
    words.push_back(take_word(line, problem));
  }
}

std::string problem_with_placeholders(const std::vector<std::string>& words,
                                      const std::set<std::string>& saved) {
  std::string problem;
  for (const std::string& word : words)
    fill_word(word, problem, [&](std::string_view inside) {
      if (problem.empty()) problem = problem_with(inside, saved);
      return std::string();
    });
  return problem;
}

std::string misspelt_placeholder(const std::string& text, const std::set<std::string>& saved) {
  const std::vector<std::string_view> names(saved.begin(), saved.end());
  for (std::size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open + 1)) {
    const std::size_t end = closing_brace(text, open);
    if (end == std::string::npos || (open > 0 && text[open - 1] == '{')) continue;
    const std::string_view inside = std::string_view(text).substr(open + 1, end - open - 1);
    const auto colon = inside.find(':');
    const bool of_a_node = colon != std::string_view::npos && check_target(inside.substr(colon + 1)).valid;
    const bool nearly_saved = inside.size() > 2 && !suggestion(inside, names).empty();
    if (of_a_node || (colon == std::string_view::npos && nearly_saved))
      if (auto why = problem_with(inside, saved); !why.empty()) return why;
  }
  return {};
}

bool can_be_saved_as(std::string_view name) {
  return name.find_first_of("{}:") == std::string_view::npos;
}

std::vector<std::string> fill_placeholders(const std::vector<std::string>& words, ClusterNow& now,
                                           std::string& problem) {
  std::vector<std::string> out;
  for (const std::string& word : words) {
    std::string trouble;
    out.push_back(
        fill_word(word, trouble, [&](std::string_view inside) { return filled(inside, now, trouble); }));
    if (problem.empty()) problem = trouble;
  }
  return out;
}

std::string fill_known(const std::string& text, ClusterNow& now, std::string& problem) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "{{") == 0) ++i;  // a brace, as in commands
    const bool brace = text[i] == '{' && (i == 0 || text[i - 1] != '{');
    const std::size_t end = brace ? closing_brace(text, i) : std::string_view::npos;
    const std::string inside = end == std::string_view::npos ? "" : text.substr(i + 1, end - i - 1);
    if (!is_placeholder(inside, now)) {
      out += text[i];
      continue;
    }
    out += filled(inside, now, problem);
    i = end;
  }
  return out;
}

}  // namespace harness
