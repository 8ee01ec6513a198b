#include "server/pubsub/pubsub.h"

#include <algorithm>
#include <cctype>

namespace node {

namespace {
char fold(char c, bool ignore_case) {
  return ignore_case ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
}

/// Matches c against the class that begins at p ("[…"); moves p behind it.
bool class_match(std::string_view pattern, std::size_t& p, char c, bool ignore_case) {
  ++p;
  const bool inverted = p < pattern.size() && pattern[p] == '^';
  if (inverted) ++p;
  bool hit = false;
  while (p < pattern.size() && pattern[p] != ']') {
    if (pattern[p] == '\\' && p + 1 < pattern.size()) {
      ++p;
      hit |= fold(pattern[p], ignore_case) == fold(c, ignore_case);
      ++p;
    } else if (p + 2 < pattern.size() && pattern[p + 1] == '-') {
      char low = fold(pattern[p], ignore_case), high = fold(pattern[p + 2], ignore_case);
      if (low > high) std::swap(low, high);
      const char x = fold(c, ignore_case);
      hit |= x >= low && x <= high;
      p += 3;
    } else {
      hit |= fold(pattern[p], ignore_case) == fold(c, ignore_case);
      ++p;
    }
  }
  if (p < pattern.size()) ++p;
  return hit != inverted;
}
}  // namespace

/// Iterative, with one remembered star: linear in pattern times text, whatever the pattern.
bool glob_match(std::string_view pattern, std::string_view text, bool ignore_case) {
  std::size_t p = 0, t = 0;
  constexpr int kStarsMax = 1000;
  int stars = 0;
  std::size_t star = std::string_view::npos, star_text = 0;
  while (t < text.size()) {
    bool hit = false;
    std::size_t after = p;
    if (p < pattern.size()) {
      switch (pattern[p]) {
        case '*':
          // As redis: a pattern with this many stars that matter matches nothing.
          if (++stars > kStarsMax) return false;
          star = p++;
          star_text = t;
          continue;
        case '?':
          hit = true;
          after = p + 1;
          break;
        case '[':
          hit = class_match(pattern, after, text[t], ignore_case);
          break;
        case '\\':
          if (p + 1 < pattern.size()) ++after;
          [[fallthrough]];
        default:
          hit = fold(pattern[after], ignore_case) == fold(text[t], ignore_case);
          ++after;
      }
    }
    if (hit) {
      p = after;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool PubSub::subscribe(Kind kind, Session& session, std::string_view name) {
  if (!own(kind, session).insert(std::string(name)).second) return false;
  of(kind)[std::string(name)].push_back(&session);
  return true;
}

bool PubSub::unsubscribe(Kind kind, Session& session, std::string_view name) {
  auto& mine = own(kind, session);
  const auto it = mine.find(name);
  if (it == mine.end()) return false;
  const auto all = of(kind).find(name);
  std::erase(all->second, &session);
  if (all->second.empty()) of(kind).erase(all);
  mine.erase(it);
  return true;
}

void PubSub::forget(Session& session) {
  for (const Kind kind : {Kind::channel, Kind::pattern, Kind::shard})
    while (!own(kind, session).empty()) unsubscribe(kind, session, std::string(*own(kind, session).begin()));
}

std::size_t PubSub::publish(std::string_view channel, std::string_view message, bool shard,
                            const Wake& wake) {
  std::size_t count = 0;
  const Listeners& direct = shard ? shards_ : channels_;
  if (const auto it = direct.find(channel); it != direct.end()) {
    for (Session* s : it->second) {
      s->out.push(3);
      s->out.bulk(shard ? "smessage" : "message");
      s->out.bulk(channel);
      s->out.bulk(message);
      wake(*s);
      ++count;
    }
  }
  if (shard) return count;
  for (const auto& [pattern, sessions] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    for (Session* s : sessions) {
      s->out.push(4);
      s->out.bulk("pmessage");
      s->out.bulk(pattern);
      s->out.bulk(channel);
      s->out.bulk(message);
      wake(*s);
      ++count;
    }
  }
  return count;
}

std::vector<std::string> PubSub::active(Kind kind, std::string_view pattern) const {
  std::vector<std::string> names;
  for (const auto& [name, sessions] : of(kind))
    if (pattern.empty() || glob_match(pattern, name)) names.push_back(name);
  return names;
}

std::size_t PubSub::listeners(Kind kind, std::string_view name) const {
  const auto it = of(kind).find(name);
  return it == of(kind).end() ? 0 : it->second.size();
}

void PubSub::drop_shard_channels(const std::function<bool(std::string_view)>& gone, const Wake& wake) {
  for (const std::string& name : active(Kind::shard, "")) {
    if (!gone(name)) continue;
    const std::vector<Session*> sessions = shards_.find(name)->second;
    for (Session* s : sessions) {
      unsubscribe(Kind::shard, *s, name);
      s->out.push(3);
      s->out.bulk("sunsubscribe");
      s->out.bulk(name);
      s->out.integer(static_cast<std::int64_t>(s->shard_channels.size()));
      wake(*s);
    }
  }
}

}  // namespace node
