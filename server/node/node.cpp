#include "server/node/node.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "server/cluster/slot.h"
#include "server/commands/table.h"
#include "server/keyspace/limits.h"
#include "server/node/cluster_link.h"
#include "server/persistence/file.h"

namespace node {

namespace {

constexpr std::int64_t kCronMs = 100;
constexpr std::int64_t kExpireBudgetUs = 10000;
// A slice of expiry between the clients' turns, and how long the loop sleeps between two of them.
constexpr std::int64_t kExpireSliceUs = 1000;
constexpr std::int64_t kExpireRestMs = 1;
constexpr int kPortionsAtOnce = 16;

std::string random_hex(int digits) {
  std::string text;
  for (int i = 0; i < digits; ++i) text += "0123456789abcdef"[random_source().below(16)];
  return text;
}

Database::SlotOf slot_function(const Config& config) {
  return config.cluster_enabled ? &cluster::slot_of : nullptr;
}

}  // namespace

Node::Node(Config config)
    : config_(std::move(config)),
      listeners_(*this),
      clients_(*this),
      storage_(*this),
      replication_(*this),
      log_(config_, clock_, replication_),
      memory_(*this),
      shutdown_(*this),
      migrations_(*this),
      engine_(config_,
              {clock_, log_, clients_, *this, storage_, replication_, memory_, shutdown_, migrations_, *this},
              command_table(), slot_function(config_)),
      scripting_(engine_),
      run_id_(random_hex(40)) {
  engine_.scripts = &scripting_;
  config_.defects.seed(random_source().next());
  note_time();
  apply_limits();
  may_grow_keyspace = [this](std::size_t bytes) {
    return config_.maxmemory <= 0 ||
           memory_.for_data() + bytes <= static_cast<std::size_t>(config_.maxmemory);
  };
}

Node::~Node() {
  may_grow_keyspace = nullptr;
  storage_.kill_child();
}

void Node::apply_limits() {
  engine_.notify_classes = notify_classes_of(config_.notify_events).value_or(0);
  encoding_limits.set_intset_entries = static_cast<std::size_t>(config_.intset_entries);
  encoding_limits.hash_entries = static_cast<std::size_t>(config_.hash_entries);
  encoding_limits.hash_value = static_cast<std::size_t>(config_.hash_value);
  encoding_limits.zset_entries = static_cast<std::size_t>(config_.zset_entries);
  encoding_limits.list_pack = config_.list_size;
  encoding_limits.zset_value = static_cast<std::size_t>(config_.zset_value);
  encoding_limits.stream_bytes = static_cast<std::size_t>(config_.stream_bytes);
  encoding_limits.stream_entries = static_cast<std::size_t>(config_.stream_entries);
  const EvictionPolicy policy = EvictionPolicy::named(config_.maxmemory_policy);
  engine_.eviction.choose(policy, static_cast<std::size_t>(config_.maxmemory_samples));
  access_tracking.frequency = policy.by == EvictionPolicy::By::frequency;
  access_tracking.recency = policy.by == EvictionPolicy::By::recency;
  access_tracking.log_factor = config_.lfu_log_factor;
  access_tracking.decay_minutes = config_.lfu_decay_minutes;
  engine_.permissions.users.all_channels = config_.acl_pubsub_default == "allchannels";
  engine_.permissions.log.shorten(static_cast<std::size_t>(config_.acl_log_length));
}

// ---- start
// ------------------------------------------------------------------------------------------------------

std::optional<std::string> Node::start() {
  log('*', "Running in " + std::string(config_.cluster_enabled ? "cluster" : "standalone") +
               " mode, port: " + std::to_string(config_.port) + ", PID: " + std::to_string(getpid()));
  if (config_.defects.any())
    log('#', "WARNING: SEEDED DEFECTS ARE ON. This node is broken on purpose: " + config_.defects.text());
  if (config_.cluster_enabled) {
    cluster_ = std::make_unique<ClusterLink>(*this);
    if (auto why = cluster_->load()) return why;
    engine_.cluster = cluster_.get();
  }
  if (auto why = load_users()) return why;
  memory_.note_start();
  // Clients are let in before the data is: they are told LOADING, not refused.
  if (auto why = listeners_.open()) return why;
  if (auto why = storage_.load()) return why;
  if (cluster_) {
    cluster_->verify_against_data();
    if (auto why = cluster_->listen()) return why;
  }
  replication_.start();
  log('*', "Ready to accept connections");
  tell_supervisor();
  return std::nullopt;
}

// ---- loop
// -------------------------------------------------------------------------------------------------------

int Node::run() {
  while (!shutdown_.done()) turn();
  return 0;
}

void Node::turn() {
  before_sleep();
  const std::int64_t now = steady_ms();
  std::int64_t wait = std::max<std::int64_t>(0, next_cron_ms_ - now);
  if (engine_.next_deadline_ms != INT64_MAX)
    wait = std::clamp<std::int64_t>(engine_.next_deadline_ms - engine_.state.now_ms, 0, wait);
  if (expire_again_us_ > 0) wait = std::min(wait, kExpireRestMs);
  if (clients_.any_to_resume() || replication_.can_forward() || engine_.evicting) wait = 0;
  // What arrived while we slept happens now, not when we fell asleep.
  loop_.turn(static_cast<int>(wait), [this] { note_time(); });
  shutdown_.obey_signal();
  shutdown_.go_on();
  engine_.expire_blocked();
  if (engine_.evicting) engine_.evict();
  if (expire_again_us_ > 0 && clock_.monotonic_us() >= expire_again_us_) expire_for(kExpireSliceUs);
  if (steady_ms() >= next_cron_ms_) {
    next_cron_ms_ = steady_ms() + kCronMs;
    if (!engine_.cron_paused) cron();
  }
}

void Node::before_sleep() {
  if (config_.maxmemory_clients != 0) clients_.evict();
  if (engine_.tracking.active()) engine_.tracking.tell_prefixes();
  clients_.resume_woken();
  if (cluster_) cluster_->perform();
  replication_.perform();
  if (storage_.aof().is_open() && engine_.aof_flush_sleep_us > 0)
    usleep(static_cast<useconds_t>(engine_.aof_flush_sleep_us));
  storage_.flush_aof();
  feed_replicas();
  replication_.tell_strong();
  clients_.offer_held_answers();
  clients_.flush_queued();
  clients_.bury();
  listeners_.bury();
  if (cluster_) cluster_->bury();
  replication_.bury();
}

void Node::cron() {
  storage_.reap_child();
  clients_.end_pauses();
  clients_.decide_expiry();
  expire_keys();
  if (engine_.tracking.active())
    engine_.tracking.limit(static_cast<std::size_t>(config_.tracking_keys), random_source());
  if (cluster_) cluster_->tick();
  replication_.tick();
  storage_.maybe_save();
  clients_.timeouts();
  memory_.tend();
  const Clients::Counts& counts = clients_.counts();
  const std::int64_t now = steady_ms();
  if (!rates_.tick(now, {engine_.commands_processed, counts.input_bytes + replication_.input_bytes(),
                         counts.output_bytes, replication_.input_bytes(), counts.replica_bytes}))
    return;
  migrations_.drop_idle(now);
}

/// The stream goes out before the replies to the writes in it. It goes in portions: as many as the sockets
/// take, unless a replica lags so far that others would wait for it.
void Node::feed_replicas() {
  int portions = 0;
  do {
    replication_.forward();
    clients_.flush_replicas();
  } while (++portions < kPortionsAtOnce && replication_.can_forward());
}

void Node::note_expiry(std::int64_t usec, std::size_t gone, std::uint64_t seen) {
  constexpr double kWeight = 0.05;  // of the last cycle in the running average
  expiry_.usec += usec;
  expiry_.cut_short += expire_again_us_ > 0;
  const double share = seen ? static_cast<double>(gone) / static_cast<double>(seen) : 0;
  expiry_.stale += kWeight * (share - expiry_.stale);
}

/// Keys whose time passed go, for so long. Where that does not suffice, slices follow between the clients'
/// turns until it does: a wave of expiries takes half the time, and holds no client back for longer than one.
void Node::expire_for(std::int64_t budget_us) {
  expire_again_us_ = 0;
  if (!engine_.active_expire || engine_.state.keep_expired) return;
  const std::int64_t began = clock_.monotonic_us(), until = began + budget_us;
  const std::uint64_t seen = engine_.state.expiries_seen;
  std::size_t gone = 0;
  bool late = false;
  for (const auto& d : engine_.databases())
    if (d->expiring() && !late)
      gone += d->expire_some(20, [&] { return late = clock_.monotonic_us() >= until; });
  const std::int64_t ended = clock_.monotonic_us();
  if (late) expire_again_us_ = ended + kExpireRestMs * 1000;
  engine_.note_latency("expire-cycle", ended - began);
  note_expiry(ended - began, gone, engine_.state.expiries_seen - seen);
}

/// Those whose time passed go; and the tables of keys take their steps.
void Node::expire_keys() {
  expire_for(kExpireBudgetUs);
  engine_.expire_written_here();
  for (const auto& d : engine_.databases())
    if (d->size()) d->rehash(1000);
}

// ---- configuration
// --------------------------------------------------------------------------------------

std::optional<std::string> Node::rewrite_config_file(bool defaults_too) {
  if (config_.file.empty()) return "ERR The server is running without a config file";
  std::string old;
  read_file(config_.file, old);
  std::vector<std::string> users;
  if (config_.acl_file.empty()) users = engine_.permissions.users.lines();
  if (const auto why = replace_file(config_.file, rewrite_config(config_, old, users, defaults_too), true))
    return "ERR Rewriting config file: " + *why;
  return std::nullopt;
}

void Node::reset_statistics() {
  clients_.reset_counts();
  rates_.forget_commands();
  memory_.reset_peak();
  expiry_ = {};
  replication_.reset_statistics();
}

std::optional<std::string> Node::apply_directive(const std::string& name) {
  if (name == "dir") {
    if (chdir(config_.dir.c_str()) != 0) return "Changing directory: " + errno_text();
    config_.dir = current_directory();
  }
  if (name == "port" || name == "bind") return listeners_.open_again();
  if (name == "maxclients") {
    const std::int64_t possible = Clients::possible(config_.maxclients);
    if (possible < config_.maxclients)
      return "The operating system is not able to handle the specified number of clients, try with " +
             std::to_string(possible);
  }
  if (name == "appendonly")
    if (auto why = storage_.switch_aof()) return why;
  if (name.starts_with("aof-") || name == "appendfsync") storage_.change_aof_settings();
  if (name == "requirepass") engine_.permissions.users.set_default_password(config_.requirepass);
  if (name == "maxmemory") engine_.evict();
  return std::nullopt;
}

std::optional<std::string> Node::apply_config(std::span<const std::string> names) {
  for (const std::string& name : names) {
    if (name == "rewrite" || name == "rewrite all") return rewrite_config_file(name == "rewrite all");
    if (name == "resetstat") reset_statistics();
    if (name == "change-repl-id") {
      log('*', "Changing replication IDs after receiving change-repl-id");
      replication_.rename_history();
    }
    if (auto why = apply_directive(name)) return why;
  }
  apply_limits();
  if (cluster_) cluster_->config_changed();
  replication_.config_changed();
  return std::nullopt;
}

/// Those of the configuration or of the file of users, which must not both define some.
std::optional<std::string> Node::load_users() {
  acl::Users& users = engine_.permissions.users;
  users.set_default_password(config_.requirepass);
  if (!config_.acl_file.empty() && !config_.users.empty())
    return "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is "
           "invalid. This setup is very likely to lead to configuration errors and security holes, please "
           "define either an ACL file or declare users directly in your redis.conf, but not both.";
  if (auto why = users.define(config_.users)) return *why + "\nCritical error while loading ACLs. Exiting.";
  if (config_.acl_file.empty()) return std::nullopt;
  std::string text;
  auto why = read_users(text);
  if (!why) why = users.load(text, config_.acl_file, [](const acl::User&) {});
  if (why) return "Aborting Redis startup because of ACL errors: " + *why;
  return std::nullopt;
}

std::optional<std::string> Node::read_users(std::string& text) {
  if (!read_file(config_.acl_file, text)) return std::nullopt;
  return "Error loading ACLs, opening file '" + config_.acl_file + "': " + errno_text();
}

std::optional<std::string> Node::write_users(std::string_view text) {
  return replace_file(config_.acl_file, text, true);
}

bool Node::info_section(std::string_view name, std::string& out) {
  auto section = node_info(*this, name);
  if (section) out = std::move(*section);
  return section.has_value();
}

/// Under systemd (supervised systemd or auto), the service is up only when we say so.
void Node::tell_supervisor() {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (!path || (config_.supervised != "systemd" && config_.supervised != "auto")) return;
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  const std::string_view name(path);
  if (name.size() < 2 || name.size() >= sizeof a.sun_path) return;
  name.copy(a.sun_path, name.size());
  if (a.sun_path[0] == '@') a.sun_path[0] = 0;  // a name outside of the file system
  const Socket s(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  constexpr std::string_view ready = "STATUS=Ready to accept connections\nREADY=1\n";
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (!s ||
      sendto(s.fd(), ready.data(), ready.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&a), size) < 0)
    log('#', "Can't tell systemd that the node is ready: " + errno_text());
}

void Node::serve_while_busy() {
  shutdown_.obey_signal();
  busy_ = true;
  loop_.turn(0);
  // Answers to the bus only: what changes data waits for the end of the script.
  if (cluster_) cluster_->perform();
  // What earlier commands of this turn changed is on disk before their replies leave.
  if (!engine_.loading) storage_.flush_aof();
  if (!engine_.loading && !replication_.follows()) feed_replicas();
  clients_.flush_queued();
  busy_ = false;
  if (shutdown_.done()) _exit(0);
}

void Node::propagate(int db, std::string_view resp, unsigned targets) {
  if (engine_.loading) return;
  if (targets & propagate_to::aof && storage_.aof().is_open() && !config_.defects(Defect::kWriteUnlogged))
    storage_.append(db, resp, engine_.state.now_ms / 1000);
  if (targets & propagate_to::replicas) replication_.feed(db, resp);
}

bool Node::propagating() const {
  return storage_.aof().is_open() || replication_.active();
}

std::string current_directory() {
  char* const path = getcwd(nullptr, 0);
  std::string text = path ? path : ".";
  std::free(path);
  return text;
}

}  // namespace node
