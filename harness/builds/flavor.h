// What differs between the builds that can be put under test: Redis, Valkey and this project's own node.
// Found out by asking the binary for its version, never by its name.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

enum class FlavorKind { kRedis, kValkey, kBundled };
std::string_view to_string(FlavorKind kind);  // "redis", "valkey", "bundled"

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

/// Throws UsageError for an unknown name.
Persistence persistence_from(std::string_view name);

/// What a release may have or lack; builds/features.h has the table.
enum class Feature {
  kProtectedMode,
  kMemoryCommand,
  kPartialResyncAfterFailover,
  kReplicaWords,
  kStreams,
  kAcl,
  kReadsWhenDown,
  kErrorStats,
  kCopy,
  kDebugGate,
  kReplicaMigrationSwitch,
  kInfoSections,
  kSlotRanges,
  kShards,
  kShardedChannels,
  kFunctions,
  kManyAofFiles,
  kShardIds,
  kWaitAof,
  kHashFieldExpiry,
  kSlotStats,
  kDualChannel,
  kSlotMigration,
  kClusterDatabases,
};

/// One build and what it can do.
struct Flavor {
  FlavorKind kind = FlavorKind::kRedis;
  Version version;
  std::string version_text;  // "7.0.15"
  std::string binary;        // as it must be run: never resolved, argv[0] matters to Debian's

  bool has(Feature feature) const;

  /// The RDB version that it writes (RDB_VERSION in its src/rdb.h): what a replica of it must load, and what
  /// MIGRATE sends.
  int rdb_version() const;
  /// The RDB version that it sends to such a replica. Valkey 9 steps back to 11 for older ones
  /// (replicaRdbVersion in its src/replication.c).
  int rdb_version_for(const Flavor& replica) const;
  bool loads_rdb(int version) const;
  /// Whether each can be the other's replica. After a failover an old master copies the new one.
  bool exchanges_data_with(const Flavor& other) const;
  /// In words; empty: they do.
  std::string why_no_exchange(const Flavor& other) const;
  /// Why the two must not meet on one cluster bus, in words; empty: they may.
  std::string why_no_common_bus(const Flavor& other) const;
};

/// Parses "Redis server v=7.0.15 sha=… " or "Valkey server v=8.1.1 …"; the bundled node says the former, with
/// "build=cluster-node". False when it is neither.
bool parse_version(std::string_view output, Flavor& flavor);

/// Runs `BINARY --version`. Throws UsageError when that is no server we know, EnvironmentError when it cannot
/// be run, each with the mend.
Flavor detect_flavor(const std::string& binary);

/// Directives in order, as they stand in a configuration file.
using Directives = std::vector<std::pair<std::string, std::string>>;

struct NodeFiles {
  std::filesystem::path directory;  // of the node; everything below lies in it
  std::filesystem::path config() const { return directory / "node.conf"; }
  std::filesystem::path log() const { return directory / "server.log"; }
  std::filesystem::path output() const { return directory / "output.log"; }  // stdout and stderr
  std::filesystem::path pid() const { return directory / "server.pid"; }
  std::filesystem::path nodes_conf() const { return directory / "nodes.conf"; }
  std::filesystem::path data() const { return directory / "data"; }
};

struct NodeSettings {
  int port = 0;
  std::string bind;
  ClusterConfig cluster;
  Persistence persistence = Persistence::kStock;
  /// From the scenario: replaces a directive of the same name, or is added.
  std::map<std::string, std::string> extra;
};

/// The seed document's directives (port, bind, pidfile, logfile, cluster-enabled, cluster-config-file,
/// cluster-node-timeout, cluster-require-full-coverage, dir, daemonize no) and what testing needs.
Directives configuration(const Flavor& flavor, const NodeFiles& files, const NodeSettings& settings);

/// The text of a configuration file; values are quoted where they must be.
std::string to_text(const Directives& directives);

}  // namespace harness
