// The connections on which the steps of a plan send their commands.
//
// A person at redis-cli sends one command after another on one connection: WAIT counts what was written there
// before, MULTI and EXEC belong together, READONLY stays. So the commands to one node share a connection; a
// step may name another one (`session`). A command that finds the shared connection busy gets one of its own,
// and a connection that has subscribed is kept open beside it: it could not serve the next command.
//
// A command has one reply. What else comes on a connection that has not subscribed was asked for by nobody,
// and would be taken for the answer to the next command: it is handed out apart.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/client/connection.h"
#include "harness/cluster/node.h"

namespace harness {

/// What a round trip brought.
struct Exchange {
  Result<Reply> reply;
  std::vector<Reply> before;  // came since the command before on that connection, which had its own
  std::vector<Reply> after;   // came together with the reply
};

/// Thread-safe. Connections stay open until the sessions are destroyed, or the other side closes them.
class CommandSessions {
 public:
  /// One round trip of the session to the node; the empty name is the shared one. Waits for a named session
  /// that another step uses. An error reply of the server is a Reply. `held_back` is called when the command
  /// was sent and the server does not answer it at once.
  Exchange call(const Node& node, const std::string& session, const Command& command, Timeouts timeouts,
                const std::function<void()>& held_back = {});

 private:
  using Key = std::pair<int, std::string>;
  /// The open connection of the session, taken away from it; null when there is none.
  std::unique_ptr<Connection> take(const Key& key);
  bool listens(const Key& key);
  void listen(const Key& key);
  void give_back(const Key& key, std::unique_ptr<Connection> connection, bool subscribed);

  std::mutex mutex_;  // guards all below
  std::condition_variable returned_;
  std::map<Key, std::unique_ptr<Connection>> idle_;
  std::map<Key, int> borrowed_;  // of named sessions: how many calls are under way, at most one
  std::vector<std::unique_ptr<Connection>> subscribed_;
  std::set<Key> listening_;  // sessions to which more may be said than one reply a command
};

}  // namespace harness
