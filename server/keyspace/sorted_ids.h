/// Things of a stream in order of their ids (what is pending in a group, or with a consumer), in chunks of a
/// few dozen: mostly added at the end and taken from the front, with little memory beyond the things
/// themselves. Any change invalidates pointers into it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "server/keyspace/stream_id.h"

namespace node {

inline const StreamId& id_of(const StreamId& id) {
  return id;
}

/// T has an overload of id_of().
template <class T>
class SortedIds {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// REQUIRES: not empty.
  const T& front() const { return chunks_.begin()->second.front(); }
  const T& back() const { return chunks_.rbegin()->second.back(); }

  /// The first thing whose id is this or higher; null when there is none.
  T* at_or_after(const StreamId& id) {
    auto chunk = chunk_of(id);
    if (chunk == chunks_.end()) return nullptr;
    auto at = place(chunk->second, id);
    if (at != chunk->second.end()) return &*at;
    ++chunk;
    return chunk == chunks_.end() ? nullptr : &chunk->second.front();
  }
  const T* at_or_after(const StreamId& id) const { return const_cast<SortedIds*>(this)->at_or_after(id); }

  T* find(const StreamId& id) {
    T* found = at_or_after(id);
    return found && id_of(*found) == id ? found : nullptr;
  }
  const T* find(const StreamId& id) const { return const_cast<SortedIds*>(this)->find(id); }

  /// False when the id is there already; nothing changes then.
  bool insert(T thing) {
    const StreamId id = id_of(thing);
    auto chunk = chunk_of(id);
    if (chunk == chunks_.end()) {
      chunks_[id].push_back(std::move(thing));
      ++size_;
      return true;
    }
    auto at = place(chunk->second, id);
    if (at != chunk->second.end() && id_of(*at) == id) return false;
    if (chunk->second.size() >= kChunk) {
      if (at == chunk->second.end() && std::next(chunk) == chunks_.end()) {
        chunk->second.shrink_to_fit();
        chunk = chunks_.try_emplace(chunks_.end(), id);
      } else {
        chunk = split(chunk, id);
      }
      at = place(chunk->second, id);
    }
    chunk->second.insert(at, std::move(thing));
    if (id < chunk->first) rename(chunk, id);
    ++size_;
    return true;
  }

  bool erase(const StreamId& id) {
    const auto chunk = chunk_of(id);
    if (chunk == chunks_.end()) return false;
    const auto at = place(chunk->second, id);
    if (at == chunk->second.end() || id_of(*at) != id) return false;
    chunk->second.erase(at);
    if (chunk->second.empty()) chunks_.erase(chunk);
    --size_;
    return true;
  }

  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto& [first, things] : chunks_)
      for (const T& thing : things) visit(thing);
  }

  std::size_t memory() const {
    std::size_t bytes = sizeof *this;
    for (const auto& [first, things] : chunks_) bytes += 80 + things.capacity() * sizeof(T);
    return bytes;
  }

 private:
  static constexpr std::size_t kChunk = 64;
  using Things = std::vector<T>;
  /// By an id that is no higher than those in the chunk, and higher than those before it. None is empty.
  using Chunks = std::map<StreamId, Things>;

  /// Where the id is or would be; the end when there is no chunk at all.
  typename Chunks::iterator chunk_of(const StreamId& id) {
    auto it = chunks_.upper_bound(id);
    return it == chunks_.begin() ? it : std::prev(it);
  }
  static typename Things::iterator place(Things& things, const StreamId& id) {
    return std::lower_bound(things.begin(), things.end(), id,
                            [](const T& thing, const StreamId& at) { return id_of(thing) < at; });
  }
  void rename(typename Chunks::iterator chunk, const StreamId& id) {
    auto node = chunks_.extract(chunk);
    node.key() = id;
    chunks_.insert(std::move(node));
  }
  /// Of the two halves the one that the id belongs to.
  typename Chunks::iterator split(typename Chunks::iterator chunk, const StreamId& id) {
    Things& low = chunk->second;
    const auto middle = low.begin() + static_cast<std::ptrdiff_t>(low.size() / 2);
    Things high(middle, low.end());
    low.erase(middle, low.end());
    const auto other = chunks_.emplace(id_of(high.front()), std::move(high)).first;
    return id < other->first ? chunk : other;
  }

  Chunks chunks_;
  std::size_t size_ = 0;
};

}  // namespace node
