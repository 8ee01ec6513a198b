// Revisions of a git repository as servers, on a tiny tree whose Makefile makes a script.
#include "harness/builds/git_source.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "harness/builds/server.h"
#include "harness/cluster/test_support.h"
#include "harness/core/check.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

/// Two releases and a change that is not committed; the sources in `folder` of the repository.
struct Repository {
  ScratchFolder scratch;
  fs::path path = scratch.path / "at@home";
  Cache cache{scratch.path / "cache"};
  BuildOptions options;

  explicit Repository(const std::string& folder = ".") {
    const fs::path script = scratch.path / "make-repository";
    std::ofstream(script) << R"(set -e
mkdir -p "$1" && cd "$1" && git init -q . && mkdir -p "$2/src" && cd "$2"
echo 'int main(void) { return 0; }' > src/server.c
printf 'redis-server: server.sh\n\tcp server.sh redis-server\n\tchmod 755 redis-server\n' > src/Makefile
for version in 6.2.1 7.0.1; do
  printf '#!/bin/sh\necho Redis server v=%s sha=0\n' $version > src/server.sh
  echo "#define REDIS_VERSION \"$version\"" > src/version.h
  git add -A .
  git -c user.name=test -c user.email=test@example.org commit -qm $version
  git tag $version
done
echo 'not committed' > src/server.sh
)";
    const std::string command =
        "env -u GIT_DIR -u GIT_INDEX_FILE sh " + script.string() + " " + path.string() + " " + folder;
    REQUIRE(std::system(command.c_str()) == 0);
  }
  std::string spec(const std::string& revision) const { return path.string() + "@" + revision; }
  fs::path unpack(const std::string& revision) const {
    return unpack_git_source({path, revision}, cache, options);
  }
};

std::string read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class CacheFolder {
 public:
  explicit CacheFolder(const fs::path& folder) { ::setenv("XDG_CACHE_HOME", folder.c_str(), 1); }
  ~CacheFolder() { ::unsetenv("XDG_CACHE_HOME"); }
};

}  // namespace

TEST_CASE("a folder before an @ is a repository, a file that has one in its name, and a package, are not") {
  const Repository repository;
  const auto source = git_source_in(repository.spec("release/7@x"));
  REQUIRE(source);
  CHECK(source->folder == repository.path);
  CHECK(source->revision == "release/7@x");
  CHECK_FALSE(git_source_in("/nowhere@7.0.1"));
  CHECK_FALSE(git_source_in("redis"));
}

TEST_CASE("a revision's sources come from the objects, and the work tree stays as it is") {
  const Repository repository;
  const fs::path tree = repository.unpack("6.2.1");
  CHECK_THAT(read(tree / "src/server.sh"), Catch::Contains("v=6.2.1"));
  CHECK_THAT(read(repository.unpack("7.0.1") / "src/server.sh"), Catch::Contains("v=7.0.1"));
  CHECK(repository.unpack("HEAD~1") == tree);  // by its commit
  CHECK(read(repository.path / "src/server.sh") == "not committed\n");
  CHECK_FALSE(fs::exists(tree / ".sources.tar"));
}

TEST_CASE("a revision is compiled as any source tree, with the flags that its release needs") {
  const Repository repository;
  const CacheFolder cache(repository.scratch.path / "xdg");
  BuildOptions options;
  options.log = repository.scratch.path / "build.log";
  const Server old = resolve_server(repository.spec("6.2.1"), options);
  CHECK(old.info.version == "6.2.1");
  CHECK(old.info.spec == repository.spec("6.2.1"));
  CHECK_THAT(read(options.log), Catch::Contains("-fcommon"));
  CHECK(resolve_server(repository.spec("7.0.1"), options).info.version == "7.0.1");
  CHECK(resolve_server(repository.spec("6.2.1"), options).info.binary == old.info.binary);
}

TEST_CASE("a folder in a repository that holds a server's sources is one too, and so is a bare repository") {
  const Repository part("vendor/redis");
  CHECK_THAT(read(unpack_git_source({part.path / "vendor/redis", "6.2.1"}, part.cache, {}) / "src/server.sh"),
             Catch::Contains("v=6.2.1"));
  CHECK_THROWS_WITH(part.unpack("6.2.1"), Catch::Contains("no Redis or Valkey source tree at that revision"));

  const Repository whole;
  const fs::path bare = whole.scratch.path / "bare.git";
  run_tool(
      {"git", "clone", "-q", "--bare", whole.path.string(), bare.string()}, whole.scratch.path,
      whole.scratch.path / "log", {}, [] {}, "");
  CHECK(unpack_git_source({bare, "7.0.1"}, whole.cache, {}) == whole.unpack("7.0.1"));
}

TEST_CASE("what is no revision, and what is no repository, is refused with the mend") {
  const Repository repository;
  CHECK_THROWS_WITH(repository.unpack("7.0.2"),
                    Catch::Contains("has no revision '7.0.2'") && Catch::Contains("did you mean '7.0.1'?"));
  CHECK_THROWS_AS(repository.unpack(""), UsageError);
  CHECK_THROWS_AS(repository.unpack("--all"), UsageError);
  CHECK_THROWS_WITH(unpack_git_source({repository.scratch.path, "7.0.1"}, repository.cache, {}),
                    Catch::Contains("is no git repository") && Catch::Contains("not a git repository"));
  CHECK_THROWS_WITH(resolve_server("/nowhere@7.0.1", {}), Catch::Contains("no such file or folder"));
  const fs::path empty = repository.scratch.path / "empty";
  run_tool(
      {"git", "init", "-q", empty.string()}, repository.scratch.path, repository.scratch.path / "log", {},
      [] {}, "");
  CHECK_THROWS_WITH(unpack_git_source({empty, "main"}, repository.cache, {}),
                    Catch::Contains("no tag and no branch"));
}
