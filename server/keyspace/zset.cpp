#include "server/keyspace/zset.h"

#include <algorithm>

#include "server/keyspace/limits.h"
#include "server/keyspace/number.h"

namespace node {

namespace {
double score_of(const Listpack::Element& e) {
  if (!e.text) return static_cast<double>(e.integer);
  return parse_double({e.text, e.size}).value_or(0);
}

void insert_sorted(Listpack& pack, std::string_view member, double score) {
  char digits[24];
  Listpack::Position at = pack.first();
  while (at) {
    const Listpack::Position score_at = pack.next(at);
    const double s = score_of(pack.get(score_at));
    if (s > score || (s == score && pack.get(at).view(digits) > member)) break;
    at = pack.next(score_at);
  }
  const std::string text = format_double(score);
  if (!at) {
    pack.append(member);
    pack.append(text);
    return;
  }
  pack.insert_before(at, text);
  pack.insert_before(at, member);
}
}  // namespace

bool LexRange::above_min(std::string_view m) const {
  switch (min.kind) {
    case Kind::lowest:
      return true;
    case Kind::highest:
      return false;
    case Kind::inclusive:
      return m >= min.text;
    case Kind::exclusive:
      return m > min.text;
  }
  return false;
}

bool LexRange::below_max(std::string_view m) const {
  switch (max.kind) {
    case Kind::lowest:
      return false;
    case Kind::highest:
      return true;
    case Kind::inclusive:
      return m <= max.text;
    case Kind::exclusive:
      return m < max.text;
  }
  return false;
}

Zset::Zset(const Zset& other) {
  if (const Listpack* pack = other.compact()) {
    form_ = *pack;
    return;
  }
  SkipList& list = form_.emplace<SkipList>();
  other.for_each([&](std::string_view m, double s) { return list.insert(m, s), true; });
}

std::size_t Zset::size() const {
  const Listpack* pack = compact();
  return pack ? pack->size() / 2 : std::get<SkipList>(form_).size();
}

SkipList& Zset::unpack() {
  if (compact()) {
    SkipList list;
    for_each([&](std::string_view m, double s) { return list.insert(m, s), true; });
    form_ = std::move(list);
  }
  return std::get<SkipList>(form_);
}

std::optional<double> Zset::score(std::string_view member) const {
  if (const Listpack* pack = compact()) {
    const Listpack::Position at = pack->find(pack->first(), member, 1);
    if (!at) return std::nullopt;
    return score_of(pack->get(pack->next(at)));
  }
  const ScoredNode* n = std::get<SkipList>(form_).find(member);
  if (!n) return std::nullopt;
  return n->score;
}

bool Zset::set(std::string_view member, double score) {
  if (auto* pack = std::get_if<Listpack>(&form_)) {
    Listpack::Position at = pack->find(pack->first(), member, 1);
    if (at) {
      at = pack->erase(at);
      pack->erase(at);
      insert_sorted(*pack, member, score);
      return false;
    }
    if (pack->size() / 2 + 1 <= encoding_limits.zset_entries && member.size() <= encoding_limits.zset_value) {
      insert_sorted(*pack, member, score);
      return true;
    }
  }
  SkipList& list = unpack();
  if (ScoredNode* n = list.find(member)) {
    if (n->score != score) list.rescore(n, score);
    return false;
  }
  list.insert(member, score);
  return true;
}

bool Zset::erase(std::string_view member) {
  if (auto* pack = std::get_if<Listpack>(&form_)) {
    Listpack::Position at = pack->find(pack->first(), member, 1);
    if (!at) return false;
    at = pack->erase(at);
    pack->erase(at);
    return true;
  }
  auto& list = std::get<SkipList>(form_);
  ScoredNode* n = list.find(member);
  if (n) list.erase(n);
  return n != nullptr;
}

std::optional<std::size_t> Zset::rank(std::string_view member) const {
  if (const Listpack* pack = compact()) {
    std::size_t rank = 0;
    for (Listpack::Position at = pack->first(); at; at = pack->next(pack->next(at)), ++rank)
      if (pack->get(at).equals(member)) return rank;
    return std::nullopt;
  }
  const auto& list = std::get<SkipList>(form_);
  const ScoredNode* n = list.find(member);
  if (!n) return std::nullopt;
  return list.rank(n);
}

template <class AboveMin, class BelowMax>
std::pair<std::size_t, std::size_t> Zset::ranks_by(AboveMin above, BelowMax below) const {
  std::size_t from = 0, to = 0;
  if (compact()) {
    for_each([&](std::string_view m, double s) {
      if (!above(m, s)) ++from;
      if (below(m, s)) ++to;
      return true;
    });
  } else {
    const auto& list = std::get<SkipList>(form_);
    from = list.count_while([&](const ScoredNode& n) { return !above(n.member(), n.score); });
    to = list.count_while([&](const ScoredNode& n) { return below(n.member(), n.score); });
  }
  return {from, std::max(from, to)};
}

std::pair<std::size_t, std::size_t> Zset::ranks(const ScoreRange& range) const {
  return ranks_by([&](std::string_view, double s) { return range.above_min(s); },
                  [&](std::string_view, double s) { return range.below_max(s); });
}

std::pair<std::size_t, std::size_t> Zset::ranks(const LexRange& range) const {
  return ranks_by([&](std::string_view m, double) { return range.above_min(m); },
                  [&](std::string_view m, double) { return range.below_max(m); });
}

void Zset::for_ranks(std::size_t from, std::size_t to, bool reverse, const Visit& visit) const {
  if (from >= to || from >= size()) return;
  if (const Listpack* pack = compact()) {
    char digits[24];
    Listpack::Position at = pack->seek(static_cast<std::int64_t>(reverse ? (to - 1) * 2 : from * 2));
    for (std::size_t left = to - from; left && at; --left) {
      const Listpack::Position score_at = pack->next(at);
      if (!visit(pack->get(at).view(digits), score_of(pack->get(score_at)))) return;
      if (reverse) {
        const Listpack::Position behind = pack->previous(at);
        at = behind ? pack->previous(behind) : Listpack::kEnd;
      } else {
        at = pack->next(score_at);
      }
    }
    return;
  }
  const ScoredNode* n = std::get<SkipList>(form_).at(reverse ? to - 1 : from);
  for (std::size_t left = to - from; left && n; --left) {
    if (!visit(n->member(), n->score)) return;
    n = reverse ? n->backward : n->links()[0].forward;
  }
}

std::uint64_t Zset::scan(std::uint64_t cursor,
                         const std::function<void(std::string_view, double)>& visit) const {
  if (compact()) {
    for_each([&](std::string_view m, double s) { return visit(m, s), true; });
    return 0;
  }
  return std::get<SkipList>(form_).table().scan(cursor,
                                                [&](const ScoredNode* n) { visit(n->member(), n->score); });
}

std::size_t Zset::erase_ranks(std::size_t from, std::size_t to) {
  to = std::min(to, size());
  if (from >= to) return 0;
  if (auto* pack = std::get_if<Listpack>(&form_)) {
    pack->erase_range(static_cast<std::int64_t>(from * 2), (to - from) * 2);
  } else {
    auto& list = std::get<SkipList>(form_);
    ScoredNode* n = list.at(from);
    for (std::size_t left = to - from; left; --left) {
      ScoredNode* following = n->links()[0].forward;
      list.erase(n);
      n = following;
    }
  }
  return to - from;
}

std::size_t Zset::memory() const {
  if (const Listpack* pack = compact()) return pack->total() + sizeof(*this);
  const auto& list = std::get<SkipList>(form_);
  std::size_t bytes = list.table().memory() + sizeof(*this);
  list.table().for_each([&](const ScoredNode* n) {
    bytes += sizeof(ScoredNode) + n->height * sizeof(ScoredNode::Link) + n->size + 8;
  });
  return bytes;
}

}  // namespace node
