// Is a history of one register linearizable? A small search of its own, so that the server needs none of the
// harness (which checks the same histories: cluster-sim --strong --history FILE). Every written value is
// unique.
#pragma once

#include <cstdint>
#include <vector>

#include "server/cluster/action.h"

namespace node::cluster::sim {

struct Operation {
  static constexpr std::uint64_t kNothing = 0;  // what a key holds before its first write
  static constexpr Ms kNever = INT64_MAX;

  bool write = false;
  std::uint64_t value = kNothing;  // written, or read
  Ms invoked = 0;
  Ms completed = kNever;  // a write that nobody knows of: it may take place at any time, or not at all
};

/// Reads without an answer must not be among them.
bool linearizable(std::vector<Operation> history);

}  // namespace node::cluster::sim
