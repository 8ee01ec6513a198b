/// Users of a running node: connections that end with them, files, replication; and rules drawn at random,
/// which must say to redis-server what they say to ours.
#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/keyspace/hash.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

const std::vector<std::string> kPlain{"--save", "", "--appendonly", "no"};

std::vector<std::string> with(std::vector<std::string> more) {
  more.insert(more.begin(), kPlain.begin(), kPlain.end());
  return more;
}

std::string sorted_words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  std::sort(words.begin(), words.end());
  std::string out;
  for (const std::string& word : words) out += word + " ";
  return out;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path) << text;
}

/// Closed by the server, after whatever it still said.
bool ends(Connection& c) {
  return eventually([&] {
    c.reply(100);
    return c.closed();
  });
}

struct Draw {
  node::Random rng;
  std::vector<std::string> commands, categories;

  std::string one_of(const std::vector<std::string>& from) { return from[rng.below(from.size())]; }
  std::string rule() {
    const std::string sign = rng.below(2) ? "+" : "-";
    switch (rng.below(10)) {
      case 0:
        return sign + "@all";
      case 1:
      case 2:
      case 3:
        return sign + "@" + one_of(categories);
      case 4:
        return one_of({"~a*", "%R~b*", "%W~c*", "%RW~d*", "&a*", "&b*", "resetkeys", "resetchannels"});
      case 5:
        return one_of({"allkeys", "allchannels", "on", "off", "nopass", ">pw", "resetpass", "+select|0"});
      default:
        return sign + one_of(commands);
    }
  }
};

/// The bulk strings of a flat array, sorted.
std::vector<std::string> bulks(const std::string& reply) {
  std::vector<std::string> out;
  std::istringstream in(reply);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line) && std::getline(in, line)) out.push_back(line.substr(0, line.size() - 1));
  std::sort(out.begin(), out.end());
  return out;
}

std::string rules_of(Connection& c, const std::string& user) {
  for (const std::string& line : bulks(c.ask("acl list")))
    if (line.starts_with("user " + user + " ")) return line.substr(user.size() + 6);
  return {};
}

/// Whether the rules are written down in the same words. Other words must make the same user of redis-server:
/// we have a command more (CLIENT SETINFO), which may tip the scales between two categories.
bool same_rules(Connection& ours, Connection& stock, const std::string& user) {
  std::string mine = rules_of(ours, user);
  const std::string theirs = rules_of(stock, user);
  for (const char* more : {" +client|setinfo", " -client|setinfo"})
    for (std::size_t at; (at = mine.find(more)) != std::string::npos;) mine.erase(at, std::strlen(more));
  if (sorted_words(mine) == sorted_words(theirs)) return true;
  CHECK(stock.ask("acl setuser copy reset " + mine) == "+OK\r\n");
  CHECK(sorted_words(rules_of(stock, "copy")) ==
        sorted_words(theirs + (theirs.find("sanitize") < 99 ? "" : " sanitize-payload")));
  CHECK(stock.ask("acl deluser copy") == ":1\r\n");
  return false;
}

}  // namespace

TEST_CASE("rules drawn at random are written down and obeyed as by redis-server") {
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing to compare with");
    return;
  }
  const Folder our_folder, stock_folder;
  const ChildServer ours(our_binary(), our_folder.path(), kPlain),
      stock(stock_binary(), stock_folder.path(), kPlain);
  Connection a = ours.connect(), b = stock.connect();
  Draw draw{node::Random(20261129), bulks(b.ask("command list")), bulks(b.ask("acl cat"))};
  const std::vector<std::string> attempts{"get a1",
                                          "get b1",
                                          "set c1 x",
                                          "set a1 x get",
                                          "copy b1 c1",
                                          "mset a1 1 d1 1",
                                          "publish a1 x",
                                          "subscribe b1 a1",
                                          "psubscribe a*",
                                          "config get x",
                                          "config set a b",
                                          "select 0",
                                          "select 1",
                                          "del a1 b1",
                                          "xread streams a1 b1 0 0",
                                          "eval x 1 a1",
                                          "acl whoami",
                                          "client list",
                                          "flushall",
                                          "sort b1 store c1",
                                          "object encoding b1",
                                          "exists c1",
                                          "ping"};
  int denied = 0, allowed = 0, same = 0;
  for (int round = 0; round < 150; ++round) {
    const std::string user = "u" + std::to_string(round % 7);
    std::string line = "acl setuser " + user;
    for (std::uint64_t n = 1 + draw.rng.below(8); n-- > 0;) line += " " + draw.rule();
    if (draw.rng.below(4) == 0) line += " (" + draw.rule() + " " + draw.rule() + ")";
    INFO(line);
    const std::string mine = a.ask(line);
    CHECK(mine == b.ask(line));
    if (mine.starts_with("+OK")) same += same_rules(a, b, user);
    for (const std::string& attempt : attempts) {
      if (!mine.starts_with("+OK")) break;
      INFO(attempt);
      const std::string answer = a.ask("acl dryrun " + user + " " + attempt);
      CHECK(answer == b.ask("acl dryrun " + user + " " + attempt));
      ++(answer == "+OK\r\n" ? allowed : denied);
    }
  }
  CHECK(same > 90);
  CHECK(denied > 200);
  CHECK(allowed > 200);
}

TEST_CASE("connections end with their user, and with what they may not listen to any more") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), kPlain);
  Connection admin = server.connect(), one = server.connect(), two = server.connect(),
             other = server.connect();
  admin.ask("acl setuser u on nopass +@all ~* &*");
  REQUIRE(one.ask("auth u x") == "+OK\r\n");
  REQUIRE(two.ask("auth u x") == "+OK\r\n");
  CHECK(admin.ask("client list").find(" user=u ") != std::string::npos);
  one.ask("subscribe c1");
  two.ask("psubscribe p*");
  // What it listens to may grow, and may shrink where nobody listens.
  CHECK(admin.ask("acl setuser u resetchannels &c* &p* &x") == "+OK\r\n");
  CHECK(admin.ask("acl setuser u resetchannels &c* &p*") == "+OK\r\n");
  CHECK(admin.ask("publish c1 still") == ":1\r\n");
  CHECK(admin.ask("acl setuser u resetchannels &c*") == "+OK\r\n");
  CHECK(ends(two));
  CHECK(admin.ask("publish c1 still") == ":1\r\n");
  CHECK(admin.ask("acl deluser u") == ":1\r\n");
  CHECK(ends(one));
  CHECK(other.ask("ping") == "+PONG\r\n");
  // Who deletes itself is told so first.
  admin.ask("acl setuser v on nopass +@all ~* &*");
  REQUIRE(other.ask("auth v x") == "+OK\r\n");
  CHECK(other.ask("acl deluser v") == ":1\r\n");
  CHECK(ends(other));
}

TEST_CASE("what was queued is checked again when it runs") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), kPlain);
  Connection admin = server.connect(), c = server.connect();
  admin.ask("acl setuser u on nopass +@all ~k* &*");
  c.ask("auth u x");
  c.ask("multi");
  c.ask("set k1 v");
  c.ask("incr k2");
  admin.ask("acl setuser u -incr");
  CHECK(c.ask("exec") ==
        "*2\r\n+OK\r\n-NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
        "EXEC "
        "call. This command is no longer allowed for the following reason: no permission to execute the "
        "command "
        "or subcommand\r\n");
  const std::string log = admin.ask("acl log");
  CHECK(log.find("$5\r\nmulti\r\n") != std::string::npos);
  CHECK(log.find("$4\r\nincr\r\n") != std::string::npos);
  CHECK(log.find("user=u") != std::string::npos);
}

TEST_CASE("while the default user is off, or has a password, new connections are nobody") {
  const Folder folder;
  const ChildServer server(our_binary(), folder.path(), kPlain);
  Connection admin = server.connect();
  admin.ask("acl setuser u on >pw +@all ~* &*");
  REQUIRE(admin.ask("auth u pw") == "+OK\r\n");
  admin.ask("acl setuser default off");
  Connection c = server.connect();
  CHECK(c.ask("get k") == "-NOAUTH Authentication required.\r\n");
  CHECK(c.ask("auth default any") == "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  CHECK(c.ask("hello 3 auth u pw").starts_with("%7"));
  CHECK(c.ask("acl whoami") == "$1\r\nu\r\n");
  CHECK(c.ask("reset") == "+RESET\r\n");
  CHECK(c.ask("get k") == "-NOAUTH Authentication required.\r\n");
  admin.ask("acl setuser default on");
  CHECK(c.ask("get k") == "$-1\r\n");
}

TEST_CASE("users come from the configuration, and CONFIG REWRITE keeps them there") {
  const Folder folder;
  const std::filesystem::path conf = std::filesystem::path(folder.path()) / "node.conf";
  write(conf, "# mine\nuser a on >pw +@all -flushall ~a* &*\nuser gone off\nmaxclients 100\n");
  ChildServer server(our_binary(), folder.path(), [&] {
    auto all = with({});
    all.insert(all.begin(), conf);
    return all;
  }());
  {
    Connection c = server.connect();
    CHECK(c.ask("auth a pw") == "+OK\r\n");
    CHECK(c.ask("set b x").starts_with("-NOPERM"));
    CHECK(c.ask("acl deluser gone") == ":1\r\n");
    CHECK(c.ask("acl setuser fresh on nopass +get ~* (+set ~x)") == "+OK\r\n");
    CHECK(c.ask("config rewrite") == "+OK\r\n");
  }
  const std::string text = text_of(conf);
  INFO(text);
  CHECK(text.starts_with("# mine\nuser "));
  CHECK(text.find("gone") == std::string::npos);
  server.kill(SIGTERM);
  server.wait();
  server.start();
  Connection c = server.connect();
  CHECK(c.ask("auth fresh x") == "+OK\r\n");
  CHECK(c.ask("set x 1") == "+OK\r\n");
  CHECK(c.ask("auth a pw") == "+OK\r\n");
}

TEST_CASE("a file of users is read at the start and by ACL LOAD, and written by ACL SAVE") {
  const Folder folder;
  const std::filesystem::path file = std::filesystem::path(folder.path()) / "users.acl";
  write(file, "user alice on >pw +@all ~* &*\n");
  ChildServer server(our_binary(), folder.path(), with({"--aclfile", file}));
  Connection admin = server.connect(), alice = server.connect();
  REQUIRE(alice.ask("auth alice pw") == "+OK\r\n");
  CHECK(admin.ask("acl setuser bob on nopass +ping") == "+OK\r\n");
  CHECK(admin.ask("acl save") == "+OK\r\n");
  CHECK(text_of(file).find("user bob on nopass resetchannels -@all +ping\n") != std::string::npos);
  write(file, "user alice on >pw +@all ~* &*\nuser bob nonsense\n");
  CHECK(admin.ask("acl load").starts_with("-ERR " + file.string() + ":2: Syntax error. WARNING"));
  CHECK(alice.ask("ping") == "+PONG\r\n");
  write(file, "user carol on nopass +@all ~* &*\n");
  CHECK(admin.ask("acl load") == "+OK\r\n");
  CHECK(ends(alice));
  CHECK(admin.ask("acl users") == "*2\r\n$5\r\ncarol\r\n$7\r\ndefault\r\n");
  std::filesystem::remove(file);
  CHECK(admin.ask("acl load") ==
        "-ERR Error loading ACLs, opening file '" + file.string() + "': No such file or directory\r\n");
}

TEST_CASE("wrong users keep the node from starting, as they keep redis-server") {
  const Folder folder;
  const std::filesystem::path conf = std::filesystem::path(folder.path()) / "bad.conf",
                              file = std::filesystem::path(folder.path()) / "users.acl";
  write(file, "user a on\n");
  for (const std::string& text : {std::string("user a on\nuser a off\n"), std::string("user a +nosuch\n"),
                                  std::string("user a (+get\n"), "user a on\naclfile " + file.string() + "\n",
                                  std::string("aclfile /nonexistent/users\n")}) {
    write(conf, text);
    for (const std::string& binary : {our_binary(), stock_binary()}) {
      if (binary.empty()) continue;
      const std::string command = binary + " " + conf.string() + " --port " + std::to_string(free_port()) +
                                  " --dir " + folder.path() + " >/dev/null 2>&1";
      INFO(text << command);
      CHECK(std::system(command.c_str()) != 0);
    }
  }
}

TEST_CASE("a replica logs in as masteruser, who may do no more than replicate") {
  for (const std::string& binary : {our_binary(), stock_binary()}) {
    if (binary.empty()) continue;
    const Folder folder, other_folder;
    const ChildServer master(binary, folder.path(), kPlain);
    Connection m = master.connect();
    m.ask("acl setuser replicator on >secret +psync +replconf +ping");
    m.ask("acl setuser default >pw");
    m.ask("set k v");
    const ChildServer replica(our_binary(), other_folder.path(),
                              with({"--replicaof", "127.0.0.1 " + std::to_string(master.port()),
                                    "--masteruser", "replicator", "--masterauth", "secret"}));
    Connection r = replica.connect();
    REQUIRE(eventually([&] { return field(r, "replication", "master_link_status") == "up"; }));
    CHECK(eventually([&] { return r.ask("get k") == "$1\r\nv\r\n"; }));
    // What its master sends is done, whatever the users here may.
    r.ask("acl setuser default resetkeys");
    m.ask("set later x");
    CHECK(eventually([&] { return r.ask("dbsize") == ":2\r\n"; }));
    CHECK(r.ask("get later").starts_with("-NOPERM"));
    // Its user goes: the link breaks, and comes back with a new one.
    CHECK(m.ask("acl deluser replicator") == ":1\r\n");
    CHECK(eventually([&] { return field(r, "replication", "master_link_status") == "down"; }));
    m.ask("acl setuser replicator on >secret +psync +replconf +ping");
    CHECK(eventually([&] { return field(r, "replication", "master_link_status") == "up"; }));
  }
}
