#include "checkers/objects/life_slice.h"

#include <algorithm>
#include <limits>

#include "harness/core/anomaly_kind.h"

namespace harness {

void LifeSlice::grow_by_one() {
  lives_.emplace_back();
}

void LifeSlice::write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) {
  MarkedSlice::write(id, operation, token, writer);
  if (const Token birth = words_.ends(token); birth != kNothing)
    deaths_.emplace_back(birth, Sight{id, operation.invoked, operation.completed});
}

void LifeSlice::see(std::uint32_t which, const Sight& sight) {
  Mark& mark = marks_[which];
  Life& life = lives_[which];
  mark.touched = true;
  mark.last_op = sight.id;
  if (sight.until < mark.first_end) mark.first_end = sight.until, mark.first_op = sight.id;
  if (!life.seen() || sight.until < life.first_seen.until) life.first_seen = sight;
  if (!life.seen() || sight.from > life.last_seen.from) life.last_seen = sight;
}

void LifeSlice::observe(std::uint32_t id, const Operation& operation, const Effects& effects) {
  const Sight sight{id, operation.invoked, operation.completed};
  for (const Token token : effects.sees) see(mark_of(token), sight);
  for (const Token token : effects.lacks) absences_[token].push_back(sight);
  if (effects.looks.empty()) return;
  if (effects.sees.empty()) {
    empty_.push_back(sight);
    return;
  }
  Look look{sight, {}};
  for (const Token token : effects.sees) look.shown.insert(mark_of(token));
  looks_.push_back(std::move(look));
}

void LifeSlice::uncertain(std::uint32_t, const Operation& operation) {
  const Token token = words_.removes(operation);
  if (token == kAnyToken)
    ++takers_;
  else if (token != kNothing)
    unsure_.insert(token);
}

void LifeSlice::sort_looks() {
  std::sort(empty_.begin(), empty_.end(), [](const Sight& a, const Sight& b) { return a.from < b.from; });
  empty_after_ = empty_;
  for (std::size_t i = empty_after_.size(); i-- > 1;)
    if (empty_after_[i].until < empty_after_[i - 1].until) empty_after_[i - 1] = empty_after_[i];
}

/// Of the answers that show the element's absence and were asked for later than this, the one that ended
/// first.
LifeSlice::Sight LifeSlice::first_absence(std::uint32_t mark, Nanos after) const {
  Sight first;
  const auto take = [&](const Sight& sight) {
    if (sight.from > after && sight.until < first.until) first = sight;
  };
  const auto next = std::upper_bound(empty_.begin(), empty_.end(), after,
                                     [](Nanos time, const Sight& sight) { return time < sight.from; });
  if (next != empty_.end()) take(empty_after_[static_cast<std::size_t>(next - empty_.begin())]);
  if (const auto told = absences_.find(marks_[mark].token); told != absences_.end())
    for (const Sight& sight : told->second) take(sight);
  for (const Look& look : looks_)
    if (look.sight.from > after && !look.shown.contains(mark)) take(look.sight);
  return first;
}

void LifeSlice::check_life(std::uint32_t which, std::vector<Conflict>& found) {
  const Mark& mark = marks_[which];
  const Life& life = lives_[which];
  if (life.second_death.id != kNoOperation)
    return clash("taken-twice", name(which) + " was given out twice",
                 {life.death.id, life.second_death.id, mark.write}, found);
  if (life.died() && life.last_seen.from > life.death.until)
    return clash("", name(which) + " is there again although it had been taken",
                 {life.death.id, life.last_seen.id}, found);
  if (mark.first_end == kNever) return;
  const Sight absent = first_absence(which, mark.first_end);
  if (absent.id == kNoOperation) return;
  if (life.seen() && life.last_seen.from > absent.until)
    return clash("", name(which) + " is there again although it was gone", {absent.id, life.last_seen.id},
                 found);
  if (!words_.gone(mark.token, absent.until) && !unsure_.contains(mark.token)) {
    missing_.push_back(which);
    if (takers_ == 0)
      clash("", name(which) + " is missing, and nobody took it", {mark.write, mark.first_op, absent.id},
            found);
  }
}

/// As many as there are calls without an answer may have been taken by them.
void LifeSlice::check_missing(std::vector<Conflict>& found) {
  if (takers_ == 0 || missing_.size() <= takers_) return;
  clash("",
        std::to_string(missing_.size()) + " elements are missing, and only " + std::to_string(takers_) +
            " calls without an answer may have taken one, the first of them " + name(missing_.front()),
        {marks_[missing_.front()].write}, found);
}

/// First in, first out: of two elements that surely came one after the other, the later may not be taken
/// while the earlier is still there.
void LifeSlice::check_order(std::vector<Conflict>& found, std::size_t limit) {
  struct Entry {
    Nanos from, until;
    std::uint32_t mark;
  };
  std::vector<Entry> entries;
  for (std::uint32_t i = 0; i < marks_.size(); ++i) {
    if (!is_birth(i) || !lives_[i].seen() || marks_[i].write == kNoOperation) continue;
    const Operation& birth = history_.operations[marks_[i].write];
    entries.push_back({birth.invoked, birth.deadline(), i});
  }
  std::vector<Entry> by_end = entries;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.from < b.from; });
  std::sort(by_end.begin(), by_end.end(), [](const Entry& a, const Entry& b) { return a.until < b.until; });
  std::size_t next = 0;
  const Entry* latest = nullptr;  // of what surely came before, the one that was there the longest
  for (const Entry& entry : entries) {
    for (; next < by_end.size() && by_end[next].until < entry.from; ++next)
      if (!latest || lives_[by_end[next].mark].last_seen.from > lives_[latest->mark].last_seen.from)
        latest = &by_end[next];
    const Life& life = lives_[entry.mark];
    if (!latest || !life.died() || life.death.until >= lives_[latest->mark].last_seen.from) continue;
    clash("overtaken", name(entry.mark) + " was taken before " + name(latest->mark) + ", which came first",
          {marks_[latest->mark].write, marks_[entry.mark].write, life.death.id,
           lives_[latest->mark].last_seen.id},
          found);
    if (found.size() >= limit) return;
  }
}

/// Whoever takes the first by rank may not leave a lower one that was surely there all the time. The tree
/// holds, by the time until which an element was surely there, the lowest rank.
void LifeSlice::check_ranks(std::vector<Conflict>& found, std::size_t limit) {
  std::vector<std::uint32_t> there, taken;
  for (std::uint32_t i = 0; i < marks_.size(); ++i) {
    if (!is_birth(i) || !lives_[i].seen()) continue;
    there.push_back(i);
    if (lives_[i].died()) taken.push_back(i);
  }
  const auto stays = [&](std::uint32_t i) { return lives_[i].last_seen.from; };
  std::vector<Nanos> times;
  for (const std::uint32_t i : there) times.push_back(stays(i));
  std::sort(times.begin(), times.end(), std::greater<>());
  std::vector<std::uint32_t> lowest(times.size() + 1, kNoOperation);
  const auto better = [&](std::uint32_t a, std::uint32_t b) {
    if (a == kNoOperation || b == kNoOperation) return b == kNoOperation ? a : b;
    return words_.rank(marks_[a].token) <= words_.rank(marks_[b].token) ? a : b;
  };
  std::sort(there.begin(), there.end(),
            [&](std::uint32_t a, std::uint32_t b) { return marks_[a].first_end < marks_[b].first_end; });
  std::sort(taken.begin(), taken.end(),
            [&](std::uint32_t a, std::uint32_t b) { return lives_[a].death.from < lives_[b].death.from; });
  // Places are numbered from 1, the longest stay first, so that a prefix is "there until later than".
  const auto place_from = [&](Nanos time) {
    return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), time, std::greater<>()) -
                                    times.begin());
  };
  std::size_t next = 0;
  for (const std::uint32_t mine : taken) {
    const Sight& death = lives_[mine].death;
    for (; next < there.size() && marks_[there[next]].first_end < death.from; ++next)
      for (std::size_t at = place_from(stays(there[next])) + 1; at < lowest.size(); at += at & (~at + 1))
        lowest[at] = better(lowest[at], there[next]);
    std::uint32_t best = kNoOperation;
    for (std::size_t at = place_from(death.until); at > 0; at -= at & (~at + 1))
      best = better(best, lowest[at]);
    if (best == kNoOperation || words_.rank(marks_[best].token) >= words_.rank(marks_[mine].token)) continue;
    clash("overtaken",
          name(mine) + " was taken although " + name(best) + ", which goes before it, was there all the time",
          {marks_[best].write, death.id, lives_[best].last_seen.id}, found);
    if (found.size() >= limit) return;
  }
}

std::vector<Conflict> LifeSlice::conflicts(std::size_t limit) {
  sort_looks();
  for (const auto& [birth, sight] : deaths_) {
    const std::uint32_t known = index_.find(birth, marks_);
    if (known == TokenIndex::kNone) continue;
    Life& life = lives_[known];
    (life.died() ? life.second_death : life.death) = sight;
  }
  std::vector<Conflict> found;
  for (std::uint32_t i = 0; i < marks_.size() && found.size() < limit; ++i)
    if (is_birth(i)) check_life(i, found);
  check_missing(found);
  if (words_.ordered && found.size() < limit) check_order(found, limit);
  if (words_.rank && found.size() < limit) check_ranks(found, limit);
  if (found.size() > limit) found.resize(limit);
  // Of what was born here and never taken by anybody with an answer, the oldest are excused first.
  std::vector<std::uint32_t> never;
  for (std::uint32_t i = 0; i < marks_.size() && takers_ > 0; ++i)
    if (is_birth(i) && marks_[i].writer == Mark::Writer::kHere && !words_.gone(marks_[i].token, kNever))
      never.push_back(i);
  std::sort(never.begin(), never.end(),
            [&](std::uint32_t a, std::uint32_t b) { return marks_[a].first_end < marks_[b].first_end; });
  for (std::size_t i = 0; i < std::min(never.size(), takers_); ++i) excused_.insert(never[i]);
  return found;
}

bool LifeSlice::may_be_gone(Token token, Nanos by) const {
  if (words_.ends(token) != kNothing) return false;
  if (words_.gone(token, by) || unsure_.contains(token)) return true;
  const std::uint32_t found = index_.find(token, marks_);
  if (takers_ == 0 || found == TokenIndex::kNone) return false;
  return marks_[found].writer != Mark::Writer::kHere || excused_.contains(found);
}

std::uint32_t LifeSlice::began_without(Token token) const {
  const Token birth = words_.ends(token);
  const std::uint32_t found = index_.find(birth == kNothing ? token : birth, marks_);
  const Life* life = found == TokenIndex::kNone ? nullptr : &lives_[found];
  const bool here = life != nullptr && marks_[found].writer == Mark::Writer::kHere;
  if (birth != kNothing)  // it was there still, or again
    return life != nullptr && life->seen() && !here ? life->first_seen.id : kNoOperation;
  if (here || (life != nullptr && life->seen())) return kNoOperation;
  if (!empty_.empty()) return empty_.front().id;
  if (const auto told = absences_.find(token); told != absences_.end()) return told->second.front().id;
  for (const Look& look : looks_)
    if (life == nullptr || !look.shown.contains(found)) return look.sight.id;
  return kNoOperation;
}

}  // namespace harness
