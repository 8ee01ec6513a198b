/// A full disk: what was on it stays whole, writes are refused with MISCONF, and the node can start again.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

void write_text(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  static_cast<void>(!write(fd, text.data(), text.size()));
  close(fd);
}

/// A mount namespace of our own, once for the process; as an ordinary user inside a user namespace. False
/// with errno where neither is allowed.
bool own_namespace() {
  static const bool entered = [] {
    const uid_t uid = getuid();
    const gid_t gid = getgid();
    if (unshare(CLONE_NEWNS) != 0) {
      if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
      write_text("/proc/self/setgroups", "deny");
      write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
      write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
    }
    return mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }();
  return entered;
}

/// A tiny disk mounted in a folder.
class SmallDisk {
 public:
  explicit SmallDisk(const char* size) {
    if (!own_namespace()) return;
    mounted_ = mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool usable() const {
    if (!mounted_)
      WARN("skipped: no small file system can be mounted here ("
           << std::strerror(errno) << "); run as root or allow user namespaces");
    return mounted_;
  }
  const std::string& path() const { return folder_.path(); }
  /// Leaves no byte free.
  void fill() const {
    std::ofstream out(path() + "/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void make_room() const { std::filesystem::remove(path() + "/filler"); }

 private:
  Folder folder_;
  bool mounted_ = false;
};

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Sets key:0, key:1, … until one is refused; how many were acknowledged, and the refusal.
int write_until_refused(Connection& c, std::string& refusal) {
  const std::string value(2000, 'v');
  for (int i = 0;; ++i) {
    c.send_command({"set", "key:" + std::to_string(i), value});
    refusal = c.reply();
    if (refusal != "+OK\r\n") return i;
  }
}

}  // namespace

TEST_CASE("a full disk under the append-only file: MISCONF, reads go on, writes too once there is room") {
  const SmallDisk disk("512k");
  if (!disk.usable()) return;
  ChildServer server(our_binary(), disk.path(),
                     {"--save", "", "--appendonly", "yes", "--logfile", "/dev/null"});
  Connection c = server.connect();
  std::string refusal;
  const int written = write_until_refused(c, refusal);
  CHECK(written > 10);
  CHECK(refusal.starts_with("-MISCONF Errors writing to the AOF file: No space left on device"));
  CHECK(c.ask("ping").starts_with("-MISCONF"));
  CHECK(c.ask("strlen key:0") == ":2000\r\n");
  CHECK(c.ask("info persistence").find("aof_last_write_status:err") != std::string::npos);
  SECTION("killed and started again, it has all but what was never on disk") {
    server.kill(SIGKILL);
    server.wait();
    server.start();
    // The one write that found the disk full was executed before that was known.
    const std::string size = server.connect().ask("dbsize");
    CHECK((size == ":" + std::to_string(written) + "\r\n" ||
           size == ":" + std::to_string(written - 1) + "\r\n"));
  }
  SECTION("with room again it takes writes, and loses none") {
    std::filesystem::remove(disk.path() + "/log");
    REQUIRE(mount("tmpfs", disk.path().c_str(), "tmpfs", MS_REMOUNT, "size=2m") == 0);
    REQUIRE(eventually([&] { return c.ask("set last 1") == "+OK\r\n"; }));
    REQUIRE(eventually(
        [&] { return c.ask("info persistence").find("aof_last_write_status:ok") != std::string::npos; }));
    const std::string size = c.ask("dbsize");
    server.kill(SIGKILL);
    server.wait();
    server.start();
    CHECK(server.connect().ask("dbsize") == size);
  }
}

TEST_CASE(
    "appendfsync always on a full disk: the node ends rather than acknowledge, and starts again whole") {
  const SmallDisk disk("512k");
  if (!disk.usable()) return;
  ChildServer server(
      our_binary(), disk.path(),
      {"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile", "/dev/null"});
  Connection c = server.connect();
  std::string refusal;
  const int written = write_until_refused(c, refusal);
  CHECK(refusal.empty());
  const int status = server.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  server.start();
  CHECK(server.connect().ask("dbsize") == ":" + std::to_string(written) + "\r\n");
}

TEST_CASE(
    "a full disk under SAVE and BGSAVE: the old dump stays, writes are refused while saving is asked for") {
  const SmallDisk disk("256k");
  if (!disk.usable()) return;
  ChildServer server(our_binary(), disk.path(),
                     {"--save", "3600 1", "--rdbcompression", "no", "--logfile", "/dev/null"});
  Connection c = server.connect();
  CHECK(c.ask("set old 1") == "+OK\r\n");
  CHECK(c.ask("save") == "+OK\r\n");
  const std::string dump = contents(disk.path() + "/dump.rdb");
  REQUIRE(!dump.empty());
  c.send_command({"set", "big", std::string(300000, 'b')});
  CHECK(c.reply() == "+OK\r\n");
  CHECK(c.ask("bgsave") == "+Background saving started\r\n");
  REQUIRE(eventually(
      [&] { return c.ask("info persistence").find("rdb_last_bgsave_status:err") != std::string::npos; }));
  CHECK(c.ask("set new 1").starts_with("-MISCONF "));
  CHECK(c.ask("get old") == "$1\r\n1\r\n");
  CHECK(c.ask("save").starts_with("-ERR"));
  CHECK(contents(disk.path() + "/dump.rdb") == dump);
  // Nothing half-written is left.
  for (const auto& file : std::filesystem::directory_iterator(disk.path()))
    CHECK(file.path().filename().string().find("tmp") == std::string::npos);
  CHECK(c.ask("config set stop-writes-on-bgsave-error no") == "+OK\r\n");
  CHECK(c.ask("set new 1") == "+OK\r\n");
  server.kill(SIGKILL);
  server.wait();
  server.start();
  CHECK(server.connect().ask("get old") == "$1\r\n1\r\n");
  CHECK(server.connect().ask("exists big") == ":0\r\n");
}

TEST_CASE(
    "a full disk under nodes.conf: the node ends rather than forget, and starts from all it acknowledged") {
  const SmallDisk disk("64k");
  if (!disk.usable()) return;
  ChildServer server(our_binary(), disk.path(),
                     {"--cluster-enabled", "yes", "--save", "", "--logfile", "/dev/null"});
  Connection c = server.connect();
  CHECK(c.ask("cluster addslots 1 2 3") == "+OK\r\n");
  const std::string id = c.ask("cluster myid");
  const std::string before = contents(disk.path() + "/nodes.conf");
  disk.fill();
  // Written into the file beside it, if that has room in its last block; synced it cannot be.
  const std::string answer = c.ask("cluster addslots 4");
  CHECK((answer == "+OK\r\n" || answer.empty()));
  const std::string slots = answer.empty() ? " 1-3\n" : " 1-4\n";
  const int status = server.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(contents(disk.path() + "/nodes.conf") == before);
  const auto starts_whole = [&] {
    server.start();
    Connection again = server.connect();
    CHECK(again.ask("cluster myid") == id);
    CHECK_THAT(again.ask("cluster nodes"), Catch::Contains(slots));
  };
  starts_whole();  // the disk is still full
  server.kill(SIGKILL);
  server.wait();
  disk.make_room();
  starts_whole();
}
