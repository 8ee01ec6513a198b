#include "server/node/node.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "server/cluster/slot.h"
#include "server/commands/table.h"
#include "server/keyspace/limits.h"
#include "server/node/cluster_link.h"
#include "server/node/replication_link.h"

namespace node {

namespace {

constexpr std::int64_t kCronMs = 100;
constexpr std::int64_t kExpireBudgetUs = 10000;

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
      engine_(config_, *this, command_table(), slot_function(config_)),
      scripting_(engine_),
      aof_(aof_settings()),
      started_(std::chrono::steady_clock::now()) {
  engine_.scripts = &scripting_;
  started_ms_ = now_us() / 1000;
  run_id_ = random_hex(40);
  note_time();
  apply_limits();
  may_grow_keyspace = [this](std::size_t bytes) {
    return config_.maxmemory <= 0 || memory_for_data() + bytes <= static_cast<std::size_t>(config_.maxmemory);
  };
}

Node::~Node() {
  may_grow_keyspace = nullptr;
  kill_child();
}

Aof::Settings Node::aof_settings() const {
  const auto sync = config_.appendfsync == "always"     ? Aof::Sync::always
                    : config_.appendfsync == "everysec" ? Aof::Sync::everysec
                                                        : Aof::Sync::no;
  return {config_.appenddirname,      config_.appendfilename,       sync,
          config_.aof_load_truncated, config_.aof_use_rdb_preamble, config_.aof_timestamp,
          config_.aof_disable_auto_gc};
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
}

// ---- start
// ------------------------------------------------------------------------------------------------------

std::optional<std::string> Node::start() {
  log('*', "Running in " + std::string(config_.cluster_enabled ? "cluster" : "standalone") +
               " mode, port: " + std::to_string(config_.port) + ", PID: " + std::to_string(getpid()));
  replication_ = std::make_unique<ReplicationLink>(*this);
  if (config_.cluster_enabled) {
    cluster_ = std::make_unique<ClusterLink>(*this);
    if (auto why = cluster_->load()) return why;
    engine_.cluster = cluster_.get();
  }
  memory_at_start_ = used_memory();
  // Clients are let in before the data is: they are told LOADING, not refused.
  if (auto why = open_ports()) return why;
  if (auto why = load_data()) return why;
  if (cluster_) {
    cluster_->verify_against_data();
    if (auto why = cluster_->listen()) return why;
  }
  replication_->start();
  log('*', "Ready to accept connections");
  tell_supervisor();
  return std::nullopt;
}

// ---- loop
// -------------------------------------------------------------------------------------------------------

int Node::run() {
  while (!stopping_) turn();
  return 0;
}

void Node::note_time() {
  engine_.state.now_ms = now_us() / 1000;
}

void Node::turn() {
  before_sleep();
  const std::int64_t now = steady_ms();
  std::int64_t wait = std::max<std::int64_t>(0, next_cron_ms_ - now);
  if (engine_.next_deadline_ms != INT64_MAX)
    wait = std::clamp<std::int64_t>(engine_.next_deadline_ms - engine_.state.now_ms, 0, wait);
  if (!to_resume_.empty() || replication_->can_forward() || engine_.evicting) wait = 0;
  // What arrived while we slept happens now, not when we fell asleep.
  loop_.turn(static_cast<int>(wait), [this] { note_time(); });
  obey_signal();
  continue_shutdown();
  engine_.expire_blocked();
  if (engine_.evicting) engine_.evict();
  if (steady_ms() >= next_cron_ms_) {
    next_cron_ms_ = steady_ms() + kCronMs;
    if (!engine_.cron_paused) cron();
  }
}

void Node::before_sleep() {
  if (config_.maxmemory_clients != 0) evict_clients();
  if (engine_.tracking.active()) engine_.tracking.tell_prefixes();
  for (const std::uint64_t id : std::exchange(to_resume_, {}))
    if (Client* c = client(id)) c->resume();
  if (cluster_) cluster_->perform();
  replication_->perform();
  if (aof_.is_open()) {
    if (engine_.aof_flush_sleep_us > 0) usleep(static_cast<useconds_t>(engine_.aof_flush_sleep_us));
    aof_error_ = aof_.flush(engine_.state.now_ms);
    if (aof_error_ && config_.appendfsync == "always") exit_unsynced();
  }
  for (Client* c : std::exchange(to_flush_, {})) {
    c->queued = false;
    if (!c->closing) c->flush();
  }
  for (const std::uint64_t id : std::exchange(to_free_, {})) clients_.erase(id);
  closed_listeners_.clear();
  if (cluster_) cluster_->bury();
  replication_->bury();
}

/// What was promised to be on disk is not: nobody may be told otherwise.
void Node::exit_unsynced() {
  log('#', *aof_error_ + ". With appendfsync always there is no way on; exiting");
  _exit(1);
}

void Node::cron() {
  reap_child();
  if (!failover_pause_ms_ && pause_until_ms_ && engine_.state.now_ms >= pause_until_ms_) pause_until_ms_ = 0;
  if (failover_pause_ms_ && steady_ms() >= failover_pause_ms_) resume_writes();
  release_held();
  decide_expiry();
  if (engine_.active_expire && !engine_.state.keep_expired) {
    const std::int64_t began = monotonic_us(), until = began + kExpireBudgetUs;
    for (const auto& d : engine_.databases())
      if (d->expiring()) d->expire_some(20, [&] { return monotonic_us() >= until; });
    engine_.note_latency("expire-cycle", monotonic_us() - began);
  }
  engine_.expire_written_here();
  for (const auto& d : engine_.databases())
    if (d->size()) d->rehash(1000);
  if (engine_.tracking.active())
    engine_.tracking.limit(static_cast<std::size_t>(config_.tracking_keys), random_source());
  if (cluster_) cluster_->tick();
  replication_->tick();
  maybe_save();
  timeouts();
  const std::int64_t now = steady_ms();
  if (now - ops_tick_ms_ >= 1000) {
    ops_per_second_ = (engine_.commands_processed - commands_at_tick_) * 1000 /
                      static_cast<std::uint64_t>(now - ops_tick_ms_);
    commands_at_tick_ = engine_.commands_processed;
    const auto rate = [passed = static_cast<std::uint64_t>(now - ops_tick_ms_)](std::uint64_t total,
                                                                                std::uint64_t& before) {
      const std::uint64_t more = total < before ? 0 : total - before;  // CONFIG RESETSTAT came between
      before = total;
      return more * 1000 / passed;
    };
    input_rate_ = rate(input_bytes_, input_at_tick_);
    output_rate_ = rate(output_bytes_, output_at_tick_);
    ops_tick_ms_ = now;
    drop_idle_migrations(now);
    memory_peak_ = std::max(memory_peak_, used_memory());
  }
}

void Node::timeouts() {
  std::vector<Client*> idle;
  for (auto& [id, c] : clients_) {
    const Session& s = c->session;
    const bool may_idle = s.kind != Session::Kind::normal || s.blocked || s.subscribed() || s.monitor;
    if (config_.timeout_s > 0 && !may_idle && engine_.state.now_ms - s.active_ms > config_.timeout_s * 1000)
      idle.push_back(c.get());
    else if (c->output_bytes() > 0)
      check_output_limit(*c);
    c->release_spare();
  }
  for (Client* c : idle) close_client(*c);
}

std::int64_t Node::now_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t Node::monotonic_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t Node::steady_ms() const {
  return started_ms_ +
         std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_)
             .count();
}

// ---- configuration and log
// --------------------------------------------------------------------------------------

std::optional<std::string> Node::rewrite_config_file() {
  if (config_.file.empty()) return "ERR The server is running without a config file";
  std::string old;
  read_file(config_.file, old);
  if (const auto why = replace_file(config_.file, rewrite_config(config_, old), true))
    return "ERR Rewriting config file: " + *why;
  return std::nullopt;
}

std::optional<std::string> Node::apply_config(std::span<const std::string> names) {
  for (const std::string& name : names) {
    if (name == "rewrite") return rewrite_config_file();
    if (name == "resetstat") {
      connections_total_ = connections_refused_ = evicted_clients_ = input_bytes_ = output_bytes_ =
          commands_at_tick_ = 0;
      memory_peak_ = 0;
      replication_->reset_statistics();
    }
    if (name == "dir") {
      if (chdir(config_.dir.c_str()) != 0) return "Changing directory: " + errno_text();
      config_.dir = current_directory();
    }
    if (name == "port" || name == "bind")
      if (auto why = listen_again()) return why;
    if (name == "maxclients") {
      const std::int64_t possible = clients_possible(config_.maxclients);
      if (possible < config_.maxclients)
        return "The operating system is not able to handle the specified number of clients, try with " +
               std::to_string(possible);
    }
    if (name == "appendonly") {
      if (config_.appendonly && !aof_.is_open()) {
        if (auto why = start_rewrite()) return why;
      } else if (!config_.appendonly && aof_.is_open()) {
        rewrite_scheduled_ = false;
        if (child_kind_ == ChildKind::rewrite) {
          log('*', "Killing running AOF rewrite child: " + std::to_string(child_));
          kill_child();
        }
        aof_.close();
        rewrite_scheduled_ = false;
      }
    }
    if (name.starts_with("aof-") || name == "appendfsync") aof_.change(aof_settings());
    if (name == "maxmemory") engine_.evicting = config_.maxmemory > 0;
  }
  apply_limits();
  if (cluster_) cluster_->config_changed();
  replication_->config_changed();
  return std::nullopt;
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

void Node::drop_bus_packets(int type) {
  if (cluster_) cluster_->drop_packets(type);
}

void Node::log(char level, std::string_view text) {
  constexpr std::string_view levels = ".-*#";
  constexpr std::string_view names[] = {"debug", "verbose", "notice", "warning"};
  const std::size_t wanted = static_cast<std::size_t>(
      std::find(std::begin(names), std::end(names), config_.loglevel) - std::begin(names));
  if (levels.find(level) < wanted) return;
  const std::int64_t us = now_us();
  const std::time_t seconds = us / 1000000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char stamp[64];
  std::strftime(stamp, sizeof stamp, "%d %b %Y %H:%M:%S", &parts);
  char line[128];
  const int n = std::snprintf(line, sizeof line, "%d:%c %s.%03d %c ", static_cast<int>(getpid()),
                              is_replica() ? 'S' : 'M', stamp, static_cast<int>(us / 1000 % 1000), level);
  std::string out(line, static_cast<std::size_t>(n));
  // One line an event: names that came over the network must not look like others.
  for (const char c : text) {
    char hex[8];
    if (static_cast<unsigned char>(c) >= ' ' && c != 127) {
      out += c;
    } else {
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
      out += hex;
    }
  }
  out += '\n';
  if (config_.logfile.empty()) {
    static_cast<void>(!write_all(STDOUT_FILENO, out));
    return;
  }
  const File file(::open(config_.logfile.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (file) static_cast<void>(!write_all(file.fd(), out));
}

void Node::serve_while_busy() {
  obey_signal();
  busy_ = true;
  loop_.turn(0);
  // Answers to the bus only: what changes data waits for the end of the script.
  if (cluster_) cluster_->perform();
  // What earlier commands of this turn changed is on disk before their replies leave.
  if (aof_.is_open() && !engine_.loading)
    if (aof_error_ = aof_.flush(engine_.state.now_ms); aof_error_ && config_.appendfsync == "always")
      exit_unsynced();
  for (Client* c : std::exchange(to_flush_, {})) {
    c->queued = false;
    if (!c->closing) c->flush();
  }
  busy_ = false;
  if (stopping_) _exit(0);
}

std::string Node::current_directory() {
  char* const path = getcwd(nullptr, 0);
  std::string text = path ? path : ".";
  std::free(path);
  return text;
}

std::size_t Node::used_memory() const {
  // What is allocated, not what the system gave: freed memory must count as free at once. Asking walks the
  // allocator's free lists, so it is asked no more often than costs a few percent.
  const std::int64_t now = monotonic_us();
  if (now < memory_asked_us_ + 50 * memory_cost_us_) return memory_used_;
  const struct mallinfo2 info = mallinfo2();
  memory_used_ = info.uordblks + info.hblkhd;
  if (config_.maxmemory > 0) memory_uncounted_ = memory_not_counted();
  memory_asked_us_ = monotonic_us();
  memory_cost_us_ = memory_asked_us_ - now;
  return memory_used_;
}

std::size_t Node::memory_not_counted() const {
  std::size_t bytes = aof_.is_open() ? aof_.buffered() : 0;
  for (const auto& [id, c] : clients_)
    if (c->session.kind == Session::Kind::replica) bytes += c->session.out.buffer().capacity();
  return bytes + replication_->stream_bytes() - replication_->backlog_bytes();
}

std::size_t Node::resident_memory() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// ---- replication, as commands see it
// ----------------------------------------------------------------------------

void Node::propagate(int db, std::string_view resp, unsigned targets) {
  if (engine_.loading) return;
  if (targets & propagate_to::aof && aof_.is_open()) aof_.append(db, resp, engine_.state.now_ms / 1000);
  if (targets & propagate_to::replicas) replication_->feed(db, resp);
}

bool Node::is_replica() const {
  // The cluster knows first: a node that starts as a replica follows nobody yet.
  return (replication_ && replication_->is_replica()) || (cluster_ && cluster_->is_replica());
}
bool Node::master_link_up() const {
  return replication_->link_up();
}
std::int64_t Node::replication_offset() const {
  return replication_ ? replication_->offset() : 0;
}
int Node::good_replicas() const {
  return replication_->good_replicas();
}
void Node::command_replicaof(Call& call) {
  replication_->command_replicaof(call);
}
void Node::command_role(Call& call) {
  replication_->command_role(call);
}
void Node::command_replconf(Call& call) {
  replication_->command_replconf(call);
}
void Node::command_psync(Call& call) {
  replication_->command_psync(call);
}
void Node::command_wait(Call& call) {
  replication_->command_wait(call);
}

void Node::command_failover(Call& call) {
  replication_->command_failover(call);
}

}  // namespace node
