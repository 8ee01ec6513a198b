// Checkers for a live run: fed with events as they are recorded, they tell a violation as soon as it is
// certain, whatever happens later. They never say `valid`; that is for the whole history's checkers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// What a streaming checker found. Checkers are fed in order of time; of events at one time, which are
/// concurrent, the invocations come first.
struct StreamedViolation {
  std::string type;
  Operation operation;  // the one whose completion made it certain
  std::string explanation;
};

/// Registers with unique writes: the zones of zones.h kept as they grow. F of a value is known for good at
/// its first completion, S only grows, so a pair in conflict stays in conflict. A value that is written twice
/// on a key ends the watch of that key. Memory: about 60 bytes a write. Each event costs O(log writes of its
/// key).
class StreamingRegister {
 public:
  /// `initial`: the first value of each key.
  explicit StreamingRegister(Value initial = {}) : initial_(initial) {}

  void invoked(const Operation& op);
  /// `op.outcome`, `completed` and `result` are set.
  std::optional<StreamedViolation> completed(const Operation& op);

 private:
  struct Cluster {
    Nanos first_return = kNever;  // F
    Nanos last_invoke = -1;       // S, of completed operations
    Nanos write_invoked = -1;
    bool failed = false;
    std::uint32_t rank = 0xffffffff;  // in order of first_return
  };
  /// Clusters in order of F, with the greatest S of every prefix and whose it is (a Fenwick tree of the two
  /// greatest of different clusters).
  struct Best {
    Nanos s = -1;
    std::uint32_t cluster = 0xffffffff;
    Nanos second = -1;
  };
  struct Key {
    bool watched = true;
    std::unordered_map<std::uint64_t, std::uint32_t> by_value;
    std::vector<Cluster> clusters;
    std::vector<Nanos> returns;  // F by rank
    std::vector<Best> tree;
  };

  static void offer(Best& best, Nanos s, std::uint32_t cluster);
  static void raise(Key& key, std::uint32_t rank, Nanos s, std::uint32_t cluster);
  static Best before(const Key& key, Nanos time);
  std::optional<StreamedViolation> touch(Key& key, std::uint32_t cluster, const Operation& op);
  Key& key_of(const Operation& op);

  Value initial_;
  std::unordered_map<std::uint32_t, Key> keys_;
};

/// Counters whose increments return the new count: counts never repeat, never fall behind a count that was
/// returned before the operation was invoked, and never exceed what was invoked. Positive amounts only.
class StreamingCounter {
 public:
  explicit StreamingCounter(std::int64_t initial = 0) : initial_(initial) {}
  void invoked(const Operation& op);
  std::optional<StreamedViolation> completed(const Operation& op);

 private:
  struct Key {
    std::int64_t possible = 0;                             // sum of all amounts invoked
    std::unordered_map<std::int64_t, std::int32_t> owner;  // count -> process whose increment returned it
    std::vector<std::pair<Nanos, std::int64_t>> highest;   // running maximum of counts by completion
  };
  std::int64_t initial_;
  std::unordered_map<std::uint32_t, Key> keys_;
};

/// Sets that only grow: an element that was acknowledged or read is in every read invoked later, and nothing
/// is read that nobody had invoked an add of. Each read costs its length; each element about 40 bytes.
class StreamingSet {
 public:
  /// `values`: the table that holds the lists of the operations fed.
  explicit StreamingSet(const ValueTable& values) : values_(values) {}
  void invoked(const Operation& op);
  std::optional<StreamedViolation> completed(const Operation& op);

 private:
  struct Key {
    std::unordered_map<std::uint64_t, Nanos>
        known;  // element -> since when it is certain; kNever: only invoked
    std::vector<std::pair<Nanos, std::uint64_t>> order;  // certain elements, by that time
  };
  const ValueTable& values_;
  std::unordered_map<std::uint32_t, Key> keys_;
};

}  // namespace harness
