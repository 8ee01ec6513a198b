#include "checkers/objects/token_slice.h"

#include <algorithm>

namespace harness {

void TokenSlice::grow_by_one() {
  level_.push_back(kUnseen);
  place_.push_back(0);
  seen_by_.push_back(0);
}

void TokenSlice::observe(std::uint32_t id, const Operation& operation, const Effects& effects) {
  if (effects.looks.empty()) return look(id, operation, 0, effects.sees);
  for (const Effects::Look& each : effects.looks)
    look(id, operation, each.part, std::span(effects.sees).subspan(each.begin, each.end - each.begin));
  if (effects.looks.size() > 1) wide_.push_back(id);
}

void TokenSlice::look(std::uint32_t id, const Operation& operation, std::uint32_t part,
                      std::span<const Token> sees) {
  Sight sight{id, next_turn_++, operation.invoked, operation.completed, {}};
  turn_ops_.push_back(id);
  sight.marks.reserve(sees.size());
  for (const Token token : sees) {
    const std::uint32_t which = mark_of(token);
    Mark& mark = marks_[which];
    mark.touched = true;
    mark.last_op = id;
    ++seen_by_[which];
    if (operation.completed < mark.first_end) mark.first_end = operation.completed, mark.first_op = id;
    sight.marks.push_back(which);
  }
  sight.part = part;
  sights_[part].push_back(std::move(sight));
}

std::vector<Conflict> TokenSlice::conflicts(std::size_t limit) {
  std::vector<Conflict> found;
  for (auto& [part, sights] : sights_) check_chain(sights, part, found, limit);
  check_whole(found, limit);
  if (found.size() > limit) found.resize(limit);
  return found;
}

/// A read of several parts shows all of a transaction, or nothing.
void TokenSlice::check_whole(std::vector<Conflict>& found, std::size_t limit) {
  if (wide_.empty()) return;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> of_write;
  for (std::uint32_t i = 0; i < marks_.size(); ++i)
    if (marks_[i].write != kNoOperation) of_write[marks_[i].write].push_back(i);
  std::unordered_map<std::uint32_t, std::vector<const Sight*>> of_read;
  for (const auto& [part, sights] : sights_)
    for (const Sight& sight : sights) of_read[sight.id].push_back(&sight);
  for (const std::uint32_t id : wide_) {
    if (found.size() >= limit) return;
    std::unordered_map<std::uint32_t, bool> looked;  // parts
    std::unordered_map<std::uint32_t, bool> shown;   // marks
    for (const Sight* sight : of_read[id])
      for (const std::uint32_t mark : sight->marks) shown[mark] = true;
    for (const Sight* sight : of_read[id]) looked[sight->part] = true;
    for (const auto& [mark, yes] : shown) {
      const std::uint32_t write = marks_[mark].write;
      if (write == id || write == kNoOperation) continue;
      for (const std::uint32_t other : of_write[write])
        if (!shown.contains(other) && looked.contains(words_.part(marks_[other].token))) {
          clash(name(mark) + " is there, and " + name(other) + " of the same transaction is not", {write, id},
                found);
          found.back().type = "torn-transaction";
          return;
        }
    }
  }
}

/// The next member of a chain may not have ended before something earlier in the chain began.
void TokenSlice::pass(Chain& chain, std::uint32_t id, Nanos from, Nanos until, std::vector<Conflict>& found) {
  if (until < chain.start)
    clash("an operation lacks the effect of another that had ended before it began", {id, chain.by}, found);
  if (from > chain.start) chain.start = from, chain.by = id;
}

/// What this read shows beyond those before it.
void TokenSlice::grow(const Sight& sight, Chain& chain, std::vector<Conflict>& found) {
  std::size_t known = 0;
  std::vector<std::uint32_t> fresh;
  for (std::size_t i = 0; i < sight.marks.size(); ++i) {
    const std::uint32_t mark = sight.marks[i];
    if (level_[mark] == sight.turn)
      return clash(name(mark) + " is there twice", {marks_[mark].write, sight.id}, found);
    if (level_[mark] == kUnseen)
      fresh.push_back(mark), place_[mark] = static_cast<std::uint32_t>(i);
    else if (words_.ordered && place_[mark] != i)
      return clash(name(mark) + " changed its place", {marks_[mark].write, turn_ops_[level_[mark]], sight.id},
                   found);
    else
      ++known;
    level_[mark] = sight.turn;
  }
  if (known != chain.order.size()) {
    const auto missing = std::find_if(chain.order.begin(), chain.order.end(),
                                      [&](std::uint32_t mark) { return level_[mark] != sight.turn; });
    const Mark& lost = marks_[*missing];
    const std::uint32_t other = fresh.empty() ? kNoOperation : marks_[fresh.front()].write;
    return clash("two reads each show what the other lacks, and " + name(*missing) + " is one of it",
                 {lost.write, turn_ops_[level_[*missing]], other, sight.id}, found);
  }
  for (const std::uint32_t mark : fresh) {
    chain.order.push_back(mark);
    const Mark& m = marks_[mark];
    if (m.writer == Mark::Writer::kHere && words_.ordered) {
      const Operation& write = history_.operations[m.write];
      pass(chain, m.write, write.invoked, write.completed, found);
    }
  }
  // Within a set's step the order is open: first all ends against what came before, then the starts.
  if (words_.ordered) return;
  for (const std::uint32_t mark : fresh) {
    const Mark& m = marks_[mark];
    if (m.writer == Mark::Writer::kHere && history_.operations[m.write].completed < chain.start)
      clash(name(mark) + " was missed", {m.write, chain.by}, found);
  }
  for (const std::uint32_t mark : fresh) {
    const Mark& m = marks_[mark];
    if (m.writer == Mark::Writer::kElsewhere || m.write == kNoOperation) continue;
    const Nanos from = history_.operations[m.write].invoked;
    if (from > chain.start) chain.start = from, chain.by = m.write;
  }
}

void TokenSlice::check_chain(std::vector<Sight>& sights, std::uint32_t part, std::vector<Conflict>& found,
                             std::size_t limit) {
  std::stable_sort(sights.begin(), sights.end(),
                   [](const Sight& a, const Sight& b) { return a.marks.size() < b.marks.size(); });
  Chain chain;
  // Reads of one size show one state; their order among each other is open.
  for (std::size_t i = 0; i < sights.size() && found.size() < limit;) {
    std::size_t j = i;
    for (; j < sights.size() && sights[j].marks.size() == sights[i].marks.size() && found.size() < limit;
         ++j) {
      grow(sights[j], chain, found);
      if (!found.empty()) return;
    }
    for (std::size_t k = i; k < j; ++k)
      if (sights[k].until < chain.start)
        clash("a read lacks or shows what its time denies", {chain.by, sights[k].id}, found);
    for (std::size_t k = i; k < j; ++k)
      if (sights[k].from > chain.start) chain.start = sights[k].from, chain.by = sights[k].id;
    i = j;
  }
  if (sights.empty()) return;
  // What no read showed came after all of them, unless somebody took it away again.
  for (std::uint32_t i = 0; i < marks_.size() && found.size() < limit; ++i) {
    const Mark& m = marks_[i];
    if (m.writer != Mark::Writer::kHere || seen_by_[i] > 0 || words_.part(m.token) != part ||
        words_.removed(m.token))
      continue;
    if (history_.operations[m.write].completed < chain.start)
      clash(name(i) + " is missing from a later read", {m.write, chain.by}, found);
  }
}

std::uint32_t TokenSlice::began_without(Token token) const {
  if (words_.removed(token)) return kNoOperation;
  const auto sights = sights_.find(words_.part(token));
  if (sights == sights_.end() || sights->second.empty()) return kNoOperation;
  const std::uint32_t found = index_.find(token, marks_);
  // The smallest read lacks what any read lacks, since reads form a chain.
  const Sight& first = sights->second.front();
  if (found == TokenIndex::kNone) return first.id;
  const bool shown = std::find(first.marks.begin(), first.marks.end(), found) != first.marks.end();
  return shown ? kNoOperation : first.id;
}

}  // namespace harness
