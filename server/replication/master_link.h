// A replica's link to its master: connect, handshake, transfer, stream; and again after it broke.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/replication/action.h"

namespace node::replication {

class MasterLink {
 public:
  enum class Phase {
    kNone,     // no master
    kConnect,  // must connect (at the next tick)
    kConnecting,
    kPing,      // PING sent
    kAuth,      // AUTH sent
    kReplconf,  // REPLCONFs sent, replies outstanding
    kPsync,     // PSYNC sent
    kTransfer,  // snapshot arriving
    kLoading,   // SnapshotEnd given, on_snapshot_loaded outstanding
    kConnected,
  };
  /// What the master answered to PSYNC, and other turns of fate, for Replication to act upon.
  struct Event {
    enum class Kind { kFullResync, kContinue, kRefused, kLinkLost } kind;
    std::string id;           // kFullResync; kContinue: the new id or empty
    std::int64_t offset = 0;  // kFullResync
  };

  Phase phase() const { return phase_; }
  const std::string& ip() const { return ip_; }
  int port() const { return port_; }
  bool connected() const { return phase_ == Phase::kConnected; }
  Ms last_interaction() const { return last_io_; }
  Ms down_since() const { return down_since_; }  // 0: never was up
  std::string_view stream() const { return connected() ? std::string_view(received_) : std::string_view(); }

  /// Connects at the next tick (or drain). The master may be the one followed before, at a new address.
  void follow(std::string ip, int port, Actions& actions);
  /// PSYNC asks the other side to become the master (FAILOVER); until it answered.
  void hand_over(bool yes) { handing_over_ = yes; }
  void stop(Actions& actions);
  void on_connected(const Config& config, Ms now, Actions& actions);
  void on_closed(Ms now, Actions& actions);
  /// psync_id and psync_offset: the history to resume ("?" and -1 for none).
  void on_bytes(std::string_view bytes, const Config& config, std::string_view psync_id,
                std::int64_t psync_offset, Ms now, Actions& actions);
  void on_loaded(const Config& config, bool ok, std::int64_t offset, Ms now, Actions& actions);
  void consume(std::size_t count) { received_.erase(0, count); }
  void on_tick(const Config& config, std::int64_t offset, Ms now, Actions& actions);
  void send_ack(const Config& config, std::int64_t offset, Actions& actions);
  std::vector<Event> take_events() { return std::exchange(events_, {}); }

 private:
  bool step(const Config& config, std::string_view psync_id, std::int64_t psync_offset, Actions& actions);
  bool read_line(std::string& line);
  void on_handshake_line(const std::string& line, const Config& config, std::string_view psync_id,
                         std::int64_t psync_offset, Actions& actions);
  void on_psync_reply(const std::string& line, Actions& actions);
  bool read_bulk_header(Actions& actions);
  bool read_counted_bulk(Actions& actions);
  bool read_marked_bulk(Actions& actions);
  void end_transfer(Actions& actions);
  void introduce(const Config& config, Actions& actions);
  void fail(std::string reason, Actions& actions);
  void lose(Ms now, Actions& actions);

  Phase phase_ = Phase::kNone;
  std::string ip_;
  int port_ = 0;
  std::string received_;
  int replies_left_ = 0;  // kReplconf
  bool header_read_ = false;
  bool handing_over_ = false;
  std::string eof_mark_;        // not empty: transfer of unknown length
  std::int64_t bulk_left_ = 0;  // transfer of known length
  Ms last_io_ = 0;
  Ms last_ack_ = 0;
  Ms last_attempt_ = 0;
  Ms down_since_ = 0;
  std::vector<Event> events_;
};

}  // namespace node::replication
