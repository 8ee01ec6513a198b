/// MIGRATE: keys leave by DUMP and RESTORE over a connection of our own, one command at a time as redis has
/// it: the node waits for the target's answers, so that a key is never in both places for other clients to
/// see.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "server/engine/ports.h"
#include "server/net/socket.h"

namespace node {

class Node;

class Migrations final : public MigrationPort {
 public:
  explicit Migrations(Node& node) : node_(node) {}

  void command_migrate(Call& call) override;
  /// Closes connections that nobody used for a while.
  void drop_idle(std::int64_t now_ms);
  std::size_t kept() const { return kept_.size(); }

 private:
  /// Connections, kept for the next keys that go to the same target.
  struct Kept {
    Socket socket;
    std::int64_t db, used_ms;
  };
  Node& node_;
  std::map<std::pair<std::string, int>, Kept> kept_;
};

}  // namespace node
