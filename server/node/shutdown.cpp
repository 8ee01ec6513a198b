#include "server/node/shutdown.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <limits>

#include "server/node/cluster_link.h"
#include "server/node/node.h"

namespace node {

namespace {
volatile std::sig_atomic_t signal_seen = 0;
constexpr const char* kFailed = "ERR Errors trying to SHUTDOWN. Check logs.";
}  // namespace

void Shutdown::request(int signal) {
  signal_seen = signal;
}

void Shutdown::obey_signal() {
  if (signal_seen == 0 || (node_.busy() && !node_.engine().loading)) return;  // not in the middle of a script
  const bool interrupt = signal_seen == SIGINT;
  signal_seen = 0;
  node_.log('#', std::string("Received ") + (interrupt ? "SIGINT" : "SIGTERM") + " scheduling shutdown...");
  const std::string flags =
      " " + (interrupt ? node_.config().shutdown_on_sigint : node_.config().shutdown_on_sigterm) + " ";
  const auto has = [&flags](const char* flag) { return flags.find(flag) != std::string::npos; };
  // Half of the data must never replace the whole; and who asks twice does not want to wait.
  const bool half = node_.engine().loading, again = ending_.has_value();
  if (const auto why = begin(half || has(" nosave "), !half && has(" save "), half || again || has(" now "),
                             half || has(" force ")))
    node_.log('#', *why);
}

std::optional<std::string> Shutdown::begin(bool nosave, bool save, bool now, bool force) {
  if (ending_ && !now) return std::nullopt;  // waits with those who asked before
  const Ending how{nosave, save, force, node_.steady_ms() + node_.config().shutdown_timeout_s * 1000};
  node_.log('#', "User requested shutdown...");
  if (!now && node_.config().shutdown_timeout_s > 0 && !node_.engine().loading &&
      node_.replication().lags()) {
    node_.log('*', "Waiting for replicas before shutting down.");
    ending_ = how;
    node_.replication().request_acks();
    node_.clients().pause_writes(std::numeric_limits<std::int64_t>::max());
    return std::nullopt;
  }
  auto why = end(how);
  if (ending_ && !why) stop_waiting();
  return why;
}

/// Goes on with a shutdown that waits, when replicas have everything or time is up.
void Shutdown::go_on() {
  if (!ending_ || (node_.replication().lags() && node_.steady_ms() < ending_->deadline_ms)) return;
  const Ending how = *ending_;
  if (end(how)) stop_waiting();
}

bool Shutdown::abort() {
  if (!ending_) return false;
  node_.log('#', "Shutdown manually aborted.");
  stop_waiting();
  return true;
}

/// The node goes on, and who waited for its end hears that it did not come.
void Shutdown::stop_waiting() {
  ending_.reset();
  node_.clients().resume_writes();
  node_.clients().for_each([this](Session& s) {
    if (!s.blocked || s.blocked->reason != Blocked::For::shutdown) return;
    if (!done_) s.out.error(kFailed);
    node_.engine().unblock(s);
  });
}

std::int64_t Shutdown::remaining_ms() const {
  return ending_ ? std::max<std::int64_t>(1, ending_->deadline_ms - node_.steady_ms()) : 0;
}

/// False: something that is to be on disk could not be written.
bool Shutdown::save_data(const Ending& how) {
  Storage& storage = node_.storage();
  const bool wanted = how.save || !node_.config().save.empty();
  auto why = storage.sync_aof();
  if ((!why || how.force) && wanted && !how.nosave) why = storage.save();
  return !why;
}

std::optional<std::string> Shutdown::end(const Ending& how) {
  node_.replication().log_laggards();
  const bool first_file = node_.storage().first_rewrite_runs() && !how.force;
  if (first_file) node_.log('#', "Writing initial AOF, can't exit.");
  if (!first_file) node_.storage().kill_child();
  if (first_file || (!save_data(how) && !how.force)) {
    node_.log('#', "Errors trying to shut down the server. Check the logs for more information.");
    return kFailed;
  }
  const Config& config = node_.config();
  if (node_.cluster()) node_.cluster()->save_config();
  if (!config.pidfile.empty()) unlink(config.pidfile.c_str());
  if (!config.unixsocket.empty()) unlink(config.unixsocket.c_str());
  node_.log('#', "Redis is now ready to exit, bye bye...");
  done_ = true;
  // No reply: clients see the connection end, and then nobody at the port.
  node_.listeners().close();
  node_.clients().close_all_after_reply();
  return std::nullopt;
}

}  // namespace node
