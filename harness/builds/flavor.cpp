#include "harness/builds/flavor.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>

#include "harness/core/check.h"
#include "harness/sandbox/child.h"
#include "harness/sandbox/file_descriptor.h"

namespace harness {
namespace {

struct Banner {
  std::string_view text;
  FlavorKind kind;
};
// How each build begins its answer to --version.
constexpr Banner kBanners[] = {
    {"Redis server v=", FlavorKind::kRedis},
    {"Valkey server v=", FlavorKind::kValkey},
};
// The bundled node answers as the Redis whose behaviour it has, and names itself at the end.
constexpr std::string_view kBundledMark = "build=cluster-node";

int take_number(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return number;
}

/// A file without a name for what a child says: nothing stays of it, even if we are killed.
class NamelessFile {
 public:
  NamelessFile() : file_(::memfd_create("output", MFD_CLOEXEC)) {
    if (!file_) throw EnvironmentError(std::string("no file in memory: ") + std::strerror(errno));
  }
  /// What this process can open it by.
  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }
  std::string read() const {
    std::ifstream in(path());
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  FileDescriptor file_;
};

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  return value.find_first_of("\"'\\#\t ") != std::string_view::npos;
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string_view yes_or_no(bool value) {
  return value ? "yes" : "no";
}

void add_persistence(Directives& directives, Persistence persistence) {
  switch (persistence) {
    case Persistence::kStock:
      return;
    case Persistence::kNone:
      directives.insert(directives.end(), {{"save", ""}, {"appendonly", "no"}});
      return;
    case Persistence::kAppendEverysec:
      directives.insert(directives.end(), {{"appendonly", "yes"}, {"appendfsync", "everysec"}});
      return;
    case Persistence::kAppendAlways:
      directives.insert(directives.end(), {{"appendonly", "yes"}, {"appendfsync", "always"}});
      return;
    case Persistence::kAppendNo:
      directives.insert(directives.end(), {{"appendonly", "yes"}, {"appendfsync", "no"}});
      return;
    case Persistence::kSnapshot:
      directives.insert(directives.end(), {{"save", "1 1"}, {"appendonly", "no"}});
      return;
  }
}

}  // namespace

std::string_view to_string(FlavorKind kind) {
  switch (kind) {
    case FlavorKind::kRedis:
      return "redis";
    case FlavorKind::kValkey:
      return "valkey";
    case FlavorKind::kBundled:
      return "bundled";
  }
  return "redis";
}

Persistence persistence_from(std::string_view name) {
  Persistence persistence{};
  if (persistence_from(name, persistence)) return persistence;
  throw UsageError(fmt::format(
      "persistence \"{}\" is unknown: use none, snapshot, append-always, append-everysec, append-no or stock",
      name));
}

int Flavor::rdb_version() const {
  if (kind == FlavorKind::kBundled) return 10;  // server/persistence/rdb_writer.cpp
  if (kind == FlavorKind::kValkey) return version >= Version{9, 0, 0} ? 80 : 11;
  if (version >= Version{7, 4, 0}) return 12;  // 7.4 and 8
  if (version >= Version{7, 2, 0}) return 11;
  if (version >= Version{7, 0, 0}) return 10;
  if (version >= Version{5, 0, 0}) return 9;
  if (version >= Version{4, 0, 0}) return 8;
  return version >= Version{3, 2, 0} ? 7 : 6;
}

int Flavor::rdb_version_for(const Flavor& replica) const {
  const bool understands = replica.kind == FlavorKind::kValkey && replica.version >= Version{9, 0, 0};
  return rdb_version() == 80 && !understands ? 11 : rdb_version();
}

/// Redis takes whatever is not newer than its own. Valkey refuses 12 to 79, which Redis has counted on to
/// since they parted (RDB_FOREIGN_VERSION_MIN and _MAX in its src/rdb.h), as long as rdb-version-check is
/// strict, its default. The bundled node reads all of both.
bool Flavor::loads_rdb(int written) const {
  if (kind == FlavorKind::kBundled) return written <= 12 || written == 80;
  if (kind == FlavorKind::kValkey && written >= 12 && written <= 79) return false;
  return written <= rdb_version();
}

namespace {

std::string name(const Flavor& flavor) {
  return fmt::format("{} {}", to_string(flavor.kind), flavor.version_text);
}

}  // namespace

std::string Flavor::why_no_exchange(const Flavor& other) const {
  for (const auto& [from, to] : {std::pair(this, &other), std::pair(&other, this)})
    if (const int sent = from->rdb_version_for(*to); !to->loads_rdb(sent))
      return fmt::format("{} cannot load the RDB version {} that {} sends", name(*to), sent, name(*from));
  return {};
}

bool Flavor::exchanges_data_with(const Flavor& other) const {
  return why_no_exchange(other).empty();
}

/// clusterMsgPingtypes in the src/cluster_legacy.h of either: CLUSTERMSG_EXT_TYPE_INTERNALSECRET is
/// CLUSTERMSG_EXT_TYPE_CLIENT_IPV4. Seen: the secret stands in the nodes.conf of Valkey as an address,
/// without an end, and Valkey 9.1.2 dies of SIGSEGV when it reads that again.
std::string Flavor::why_no_common_bus(const Flavor& other) const {
  for (const auto& [a, b] : {std::pair(this, &other), std::pair(&other, this)})
    if (a->kind == FlavorKind::kRedis && a->version >= Version{8, 0, 0} && b->kind == FlavorKind::kValkey &&
        b->version >= Version{8, 1, 0})
      return fmt::format(
          "the extension of type 4 in the messages of {} is a secret, and {} takes it for a client's "
          "address, "
          "which it cannot load again from its nodes.conf",
          name(*a), name(*b));
  return {};
}

bool parse_version(std::string_view output, Flavor& flavor) {
  for (const Banner& banner : kBanners) {
    if (!output.starts_with(banner.text)) continue;
    std::string_view rest = output.substr(banner.text.size());
    flavor.kind = banner.kind;
    flavor.version_text = rest.substr(0, rest.find_first_of(" \r\n"));
    flavor.version.major = take_number(rest);
    flavor.version.minor = take_number(rest);
    flavor.version.patch = take_number(rest);
    if (output.find(kBundledMark) != std::string_view::npos) flavor.kind = FlavorKind::kBundled;
    return !flavor.version_text.empty();
  }
  return false;
}

Flavor detect_flavor(const std::string& binary) {
  const NamelessFile output;
  ChildOptions options;
  options.argv = {binary, "--version"};
  options.output = output.path();
  Child child(options);
  const auto end = child.wait_for(std::chrono::seconds(10));
  Flavor flavor;
  flavor.binary = binary;
  if (end && end->exit_code == 0 && parse_version(output.read(), flavor)) return flavor;
  const std::string how = end ? end->describe() : "did not end within 10 s";
  throw UsageError(
      fmt::format("{0} is not a Redis or Valkey server: `{0} --version` {1} and said \"{2}\"; give --server "
                  "the redis-server or "
                  "valkey-server executable, a source tree, a tarball, or debian:redis=7.0.15",
                  binary, how, output.read().substr(0, 200)));
}

namespace {

/// Older releases know the directive by its first name alone.
std::string replica_word(const Flavor& flavor, std::string name) {
  constexpr std::string_view kWord = "replica";
  const auto at = name.find(kWord);
  if (at != std::string::npos && !flavor.has(Feature::kReplicaWords)) name.replace(at, kWord.size(), "slave");
  return name;
}

}  // namespace

Directives configuration(const Flavor& flavor, const NodeFiles& files, const NodeSettings& settings) {
  const ClusterConfig& cluster = settings.cluster;
  Directives directives = {
      // The seed document's.
      {"port", std::to_string(settings.port)},
      {"bind", settings.bind},
      {"pidfile", files.pid().string()},
      {"logfile", files.log().string()},
      {"cluster-enabled", "yes"},
      {"cluster-config-file", files.nodes_conf().string()},
      {"cluster-node-timeout", std::to_string(cluster.node_timeout_ms)},
      {"cluster-require-full-coverage", std::string(yes_or_no(cluster.require_full_coverage))},
      {"dir", files.data().string()},
      {"daemonize", "no"},
      // What the bounds are computed from is said, not assumed.
      {replica_word(flavor, "cluster-replica-validity-factor"),
       std::to_string(cluster.replica_validity_factor)},
      {"cluster-migration-barrier", std::to_string(cluster.migration_barrier)},
      {replica_word(flavor, "repl-ping-replica-period"), std::to_string(cluster.repl_ping_period_s)},
      // No reason to hold the first synchronization back for replicas that may come later: all come at once.
      {"repl-diskless-sync-delay", "0"},
      {"loglevel", "notice"},
  };
  // Clients come from other addresses of the bottle; in loopback mode `bind` is 127.0.0.1.
  if (flavor.has(Feature::kProtectedMode)) directives.emplace_back("protected-mode", "no");
  if (flavor.has(Feature::kReplicaMigrationSwitch))
    directives.emplace_back("cluster-allow-replica-migration", yes_or_no(cluster.allow_replica_migration));
  if (flavor.has(Feature::kDebugGate)) directives.emplace_back("enable-debug-command", "yes");
  add_persistence(directives, settings.persistence);
  for (const auto& [told, value] : settings.extra) {
    const std::string name = replica_word(flavor, told);
    const auto same = std::find_if(directives.begin(), directives.end(),
                                   [&](const auto& directive) { return directive.first == name; });
    if (same != directives.end())
      same->second = value;
    else
      directives.emplace_back(name, value);
  }
  return directives;
}

std::string to_text(const Directives& directives) {
  std::string out;
  for (const auto& [name, value] : directives) {
    // "save 900 1" and the like take several arguments: only one that is empty or a path is quoted whole.
    const bool path = value.find('/') != std::string::npos;
    out += name + ' ' + (value.empty() || (path && needs_quotes(value)) ? in_quotes(value) : value) + '\n';
  }
  return out;
}

}  // namespace harness
