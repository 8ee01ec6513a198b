#include "server/replication/master_link.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace node::replication {
namespace {

constexpr Ms kAckPeriod = 1000;
constexpr Ms kRetryPeriod = 1000;
constexpr std::size_t kMarkLength = 40;
constexpr std::size_t kLongestLine = 64 * 1024;

std::string encode(std::initializer_list<std::string_view> words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (std::string_view word : words) text += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return text;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool parse(std::string_view text, std::int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void MasterLink::follow(std::string ip, int port, Actions& actions) {
  stop(actions);
  ip_ = std::move(ip);
  port_ = port;
  phase_ = Phase::kConnect;
  last_attempt_ = 0;
}

void MasterLink::stop(Actions& actions) {
  if (phase_ == Phase::kTransfer && header_read_) actions.push_back(SnapshotAbort{});
  if (phase_ != Phase::kNone && phase_ != Phase::kConnect) actions.push_back(CloseMaster{});
  phase_ = Phase::kNone;
  received_.clear();
  events_.clear();
}

void MasterLink::on_connected(const Config& config, Ms now, Actions& actions) {
  static_cast<void>(config);
  if (phase_ != Phase::kConnecting) return;
  last_io_ = now;
  phase_ = Phase::kPing;
  actions.push_back(Log{LogLevel::kNotice, "Non blocking connect for SYNC fired the event."});
  actions.push_back(SendMaster{encode({"PING"})});
}

void MasterLink::on_closed(Ms now, Actions& actions) {
  if (phase_ == Phase::kNone || phase_ == Phase::kConnect) return;
  if (connected()) actions.push_back(Log{LogLevel::kWarning, "Connection with master lost."});
  lose(now, actions);
}

/// Back to kConnect; what arrived in part is dropped.
void MasterLink::lose(Ms now, Actions& actions) {
  if (phase_ == Phase::kTransfer && header_read_) actions.push_back(SnapshotAbort{});
  // A link that worked is tried again at the next tick: the backlog does not wait.
  last_attempt_ = phase_ == Phase::kConnected ? 0 : now;
  if (phase_ == Phase::kConnected) {
    down_since_ = now;
    events_.push_back({Event::Kind::kLinkLost, {}, 0});
  }
  phase_ = Phase::kConnect;
  received_.clear();
}

void MasterLink::fail(std::string reason, Actions& actions) {
  actions.push_back(Log{LogLevel::kWarning, std::move(reason)});
  actions.push_back(CloseMaster{});
  lose(last_io_, actions);
}

void MasterLink::on_bytes(std::string_view bytes, const Config& config, std::string_view psync_id,
                          std::int64_t psync_offset, Ms now, Actions& actions) {
  if (phase_ < Phase::kPing) return;
  last_io_ = now;
  received_ += bytes;
  while (step(config, psync_id, psync_offset, actions)) {
  }
  if (connected() && !received_.empty()) actions.push_back(StreamReady{});
}

/// Takes one thing out of what was received; false if it needs more bytes, or if there is nothing to take
/// here.
bool MasterLink::step(const Config& config, std::string_view psync_id, std::int64_t psync_offset,
                      Actions& actions) {
  switch (phase_) {
    case Phase::kPing:
    case Phase::kAuth:
    case Phase::kReplconf:
    case Phase::kPsync: {
      std::string line;
      if (!read_line(line)) {
        if (received_.size() > kLongestLine) fail("The master's reply has no end.", actions);
        return false;
      }
      if (line.empty()) return true;  // a newline keeps the connection alive while the master prepares
      if (phase_ == Phase::kPsync) {
        on_psync_reply(line, actions);
      } else {
        on_handshake_line(line, config, psync_id, psync_offset, actions);
      }
      return true;
    }
    case Phase::kTransfer:
      if (!header_read_) return read_bulk_header(actions);
      return eof_mark_.empty() ? read_counted_bulk(actions) : read_marked_bulk(actions);
    default:
      return false;
  }
}

bool MasterLink::read_line(std::string& line) {
  const std::size_t end = received_.find('\n');
  if (end == std::string::npos) return false;
  line = received_.substr(0, end > 0 && received_[end - 1] == '\r' ? end - 1 : end);
  received_.erase(0, end + 1);
  return true;
}

/// AUTH if a password is set, then who we are and what we can do.
void MasterLink::introduce(const Config& config, Actions& actions) {
  std::string commands;
  replies_left_ = 0;
  if (!config.masterauth.empty()) {
    commands += config.masteruser.empty() ? encode({"AUTH", config.masterauth})
                                          : encode({"AUTH", config.masteruser, config.masterauth});
    phase_ = Phase::kAuth;
  } else {
    phase_ = Phase::kReplconf;
  }
  commands += encode({"REPLCONF", "listening-port", fmt::to_string(config.port)});
  ++replies_left_;
  if (!config.announce_ip.empty()) {
    commands += encode({"REPLCONF", "ip-address", config.announce_ip});
    ++replies_left_;
  }
  commands += encode({"REPLCONF", "capa", "eof", "capa", "psync2"});
  ++replies_left_;
  actions.push_back(SendMaster{std::move(commands)});
}

void MasterLink::on_handshake_line(const std::string& line, const Config& config, std::string_view psync_id,
                                   std::int64_t psync_offset, Actions& actions) {
  if (phase_ == Phase::kPing) {
    // A master that wants a password says so instead of PONG; AUTH comes next anyway.
    const bool fine = line[0] == '+' || starts_with(line, "-NOAUTH") || starts_with(line, "-NOPERM") ||
                      starts_with(line, "-ERR operation not permitted");
    if (!fine) return fail("Error reply to PING from master: '" + line + "'", actions);
    actions.push_back(Log{LogLevel::kNotice, "Master replied to PING, replication can continue..."});
    return introduce(config, actions);
  }
  if (phase_ == Phase::kAuth) {
    if (line[0] == '-') return fail("Unable to AUTH to MASTER: " + line, actions);
    phase_ = Phase::kReplconf;
    return;
  }
  if (line[0] == '-')  // an older master does not know them all: no harm
    actions.push_back(Log{LogLevel::kNotice, "(Non critical) Master does not understand REPLCONF: " + line});
  if (--replies_left_ > 0) return;
  phase_ = Phase::kPsync;
  actions.push_back(Log{LogLevel::kNotice,
                        psync_offset < 0 ? std::string("Full resync from MASTER (no cached state)")
                                         : fmt::format("Trying a partial resynchronization (request {}:{}).",
                                                       psync_id, psync_offset)});
  const std::string offset = fmt::to_string(psync_offset);
  actions.push_back(SendMaster{handing_over_ ? encode({"PSYNC", psync_id, offset, "FAILOVER"})
                                             : encode({"PSYNC", psync_id, offset})});
}

void MasterLink::on_psync_reply(const std::string& line, Actions& actions) {
  if (starts_with(line, "+FULLRESYNC ")) {
    Event event{Event::Kind::kFullResync, {}, 0};
    const std::size_t blank = line.find(' ', 12);
    if (blank == std::string::npos || blank - 12 != kMarkLength ||
        !parse(line.substr(blank + 1), event.offset))
      return fail("Master replied with wrong +FULLRESYNC syntax: " + line, actions);
    event.id = line.substr(12, kMarkLength);
    actions.push_back(
        Log{LogLevel::kNotice, fmt::format("Full resync from master: {}:{}", event.id, event.offset)});
    events_.push_back(std::move(event));
    phase_ = Phase::kTransfer;
    header_read_ = false;
  } else if (starts_with(line, "+CONTINUE")) {
    const std::string id = line.size() == 10 + kMarkLength ? line.substr(10) : std::string();
    actions.push_back(Log{LogLevel::kNotice, "Successful partial resynchronization with master."});
    events_.push_back({Event::Kind::kContinue, id, 0});
    phase_ = Phase::kConnected;
  } else if (handing_over_) {
    actions.push_back(Log{LogLevel::kWarning, "The heir answered to PSYNC: " + line});
    events_.push_back({Event::Kind::kRefused, {}, 0});
    phase_ = Phase::kConnect;
    actions.push_back(CloseMaster{});
  } else {  // LOADING, NOMASTERLINK: it will be ready later
    fail("Master is currently unable to PSYNC but should be in the future: " + line, actions);
  }
}

bool MasterLink::read_bulk_header(Actions& actions) {
  std::string line;
  if (!read_line(line)) return false;
  if (line.empty()) return true;
  eof_mark_.clear();
  if (starts_with(line, "$EOF:") && line.size() == 5 + kMarkLength) {
    eof_mark_ = line.substr(5);
  } else if (line[0] != '$' || !parse(std::string_view(line).substr(1), bulk_left_) || bulk_left_ < 0) {
    fail("Bad protocol from MASTER, the first byte is not '$': " + line, actions);
    return false;
  }
  header_read_ = true;
  actions.push_back(SnapshotBegin{});
  return true;
}

bool MasterLink::read_counted_bulk(Actions& actions) {
  const std::size_t part = std::min(received_.size(), static_cast<std::size_t>(bulk_left_));
  bulk_left_ -= static_cast<std::int64_t>(part);
  if (part > 0) actions.push_back(SnapshotBytes{received_.substr(0, part)});
  received_.erase(0, part);
  if (bulk_left_ == 0) end_transfer(actions);
  return false;
}

/// All but the last bytes, which may be the beginning of the mark, are data.
bool MasterLink::read_marked_bulk(Actions& actions) {
  const std::size_t mark = received_.find(eof_mark_);
  const bool found = mark != std::string::npos;
  const std::size_t data = found ? mark : received_.size() - std::min(received_.size(), kMarkLength - 1);
  if (data > 0) actions.push_back(SnapshotBytes{received_.substr(0, data)});
  received_.erase(0, data + (found ? kMarkLength : 0));
  if (found) end_transfer(actions);
  return false;
}

void MasterLink::end_transfer(Actions& actions) {
  phase_ = Phase::kLoading;
  actions.push_back(SnapshotEnd{});
}

void MasterLink::on_loaded(const Config& config, bool ok, std::int64_t offset, Ms now, Actions& actions) {
  if (phase_ != Phase::kLoading) return;
  last_io_ = now;
  if (!ok) return fail("Failed trying to load the MASTER synchronization DB.", actions);
  phase_ = Phase::kConnected;
  actions.push_back(Log{LogLevel::kNotice, "MASTER <-> REPLICA sync: Finished with success"});
  send_ack(config, offset, actions);  // after an EOF transfer the master waits for it
  last_ack_ = now;
  if (!received_.empty()) actions.push_back(StreamReady{});
}

void MasterLink::send_ack(const Config& config, std::int64_t offset, Actions& actions) {
  if (!config.strong_copy.empty()) {
    actions.push_back(
        SendMaster{encode({"REPLCONF", "strong-copy", config.strong_copy, "ACK", fmt::to_string(offset)})});
    return;
  }
  actions.push_back(SendMaster{encode({"REPLCONF", "ACK", fmt::to_string(offset)})});
}

void MasterLink::on_tick(const Config& config, std::int64_t offset, Ms now, Actions& actions) {
  if (phase_ == Phase::kNone) return;
  if (phase_ == Phase::kConnect) {
    if (last_attempt_ != 0 && now - last_attempt_ < kRetryPeriod) return;
    last_attempt_ = last_io_ = now;
    phase_ = Phase::kConnecting;
    actions.push_back(Log{LogLevel::kNotice, fmt::format("Connecting to MASTER {}:{}", ip_, port_)});
    actions.push_back(ConnectMaster{ip_, port_});
    return;
  }
  if (phase_ != Phase::kLoading && now - last_io_ > config.timeout) {
    actions.push_back(CloseMaster{});
    const char* what = phase_ == Phase::kConnected  ? "MASTER timeout: no data nor PING received..."
                       : phase_ == Phase::kTransfer ? "Timeout receiving bulk data from MASTER..."
                                                    : "Timeout connecting to the MASTER...";
    actions.push_back(Log{LogLevel::kWarning, what});
    return lose(now, actions);
  }
  if (now - last_ack_ < kAckPeriod) return;
  last_ack_ = now;
  if (phase_ == Phase::kConnected) send_ack(config, offset, actions);
  if (phase_ == Phase::kLoading) actions.push_back(SendMaster{"\n"});  // keeps the master from timing us out
}

}  // namespace node::replication
