/// Strangers, noise and limits: the node answers or closes, and goes on.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/keyspace/hash.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;

TEST_CASE("any bytes on the client port and on the bus port leave the node alive") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--cluster-enabled", "yes", "--save", ""});
  Connection control = server.connect();
  const std::string before = control.ask("cluster nodes");
  node::Random rng(17);
  for (int round = 0; round < 60; ++round) {
    std::string noise(1 + rng.below(20000), '\0');
    for (char& c : noise) c = static_cast<char>(rng.next());
    // Half of them look right at first.
    if (round % 4 == 0) noise = "*3\r\n$3\r\nset\r\n$" + std::to_string(rng.below(100000)) + "\r\n" + noise;
    if (round % 4 == 1) noise = "RCmb" + std::string(2, '\0') + "\x08\xd0" + std::string(2, '\0') + noise;
    Connection client = server.connect();
    client.send(noise);
    Connection bus(server.port() + 10000);
    REQUIRE(bus.ok());
    bus.send(noise);
  }
  CHECK(control.ask("ping") == "+PONG\r\n");
  // Nobody joined and nothing is owned.
  const std::string after = control.ask("cluster nodes");
  CHECK(after.substr(0, 60) == before.substr(0, 60));
  CHECK(std::count(after.begin(), after.end(), '\n') == std::count(before.begin(), before.end(), '\n'));
}

TEST_CASE("a password is asked for before anything else") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(),
                           {"--requirepass", "secret", "--save", "", "--enable-debug-command", "yes"});
  Connection c = server.connect();
  CHECK(c.ask("get x") == "-NOAUTH Authentication required.\r\n");
  CHECK(c.ask("auth wrong").starts_with("-WRONGPASS"));
  CHECK(c.ask("hello 3 auth default secret setname me")[0] == '%');
  CHECK(c.ask("client getname") == "$2\r\nme\r\n");
}

TEST_CASE("maxclients is obeyed and a client that leaves makes room") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--maxclients", "3", "--save", ""});
  std::vector<std::unique_ptr<Connection>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<Connection>(server.port()));
    REQUIRE(held.back()->ask("ping") == "+PONG\r\n");
  }
  Connection refused = server.connect();
  CHECK(refused.reply() == "-ERR max number of clients reached\r\n");
}

TEST_CASE("a second process does not start from the same nodes.conf") {
  const Folder folder;
  const ChildServer first(our_binary(), folder.path(), {"--cluster-enabled", "yes", "--save", ""});
  Connection c = first.connect();
  c.ask("cluster bumpepoch");  // the file was replaced meanwhile: the lock must have moved along
  CHECK_THROWS(ChildServer(our_binary(), folder.path(), {"--cluster-enabled", "yes", "--save", ""}));
}

TEST_CASE("files that are links stay links, and what is no regular file stays what it is") {
  const Folder folder, elsewhere;
  const auto link = [&](const std::string& name) {
    std::filesystem::create_symlink(elsewhere.path() + "/" + name, folder.path() + "/" + name);
  };
  link("nodes.conf");
  link("dump.rdb");
  {
    ChildServer server(our_binary(), folder.path(),
                       {"--cluster-enabled", "yes", "--save", "", "--enable-protected-configs", "yes"});
    Connection c = server.connect();
    CHECK(c.ask("cluster bumpepoch").find("+BUMPED") == 0);
    CHECK(c.ask("save") == "+OK\r\n");
    for (const std::string name : {"nodes.conf", "dump.rdb"}) {
      CHECK(std::filesystem::is_symlink(folder.path() + "/" + name));
      CHECK(std::filesystem::is_regular_file(elsewhere.path() + "/" + name));
    }
    CHECK(c.ask("config set dbfilename sink") == "+OK\r\n");
    REQUIRE(mkfifo((folder.path() + "/sink").c_str(), 0600) == 0);
    CHECK(c.ask("save").find("-ERR") == 0);  // nobody reads it
    const int reader = open((folder.path() + "/sink").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    CHECK(c.ask("save") == "+OK\r\n");
    char magic[5] = {};
    CHECK(read(reader, magic, sizeof magic) == 5);
    CHECK(std::string(magic, 5) == "REDIS");
    close(reader);
    CHECK(std::filesystem::is_fifo(folder.path() + "/sink"));
  }
  ChildServer again(our_binary(), folder.path(), {"--cluster-enabled", "yes", "--save", ""});
  Connection c = again.connect();
  CHECK(c.ask("cluster info").find("cluster_my_epoch:1") != std::string::npos);
}

TEST_CASE("DEBUG SEGFAULT is a real one") {
  const Folder folder;
  ChildServer server(our_binary(), folder.path(), {"--enable-debug-command", "yes", "--save", ""});
  Connection c = server.connect();
  c.send_command({"debug", "segfault"});
  const int status = server.wait();
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGSEGV);
}

TEST_CASE("a Unix socket serves as a port does, takes over a dead one's name, and goes with the server") {
  const Folder folder;
  const std::string path = folder.path() + "/socket";
  ChildServer server(our_binary(), folder.path(),
                     {"--save", "", "--unixsocket", path, "--unixsocketperm", "700"});
  const auto ask = [&path](const std::string& words) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(
        popen(("redis-cli -s " + path + " " + words + " 2>&1").c_str(), "r"), pclose);
    char line[1024] = "";
    return std::string(fgets(line, sizeof line, pipe.get()) ? line : "");
  };
  CHECK(ask("ping") == "PONG\n");
  CHECK(ask("client list").find("addr=" + path + ":0") != std::string::npos);
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  server.kill(SIGKILL);
  server.wait();
  server.start();
  CHECK(ask("ping") == "PONG\n");
  server.kill(SIGTERM);
  server.wait();
  CHECK(stat(path.c_str(), &info) != 0);
}

TEST_CASE(
    "maxmemory: writes that need memory are refused, reads and deletions go on, freed memory counts at "
    "once") {
#ifdef __SANITIZE_ADDRESS__
  return;  // that allocator does not say what is in use
#endif
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--maxmemory", "16mb"});
  Connection c = server.connect();
  const std::string value(1000, 'v');
  int stored = 0;
  std::string answer;
  for (;; ++stored) {
    c.send_command({"set", "key:" + std::to_string(stored), value});
    answer = c.reply();
    if (answer != "+OK\r\n" || stored > 100000) break;
  }
  CHECK(answer == "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  CHECK(stored > 1000);
  CHECK(stored < 20000);
  CHECK(c.ask("strlen key:0") == ":1000\r\n");
  CHECK(c.ask("lpush l x").starts_with("-OOM"));
  // A transaction is refused as a whole, or not at all.
  CHECK(c.ask("multi") == "+OK\r\n");
  CHECK(c.ask("get key:0") == "+QUEUED\r\n");
  CHECK(c.ask("exec")[0] == '*');
  CHECK(c.ask("multi") == "+OK\r\n");
  CHECK(c.ask("set a b").starts_with("-OOM"));
  CHECK(c.ask("exec").starts_with("-EXECABORT"));
  CHECK(c.ask("eval \"return redis.call('set','a','b')\" 0").starts_with("-OOM"));
  CHECK(c.ask("eval \"#!lua flags=allow-oom\nreturn redis.call('set','a','b')\" 0") == "+OK\r\n");
  for (int i = 0; i < stored / 2; ++i) REQUIRE(c.ask("del key:" + std::to_string(i)) == ":1\r\n");
  CHECK(c.ask("lpush l x") == ":1\r\n");
}

TEST_CASE("a subscriber hears of changed keys when notify-keyspace-events asks for it") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), {"--save", "", "--notify-keyspace-events", "KEA"});
  Connection c = server.connect(), listener = server.connect();
  CHECK(c.ask("config get notify-keyspace-events").find("AKE") != std::string::npos);
  CHECK(listener.ask("psubscribe __key*")[0] == '*');
  auto heard = [&](const std::string& channel, const std::string& message) {
    const std::string push = listener.reply();
    INFO(push);
    CHECK(push.find("\r\n" + channel + "\r\n") != std::string::npos);
    CHECK(push.ends_with("\r\n" + message + "\r\n"));
  };
  c.ask("set k v ex 100");
  heard("__keyspace@0__:k", "set");
  heard("__keyevent@0__:set", "k");
  heard("__keyspace@0__:k", "expire");
  heard("__keyevent@0__:expire", "k");
  c.ask("sadd s a");
  heard("__keyspace@0__:s", "sadd");
  heard("__keyevent@0__:sadd", "s");
  c.ask("smove s t a");
  for (const auto& [key, name] : {std::pair("s", "srem"), std::pair("s", "del"), std::pair("t", "sadd")}) {
    heard(std::string("__keyspace@0__:") + key, name);
    heard(std::string("__keyevent@0__:") + name, key);
  }
  CHECK(c.ask("config set notify-keyspace-events Ex") == "+OK\r\n");
  c.ask("set gone 1 px 1");
  heard("__keyevent@0__:expired", "gone");
  CHECK(c.ask("config set notify-keyspace-events q").starts_with("-ERR CONFIG SET failed"));
}
