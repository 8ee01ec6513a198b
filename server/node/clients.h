/// The node's clients: accepted, looked up, woken, held back by a pause, closed when they ask for more than
/// they may.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/engine/ports.h"
#include "server/net/socket.h"
#include "server/node/client.h"

namespace node {

class Node;

class Clients final : public SessionsPort {
 public:
  explicit Clients(Node& node) : node_(node) {}

  void for_each(const std::function<void(Session&)>& visit) override;
  Session* find(std::uint64_t id) override;
  void wake(const Subscriber& session) override;
  void close(Session& session) override;
  Traffic traffic(const Session& session) const override;
  void pause(std::int64_t until_ms, bool writes_only) override;
  bool paused(bool write) const override;

  /// A connection that a listener accepted.
  void admit(Socket socket);
  Client* get(std::uint64_t id) const;
  void close_client(Client& client);
  std::uint64_t next_id() { return next_id_++; }
  const std::unordered_map<std::uint64_t, std::unique_ptr<Client>>& all() const { return clients_; }

  void queue_flush(Client& client);
  void hold_back(Client& client) { held_.push_back(client.session.id); }
  std::size_t held() const { return held_.size(); }
  void check_output_limit(Client& client);
  /// Strong mode: its output waits for in-sync copies, or a lease.
  void hold_answer(const Client& client) { held_answers_.push_back(client.session.id); }
  /// Tries them again.
  void offer_held_answers();
  /// Nobody will ever know whether they were right.
  void drop_held_answers();

  /// Manual failover, until then (steady clock), whatever clients ask for.
  void pause_writes(std::int64_t until_steady_ms);
  void resume_writes();
  /// Keys expire by themselves or wait for somebody else's DEL, as pauses and the role have it.
  void decide_expiry();

  // For the turn of the loop.
  bool any_to_resume() const { return !to_resume_.empty(); }
  void resume_woken();
  /// Replicas hear of a write before its client does: a node that dies in between has lost nothing that it
  /// acknowledged and that redis would have handed to the kernel.
  void flush_replicas();
  void flush_queued();
  /// Frees those that were closed: between turns of the loop only.
  void bury();
  void end_pauses();
  /// Whether CLIENT PAUSE, of whichever kind, is in force: a replica then leaves its master's stream alone.
  bool paused_by_client() const;
  /// Closes who is idle for too long, and who left too much unread for too long.
  void timeouts();
  /// Closes the clients whose buffers are the largest until all together are within maxmemory-clients.
  void evict();
  /// The node ends: who has all of its output is closed.
  void close_all_after_reply();

  struct Counts {
    std::uint64_t connections = 0, refused = 0, evicted = 0;
    std::uint64_t input_bytes = 0, output_bytes = 0, reads = 0, writes = 0;
    std::uint64_t replica_bytes = 0;         ///< of output_bytes: those to replicas
    std::uint64_t expands = 0, shrinks = 0;  ///< buffers of replies that took more room, or gave it back
  };
  const Counts& counts() const { return counts_; }
  void reset_counts() {
    const Counts kept = std::exchange(counts_, {});
    counts_.reads = kept.reads;
    counts_.writes = kept.writes;
  }
  void count_input(std::size_t n) {
    counts_.input_bytes += n;
    ++counts_.reads;
  }
  void count_output(std::size_t n, bool to_replica) {
    counts_.output_bytes += n;
    if (to_replica) counts_.replica_bytes += n;
    ++counts_.writes;
  }
  void count_expanded() { ++counts_.expands; }
  void count_shrunk() { ++counts_.shrinks; }
  /// As many of the clients wanted as there may be descriptors for, besides those of files and the bus.
  /// Raises the process's limit as far as it goes.
  static std::int64_t possible(std::int64_t wanted);

 private:
  void release_held();
  static void flush_all(std::vector<Client*>& queued);
  std::string_view refusal(const Endpoint& peer, const Endpoint& local) const;

  Node& node_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Client>> clients_;
  std::vector<Client*> to_flush_, replicas_to_flush_;
  std::vector<std::uint64_t> to_resume_, to_free_, held_, held_answers_;
  std::uint64_t next_id_ = 1;
  Counts counts_;

  std::int64_t pause_until_ms_ = 0;  ///< CLIENT PAUSE, wall clock
  bool pause_writes_only_ = false;
  std::int64_t failover_pause_ms_ = 0;  ///< manual failover, steady clock
};

}  // namespace node
