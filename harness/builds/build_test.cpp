// Compiling and caching, on a tiny tree whose Makefile makes a script; real trees when
// HARNESS_TEST_BUILDS="debian:redis=7.0.15 …" names them (minutes, and the network).
#include "harness/builds/build.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <thread>

#include "harness/builds/server.h"
#include "harness/builds/sha256.h"
#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"

using namespace harness;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// An environment variable for one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (old_)
      ::setenv(name_, old_->c_str(), 1);
    else
      ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

/// A tree, a cache, and a count of how often make really compiled.
struct FakeTree {
  ScratchFolder scratch;
  fs::path tree = scratch.path / "redis-9.9.9";
  fs::path compiled = scratch.path / "compiled";
  Cache cache{scratch.path / "cache"};
  BuildOptions options;

  FakeTree() {
    write(tree / "src/server.c", "int main(void) { return 0; }\n");
    write(tree / "src/Makefile", "redis-server: server.c\n\t@echo '    CC server.o'\n\t@echo once >> " +
                                     compiled.string() +
                                     "\n\t@printf '#!/bin/sh\\necho Redis server v=9.9.9 sha=0\\n' > $@\n"
                                     "\t@chmod +x $@\n");
  }
  fs::path build() { return build_server(tree, cache, options); }
  long times_compiled() const {
    const std::string text = read(compiled);
    return std::count(text.begin(), text.end(), '\n');
  }
  /// Entries, half-made ones too.
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    if (fs::exists(cache.folder() / "builds"))
      for (const auto& item : fs::directory_iterator(cache.folder() / "builds"))
        names.push_back(item.path().filename().string());
    return names;
  }
};

}  // namespace

TEST_CASE("SHA-256 is the standard's") {
  Sha256 sum;
  sum.add("a");
  sum.add("bc");
  CHECK(sum.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_of_file("/dev/null") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_THROWS_AS(sha256_of_file("/proc/nowhere"), EnvironmentError);
}

TEST_CASE("a tree is compiled once, in a copy, and its log kept") {
  FakeTree fake;
  fake.options.log = fake.scratch.path / "build.log";
  const fs::path binary = fake.build();
  CHECK(binary.filename() == "redis-server");
  CHECK(fs::exists(binary));
  CHECK(fake.build() == binary);
  CHECK(fake.times_compiled() == 1);
  CHECK_FALSE(fs::exists(fake.tree / "src/redis-server"));
  CHECK_THAT(read(fake.options.log), Catch::Contains("CC server.o") && Catch::Contains("BUILD_TLS=no"));
  CHECK(detect_flavor(binary.string()).version_text == "9.9.9");
}

TEST_CASE("other content or other flags are another build, products and .git are not content") {
  FakeTree fake;
  const std::string sum = sha256_of_tree(fake.tree);
  write(fake.tree / "src/server.o", "object");
  write(fake.tree / ".git/HEAD", "ref");
  CHECK(sha256_of_tree(fake.tree) == sum);
  const fs::path first = fake.build();
  fake.options.quick = true;
  CHECK(fake.build() != first);
  fake.options.quick = false;
  write(fake.tree / "src/server.c", "int main(void) { return 1; }\n");
  CHECK(fake.build() != first);
  CHECK(fake.times_compiled() == 3);
}

TEST_CASE("a build that fails tells the compiler's last lines and the log's path, and leaves no entry") {
  FakeTree fake;
  write(fake.tree / "src/Makefile",
        "redis-server:\n\t@for i in $$(seq 50); do echo \"server.c:$$i: error: no\"; done; exit 1\n");
  for (const bool to_store : {false, true}) {
    if (to_store) fake.options.log = fake.scratch.path / "store.log";
    try {
      fake.build();
      FAIL("it compiled");
    } catch (const EnvironmentError& error) {
      const std::string text = error.what();
      CHECK_THAT(text, Catch::Contains("server.c:50: error: no") &&
                           Catch::Contains("server.c:40: error: no") &&
                           !Catch::Contains("server.c:9: error: no") && Catch::Contains("the whole log: "));
      const fs::path log = text.substr(text.rfind("the whole log: ") + 15);
      CHECK_THAT(read(log), Catch::Contains("server.c:9: error: no"));
    }
    CHECK(fake.entries().empty());
  }
}

TEST_CASE("two that want the same build at once compile it once") {
  FakeTree fake;
  fs::path binaries[2];
  {
    std::jthread one([&] { binaries[0] = fake.build(); });
    std::jthread two([&] { binaries[1] = fake.build(); });
  }
  CHECK(binaries[0] == binaries[1]);
  CHECK(fake.times_compiled() == 1);
}

TEST_CASE("whoever wants to stop is heard while a tree is read and copied, and while another builds it") {
  struct Stop {};
  for (const std::string moment : {"reading", "copying", "another run is at it"}) {
    FakeTree fake;
    std::optional<FileLock> held;
    fake.options.progress = [&](std::string_view what, int) {
      if (what.starts_with("copying") && moment.starts_with("another")) return;
      if (what.starts_with(moment)) throw Stop{};
    };
    if (moment.starts_with("another")) {
      const fs::path entry = fake.build().parent_path();
      fs::remove_all(entry);
      held.emplace(fake.cache.folder() / "locks" / ("builds-" + entry.filename().string() + ".lock"),
                   std::function<void()>());
    }
    const long compiled = fake.times_compiled();
    CHECK_THROWS_AS(fake.build(), Stop);
    CHECK(fake.entries().empty());
    CHECK(fake.times_compiled() == compiled);
  }
}

TEST_CASE("a build that is killed leaves nothing that the next one would take for whole") {
  FakeTree fake;
  const fs::path go = fake.scratch.path / "go";
  const fs::path begun = fake.scratch.path / "begun";
  write(fake.tree / "src/Makefile", "redis-server:\n\t@touch " + begun.string() + "; while [ -e " +
                                        begun.string() + " ] && [ ! -e " + go.string() +
                                        " ]; do sleep 0.05; done\n\t@echo '#!/bin/sh' > $@\n");
  const pid_t killed = ::fork();
  if (killed == 0) {
    fake.build();
    ::_exit(0);
  }
  wait_until("the build to begin", 20s, [&] { return fs::exists(begun); });
  ::kill(killed, SIGKILL);
  ::waitpid(killed, nullptr, 0);
  REQUIRE(fake.entries().size() == 1);
  CHECK(fake.entries().front().starts_with(".making-"));
  write(go, "");
  CHECK(fs::exists(fake.build()));
  CHECK(fake.entries().size() == 1);
  CHECK_FALSE(fake.entries().front().starts_with(".making-"));
}

TEST_CASE("the option --server takes a tree, a tarball and a binary, and knows what each is") {
  FakeTree fake;
  const Variable cache("XDG_CACHE_HOME", (fake.scratch.path / "xdg").string());
  const Server of_tree = resolve_server(fake.tree.string(), fake.options);
  CHECK(of_tree.info.flavor == "redis");
  CHECK(of_tree.info.version == "9.9.9");
  CHECK(of_tree.info.sha256 == sha256_of_file(of_tree.info.binary));
  CHECK(of_tree.info.spec == fake.tree.string());
  for (const char* option : {"-czf", "-cJf", "-cf"}) {
    const fs::path tarball = fake.scratch.path / (std::string("a") + option + ".tar");
    run_tool(
        {"tar", option, tarball.string(), "redis-9.9.9"}, fake.scratch.path, {}, {}, [] {}, "");
    CHECK(resolve_server(tarball.string(), fake.options).info.binary == of_tree.info.binary);
  }
  CHECK(fake.times_compiled() == 1);
  CHECK(resolve_server(of_tree.info.binary, fake.options).info.sha256 == of_tree.info.sha256);
  CHECK(resolve_server("redis", {}).info.version == detect_flavor("redis-server").version_text);
}

TEST_CASE("several builds make a mixed cluster, a file whose name has a comma is one") {
  CHECK(split_specs("redis") == std::vector<std::string>{"redis"});
  CHECK(split_specs("redis,bundled,debian:valkey=8.1.1") ==
        std::vector<std::string>{"redis", "bundled", "debian:valkey=8.1.1"});
  CHECK_THROWS_WITH(resolve_servers("redis,", {}), Catch::Contains("empty"));
  const ScratchFolder scratch;
  const std::string file = (scratch.path / "a,b").string();
  write(file, "x");
  CHECK(split_specs(file) == std::vector<std::string>{file});
}

TEST_CASE("what --server cannot be is refused with the mend") {
  FakeTree fake;
  const Variable cache("XDG_CACHE_HOME", (fake.scratch.path / "xdg").string());
  CHECK_THROWS_WITH(resolve_server("nonsense", {}),
                    Catch::Contains("no such file") && Catch::Contains("bundled"));
  CHECK_THROWS_WITH(resolve_server("/bin/true", {}), Catch::Contains("not a Redis or Valkey server"));
  CHECK_THROWS_WITH(resolve_server("/etc/passwd", {}), Catch::Contains("not executable"));
  CHECK_THROWS_WITH(resolve_server(fake.scratch.path.string(), {}),
                    Catch::Contains("no Redis or Valkey source tree"));
  CHECK_THROWS_AS(resolve_server("debian:", {}), UsageError);
  const fs::path tarball = fake.scratch.path / "other.tar.gz";
  run_tool(
      {"tar", "-czf", tarball.string(), "-C", "/etc", "hostname"}, fake.scratch.path, {}, {}, [] {}, "");
  CHECK_THROWS_WITH(resolve_server(tarball.string(), {}), Catch::Contains("holds no Redis"));
  fs::resize_file(tarball, fs::file_size(tarball) / 2);
  CHECK_THROWS_AS(resolve_server(tarball.string(), {}), EnvironmentError);
  const Variable path("PATH", "/nowhere");
  CHECK_THROWS_WITH(resolve_server("valkey", {}), Catch::Contains("install valkey"));
}

TEST_CASE("the cache goes to TMPDIR where the home cannot be written") {
  const ScratchFolder scratch;
  const Variable tmp("TMPDIR", scratch.path.string());
  const Variable xdg("XDG_CACHE_HOME", "");
  {
    const Variable home("HOME", (scratch.path / "home").string());
    CHECK(default_cache_folder() == scratch.path / "home/.cache/redis-cluster-harness");
  }
  const Variable home("HOME", "/proc");
  const fs::path folder = default_cache_folder();
  CHECK(folder.parent_path() == scratch.path);
  // Another user could have put a program there.
  fs::permissions(folder, fs::perms::all);
  CHECK_THROWS_AS(default_cache_folder(), EnvironmentError);
}

TEST_CASE("real source trees compile, and form a cluster") {
  const char* specs = std::getenv("HARNESS_TEST_BUILDS");
  if (!specs) {
    WARN("SKIPPED: set HARNESS_TEST_BUILDS=\"debian:redis=7.0.15 debian:valkey=8.1.1\"");
    return;
  }
  std::istringstream words(specs);
  for (std::string spec; words >> spec;) {
    INFO(spec);
    BuildOptions options;
    options.quick = std::getenv("HARNESS_TEST_QUICK_BUILDS") != nullptr;
    int percent_max = -1;
    options.progress = [&](std::string_view, int percent) { percent_max = std::max(percent_max, percent); };
    const auto begin = std::chrono::steady_clock::now();
    const Server server = resolve_server(spec, options);
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CHECK(percent_max == 100);
    const auto equals = spec.find('=');
    if (equals != std::string::npos) CHECK(server.info.version == spec.substr(equals + 1));
    const Variable binary("HARNESS_TEST_SERVER", server.info.binary);
    TestCluster cluster(3, 1);
    std::cout << spec << ": " << server.info.flavor << ' ' << server.info.version << " in " << seconds
              << " s, " << server.info.binary << '\n';
  }
}
