// How often the violations of a stored run came back when its plan was carried out again.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/compare/statistics.h"
#include "harness/compare/violations.h"

namespace harness {

/// One replay, as far as it is counted.
struct Replay {
  std::string run;      // id
  std::string store;    // directory
  std::string verdict;  // "pass", "fail", "unknown", "error"
  int exit_code = 0;
  Violations violations;
};

class Replays {
 public:
  Replays(std::string run, Violations first) : run_(std::move(run)), first_(std::move(first)) {}

  void add(Replay replay) { replays_.push_back(std::move(replay)); }

  /// Replays that were judged: an error of the environment says nothing either way.
  std::size_t judged() const;
  std::size_t came_back(const ViolationKind& kind) const;
  /// With any of the first run's kinds.
  std::size_t came_back() const;

  const Violations& first() const { return first_; }
  const std::vector<Replay>& all() const { return replays_; }

 private:
  std::string run_;
  Violations first_;
  std::vector<Replay> replays_;

  friend nlohmann::ordered_json replays_json(const Replays& replays);
};

/// "2 of 3 (67 %, 95 % interval 21 to 94 %)"
std::string rate_text(std::size_t k, std::size_t n);

/// One line as a replay ends.
std::string replay_line(const Replays& replays, std::size_t number, std::size_t times);
/// What came of all of them.
std::string replays_text(const Replays& replays);
/// The object of `replay --json` (harness/FORMATS.md).
nlohmann::ordered_json replays_json(const Replays& replays);

}  // namespace harness
