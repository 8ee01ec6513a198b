// The cluster client of the load: a slot map, redirections, and one connection per node for each logical
// process.
//
// A client never retries what may have been applied: a request is sent again only after a reply that says
// that it was not executed (MOVED, ASK, TRYAGAIN).
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/client/outcome.h"
#include "harness/client/task.h"
#include "harness/client/wire.h"
#include "harness/core/slot.h"

namespace harness {

/// A node that clients may talk to. Its number is its index in ClientGroup::nodes().
struct ClientNode {
  std::string name;
  boost::asio::ip::tcp::endpoint address;
};

/// What all clients of one thread share: the event loop, the slot map, the counters.
class ClientGroup {
 public:
  ClientGroup(std::vector<ClientNode> nodes, std::chrono::milliseconds operation_timeout);

  boost::asio::io_context& context() { return context_; }
  const std::vector<ClientNode>& nodes() const { return nodes_; }
  std::chrono::milliseconds operation_timeout() const { return operation_timeout_; }

  /// The node that serves the slot, as far as this group knows; -1: not known.
  int owner(int slot) const { return owners_[static_cast<std::size_t>(slot)]; }
  void learn(int slot, int node) {
    owners_[static_cast<std::size_t>(slot)] = static_cast<std::int16_t>(node);
  }
  /// The number of a node by its address, or -1 for an address that is none of ours. Where every node has an
  /// address of its own, one that serves at another port than before is known by it, and found there from now
  /// on.
  int node_at(std::string_view ip, int port);

  /// Fetches CLUSTER SLOTS from the nodes in turn until one answers, unless it was done a moment ago or is
  /// under way.
  void refresh_soon();

  /// A connection of its own, for what a server sends unasked. The group must outlive it.
  std::unique_ptr<Wire> make_wire(int node);

  /// Starts the housekeeping coroutines, before the context runs; again, before it runs again.
  void start();

  std::uint64_t moved = 0;
  std::uint64_t asked = 0;

 private:
  friend class Client;
  Task<void> refresh();
  bool take_slots(const redisReply& reply, std::size_t source);
  int node_named(std::string_view ip, int port, std::size_t source);

  // The watch outlives the context: wires of coroutines that are still suspended go with the context, and
  // each takes itself off the watch.
  DeadlineWatch watch_{context_};
  boost::asio::io_context context_{1};
  std::vector<ClientNode> nodes_;
  std::chrono::milliseconds operation_timeout_;
  std::array<std::int16_t, kSlotCount> owners_;
  std::size_t next_source_ = 0;
  bool watching_ = false;
  bool refreshing_ = false;
  SteadyTime last_refresh_{};
};

/// What is sent to one node in one go.
struct Request {
  enum class Kind {
    kCommand,      // one command
    kPipeline,     // several, each for itself
    kTransaction,  // MULTI ... EXEC
  };
  Kind kind = Kind::kCommand;
  std::string_view bytes;  // in RESP
  int replies = 1;
  int slot = -1;  // the node that serves it is asked, and redirections are followed; -1: `node` and no other
  int node = -1;
  /// Asked first, whatever the slot map says, as by a client whose map is old; -1: nobody. Its redirection is
  /// followed once and teaches nothing.
  int first = -1;
  bool readonly = false;   // over a connection in READONLY mode
  bool connected = false;  // over the connection that is open, or not at all: it has a state of its own
  std::chrono::milliseconds patience{0};  // beyond the operation timeout: how long the server may block
};

/// How one request ended.
struct Answer {
  Outcome outcome = Outcome::kInfo;
  std::string_view reason;  // why not ok; a static word
  ReplyPtr reply;           // set exactly when ok: the last one, of a transaction EXEC's
  /// Who answered; without an answer, who was asked. An index into ClientGroup::nodes(); -1: nobody.
  int node = -1;
  std::vector<ReplyPtr> earlier;  // of a pipeline or a transaction: the replies before it
};

/// The connections of one logical process.
class Client {
 public:
  explicit Client(ClientGroup& group);

  /// Runs one command on the node that serves the key's slot; `first`: as Request::first.
  Task<Answer> command(std::string_view key, std::span<const std::string_view> arguments, int first = -1);

  /// As command(), for a command that blocks on the server for at most `blocks`.
  Task<Answer> blocking_command(std::string_view key, std::span<const std::string_view> arguments,
                                std::chrono::milliseconds blocks, int first = -1);
  /// The bytes behind `request` must live until the answer has come.
  Task<Answer> exchange(Request request);

  /// From now on it asks whom the group's map of this moment names, whatever it is told later: it follows
  /// each redirection once and learns nothing from it. Again: takes a new copy.
  void keep_map();

  /// Drops every connection, as a new process starts with none.
  void reset();
  /// Drops one: whatever state it has on the server goes with it.
  void drop(int node, bool readonly);
  ClientGroup& group() { return group_; }

 private:
  struct Hop;
  Wire& wire(int node, bool readonly);
  Task<Answer> ask(const Request& request, int node, bool asking, SteadyTime deadline, Hop& hop);
  Answer broken(WireFailure failure, int node);
  Task<bool> find_owner(SteadyTime deadline);
  int redirected_to(std::string_view error, int from) const;
  int owner(int slot) const;

  ClientGroup& group_;
  std::vector<std::int16_t> kept_;            // owners by slot, of a client that keeps its map; else empty
  std::vector<std::unique_ptr<Wire>> wires_;  // by node number; behind them those in READONLY mode
  std::string command_;                       // reused
  std::string request_;                       // reused
};

}  // namespace harness
