/// Which key goes when memory is full. The choice is approximate: a few keys are sampled, the best of all
/// samples so far are kept in a small pool, and the best of the pool goes. So it costs no memory a key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/keyspace/database.h"

namespace node {

struct EvictionPolicy {
  enum class By : std::uint8_t { nothing, recency, frequency, expiry, chance };
  By by = By::nothing;  ///< nothing: no key is ever evicted
  bool volatile_only = false;
  bool evicts() const { return by != By::nothing; }
  /// As maxmemory-policy names it.
  static EvictionPolicy named(std::string_view name);
};

class Eviction {
 public:
  struct Victim {
    std::size_t database;
    std::string key;
  };
  using Databases = std::span<const std::unique_ptr<Database>>;

  void choose(EvictionPolicy policy, std::size_t samples) {
    if (policy.by != policy_.by || policy.volatile_only != policy_.volatile_only) pool_.clear();
    policy_ = policy;
    samples_ = samples;
  }
  const EvictionPolicy& policy() const { return policy_; }

  /// The key to evict, which is there; nothing when no key may go.
  std::optional<Victim> next(Databases databases, std::int64_t now_ms, Random& rng);

 private:
  struct Candidate {
    std::uint64_t score;  ///< the highest goes first
    Victim victim;
  };
  std::optional<Victim> by_chance(Databases databases, Random& rng);
  void sample(Databases databases, std::size_t index, std::int64_t now_ms, Random& rng);
  std::uint64_t score(const Entry& entry, std::int64_t expires_ms, std::int64_t now_ms) const;
  std::size_t eligible(const Database& d) const { return policy_.volatile_only ? d.expiring() : d.size(); }

  EvictionPolicy policy_;
  std::size_t samples_ = 5;
  std::vector<Candidate> pool_;  ///< ascending; its keys may be gone meanwhile
  std::size_t next_database_ = 0;
};

}  // namespace node
