// A session: several requests of one process that belong together, on one connection.
//
// It begins at the node that serves a key, following redirections, or at a named node. Once a request was
// answered there it stays with that node and that connection, whose state (WATCH) is what the session is for:
// a redirection, or a connection that is lost, then ends it as a refusal.
#pragma once

#include <chrono>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "harness/client/client.h"

namespace harness {

/// Commands to be sent together, in RESP.
class Commands {
 public:
  void add(std::span<const std::string_view> arguments);
  void add(std::initializer_list<std::string_view> arguments);
  int size() const { return size_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  int size_ = 0;
};

class Session {
 public:
  /// With the node that serves the key. The client must outlive the session, and serve nothing else
  /// meanwhile.
  Session(Client& client, std::string_view key);
  /// With this node, whatever it serves; `readonly`: over a connection in READONLY mode.
  Session(Client& client, int node, bool readonly);
  /// A key that is still watched is forgotten with the connection.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// `blocks`: how long the server may keep it waiting at most.
  Task<Answer> command(std::span<const std::string_view> arguments, std::chrono::milliseconds blocks = {});
  /// Each for itself. ok when any was executed: then `earlier` and `reply` hold replies and errors in order.
  Task<Answer> pipeline(const Commands& commands);
  /// EXEC fails (watched-key-changed) when one of the keys has changed since.
  Task<Answer> watch(std::span<const std::string> keys);
  Task<Answer> unwatch();
  /// MULTI, the commands, EXEC, sent in one go: all or nothing. ok: `reply` is EXEC's array, of which an
  /// element may be an error. Sent and unanswered is info, whatever was queued.
  Task<Answer> transaction(const Commands& commands);

 private:
  Task<Answer> run(Request request);

  Client& client_;
  int slot_ = -1;
  int node_ = -1;
  bool readonly_ = false;
  bool settled_ = false;   // a request was answered: node and connection are fixed
  bool watching_ = false;  // WATCH was sent, and nothing that ends it was answered
  std::string bytes_;      // of the request under way
};

}  // namespace harness
