#include "harness/faults/membership/leveling.h"

#include <catch2/catch.hpp>
#include <numeric>

using namespace harness;

namespace {

/// What each has after the moves; also checks that nobody both gives and takes.
std::vector<std::size_t> after(std::vector<std::size_t> held, const std::vector<LevelingMove>& moves) {
  std::vector<bool> gives(held.size()), takes(held.size());
  for (const LevelingMove& move : moves) {
    CHECK(move.slots > 0);
    gives[move.from] = takes[move.to] = true;
    held[move.from] -= move.slots;
    held[move.to] += move.slots;
  }
  for (std::size_t i = 0; i < held.size(); ++i) CHECK_FALSE((gives[i] && takes[i]));
  return held;
}

std::size_t moved(const std::vector<LevelingMove>& moves) {
  return std::accumulate(moves.begin(), moves.end(), std::size_t{0},
                         [](std::size_t sum, const LevelingMove& move) { return sum + move.slots; });
}

}  // namespace

TEST_CASE("only those above their share give and only those below it take, so that as few move as can be") {
  // A newcomer with 512 slots of four masters: 4096 each, so 3584 move.
  const std::vector<std::size_t> held = {5291, 5291, 5290, 512};
  const auto moves = leveling(held, 16384);
  CHECK(moved(moves) == 3584);
  CHECK(after(held, moves) == std::vector<std::size_t>{4096, 4096, 4096, 4096});
}

TEST_CASE("a remainder stays with the fullest, and what is level already is left alone") {
  CHECK(after({5462, 5461, 5461, 0}, leveling({5462, 5461, 5461, 0}, 16384)) ==
        std::vector<std::size_t>{4096, 4096, 4096, 4096});
  CHECK(leveling({5461, 5461, 5462}, 16384).empty());
  CHECK(after({16384, 0, 0}, leveling({16384, 0, 0}, 16384)) == std::vector<std::size_t>{5462, 5461, 5461});
  CHECK(leveling({16384}, 16384).empty());
  CHECK(leveling({}, 16384).empty());
}

TEST_CASE("no more move than is allowed") {
  CHECK(leveling({10, 0}, 3) == std::vector<LevelingMove>{{0, 1, 3}});
  CHECK(moved(leveling({100, 100, 0, 0}, 60)) == 60);
}
