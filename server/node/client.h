/// One connection of a client: socket, input, parser, and the session that commands see.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/engine/session.h"
#include "server/net/event_loop.h"
#include "server/net/socket.h"
#include "server/persistence/file.h"
#include "server/resp/parser.h"

namespace node {

class Node;

/// A file on its way to a replica: sent as the socket takes it, between a head and a tail.
struct Transfer {
  File file;
  std::string tail;
};

class Client final : public Watcher {
 public:
  Client(Node& node, Socket socket, std::uint64_t id);

  void on_event(std::uint32_t events) override;
  /// Runs commands that arrived while it was blocked or held back.
  void resume();
  /// Sends what the socket takes, and strong mode lets go.
  void flush();
  /// Output was appended that strong mode has to let go.
  void gate() {
    if (!reads_data_) return;
    gate_ = Gate::kNew;
  }
  bool gated() const { return gate_ != Gate::kOpen; }
  bool held_by_gate() const { return gate_ == Gate::kHeld; }
  void start_transfer(std::unique_ptr<Transfer> transfer) { transfer_ = std::move(transfer); }
  void drop_transfer() { transfer_.reset(); }

  bool wants_write() const { return sent_ < session.out.buffer().size() || transfer_ != nullptr; }
  /// The first bytes of a reply count towards no limit, as in redis, where they have a buffer of their own.
  static constexpr std::size_t kReplyBuffer = 16 * 1024;
  std::size_t output_bytes() const { return session.out.buffer().size() - sent_; }
  /// Bytes of both buffers, and of what was queued by MULTI.
  std::size_t memory() const;
  /// What arrived and was not executed: the running command included.
  std::size_t input_bytes() const { return session.in_command ? unread_ : in_.size(); }
  /// Gives back the room that a large request took.
  void release_spare();

  Session session;
  Socket socket;
  bool queued = false;   ///< stands in the node's list of those to flush
  bool closing = false;  ///< to be freed at the end of the turn
  std::int64_t over_soft_since_ms = 0;
  std::vector<std::string> postponed;  ///< a command held back by CLIENT PAUSE

 private:
  void read();
  /// Runs the whole commands in `bytes`, which is in_ or fresh input; keeps the rest.
  void consume(std::string_view bytes);
  void run(const std::vector<std::string_view>& argv);
  bool refill_from_transfer();
  bool passes_gate();

  Node& node_;
  RequestParser parser_;
  std::string in_;
  std::size_t sent_ = 0, unread_ = 0, room_ = 0;
  bool watching_write_ = false;
  /// Of strong mode: kNew answers wait for the stream as it stands at the next flush, kHeld ones as it stood
  /// then.
  enum class Gate : std::uint8_t { kOpen, kNew, kHeld } gate_ = Gate::kOpen;
  bool reads_data_ = false;  ///< its last command: one that strong mode lets in
  std::int64_t gate_offset_ = 0;
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace node
