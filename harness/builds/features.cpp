#include "harness/builds/features.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/check.h"

namespace harness {
namespace {

using Probe = FeatureProbe;
constexpr Version kFirstValkey{7, 2, 0};
constexpr std::string_view kHistory = "the commands' history in Redis' documentation";
constexpr std::string_view kNotes = "00-RELEASENOTES of that release";
constexpr std::string_view kConf = "redis.conf of that release, and not of the one before";
constexpr std::string_view kValkey = "release notes of Valkey and of Redis";

// In order of time.
constexpr FeatureEntry kFeatures[] = {
    {Feature::kProtectedMode, "protected-mode", "protected mode can be switched off", Version{3, 2, 0},
     kFirstValkey, Probe::kDirective, "protected-mode", kConf},
    {Feature::kMemoryCommand, "memory", "MEMORY, LFU eviction, lazy freeing", Version{4, 0, 0}, kFirstValkey,
     Probe::kCommand, "memory", kHistory},
    {Feature::kPartialResyncAfterFailover, "psync2",
     "replication ids: a partial resynchronization with a new master (PSYNC2)", Version{4, 0, 0},
     kFirstValkey, Probe::kInfoField, "master_replid", kNotes},
    {Feature::kReplicaWords, "replica-words", "directives say replica, not slave", Version{5, 0, 0},
     kFirstValkey, Probe::kDirective, "cluster-replica-validity-factor", kConf},
    {Feature::kStreams, "streams", "streams and consumer groups", Version{5, 0, 0}, kFirstValkey,
     Probe::kCommand, "xadd", kHistory},
    {Feature::kAcl, "acl", "ACL and RESP3", Version{6, 0, 0}, kFirstValkey, Probe::kCommand, "acl", kHistory},
    {Feature::kReadsWhenDown, "reads-when-down", "reads in a cluster that is down", Version{6, 0, 0},
     kFirstValkey, Probe::kDirective, "cluster-allow-reads-when-down", kConf},
    {Feature::kErrorStats, "error-stats", "errors counted by kind in INFO", Version{6, 2, 0}, kFirstValkey,
     Probe::kInfoField, "total_error_replies", kNotes},
    {Feature::kCopy, "copy", "COPY, GETDEL, GETEX, LMOVE, CLIENT PAUSE WRITE", Version{6, 2, 0}, kFirstValkey,
     Probe::kCommand, "copy", kHistory},
    {Feature::kDebugGate, "debug-gate", "DEBUG only where the configuration allows it", Version{7, 0, 0},
     kFirstValkey, Probe::kDirective, "enable-debug-command", kConf},
    {Feature::kReplicaMigrationSwitch, "replica-migration-switch", "replica migration can be switched off",
     Version{7, 0, 0}, kFirstValkey, Probe::kDirective, "cluster-allow-replica-migration", kConf},
    {Feature::kInfoSections, "info-sections", "INFO of several sections", Version{7, 0, 0}, kFirstValkey,
     Probe::kSections, "", kHistory},
    {Feature::kSlotRanges, "slot-ranges", "CLUSTER ADDSLOTSRANGE and DELSLOTSRANGE", Version{7, 0, 0},
     kFirstValkey, Probe::kSubcommand, "ADDSLOTSRANGE", kHistory},
    {Feature::kShards, "shards", "CLUSTER SHARDS and LINKS", Version{7, 0, 0}, kFirstValkey,
     Probe::kSubcommand, "SHARDS", kHistory},
    {Feature::kShardedChannels, "sharded-channels", "SSUBSCRIBE and SPUBLISH", Version{7, 0, 0}, kFirstValkey,
     Probe::kCommand, "ssubscribe", kHistory},
    {Feature::kFunctions, "functions", "FUNCTION and FCALL", Version{7, 0, 0}, kFirstValkey, Probe::kCommand,
     "function", kHistory},
    {Feature::kManyAofFiles, "aof-folder", "the append-only file in several files of a folder",
     Version{7, 0, 0}, kFirstValkey, Probe::kDirective, "appenddirname", kConf},
    {Feature::kShardIds, "shard-ids", "shards have ids (CLUSTER MYSHARDID)", Version{7, 2, 0}, kFirstValkey,
     Probe::kSubcommand, "MYSHARDID", kHistory},
    {Feature::kWaitAof, "waitaof", "WAITAOF", Version{7, 2, 0}, kFirstValkey, Probe::kCommand, "waitaof",
     kHistory},
    {Feature::kHashFieldExpiry, "hash-field-expiry", "fields of hashes expire", Version{7, 4, 0},
     Version{9, 0, 0}, Probe::kCommand, "hpexpire", kValkey},
    {Feature::kDualChannel, "dual-channel", "a full resynchronization over two connections", std::nullopt,
     Version{8, 0, 0}, Probe::kDirective, "dual-channel-replication-enabled", kValkey},
    {Feature::kSlotStats, "slot-stats", "CLUSTER SLOT-STATS", Version{8, 2, 0}, Version{8, 0, 0},
     Probe::kSubcommand, "SLOT-STATS", kValkey},
    {Feature::kSlotMigration, "slot-migration", "slots move by themselves, whole (CLUSTER MIGRATESLOTS)",
     std::nullopt, Version{9, 0, 0}, Probe::kSubcommand, "MIGRATESLOTS", kValkey},
    {Feature::kClusterDatabases, "cluster-databases", "several databases in a cluster", std::nullopt,
     Version{9, 0, 0}, Probe::kDirective, "cluster-databases", kValkey},
};

constexpr TriedRelease kTried[] = {
    {FlavorKind::kRedis, {6, 0, 16}}, {FlavorKind::kRedis, {7, 0, 15}}, {FlavorKind::kRedis, {8, 0, 6}},
    {FlavorKind::kValkey, {8, 1, 1}}, {FlavorKind::kValkey, {9, 1, 2}},
};

}  // namespace

std::string text_of(const Version& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

std::span<const FeatureEntry> features() {
  return kFeatures;
}

const FeatureEntry& entry_of(Feature feature) {
  const auto* const found = std::ranges::find(kFeatures, feature, &FeatureEntry::feature);
  CHECK_THAT_HOLDS(found != std::end(kFeatures), "every feature has a line");
  return *found;
}

std::span<const TriedRelease> tried_releases() {
  return kTried;
}

/// The bundled node is judged as the Redis that it calls itself.
bool Flavor::has(Feature feature) const {
  const FeatureEntry& entry = entry_of(feature);
  const std::optional<Version>& first = kind == FlavorKind::kValkey ? entry.valkey : entry.redis;
  return first && version >= *first;
}

std::string since(const FeatureEntry& entry) {
  std::string first, never;
  const auto tell = [&](std::string_view make, const std::optional<Version>& version) {
    if (version)
      first += fmt::format("{} {} {}", first.empty() ? "since" : " and", make, text_of(*version));
    else
      never += fmt::format("{} no {}", never.empty() ? "in" : " and", make);
  };
  tell("Redis", entry.redis);
  tell("Valkey", entry.valkey);
  return first + (first.empty() || never.empty() ? "" : ", ") + never;
}

}  // namespace harness
