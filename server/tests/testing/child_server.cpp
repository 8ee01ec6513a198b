#include "server/tests/testing/child_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "server/resp/parser.h"
#include "server/resp/writer.h"

namespace node::testing {

namespace {
using Clock = std::chrono::steady_clock;
constexpr auto kStartLimit = std::chrono::seconds(20);
}  // namespace

Folder::Folder() {
  char name[] = "/tmp/node-test-XXXXXX";
  if (!mkdtemp(name)) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int free_port() {
  const Socket s(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  // The bus port is 10000 higher, so the port must leave room.
  for (int tries = 0; tries < 100; ++tries) {
    const Socket candidate(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    a.sin_port = 0;
    if (bind(candidate.fd(), reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) continue;
    getsockname(candidate.fd(), reinterpret_cast<sockaddr*>(&a), &size);
    if (ntohs(a.sin_port) < 55000) return ntohs(a.sin_port);
  }
  throw std::runtime_error("no free port");
}

std::string our_binary() {
  return std::string(BINARY_DIR) + "/cluster-node";
}

std::string stock_binary() {
  // Never resolved: Debian's redis-server is a link that looks at its own name.
  return access("/usr/bin/redis-server", X_OK) == 0 ? "/usr/bin/redis-server" : "";
}

std::optional<std::size_t> reply_size(std::string_view in) {
  const std::size_t end = in.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::int64_t n = 0;
  std::from_chars(in.data() + 1, in.data() + end, n);
  std::size_t at = end + 2;
  switch (in[0]) {
    case '$':
    case '=':
      if (n < 0) return at;
      at += static_cast<std::size_t>(n) + 2;
      return at <= in.size() ? std::optional(at) : std::nullopt;
    case '%':
      n *= 2;
      [[fallthrough]];
    case '*':
    case '~':
    case '>':
      for (; n > 0; --n) {
        const auto item = reply_size(in.substr(at));
        if (!item) return std::nullopt;
        at += *item;
      }
      return at;
    default:
      return at;
  }
}

Connection::Connection(int port) : socket_(connect_tcp("127.0.0.1", port)) {
  pollfd p{socket_.fd(), POLLOUT, 0};
  if (!socket_ || poll(&p, 1, 5000) != 1 || connect_result(socket_) != 0) socket_.reset();
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty() && socket_) {
    pollfd p{socket_.fd(), POLLOUT, 0};
    if (poll(&p, 1, 10000) != 1) return;
    const ssize_t n = ::send(socket_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void Connection::send_command(const std::vector<std::string>& words) {
  std::string out;
  const std::vector<std::string_view> views(words.begin(), words.end());
  append_command(out, views.data(), views.size());
  send(out);
}

std::string Connection::reply(int timeout_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    if (!in_.empty())
      if (const auto size = reply_size(in_)) {
        std::string whole = in_.substr(0, *size);
        in_.erase(0, *size);
        return whole;
      }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd p{socket_.fd(), POLLIN, 0};
    if (left <= 0 || closed_ || poll(&p, 1, static_cast<int>(left)) != 1) return std::exchange(in_, {});
    char buffer[65536];
    const ssize_t n = recv(socket_.fd(), buffer, sizeof buffer, 0);
    if (n <= 0)
      closed_ = true;
    else
      in_.append(buffer, static_cast<std::size_t>(n));
  }
}

std::string Connection::ask(std::string_view line) {
  std::vector<std::string> words;
  split_words(line, words);
  send_command(words);
  return reply();
}

ChildServer::ChildServer(std::string binary, std::string folder, std::vector<std::string> arguments)
    : binary_(std::move(binary)),
      folder_(std::move(folder)),
      arguments_(std::move(arguments)),
      port_(free_port()) {
  start();
}

void ChildServer::launch(const std::vector<std::string>& more) {
  std::vector<std::string> words{binary_};
  auto rest = arguments_.begin();
  if (rest != arguments_.end() && !rest->starts_with("--")) words.push_back(*rest++);
  for (const std::string& word : {std::string("--port"), std::to_string(port_), std::string("--dir"), folder_,
                                  std::string("--bind"), std::string("127.0.0.1")})
    words.push_back(word);
  words.insert(words.end(), rest, arguments_.end());
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int log = open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log, 1);
    dup2(log, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
}

void ChildServer::start() {
  launch();
  const auto deadline = Clock::now() + kStartLimit;
  while (Clock::now() < deadline) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      throw std::runtime_error(binary_ + " ended at once: see " + folder_ + "/log");
    }
    Connection c(port_);
    const std::string answer = c.ok() ? c.ask("ping") : "";
    if (answer.starts_with("+PONG") || answer.starts_with("-NOAUTH")) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error(binary_ + " does not answer on port " + std::to_string(port_) + ": see " +
                           folder_ + "/log");
}

void ChildServer::kill(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

int ChildServer::wait() {
  int status = 0;
  if (pid_ > 0) waitpid(pid_, &status, 0);
  pid_ = 0;
  return status;
}

ChildServer::~ChildServer() {
  kill(SIGKILL);
  wait();
}

std::string field_of(const std::string& info, const std::string& name) {
  const std::size_t at = info.find("\n" + name + ":");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 2;
  return info.substr(begin, info.find('\r', begin) - begin);
}

std::string field(Connection& c, const std::string& section, const std::string& name) {
  return field_of(c.ask("info " + section), name);
}

bool eventually(const std::function<bool()>& holds, int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  while (!holds()) {
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

}  // namespace node::testing
