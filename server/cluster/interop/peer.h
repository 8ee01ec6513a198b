// A node made of nothing but the cluster and replication rooms and a poll loop: enough to be a full member of
// a cluster of stock redis-servers, as master and as replica, without any data of its own. For tests only.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/cluster/cluster.h"
#include "server/replication/replication.h"

namespace node::interop {

/// A file descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

class Peer final : public cluster::Host {
 public:
  Peer(int port, Ms node_timeout);

  /// Lives until `done()` or the deadline; whether it was done.
  bool run_until(Ms limit, const std::function<bool()>& done);
  Reply command(std::initializer_list<std::string_view> words);
  const cluster::State& state() const { return cluster_.state(); }
  std::string id() const { return state().myself->id.str(); }
  replication::Replication& replication() { return replication_; }
  const std::string& applied() const { return applied_; }
  const std::vector<std::string>& log() const { return log_; }
  int snapshots_loaded() const { return snapshots_loaded_; }

  std::size_t key_count() const override { return 0; }
  std::size_t keys_in_slot(int) const override { return 0; }
  std::vector<std::string> some_keys_in_slot(int, std::size_t) const override { return {}; }
  std::int64_t replication_offset() const override { return replication_.offset(); }
  cluster::ReplicaView replica_view() const override;

 private:
  struct Client {
    Fd fd;
    std::string in;
  };
  void turn();
  void drain();
  void perform(const cluster::Action& action);
  void perform(const replication::Action& action);
  void accept_bus();
  void accept_client();
  bool read_client(std::uint64_t id, Client& client);
  void serve(std::uint64_t id, const std::vector<std::string>& words);
  void apply_stream();

  int port_;
  Fd bus_listener_, listener_;
  cluster::Cluster cluster_;
  replication::Replication replication_;
  std::map<cluster::LinkId, Fd> links_;
  std::set<cluster::LinkId> connecting_;
  std::map<std::uint64_t, Client> clients_;
  std::uint64_t next_client_ = 1;
  Fd master_;
  bool master_connecting_ = false;
  std::string applied_;  // every word of the stream, for the tests to look into
  std::vector<std::string> log_;
  int snapshots_loaded_ = 0;
  Ms next_tick_ = 0;
};

Ms wall_clock();

}  // namespace node::interop
