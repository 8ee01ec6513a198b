#include "server/node/client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "server/engine/command.h"
#include "server/node/cluster_link.h"
#include "server/node/node.h"

namespace node {

namespace {
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kKeptOutput = 64 * 1024;
}  // namespace

Client::Client(Node& node, Socket s, std::uint64_t id) : socket(std::move(s)), node_(node) {
  session.id = id;
}

std::size_t Client::memory() const {
  std::size_t bytes = sizeof(Client) + in_.capacity() + session.out.buffer().capacity();
  for (const QueuedCommand& q : session.queue)
    for (const std::string& word : q.argv) bytes += word.capacity() + sizeof word;
  return bytes;
}

void Client::on_event(std::uint32_t events) {
  if (closing) return;
  if (events & EPOLLOUT) flush();
  if (!closing && (events & EPOLLIN)) read();
}

void Client::read() {
  // One buffer for all: most requests are whole in it and never copied. A second one for those who are read
  // while the command of another, whose words stand in the first, runs long.
  static thread_local std::vector<char> scratches[2] = {std::vector<char>(kReadBytes), {}};
  std::vector<char>& scratch = scratches[node_.busy()];
  scratch.resize(kReadBytes);
  if (session.in_command) return;
  if (session.blocked || !postponed.empty() || held_by_gate()) {
    // Held back: what arrives is only kept, within the same limit.
    const ssize_t n = recv(socket.fd(), scratch.data(), scratch.size(), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return node_.clients().close_client(*this);
    if (n > 0) in_.append(scratch.data(), static_cast<std::size_t>(n));
    if (in_.size() > static_cast<std::size_t>(node_.config().query_buffer_limit))
      node_.clients().close_client(*this);
    return;
  }
  const ssize_t n = recv(socket.fd(), scratch.data(), scratch.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return node_.clients().close_client(*this);
  node_.clients().count_input(static_cast<std::size_t>(n));
  const std::string_view fresh(scratch.data(), static_cast<std::size_t>(n));
  if (in_.empty()) return consume(fresh);
  if (parser_.wanted() > in_.capacity()) in_.reserve(parser_.wanted());
  in_.append(fresh);
  if (in_.size() > static_cast<std::size_t>(node_.config().query_buffer_limit))
    return node_.clients().close_client(*this);
  if (parser_.wanted() <= in_.size()) consume(in_);
}

void Client::consume(std::string_view bytes) {
  std::size_t done = 0;
  const ParserLimits limits{node_.config().proto_max_bulk, !node_.engine().is_stranger(session)};
  while (!closing && !session.blocked && postponed.empty() && !session.close_after_reply && !held_by_gate()) {
    const auto status = parser_.next(bytes, limits);
    if (status == RequestParser::Status::need_more) break;
    if (status == RequestParser::Status::error) {
      session.out.error("ERR " + parser_.error());
      session.close_after_reply = true;
      break;
    }
    unread_ = bytes.size() - done;
    done = parser_.consumed();
    if (!parser_.argv().empty()) run(parser_.argv());
  }
  parser_.rebase(done);
  if (bytes.data() == in_.data())
    in_.erase(0, done);
  else
    in_.assign(bytes.substr(done));
  node_.clients().queue_flush(*this);
}

void Client::run(const std::vector<std::string_view>& argv) {
  using Mode = Session::ReplyMode;
  const std::size_t before = session.out.buffer().size();
  struct Mark {
    bool& flag;
    explicit Mark(bool& f) : flag(f) { flag = true; }
    ~Mark() { flag = false; }
  } const running(session.in_command);
  if (session.reply_mode == Mode::skip_next) session.reply_mode = Mode::skip;
  const bool silent = session.reply_mode == Mode::skip;
  if (!node_.engine().process(session, argv)) {
    postponed.assign(argv.begin(), argv.end());
    node_.clients().hold_back(*this);
    return;
  }
  if (ClusterLink* cluster = node_.cluster(); cluster && cluster->strong()) {
    reads_data_ = cluster->take_touched();
    gate();
  }
  // Nobody waits for the socket to find out that this is too much.
  if (output_bytes() > kReplyBuffer) node_.clients().check_output_limit(*this);
  if (closing) return;
  // What SUBSCRIBE and its like answer is a push: never silenced.
  const bool pushes = session.last_command && session.last_command->group == "pubsub_only";
  if (silent && session.reply_mode == Mode::skip) {
    if (!pushes) session.out.buffer().resize(before);
    session.reply_mode = Mode::on;
  } else if (session.reply_mode == Mode::off && !pushes) {
    session.out.buffer().resize(before);
  }
}

void Client::resume() {
  if (closing || session.blocked || held_by_gate()) return;
  if (!postponed.empty()) {
    const std::vector<std::string> words = std::move(postponed);
    postponed.clear();
    run(std::vector<std::string_view>(words.begin(), words.end()));
  }
  if (!in_.empty() && postponed.empty()) consume(in_);
  node_.clients().queue_flush(*this);
}

void Client::release_spare() {
  if (!in_.empty() || session.in_command) return;
  if (in_.capacity() > kReadBytes) std::string().swap(in_);
  parser_.release_spare();
}

bool Client::refill_from_transfer() {
  std::string& out = session.out.buffer();
  out.resize(kReadBytes);
  const ssize_t n = ::read(transfer_->file.fd(), out.data(), out.size());
  if (n < 0) {
    node_.clients().close_client(*this);
    return false;
  }
  out.resize(static_cast<std::size_t>(n));
  sent_ = 0;
  if (n == 0) {
    out = std::move(transfer_->tail);
    transfer_.reset();
    node_.replication().snapshot_sent(session.id);
  }
  return true;
}

bool Client::passes_gate() {
  if (gate_ == Gate::kOpen) return true;
  if (std::exchange(gate_, Gate::kHeld) == Gate::kNew) gate_offset_ = node_.replication().offset();
  if (!node_.cluster()->may_answer(gate_offset_)) return false;
  gate_ = Gate::kOpen;
  return true;
}

void Client::flush() {
  if (!passes_gate()) return node_.clients().hold_answer(*this);
  if (output_bytes() > kReplyBuffer && !transfer_) node_.clients().check_output_limit(*this);
  if (closing) return;
  std::string& out = session.out.buffer();
  for (;;) {
    while (sent_ < out.size()) {
      const ssize_t n = send(socket.fd(), out.data() + sent_, out.size() - sent_, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) {
        if (!watching_write_) node_.loop().change(socket.fd(), EPOLLIN | EPOLLOUT, this);
        watching_write_ = true;
        node_.clients().check_output_limit(*this);
        return;
      }
      if (n <= 0) return node_.clients().close_client(*this);
      node_.clients().count_output(static_cast<std::size_t>(n), session.kind == Session::Kind::replica);
      sent_ += static_cast<std::size_t>(n);
    }
    sent_ = 0;
    if (out.capacity() > room_) node_.clients().count_expanded();
    if (out.capacity() > kKeptOutput) {
      std::string().swap(out);
      node_.clients().count_shrunk();
    }
    room_ = out.capacity();
    out.clear();
    if (!transfer_) break;
    if (!refill_from_transfer()) return;
    if (out.empty()) break;
  }
  over_soft_since_ms = 0;
  if (watching_write_) node_.loop().change(socket.fd(), EPOLLIN, this);
  watching_write_ = false;
  if (session.close_after_reply) node_.clients().close_client(*this);
}

}  // namespace node
