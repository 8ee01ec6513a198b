/// The ports that clients come to: TCP, by port and bind, and a Unix socket.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/net/event_loop.h"
#include "server/net/socket.h"

namespace node {

class Node;

class Listeners {
 public:
  explicit Listeners(Node& node) : node_(node) {}

  /// A text says why the node cannot start.
  std::optional<std::string> open();
  /// After CONFIG SET port or bind.
  std::optional<std::string> open_again();
  void close();
  /// Frees those that were closed: between turns of the loop only.
  void bury() { closed_.clear(); }

 private:
  struct Listener final : Watcher {
    Node* node = nullptr;
    Socket socket;
    bool tcp = true;
    void on_event(std::uint32_t events) override;
  };
  std::optional<std::string> open_tcp();
  void listen_on(Socket socket, bool tcp);

  Node& node_;
  std::vector<std::unique_ptr<Listener>> open_, closed_;
  std::string listening_on_;  ///< port and addresses that the TCP listeners were opened for
};

}  // namespace node
