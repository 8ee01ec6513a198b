#include "server/keyspace/list.h"

#include <algorithm>
#include <cstdlib>

#include "server/keyspace/limits.h"

namespace node {

namespace {
bool alone(std::string_view value) {
  return value.size() >= encoding_limits.list_alone;
}

/// Whether the pack is one large element that shares with nobody.
bool closed(const Listpack& pack) {
  return pack.total() > encoding_limits.list_alone && pack.size() == 1 &&
         pack.get(pack.first()).size >= encoding_limits.list_alone;
}

bool within_bound(std::size_t bytes, std::size_t elements) {
  constexpr std::size_t kSteps[] = {4096, 8192, 16384, 32768, 65536};
  // A bound by number still keeps packs from growing without one.
  constexpr std::size_t kSafeBytes = 8192;
  const std::int64_t bound = encoding_limits.list_pack;
  if (bound > 0) return elements <= static_cast<std::size_t>(bound) && bytes <= kSafeBytes;
  return bytes <= kSteps[std::clamp<std::int64_t>(-bound, 1, 5) - 1];
}

bool fits(const Listpack& pack, std::string_view value) {
  if (pack.empty()) return true;
  if (alone(value) || closed(pack)) return false;
  return within_bound(pack.total() + Listpack::cost(value), pack.size() + 1);
}
}  // namespace

void List::push_front(std::string_view value) {
  if (packs_.empty() || !fits(packs_.front(), value)) packs_.emplace(packs_.begin());
  packs_.front().prepend(value);
  ++size_;
}

void List::push_back(std::string_view value) {
  if (packs_.empty() || !fits(packs_.back(), value)) packs_.emplace_back();
  packs_.back().append(value);
  ++size_;
}

std::string List::pop(bool front) {
  Listpack& pack = front ? packs_.front() : packs_.back();
  const Listpack::Position at = front ? pack.first() : pack.last();
  std::string value = pack.get(at).str();
  pack.erase(at);
  --size_;
  if (pack.empty()) packs_.erase(front ? packs_.begin() : packs_.end() - 1);
  return value;
}

List::Place List::locate(std::size_t index) const {
  if (index * 2 > size_) {
    std::size_t behind = size_;
    for (std::size_t p = packs_.size(); p-- > 0;) {
      const std::size_t n = packs_[p].size();
      if (index >= behind - n) return {p, packs_[p].seek(static_cast<std::int64_t>(index - (behind - n)))};
      behind -= n;
    }
  }
  for (std::size_t p = 0;; ++p) {
    const std::size_t n = packs_[p].size();
    if (index < n) return {p, packs_[p].seek(static_cast<std::int64_t>(index))};
    index -= n;
  }
}

std::string List::at(std::size_t index) const {
  const Place place = locate(index);
  return packs_[place.pack].get(place.at).str();
}

void List::set(std::size_t index, std::string_view value) {
  const Place place = locate(index);
  Listpack& pack = packs_[place.pack];
  if (pack.size() == 1 ||
      (!alone(value) && within_bound(pack.total() + Listpack::cost(value), pack.size()))) {
    pack.replace(place.at, value);
    return;
  }
  put_between(place.pack, place.at, value);
  ++size_;
  const Place old = locate(index + 1);
  packs_[old.pack].erase(old.at);
  drop_if_empty(old.pack);
  --size_;
}

/// Puts a value before the element at `at`, in a pack of its own between the two parts of the old one.
void List::put_between(std::size_t pack, Listpack::Position at, std::string_view value) {
  std::size_t before = 0;
  for (Listpack::Position p = packs_[pack].first(); p != at; p = packs_[pack].next(p)) ++before;
  const std::size_t total = packs_[pack].size();
  Listpack tail(packs_[pack]);
  packs_[pack].erase_range(static_cast<std::int64_t>(before), total - before);
  tail.erase_range(0, before);
  const auto where = packs_.begin() + static_cast<std::ptrdiff_t>(pack) + 1;
  Listpack own;
  own.append(value);
  packs_.insert(packs_.insert(where, std::move(tail)), std::move(own));
  drop_if_empty(pack);
}

void List::drop_if_empty(std::size_t pack) {
  if (packs_[pack].empty()) packs_.erase(packs_.begin() + static_cast<std::ptrdiff_t>(pack));
}

void List::erase_range(std::size_t from, std::size_t count) {
  count = std::min(count, size_ - from);
  size_ -= count;
  std::size_t p = 0;
  while (p < packs_.size() && from >= packs_[p].size()) from -= packs_[p++].size();
  while (count) {
    const std::size_t here = std::min(count, packs_[p].size() - from);
    if (here == packs_[p].size()) {
      packs_.erase(packs_.begin() + static_cast<std::ptrdiff_t>(p));
    } else {
      packs_[p].erase_range(static_cast<std::int64_t>(from), here);
      ++p;
    }
    count -= here;
    from = 0;
  }
}

bool List::insert(std::string_view pivot, std::string_view value, bool before) {
  for (std::size_t p = 0; p < packs_.size(); ++p) {
    const Listpack::Position at = packs_[p].find(packs_[p].first(), pivot, 0);
    if (!at) continue;
    ++size_;
    if (fits(packs_[p], value)) {
      before ? packs_[p].insert_before(at, value) : packs_[p].insert_after(at, value);
      return true;
    }
    const Listpack::Position next = before ? at : packs_[p].next(at);
    if (next) {
      put_between(p, next, value);
    } else {
      Listpack own;
      own.append(value);
      packs_.insert(packs_.begin() + static_cast<std::ptrdiff_t>(p) + 1, std::move(own));
    }
    return true;
  }
  return false;
}

std::size_t List::remove(std::string_view value, std::int64_t count) {
  const bool backwards = count < 0;
  const std::size_t limit = count == 0 ? size_ : static_cast<std::size_t>(std::abs(count));
  std::size_t gone = 0;
  if (!backwards) {
    for (std::size_t p = 0; p < packs_.size() && gone < limit;) {
      Listpack& pack = packs_[p];
      for (Listpack::Position at = pack.first(); at && gone < limit;) {
        if (pack.get(at).equals(value)) {
          at = pack.erase(at);
          ++gone;
        } else {
          at = pack.next(at);
        }
      }
      if (pack.empty())
        drop_if_empty(p);
      else
        ++p;
    }
  } else {
    for (std::size_t p = packs_.size(); p-- > 0 && gone < limit;) {
      Listpack& pack = packs_[p];
      for (Listpack::Position at = pack.last(); at && gone < limit;) {
        const Listpack::Position ahead = pack.previous(at);
        if (pack.get(at).equals(value)) {
          pack.erase(at);
          ++gone;
        }
        at = ahead;
      }
      drop_if_empty(p);
    }
  }
  size_ -= gone;
  return gone;
}

void List::for_range(std::size_t from, std::size_t to,
                     const std::function<bool(const Listpack::Element&)>& visit) const {
  if (from > to || from >= size_) return;
  Place place = locate(from);
  for (std::size_t left = to - from + 1; left; --left) {
    if (!visit(packs_[place.pack].get(place.at))) return;
    place.at = packs_[place.pack].next(place.at);
    if (place.at) continue;
    if (++place.pack == packs_.size()) return;
    place.at = packs_[place.pack].first();
  }
}

void List::for_range_backwards(std::size_t from, std::size_t to,
                               const std::function<bool(const Listpack::Element&)>& visit) const {
  if (from > to || to >= size_) return;
  Place place = locate(to);
  for (std::size_t left = to - from + 1; left; --left) {
    if (!visit(packs_[place.pack].get(place.at))) return;
    place.at = packs_[place.pack].previous(place.at);
    if (place.at) continue;
    if (place.pack-- == 0) return;
    place.at = packs_[place.pack].last();
  }
}

void List::add_pack(Listpack pack) {
  if (pack.empty()) return;
  size_ += pack.size();
  packs_.push_back(std::move(pack));
}

std::size_t List::memory() const {
  std::size_t bytes = sizeof(*this);
  for (const Listpack& pack : packs_) bytes += pack.total() + sizeof(Listpack);
  return bytes;
}

}  // namespace node
