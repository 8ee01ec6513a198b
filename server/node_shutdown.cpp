/// The end of the node: SHUTDOWN and its signals. A master waits a while for replicas that are behind, with
/// writes held back, so that what it answered for is not lost with it; then data and nodes.conf go to disk.
#include <unistd.h>

#include <csignal>

#include "server/node.h"
#include "server/node_cluster.h"
#include "server/node_replication.h"
#include "server/scripting/scripting.h"

namespace node {

namespace {

volatile std::sig_atomic_t signal_seen = 0;

constexpr const char* kFailed = "ERR Errors trying to SHUTDOWN. Check logs.";

}  // namespace

void Node::request_shutdown(int signal) {
  signal_seen = signal;
}

void Node::obey_signal() {
  const int signal = signal_seen;
  if (signal == 0) return;
  if (busy_ && !engine_.loading) return;  // a script runs: after it
  signal_seen = 0;
  const bool interrupt = signal == SIGINT;
  log('#', std::string("Received ") + (interrupt ? "SIGINT" : "SIGTERM") + " scheduling shutdown...");
  const std::string& flags = interrupt ? config_.shutdown_on_sigint : config_.shutdown_on_sigterm;
  const auto has = [&flags](const char* flag) { return (" " + flags + " ").find(flag) != std::string::npos; };
  // Half of the data must never replace the whole; and who asks twice does not want to wait.
  const bool again = stop_.has_value();
  const ShutdownOrder order{has(" nosave ") || engine_.loading, has(" save ") && !engine_.loading,
                            has(" now ") || again, has(" force ") || engine_.loading};
  if (const auto why = shutdown(order, nullptr)) log('#', *why);
}

std::optional<std::string> Node::shutdown(const ShutdownOrder& order, Session* client) {
  log('#', "User requested shutdown...");
  const bool at_once =
      order.now || busy_ || engine_.loading || engine_.scripting->timed_out() || is_replica();
  if (at_once || config_.shutdown_timeout_s == 0 || replication_->replicas_caught_up())
    return finish_shutdown(order);
  if (!stop_) stop_ = Stop{order, steady_ms() + config_.shutdown_timeout_s * 1000, {}};
  log('*', "Waiting for replicas before shutting down.");
  if (client == nullptr) return std::nullopt;
  stop_->clients.push_back(client->id);
  client->blocked = std::make_unique<Blocked>();
  client->blocked->reason = Blocked::For::shutdown;
  ++engine_.blocked_count;
  return std::nullopt;
}

/// Once a tick while a shutdown waits.
void Node::advance_shutdown() {
  if (!stop_) return;
  const bool caught_up = replication_->replicas_caught_up();
  if (!caught_up && steady_ms() < stop_->deadline_ms) return;
  if (!caught_up) log('#', "Replicas are behind at the end of shutdown-timeout; shutting down all the same.");
  if (const auto why = finish_shutdown(stop_->order)) give_up_shutdown(*why);
}

void Node::give_up_shutdown(const std::string& answer) {
  const auto clients = std::move(stop_->clients);
  stop_.reset();
  for (const std::uint64_t id : clients) {
    Client* c = client(id);
    if (!c || !c->session.blocked) continue;
    c->session.out.error(answer);
    engine_.unblock(c->session);
  }
  release_held();
}

bool Node::abort_shutdown() {
  if (!stop_) return false;
  log('#', "Shutdown manually aborted.");
  give_up_shutdown(kFailed);
  return true;
}

std::optional<std::string> Node::finish_shutdown(const ShutdownOrder& order) {
  if (child_kind_ != ChildKind::none) kill_child();
  if (aof_.is_open()) {
    const auto why = aof_.flush(engine_.state.now_ms, true);
    if (why && !order.force) return kFailed;
  }
  if ((order.save || !config_.save.empty()) && !order.nosave) {
    const auto why = save();
    if (why && !order.force) return kFailed;
  }
  if (cluster_) {
    cluster_->perform();
    cluster_->save_config();
  }
  // What was answered and written so far goes out; the socket takes it or it is lost.
  replication_->perform();
  for (Client* c : std::exchange(to_flush_, {})) {
    c->queued = false;
    if (!c->closing) c->flush();
  }
  if (!config_.pidfile.empty()) unlink(config_.pidfile.c_str());
  if (!config_.unixsocket.empty()) unlink(config_.unixsocket.c_str());
  log('#', "Redis is now ready to exit, bye bye...");
  stopping_ = true;
  // No reply: clients see the connection end.
  for (auto& [id, c] : clients_)
    if (!c->closing) c->session.close_after_reply = true;
  return std::nullopt;
}

}  // namespace node
