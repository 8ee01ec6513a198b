#include "server/keyspace/eviction.h"

#include <algorithm>

namespace node {

namespace {
constexpr std::size_t kPool = 16;
}

EvictionPolicy EvictionPolicy::named(std::string_view name) {
  EvictionPolicy policy;
  policy.volatile_only = name.starts_with("volatile-");
  policy.by = name.ends_with("-lru")      ? By::recency
              : name.ends_with("-lfu")    ? By::frequency
              : name.ends_with("-ttl")    ? By::expiry
              : name.ends_with("-random") ? By::chance
                                          : By::nothing;
  return policy;
}

std::uint64_t Eviction::score(const Entry& entry, std::int64_t expires_ms, std::int64_t now_ms) const {
  switch (policy_.by) {
    case EvictionPolicy::By::frequency:
      return 255 - access::count(entry.accessed, now_ms);
    case EvictionPolicy::By::expiry:
      return UINT64_MAX - static_cast<std::uint64_t>(expires_ms);
    default:
      return static_cast<std::uint64_t>(access::idle_seconds(entry.accessed, now_ms));
  }
}

void Eviction::sample(Databases databases, std::size_t index, std::int64_t now_ms, Random& rng) {
  auto offer = [&](const Entry& entry, std::int64_t expires_ms) {
    const std::uint64_t s = score(entry, expires_ms, now_ms);
    if (pool_.size() == kPool && s <= pool_.front().score) return;
    const auto same = [&](const Candidate& c) {
      return c.victim.database == index && c.victim.key == entry.key();
    };
    if (const auto old = std::find_if(pool_.begin(), pool_.end(), same); old != pool_.end()) pool_.erase(old);
    if (pool_.size() == kPool) pool_.erase(pool_.begin());
    const auto at = std::upper_bound(pool_.begin(), pool_.end(), s,
                                     [](std::uint64_t v, const Candidate& c) { return v < c.score; });
    pool_.insert(at, {s, {index, std::string(entry.key())}});
  };
  databases[index]->sample(policy_.volatile_only, samples_, rng, offer);
}

std::optional<Eviction::Victim> Eviction::by_chance(Databases databases, Random& rng) {
  for (std::size_t i = 0; i < databases.size(); ++i) {
    next_database_ = (next_database_ + 1) % databases.size();
    const Database& d = *databases[next_database_];
    if (eligible(d) == 0) continue;
    std::optional<Victim> victim;
    d.sample(policy_.volatile_only, 1, rng, [&](const Entry& entry, std::int64_t) {
      victim = {next_database_, std::string(entry.key())};
    });
    return victim;
  }
  return std::nullopt;
}

std::optional<Eviction::Victim> Eviction::next(Databases databases, std::int64_t now_ms, Random& rng) {
  if (policy_.by == EvictionPolicy::By::chance) return by_chance(databases, rng);
  for (;;) {
    bool any = false;
    for (std::size_t i = 0; i < databases.size(); ++i) {
      if (eligible(*databases[i]) == 0) continue;
      any = true;
      sample(databases, i, now_ms, rng);
    }
    if (!any) return std::nullopt;
    while (!pool_.empty()) {
      Victim victim = std::move(pool_.back().victim);
      pool_.pop_back();
      const Entry* e = databases[victim.database]->stored(victim.key);
      if (e && (e->has_expiry || !policy_.volatile_only)) return victim;
    }
  }
}

}  // namespace node
