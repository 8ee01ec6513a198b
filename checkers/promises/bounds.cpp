#include "checkers/promises/bounds.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace harness {
namespace {

/// What differs between builds. The first line whose flavor matches and whose version is not below `since`
/// counts, so newer ones stand first.
struct Profile {
  std::string_view flavor;  // empty: any
  int since;
  bool spaces_votes;  // checkers/PROMISES.md row 10
  bool delays_votes;  // by 500 ms; newer Valkey by less, or not at all where nobody else can be better
  bool forces_votes;  // the best-ranked replica asks with FORCEACK in automatic elections too
  bool unblocks;      // a master that becomes a replica answers its blocked clients with -UNBLOCKED
};
constexpr Profile kProfiles[] = {
    // Valkey 9.1 (release notes, #2227; clusterRequestFailoverAuth in cluster_legacy.c of 9.1.2, not
    // of 8.1.1)
    // sets FORCEACK when myselfIsBestRankedReplica(): voters that have not heard of the FAIL vote all the
    // same. disconnectOrRedirectAllBlockedClients of 9.1.2, not of 8.1.1, redirects in a cluster.
    {"valkey", 9'001'000, false, false, true, false},
    {"valkey", 9'000'000, false, false, false, false},
    // Valkey took the pause between votes away: voted_time is gone from cluster_legacy.c of 8.1.1.
    {"valkey", 8'001'000, false, true, false, true},
    {"", 0, true, true, false, true},
};

const Profile& profile_of(const ServerInfo& server) {
  const int version = version_number(server.version);
  return *std::find_if(std::begin(kProfiles), std::end(kProfiles), [&](const Profile& profile) {
    return (profile.flavor.empty() || profile.flavor == server.flavor) && version >= profile.since;
  });
}

}  // namespace

int version_number(std::string_view version) {
  int number = 0;
  for (int part = 0; part < 3; ++part) {
    int value = 0;
    const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), value);
    if (error != std::errc{}) value = 0;
    number = number * 1000 + std::clamp(value, 0, 999);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (version.starts_with('.')) version.remove_prefix(1);
  }
  return number;
}

Bounds bounds_of(const ServerInfo& server, const ClusterConfig& config) {
  const Nanos timeout = config.node_timeout_ms * kMillisecond;
  Bounds bounds;
  bounds.node_timeout = timeout;
  // Half a timeout until the next ping is due, a timeout until PFAIL, half a timeout of gossip until FAIL,
  // and an election of at most 500 ms + 499 ms.
  bounds.recovery_derived = 2 * timeout + kSecond;
  bounds.recovery_spec = timeout + 2 * kSecond;
  bounds.lost_election = std::max<Nanos>(4 * timeout, 4 * kSecond) + kSecond;
  bounds.rank_delay = kSecond;
  // PFAIL needs a ping unanswered for a whole timeout, and the link is renewed after half of one; packets
  // lost in a cut longer than that may be sent again only after the timeout.
  bounds.needless_derived = timeout / 2;
  bounds.needless_spec = timeout;
  bounds.minority_writes = timeout + timeout / 2 + 100 * kMillisecond;
  bounds.minority_writes_spec = timeout;
  bounds.grace = 250 * kMillisecond;
  bounds.election_delay = profile_of(server).delays_votes ? 500 * kMillisecond : 0;
  bounds.vote_spacing = profile_of(server).spaces_votes ? 2 * timeout : 0;
  bounds.forces_votes = profile_of(server).forces_votes;
  bounds.unblocks_at_demotion = profile_of(server).unblocks;
  return bounds;
}

Bounds bounds_of(const RunInfo& info) {
  Bounds bounds = bounds_of(info.server, info.config);
  for (const ServerInfo& peer : info.peers) {
    const Bounds theirs = bounds_of(peer, info.config);
    bounds.vote_spacing = std::min(bounds.vote_spacing, theirs.vote_spacing);
    bounds.forces_votes = bounds.forces_votes || theirs.forces_votes;
    bounds.unblocks_at_demotion = bounds.unblocks_at_demotion && theirs.unblocks_at_demotion;
  }
  return bounds;
}

namespace {

/// The node timeout, in milliseconds, that the effect sets; 0: none.
int timeout_set(const Effect& effect) {
  constexpr std::string_view kDirective = "cluster-node-timeout ";
  if (effect.kind != EffectKind::kConfig || !effect.detail.starts_with(kDirective)) return 0;
  return std::max(0, std::atoi(effect.detail.c_str() + kDirective.size()));
}

/// How much later than each 100 ms the slowest node's cron runs: the directive hz, 10 unless it is given.
Nanos cron_delay(const RunRecord& run) {
  constexpr int kUsual = 10;
  int least = kUsual;
  const auto take = [&](const std::map<std::string, std::string>& directives) {
    const auto hz = directives.find("hz");
    if (hz != directives.end()) least = std::min(least, std::max(1, std::atoi(hz->second.c_str())));
  };
  take(run.plan.cluster.directives);
  for (const auto& [name, node] : run.plan.cluster.nodes) take(node.directives);
  return kSecond / least - kSecond / kUsual;
}

}  // namespace

BoundsOverTime::BoundsOverTime(const RunRecord& run) : planned_(bounds_of(run.info)) {
  // The votes of such a run are held back a little (harness/run/bus_record.h).
  constexpr Nanos kVotesHeldBack = 150 * kMillisecond;
  if (run.plan.limits.bus_evidence && run.bus.open) planned_.recovery_derived += kVotesHeldBack;
  // Its pings, its suspicion, the plan of an election and its beginning each wait for the cron.
  planned_.grace += 4 * cron_delay(run);
  for (const FaultRecord& fault : run.faults)
    for (const Effect& effect : fault.effects)
      if (const int timeout = timeout_set(effect); timeout > 0) {
        RunInfo changed = run.info;
        changed.config.node_timeout_ms = timeout;
        settings_.push_back({fault.requested, fault.healed, bounds_of(changed)});
      }
}

Bounds BoundsOverTime::between(Nanos from, Nanos until) const {
  Bounds bounds = planned_;
  for (const Setting& setting : settings_) {
    if (setting.from > until || setting.until < from) continue;
    for (const auto longest :
         {&Bounds::recovery_derived, &Bounds::recovery_spec, &Bounds::lost_election, &Bounds::minority_writes,
          &Bounds::minority_writes_spec, &Bounds::node_timeout})
      bounds.*longest = std::max(bounds.*longest, setting.bounds.*longest);
    for (const auto shortest : {&Bounds::needless_derived, &Bounds::needless_spec, &Bounds::vote_spacing})
      bounds.*shortest = std::min(bounds.*shortest, setting.bounds.*shortest);
  }
  return bounds;
}

Bounds bounds_of(const RunRecord& run) {
  return BoundsOverTime(run).whole();
}

}  // namespace harness
