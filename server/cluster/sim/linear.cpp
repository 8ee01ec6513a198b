#include "server/cluster/sim/linear.h"

#include <algorithm>
#include <set>
#include <utility>

namespace node::cluster::sim {
namespace {

class Search {
 public:
  explicit Search(std::vector<Operation> history) : all_(std::move(history)), done_(all_.size(), false) {
    std::sort(all_.begin(), all_.end(),
              [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  }

  bool from(std::uint64_t value) {
    // A read that may take place now and sees what is there costs nothing to take now.
    std::vector<std::size_t> taken;
    for (bool again = true; std::exchange(again, false);)
      for (const std::size_t i : ready())
        if (!all_[i].write && all_[i].value == value) {
          done_[i] = again = true;
          taken.push_back(i);
        }
    if (rest(value)) return true;
    for (const std::size_t i : taken) done_[i] = false;
    return false;
  }

 private:
  bool rest(std::uint64_t value) {
    if (all_done()) return true;
    if (!seen_.insert({done_, value}).second) return false;
    for (const std::size_t i : ready()) {
      if (!all_[i].write) continue;
      done_[i] = true;
      if (from(all_[i].value)) return true;
      done_[i] = false;
    }
    return false;
  }

  /// Unknown writes may never take place.
  bool all_done() const {
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (!done_[i] && all_[i].completed != Operation::kNever) return false;
    return true;
  }

  /// Invoked before any that is not done was completed.
  std::vector<std::size_t> ready() const {
    Ms limit = Operation::kNever;
    for (std::size_t i = 0; i < all_.size(); ++i)
      if (!done_[i]) limit = std::min(limit, all_[i].completed);
    std::vector<std::size_t> list;
    for (std::size_t i = 0; i < all_.size() && all_[i].invoked <= limit; ++i)
      if (!done_[i]) list.push_back(i);
    return list;
  }

  std::vector<Operation> all_;
  std::vector<bool> done_;
  std::set<std::pair<std::vector<bool>, std::uint64_t>> seen_;
};

}  // namespace

bool linearizable(std::vector<Operation> history) {
  // A write that nobody knows of and nobody read proves nothing.
  std::set<std::uint64_t> read;
  for (const Operation& op : history)
    if (!op.write) read.insert(op.value);
  std::erase_if(history, [&read](const Operation& op) {
    return op.write && op.completed == Operation::kNever && !read.contains(op.value);
  });
  return Search(std::move(history)).from(Operation::kNothing);
}

}  // namespace node::cluster::sim
