#include "server/keyspace/skiplist.h"

#include <utility>

namespace node {

namespace {
bool before(const ScoredNode& a, double score, std::string_view member) {
  return a.score < score || (a.score == score && a.member() < member);
}

std::uint32_t random_height() {
  std::uint32_t height = 1;
  // Each level holds a quarter of the one below.
  for (std::uint64_t bits = random_source().next(); height < SkipList::kMaxHeight && (bits & 3) == 0;
       bits >>= 2)
    ++height;
  return height;
}
}  // namespace

ScoredNode* SkipList::make(std::string_view member, double score, std::uint32_t height) {
  void* raw = std::malloc(sizeof(ScoredNode) + height * sizeof(ScoredNode::Link) + member.size());
  if (!raw) throw std::bad_alloc();
  auto* node =
      new (raw) ScoredNode{nullptr, nullptr, score, static_cast<std::uint32_t>(member.size()), height};
  for (std::uint32_t i = 0; i < height; ++i) node->links()[i] = {nullptr, 0};
  std::memcpy(reinterpret_cast<char*>(node->links() + height), member.data(), member.size());
  return node;
}

SkipList::SkipList() : head_(make("", 0, kMaxHeight)) {}
SkipList::~SkipList() {
  std::free(head_);
}

void SkipList::swap(SkipList& other) noexcept {
  table_.swap(other.table_);
  std::swap(head_, other.head_);
  std::swap(tail_, other.tail_);
  std::swap(height_, other.height_);
}

void SkipList::insert(std::string_view member, double score) {
  ScoredNode* node = make(member, score, random_height());
  table_.insert(node);
  link(node);
}

void SkipList::link(ScoredNode* node) {
  ScoredNode* update[kMaxHeight];
  std::uint64_t rank[kMaxHeight];
  // table_ already counts the node.
  const std::uint64_t others = table_.size() - 1;
  for (; height_ < node->height; ++height_) head_->links()[height_] = {nullptr, others};
  ScoredNode* x = head_;
  std::uint64_t passed = 0;
  for (std::uint32_t level = height_; level-- > 0;) {
    while (x->links()[level].forward && before(*x->links()[level].forward, node->score, node->member())) {
      passed += x->links()[level].width;
      x = x->links()[level].forward;
    }
    update[level] = x;
    rank[level] = passed;
  }
  for (std::uint32_t level = 0; level < node->height; ++level) {
    ScoredNode::Link& behind = update[level]->links()[level];
    const std::uint64_t left = rank[0] - rank[level];
    node->links()[level] = {behind.forward, behind.width - left};
    behind = {node, left + 1};
  }
  for (std::uint32_t level = node->height; level < height_; ++level) ++update[level]->links()[level].width;
  node->backward = update[0] == head_ ? nullptr : update[0];
  if (ScoredNode* following = node->links()[0].forward)
    following->backward = node;
  else
    tail_ = node;
}

void SkipList::unlink(ScoredNode* node) {
  ScoredNode* x = head_;
  for (std::uint32_t level = height_; level-- > 0;) {
    while (x->links()[level].forward && before(*x->links()[level].forward, node->score, node->member()))
      x = x->links()[level].forward;
    ScoredNode::Link& link = x->links()[level];
    if (link.forward == node)
      link = {node->links()[level].forward, link.width + node->links()[level].width - 1};
    else
      --link.width;
  }
  if (ScoredNode* following = node->links()[0].forward)
    following->backward = node->backward;
  else
    tail_ = node->backward;
  while (height_ > 1 && !head_->links()[height_ - 1].forward) --height_;
}

void SkipList::erase(ScoredNode* node) {
  unlink(node);
  table_.erase(node->member());
}

void SkipList::rescore(ScoredNode* node, double score) {
  unlink(node);
  node->score = score;
  link(node);
}

std::size_t SkipList::rank(const ScoredNode* node) const {
  return count_while([&](const ScoredNode& n) { return before(n, node->score, node->member()); });
}

ScoredNode* SkipList::at(std::size_t rank) const {
  std::size_t left = rank + 1;
  ScoredNode* x = head_;
  for (std::uint32_t level = height_; level-- > 0;)
    while (x->links()[level].forward && x->links()[level].width <= left) {
      left -= x->links()[level].width;
      x = x->links()[level].forward;
    }
  return left == 0 && x != head_ ? x : nullptr;
}

}  // namespace node
