#include "server/node/listeners.h"

#include <sstream>
#include <stdexcept>

#include "server/node/node.h"

namespace node {

void Listeners::listen_on(Socket socket, bool tcp) {
  auto listener = std::make_unique<Listener>();
  listener->node = &node_;
  listener->socket = std::move(socket);
  listener->tcp = tcp;
  node_.loop().add(listener->socket.fd(), EPOLLIN, listener.get());
  open_.push_back(std::move(listener));
}

std::optional<std::string> Listeners::open() {
  if (!node_.config().unixsocket.empty()) {
    try {
      const unsigned permissions =
          static_cast<unsigned>(std::stoul(node_.config().unixsocket_permissions, nullptr, 8));
      listen_on(listen_unix(node_.config().unixsocket, permissions, static_cast<int>(node_.config().backlog)),
                false);
    } catch (const std::logic_error&) {
      return "unixsocketperm is no octal number: " + node_.config().unixsocket_permissions;
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  return open_tcp();
}

std::optional<std::string> Listeners::open_tcp() {
  listening_on_.clear();
  const std::string wanted = std::to_string(node_.config().port) + " " + node_.config().bind;
  std::istringstream in(node_.config().bind.empty() ? "127.0.0.1" : node_.config().bind);
  std::size_t opened = 0;
  for (std::string address; node_.config().port != 0 && in >> address;) {
    // A leading minus: not an error when the address is not there.
    const bool optional_address = address.starts_with('-');
    if (optional_address) address.erase(0, 1);
    try {
      listen_on(listen_tcp(address, static_cast<int>(node_.config().port),
                           static_cast<int>(node_.config().backlog)),
                true);
      ++opened;
    } catch (const std::runtime_error& error) {
      if (!optional_address)
        return "Failed listening on port " + std::to_string(node_.config().port) + ": " + error.what();
    }
  }
  if (node_.config().port != 0 && opened == 0) return "no address to listen on: check the bind directive";
  listening_on_ = wanted;
  return std::nullopt;
}

std::optional<std::string> Listeners::open_again() {
  if (listening_on_ == std::to_string(node_.config().port) + " " + node_.config().bind) return std::nullopt;
  // The old ones go first, since the new may overlap with them; the caller comes back with the old
  // configuration if this fails.
  for (auto& listener : open_) {
    if (!listener->tcp) continue;
    node_.loop().remove(listener->socket.fd());
    listener->socket.reset();
    closed_.push_back(std::move(listener));
  }
  std::erase(open_, nullptr);
  auto why = open_tcp();
  if (why) node_.log('#', *why);
  return why ? std::optional<std::string>("Unable to listen on this port. Check server logs.") : std::nullopt;
}

void Listeners::close() {
  for (const auto& listener : open_) {
    node_.loop().remove(listener->socket.fd());
    listener->socket.reset();
  }
}

void Listeners::Listener::on_event(std::uint32_t) {
  for (int i = 0; i < 1000 && socket; ++i) {
    Socket accepted = accept_tcp(socket);
    if (!accepted) return;
    node->clients().admit(std::move(accepted));
  }
}

}  // namespace node
