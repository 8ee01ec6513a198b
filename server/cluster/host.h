// What the cluster rooms may ask about the data side of the node, and the configuration they obey.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/action.h"
#include "server/defects/defects.h"

namespace node::cluster {

/// The node's replication link, as elections need it.
struct ReplicaView {
  bool has_master = false;  // a master address is configured
  bool connected = false;   // the stream is flowing
  Ms last_interaction = 0;  // time of the last bytes from the master, while connected
  Ms down_since = 0;        // when the link broke, while not connected; 0: it never was up
};

struct LinkBuffer {
  std::size_t used = 0;
  std::size_t allocated = 0;
};

/// Implemented by the node (and by the simulation). Called synchronously, must not call back.
class Host {
 public:
  virtual ~Host() = default;
  virtual std::size_t key_count() const = 0;  // of database 0
  virtual std::size_t keys_in_slot(int slot) const = 0;
  virtual std::vector<std::string> some_keys_in_slot(int slot, std::size_t max) const = 0;
  /// As a master: bytes of stream produced. As a replica: bytes of stream applied.
  virtual std::int64_t replication_offset() const = 0;
  virtual ReplicaView replica_view() const = 0;
  virtual LinkBuffer link_buffer(LinkId) const { return {}; }
  virtual bool wants_publish(bool sharded) const {  // is anybody subscribed at all
    static_cast<void>(sharded);
    return true;
  }
};

enum class EndpointType { kIp, kHostname, kUnknown };

/// The cluster-* directives (and the few others the bus needs), with redis 7.0's defaults. May be changed
/// while the node runs; call Cluster::on_config_changed afterwards.
struct Config {
  Ms node_timeout = 15000;
  int port = 6379;
  int bus_port = 0;  // cluster-port; 0: port + 10000
  std::string announce_ip;
  std::string announce_hostname;
  int announce_port = 0;
  int announce_bus_port = 0;
  EndpointType preferred_endpoint = EndpointType::kIp;
  int migration_barrier = 1;
  bool allow_replica_migration = true;
  int replica_validity_factor = 10;
  Ms repl_ping_period = 10000;
  bool replica_no_failover = false;
  bool require_full_coverage = true;
  bool allow_reads_when_down = false;
  bool allow_pubsubshard_when_down = true;
  std::size_t link_sendbuf_limit = 0;  // bytes; 0: none
  int drop_packet_type = -1;           // DEBUG DROP-CLUSTER-PACKET-FILTER; -1: none
  bool strong = false;                 // cluster-strong, from the start on
  Defects defects;  // rules that are broken on purpose, for those who prove that it is noticed

  int effective_bus_port() const { return bus_port != 0 ? bus_port : port + 10000; }
};

}  // namespace node::cluster
