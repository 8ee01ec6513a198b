#include "harness/faults/membership/leveling.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace harness {
namespace {

/// How many slots each is to have.
std::vector<std::size_t> shares(const std::vector<std::size_t>& held) {
  const std::size_t all = std::accumulate(held.begin(), held.end(), std::size_t{0});
  std::vector<std::size_t> share(held.size(), all / held.size());
  std::vector<std::size_t> fullest(held.size());
  std::iota(fullest.begin(), fullest.end(), std::size_t{0});
  std::ranges::stable_sort(fullest, [&](std::size_t a, std::size_t b) { return held[a] > held[b]; });
  for (std::size_t i = 0; i < all % held.size(); ++i) ++share[fullest[i]];
  return share;
}

struct Imbalance {
  std::size_t master = 0;
  std::size_t slots = 0;  // above its share, or below it
};

}  // namespace

std::vector<LevelingMove> leveling(const std::vector<std::size_t>& held, std::size_t most) {
  if (held.empty()) return {};
  const std::vector<std::size_t> share = shares(held);
  std::vector<Imbalance> above, below;
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (held[i] > share[i]) above.push_back({i, held[i] - share[i]});
    if (held[i] < share[i]) below.push_back({i, share[i] - held[i]});
  }
  std::ranges::stable_sort(above, std::ranges::greater(), &Imbalance::slots);
  std::ranges::stable_sort(below, std::ranges::greater(), &Imbalance::slots);
  std::vector<LevelingMove> moves;
  // What is given and what is taken are equally many, so both lists end together.
  for (auto from = above.begin(), to = below.begin(); from != above.end() && most > 0;) {
    const std::size_t slots = std::min({from->slots, to->slots, most});
    moves.push_back({from->master, to->master, slots});
    most -= slots;
    if ((from->slots -= slots) == 0) ++from;
    if ((to->slots -= slots) == 0) ++to;
  }
  return moves;
}

}  // namespace harness
