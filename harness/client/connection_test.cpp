// Against a real redis-server, and against sockets that misbehave.
#include "harness/client/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <thread>

#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;
using Kind = ConnectionError::Kind;

namespace {

/// Listens on a free port of 127.0.0.1; accepts only when told to.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    socklen_t length = sizeof address;
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port = ntohs(address.sin_port);
  }
  ~Listener() { ::close(fd_); }
  int accept() { return ::accept(fd_, nullptr, nullptr); }
  int port = 0;

 private:
  int fd_;
};

/// A redis-server of its own for one test.
class Server {
 public:
  Server() {
    { port = Listener().port; }
    pid_ = ::fork();
    if (pid_ == 0) {
      const std::string number = std::to_string(port);
      ::execlp("redis-server", "redis-server", "--port", number.c_str(), "--bind", "127.0.0.1", "--save", "",
               "--logfile", "/dev/null", nullptr);
      ::_exit(127);
    }
    wait_until("redis-server to listen", 10s, [&] { return bool(Connection::open("127.0.0.1", port)); });
  }
  ~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void stop_signal(int number) { ::kill(pid_, number); }
  int port = 0;

 private:
  pid_t pid_ = 0;
};

Connection connected(int port, Timeouts timeouts = {}) {
  auto connection = Connection::open("127.0.0.1", port, timeouts);
  REQUIRE(connection);
  return std::move(*connection);
}

}  // namespace

TEST_CASE("commands are binary-safe and replies are values") {
  Server server;
  Connection connection = connected(server.port);
  const std::string binary("a\0b\r\n$3\r\n\xff", 10);
  CHECK(connection.call({"SET", binary, binary})->is_ok());
  CHECK(connection.call({"GET", binary})->text == binary);
  CHECK(connection.call({"GET", "absent"})->type == Reply::Type::kNil);
  CHECK(connection.call({"INCRBY", "n", "-7"})->integer == -7);
  const auto list = connection.call({"EVAL", "return {1, {'x'}, redis.status_reply('FINE')}", "0"});
  REQUIRE(list->elements.size() == 3);
  CHECK(list->elements[1].elements[0].text == "x");
  CHECK(list->elements[2].text == "FINE");
}

TEST_CASE("an error of the server is a reply, and a pipeline keeps order around it") {
  Server server;
  Connection connection = connected(server.port);
  const auto replies = connection.pipeline({{"SET", "k", "v"}, {"INCR", "k"}, {"GET", "k"}});
  REQUIRE(replies);
  CHECK((*replies)[0].is_ok());
  CHECK((*replies)[1].is_error());
  CHECK((*replies)[1].error_code() == "ERR");
  CHECK((*replies)[2].text == "v");
}

TEST_CASE("a large reply arrives whole") {
  Server server;
  Connection connection = connected(server.port, {1000ms, 10'000ms});
  const std::string large(5'000'000, 'x');
  CHECK(connection.call({"SET", "large", large})->is_ok());
  CHECK(connection.call({"GET", "large"})->text == large);
}

TEST_CASE("nobody listening is a refusal, and nothing was sent") {
  int port = 0;
  { port = Listener().port; }
  const auto connection = Connection::open("127.0.0.1", port);
  REQUIRE_FALSE(connection);
  CHECK(connection.error().kind == Kind::kRefused);
  CHECK_FALSE(connection.error().sent);
  CHECK_THAT(connection.error().text, Catch::Contains("127.0.0.1:") && Catch::Contains("refused"));
}

TEST_CASE("a name is not an address") {
  CHECK(Connection::open("localhost", 1).error().kind == Kind::kOther);
}

TEST_CASE("a stopped server is a timeout after the request was sent, and the connection is over") {
  Server server;
  Connection connection = connected(server.port, {500ms, 100ms});
  REQUIRE(connection.call({"PING"}));
  server.stop_signal(SIGSTOP);
  const auto reply = connection.call({"SET", "k", "v"});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == Kind::kTimeout);
  CHECK(reply.error().sent);
  CHECK_FALSE(connection.is_open());
  server.stop_signal(SIGCONT);
  CHECK(connection.call({"GET", "k"}).error().kind == Kind::kClosed);
  CHECK_FALSE(connection.call({"GET", "k"}).error().sent);
}

TEST_CASE("a dripping server does not outstay the deadline of the whole round trip") {
  Listener listener;
  std::jthread drip([&](std::stop_token stop) {
    const int fd = listener.accept();
    while (!stop.stop_requested()) {
      if (::send(fd, "+", 1, MSG_NOSIGNAL) < 0) break;
      std::this_thread::sleep_for(20ms);
    }
    ::close(fd);
  });
  Connection connection = connected(listener.port, {500ms, 150ms});
  const auto reply = connection.call({"PING"});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == Kind::kTimeout);
}

TEST_CASE("a closed connection and nonsense are told apart, and no signal kills us") {
  Listener listener;
  Connection closed = connected(listener.port);
  ::close(listener.accept());
  CHECK(closed.call({"PING"}).error().kind == Kind::kClosed);

  Connection nonsense = connected(listener.port);
  const int fd = listener.accept();
  REQUIRE(::send(fd, "HTTP/1.1 400\r\n\r\n", 16, 0) == 16);
  CHECK(nonsense.call({"PING"}).error().kind == Kind::kProtocol);
  ::close(fd);
}

TEST_CASE("what came beside a reply is there at once, half a reply stays for later") {
  Listener listener;
  auto connection = Connection::open("127.0.0.1", listener.port);
  REQUIRE(connection);
  const int peer = listener.accept();
  const auto say = [&](std::string_view text) {
    REQUIRE(::send(peer, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  };
  const auto came = [&] {
    std::vector<std::string> texts;
    if (auto replies = connection->arrived())
      for (const Reply& reply : *replies) texts.push_back(reply.describe());
    return texts;
  };
  CHECK(came().empty());
  say("-ERR twice\r\n+OK\r\n$4\r\nha");
  REQUIRE(connection->receive(1));
  CHECK(came() == std::vector<std::string>{"OK"});
  CHECK(came().empty());
  say("lf\r\n+bye\r\n");
  ::close(peer);
  std::vector<std::string> rest;
  wait_until("the rest", 5s, [&] {
    for (const std::string& text : came()) rest.push_back(text);
    return rest.size() == 2;
  });
  CHECK(rest == std::vector<std::string>{"half", "bye"});
  wait_until("the end", 5s, [&] { return !connection->arrived() && !connection->is_open(); });
}
