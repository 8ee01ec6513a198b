/// How the node ends: replicas that lag are waited for, data is saved as configured, and what cannot be saved
/// keeps it running.
#include <unistd.h>

#include <csignal>
#include <limits>

#include "server/node/cluster_link.h"
#include "server/node/node.h"
#include "server/node/replication_link.h"

namespace node {

namespace {
volatile std::sig_atomic_t signal_seen = 0;
constexpr const char* kFailed = "ERR Errors trying to SHUTDOWN. Check logs.";
}  // namespace

void Node::request_shutdown(int signal) {
  signal_seen = signal;
}

void Node::obey_signal() {
  if (signal_seen == 0 || (busy_ && !engine_.loading)) return;  // not in the middle of a script
  const bool interrupt = signal_seen == SIGINT;
  signal_seen = 0;
  log('#', std::string("Received ") + (interrupt ? "SIGINT" : "SIGTERM") + " scheduling shutdown...");
  const std::string flags =
      " " + (interrupt ? config_.shutdown_on_sigint : config_.shutdown_on_sigterm) + " ";
  const auto has = [&flags](const char* flag) { return flags.find(flag) != std::string::npos; };
  // Half of the data must never replace the whole; and who asks twice does not want to wait.
  const bool half = engine_.loading, again = ending_.has_value();
  if (const auto why = shutdown(half || has(" nosave "), !half && has(" save "),
                                half || again || has(" now "), half || has(" force ")))
    log('#', *why);
}

std::optional<std::string> Node::shutdown(bool nosave, bool save, bool now, bool force) {
  if (ending_ && !now) return std::nullopt;  // waits with those who asked before
  const Ending how{nosave, save, force, steady_ms() + config_.shutdown_timeout_s * 1000};
  log('#', "User requested shutdown...");
  if (!now && config_.shutdown_timeout_s > 0 && !engine_.loading && replication_->lags()) {
    log('*', "Waiting for replicas before shutting down.");
    ending_ = how;
    replication_->request_acks();
    pause_writes(std::numeric_limits<std::int64_t>::max());
    return std::nullopt;
  }
  auto why = end(how);
  if (ending_ && !why) stop_waiting_to_end();
  return why;
}

/// Goes on with a shutdown that waits, when replicas have everything or time is up.
void Node::continue_shutdown() {
  if (!ending_ || (replication_->lags() && steady_ms() < ending_->deadline_ms)) return;
  const Ending how = *ending_;
  if (end(how)) stop_waiting_to_end();
}

bool Node::abort_shutdown() {
  if (!ending_) return false;
  log('#', "Shutdown manually aborted.");
  stop_waiting_to_end();
  return true;
}

/// The node goes on, and who waited for its end hears that it did not come.
void Node::stop_waiting_to_end() {
  ending_.reset();
  resume_writes();
  for_each_session([this](Session& s) {
    if (!s.blocked || s.blocked->reason != Blocked::For::shutdown) return;
    if (!stopping_) s.out.error(kFailed);
    engine_.unblock(s);
  });
}

std::optional<std::string> Node::end(const Ending& how) {
  replication_->log_laggards();
  if (child_kind_ == ChildKind::rewrite && aof_.is_open() && !aof_.is_listed() && !how.force) {
    log('#', "Writing initial AOF, can't exit.");
    log('#', "Errors trying to shut down the server. Check the logs for more information.");
    return kFailed;
  }
  if (child_kind_ != ChildKind::none) kill_child();
  const bool wanted = how.save || !config_.save.empty();
  std::optional<std::string> why;
  if (aof_.is_open()) why = aof_.flush(engine_.state.now_ms, true);
  if ((!why || how.force) && wanted && !how.nosave) why = save();
  if (why && !how.force) {
    log('#', "Errors trying to shut down the server. Check the logs for more information.");
    return kFailed;
  }
  if (cluster_) cluster_->save_config();
  if (!config_.pidfile.empty()) unlink(config_.pidfile.c_str());
  if (!config_.unixsocket.empty()) unlink(config_.unixsocket.c_str());
  log('#', "Redis is now ready to exit, bye bye...");
  stopping_ = true;
  // No reply: clients see the connection end, and then nobody at the port.
  for (const auto& listener : listeners_) {
    loop_.remove(listener->socket.fd());
    listener->socket.reset();
  }
  for (auto& [id, c] : clients_)
    if (!c->closing) c->session.close_after_reply = true;
  return std::nullopt;
}

}  // namespace node
