#include "server/replication/backlog.h"

#include <algorithm>

namespace node::replication {

void Backlog::reset(std::int64_t end_offset) {
  chunks_.clear();
  size_ = skipped_ = 0;
  first_ = end_offset + 1;
}

void Backlog::append(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (chunks_.empty() || chunks_.back().size() == kChunk) {
      chunks_.emplace_back();
      chunks_.back().reserve(kChunk);
    }
    const std::size_t part = std::min(bytes.size(), kChunk - chunks_.back().size());
    chunks_.back().append(bytes.substr(0, part));
    bytes.remove_prefix(part);
  }
}

void Backlog::trim(std::int64_t pinned) {
  while (size_ > capacity_ && first_ < pinned) {
    const std::size_t in_front = chunks_.front().size() - skipped_;
    const std::size_t drop =
        std::min({in_front, size_ - capacity_, static_cast<std::size_t>(pinned - first_)});
    skipped_ += drop;
    size_ -= drop;
    first_ += static_cast<std::int64_t>(drop);
    if (drop < in_front) continue;
    chunks_.pop_front();
    skipped_ = 0;
  }
}

std::string Backlog::read(std::int64_t offset, std::size_t max) const {
  std::size_t skip = static_cast<std::size_t>(offset - first_);
  std::size_t left = std::min(max, size_ - skip);
  std::string bytes;
  bytes.reserve(left);
  skip += skipped_;
  // All chunks but the last are full.
  for (std::size_t i = skip / kChunk, at = skip % kChunk; left > 0; ++i, at = 0) {
    const std::size_t part = std::min(left, chunks_[i].size() - at);
    bytes.append(chunks_[i], at, part);
    left -= part;
  }
  return bytes;
}

}  // namespace node::replication
