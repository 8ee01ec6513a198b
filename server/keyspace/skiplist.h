/// A skip list in order of (score, member) that counts the width of every link, so that a rank is found in
/// logarithmic time; each node also hangs in a hash table by member (Dict), in the same allocation.
/// After W. Pugh, "Skip Lists: A Probabilistic Alternative to Balanced Trees" (1990), section on linear list
/// operations for the widths.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "server/keyspace/dict.h"

namespace node {

struct ScoredNode {
  struct Link {
    ScoredNode* forward;
    std::uint64_t width;  ///< elements from this node to `forward`
  };
  ScoredNode* next;  ///< of the hash chain
  ScoredNode* backward;
  double score;
  std::uint32_t size;
  std::uint32_t height;

  Link* links() { return reinterpret_cast<Link*>(this + 1); }
  const Link* links() const { return reinterpret_cast<const Link*>(this + 1); }
  std::string_view member() const { return {reinterpret_cast<const char*>(links() + height), size}; }
};

struct ScoredTraits {
  using Node = ScoredNode;
  static std::string_view key(const ScoredNode* n) { return n->member(); }
  static void destroy(ScoredNode* n) { std::free(n); }
};

class SkipList {
 public:
  static constexpr std::uint32_t kMaxHeight = 32;

  SkipList();
  SkipList(SkipList&& other) noexcept : SkipList() { swap(other); }
  SkipList& operator=(SkipList&& other) noexcept {
    swap(other);
    return *this;
  }
  ~SkipList();

  std::size_t size() const { return table_.size(); }
  ScoredNode* find(std::string_view member) const { return table_.find_quiet(member); }
  /// REQUIRES: the member is absent.
  void insert(std::string_view member, double score);
  void erase(ScoredNode* node);
  void rescore(ScoredNode* node, double score);
  std::size_t rank(const ScoredNode* node) const;
  /// Null when rank >= size().
  ScoredNode* at(std::size_t rank) const;
  ScoredNode* first() const { return head_->links()[0].forward; }
  ScoredNode* last() const { return tail_; }

  /// How many leading nodes satisfy `before`, which must hold for a prefix of the list.
  template <class Before>
  std::size_t count_while(Before before) const {
    std::size_t passed = 0;
    const ScoredNode* x = head_;
    for (std::uint32_t level = height_; level-- > 0;)
      while (x->links()[level].forward && before(*x->links()[level].forward)) {
        passed += x->links()[level].width;
        x = x->links()[level].forward;
      }
    return passed;
  }

  const Dict<ScoredTraits>& table() const { return table_; }

 private:
  void swap(SkipList& other) noexcept;
  void link(ScoredNode* node);
  void unlink(ScoredNode* node);
  static ScoredNode* make(std::string_view member, double score, std::uint32_t height);

  Dict<ScoredTraits> table_;
  ScoredNode* head_ = nullptr;
  ScoredNode* tail_ = nullptr;
  std::uint32_t height_ = 1;
};

}  // namespace node
