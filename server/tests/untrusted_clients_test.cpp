/// What a client may do before it is trusted, and what only the machine's own may.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

TEST_CASE("where files are written is not for clients to choose, unless the configuration says so") {
  const Folder folder;
  {
    const ChildServer server(our_binary(), folder.path(), {"--save", ""});
    Connection c = server.connect();
    for (const char* directive : {"dir /", "dbfilename authorized_keys"})
      CHECK(c.ask(std::string("config set ") + directive).find("can't set protected config") !=
            std::string::npos);
    CHECK(c.ask("config get dir").find(folder.path()) != std::string::npos);
  }
  const ChildServer server(our_binary(), folder.path(),
                           {"--save", "", "--enable-protected-configs", "local"});
  CHECK(server.connect().ask("config set dbfilename other.rdb") == "+OK\r\n");
}

TEST_CASE("without the password: no long commands, and no heap of answers that nobody reads") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--requirepass", "secret"});
  Connection words = server.connect();
  words.send("*1000\r\n");
  CHECK(words.reply().find("unauthenticated multibulk length") != std::string::npos);
  Connection bytes = server.connect();
  bytes.send("*2\r\n$3\r\nget\r\n$1000000\r\n");
  CHECK(bytes.reply().find("unauthenticated bulk length") != std::string::npos);
  // Far more answers than the sockets take, none of them read.
  Connection mute = server.connect(), control = server.connect();
  REQUIRE(control.ask("auth secret") == "+OK\r\n");
  std::string many;
  for (int i = 0; i < 4000; ++i) many += "get x\r\n";
  bool dropped = false;
  for (int i = 0; i < 1000 && !dropped; ++i) {
    mute.send(many);
    dropped = i % 10 == 9 && control.ask("info clients").find("connected_clients:1\r\n") != std::string::npos;
  }
  CHECK(dropped);
}

TEST_CASE("what strangers call themselves stays within one line of the log") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(),
                           {"--save", "", "--logfile", "log", "--enable-debug-command", "yes"});
  server.connect().ask("debug log \"one\\n1:M 01 Jan 2000 * two\"");
  const std::string log = text_of(folder.path() + "/log");
  CHECK(log.find("one\\x0a1:M") != std::string::npos);
}

TEST_CASE("CONFIG SET port and bind move the listeners, or leave all as it was") {
  const Folder folder, other_folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""}),
      other(our_binary(), other_folder.path(), {"--save", ""});
  Connection c = server.connect();
  const int port = free_port();
  CHECK(c.ask("config set port " + std::to_string(port)) == "+OK\r\n");
  CHECK(Connection(port).ask("ping") == "+PONG\r\n");
  CHECK_FALSE(Connection(server.port()).ok());
  CHECK(c.ask("config set port " + std::to_string(other.port())).find("Unable to listen") !=
        std::string::npos);
  CHECK(Connection(port).ask("ping") == "+PONG\r\n");
  CHECK(c.ask("config get port").find(std::to_string(port)) != std::string::npos);
  CHECK(c.ask("config set bind 127.0.0.2") == "+OK\r\n");
  CHECK_FALSE(Connection(port).ok());
  CHECK(c.ask("config set bind 127.0.0.1") == "+OK\r\n");
  CHECK(Connection(port).ask("ping") == "+PONG\r\n");
}

TEST_CASE("a cluster node that moves its port keeps its bus where it is") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--cluster-enabled", "yes"});
  Connection c = server.connect();
  const int port = free_port();
  CHECK(c.ask("config set port " + std::to_string(port)) == "+OK\r\n");
  const std::string nodes = c.ask("cluster nodes");
  CHECK(nodes.find(":" + std::to_string(port) + "@" + std::to_string(server.port() + 10000) + " ") !=
        std::string::npos);
  CHECK(Connection(server.port() + 10000).ok());
}

TEST_CASE("the default user gets and loses its password by ACL SETUSER as by requirepass") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  Connection c = server.connect();
  CHECK(c.ask("acl list").find("user default on nopass ~* &* +@all") != std::string::npos);
  CHECK(c.ask("acl setuser default resetpass >p") == "+OK\r\n");
  // The SHA-256 of "p", by another program's word.
  CHECK(
      c.ask("acl getuser default").find("148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940") !=
      std::string::npos);
  Connection stranger = server.connect();
  CHECK(stranger.ask("ping").starts_with("-NOAUTH"));
  CHECK(stranger.ask("auth default p") == "+OK\r\n");
  CHECK(c.ask("config set requirepass q") == "+OK\r\n");
  CHECK(stranger.ask("auth default p").starts_with("-WRONGPASS"));
  CHECK(stranger.ask("auth q") == "+OK\r\n");
  CHECK(c.ask("acl setuser default nopass") == "+OK\r\n");
  CHECK(server.connect().ask("ping") == "+PONG\r\n");
  CHECK(c.ask("acl genpass 5").starts_with("$2\r\n"));
}

TEST_CASE("a browser that was tricked into talking to the node is not listened to") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", ""});
  for (const char* first : {"POST / HTTP/1.1", "Host: localhost:6379"}) {
    Connection browser = server.connect();
    browser.send(std::string(first) + "\r\nContent-Length: 20\r\n\r\nSET stolen yes\r\n");
    CHECK(browser.reply().empty());
    CHECK(browser.closed());
  }
  Connection c = server.connect();
  CHECK(c.ask("exists stolen") == ":0\r\n");
  CHECK(c.ask("client setname " + std::string(5000, 'n')) == "+OK\r\n");
  CHECK(c.ask("client info").find("user=default redir=-1 resp=2") != std::string::npos);
}
