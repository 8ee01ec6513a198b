#include "harness/builds/flavor.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "harness/core/check.h"

using namespace harness;

namespace {

std::string value_of(const Directives& directives, const std::string& name) {
  std::string value = "(absent)";
  for (const auto& [known, given] : directives)
    if (known == name) {
      CHECK(value == "(absent)");  // each directive once
      value = given;
    }
  return value;
}

Flavor flavor_of(std::string_view output) {
  Flavor flavor;
  REQUIRE(parse_version(output, flavor));
  return flavor;
}

}  // namespace

TEST_CASE("a build tells its kind and version") {
  const Flavor redis =
      flavor_of("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d\n");
  CHECK(redis.kind == FlavorKind::kRedis);
  CHECK(redis.version == Version{7, 0, 15});
  CHECK(redis.version_text == "7.0.15");
  CHECK(flavor_of("Valkey server v=8.1.1 sha=0").kind == FlavorKind::kValkey);
  CHECK(flavor_of("Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64 build=cluster-node").kind ==
        FlavorKind::kBundled);
  CHECK(flavor_of("Redis server v=255.255.255 sha=0").version > Version{8, 0, 0});
  Flavor none;
  CHECK_FALSE(parse_version("", none));
  CHECK_FALSE(parse_version("redis-cli 7.0.15", none));
  CHECK_FALSE(parse_version("Redis server v=", none));
}

TEST_CASE("Debian's redis-server, which is a link, is recognized") {
  const Flavor flavor = detect_flavor("redis-server");
  CHECK(flavor.kind == FlavorKind::kRedis);
  CHECK(flavor.version >= Version{7, 0, 15});
  CHECK(detect_flavor("/usr/bin/redis-server").version_text == flavor.version_text);
}

TEST_CASE("a build is asked for its version without a file in the file system") {
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before ? before : "";
  ::setenv("TMPDIR", "/nowhere", 1);
  CHECK(detect_flavor("/usr/bin/redis-server").kind == FlavorKind::kRedis);
  before ? ::setenv("TMPDIR", saved.c_str(), 1) : ::unsetenv("TMPDIR");
}

TEST_CASE("what is no server is refused with the mend, what cannot be run is the environment's") {
  CHECK_THROWS_WITH(detect_flavor("/bin/true"), Catch::Contains("/bin/true is not a Redis or Valkey server"));
  CHECK_THROWS_AS(detect_flavor("/bin/false"), UsageError);
  CHECK_THROWS_AS(detect_flavor("/nowhere/redis-server"), EnvironmentError);
}

TEST_CASE("a configuration has the seed document's directives and what testing needs") {
  NodeSettings settings;
  settings.port = 7001;
  settings.bind = "0.0.0.0";
  settings.cluster.node_timeout_ms = 30000;
  settings.extra = {{"maxmemory", "100mb"}, {"loglevel", "debug"}};
  const NodeFiles files{"/store/n1"};
  const Directives directives = configuration(flavor_of("Redis server v=7.0.15 x"), files, settings);
  CHECK(value_of(directives, "port") == "7001");
  CHECK(value_of(directives, "bind") == "0.0.0.0");
  CHECK(value_of(directives, "pidfile") == "/store/n1/server.pid");
  CHECK(value_of(directives, "logfile") == "/store/n1/server.log");
  CHECK(value_of(directives, "cluster-enabled") == "yes");
  CHECK(value_of(directives, "cluster-config-file") == "/store/n1/nodes.conf");
  CHECK(value_of(directives, "cluster-node-timeout") == "30000");
  CHECK(value_of(directives, "cluster-require-full-coverage") == "yes");
  CHECK(value_of(directives, "dir") == "/store/n1/data");
  CHECK(value_of(directives, "daemonize") == "no");
  CHECK(value_of(directives, "enable-debug-command") == "yes");
  CHECK(value_of(directives, "maxmemory") == "100mb");
  CHECK(value_of(directives, "loglevel") == "debug");
  CHECK(value_of(directives, "save") == "(absent)");  // stock persistence
  const Directives old = configuration(flavor_of("Redis server v=6.2.0 x"), files, settings);
  CHECK(value_of(old, "enable-debug-command") == "(absent)");
  CHECK(value_of(old, "cluster-replica-validity-factor") != "(absent)");
  const Directives oldest = configuration(flavor_of("Redis server v=3.0.7 x"), files, settings);
  CHECK(value_of(oldest, "cluster-replica-validity-factor") == "(absent)");
  CHECK(value_of(oldest, "cluster-slave-validity-factor") != "(absent)");
  CHECK(value_of(oldest, "repl-ping-slave-period") != "(absent)");
  CHECK(value_of(oldest, "protected-mode") == "(absent)");
}

TEST_CASE("persistence is settable, and values are quoted where they must be") {
  NodeSettings settings;
  settings.persistence = persistence_from("none");
  const Directives none = configuration(flavor_of("Redis server v=7.0.15 x"), NodeFiles{"/a b/n1"}, settings);
  CHECK(value_of(none, "save").empty());
  CHECK_THAT(to_text(none), Catch::Contains("save \"\"\n") && Catch::Contains("dir \"/a b/n1/data\"\n"));
  settings.persistence = persistence_from("append-always");
  CHECK(value_of(configuration({}, NodeFiles{"/n"}, settings), "appendfsync") == "always");
  CHECK_THROWS_AS(persistence_from("sometimes"), UsageError);
  CHECK(to_text({{"save", "900 1"}}) == "save 900 1\n");
}
