#include "harness/builds/source_package.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"

using namespace harness;

TEST_CASE("a debian: spec names a package and perhaps a version") {
  CHECK(parse_source_package("debian:redis=7.0.15").name == "redis");
  CHECK(parse_source_package("debian:redis=7.0.15").version == "7.0.15");
  CHECK(parse_source_package("debian:redis=5:7.0.15-1~deb12u7").version == "5:7.0.15-1~deb12u7");
  CHECK(parse_source_package("debian:valkey").version.empty());
  for (const char* bad : {"debian:", "debian:=1", "debian:redis=", "debian:-o=1", "debian:a b=1",
                          "debian:redis=1 2", "debian:redis=../x"})
    CHECK_THROWS_AS(parse_source_package(bad), UsageError);
}

TEST_CASE("upstream's version stands in Debian's") {
  CHECK(upstream_version("5:7.0.15-1~deb12u7") == "7.0.15");
  CHECK(upstream_version("8.1.1+dfsg1-3+deb13u2") == "8.1.1");
  CHECK(upstream_version("9.1.2-1") == "9.1.2");
  CHECK(upstream_version("8.0~rc1-1") == "8.0~rc1");
  CHECK(version_matches("5:7.0.15-1~deb12u7", "7.0.15"));
  CHECK(version_matches("5:7.0.15-1~deb12u7", "7.0.15-1~deb12u7"));
  CHECK(version_matches("5:7.0.15-1~deb12u7", "5:7.0.15-1~deb12u7"));
  CHECK_FALSE(version_matches("5:7.0.15-1~deb12u7", "7.0.1"));
}

TEST_CASE("the mirror is the machine's own") {
  CHECK(
      mirror_in("Types: deb\nURIs: http://mirror.example/debian-security/ http://mirror.example/debian/\n") ==
      "http://mirror.example/debian");
  CHECK(mirror_in(
            "# deb http://no.example/debian x\ndeb [arch=amd64] https://b.example/debian bookworm main\n") ==
        "https://b.example/debian");
  CHECK(mirror_in("deb https://packages.example/apt x main\n") == "http://deb.debian.org/debian");
  CHECK(mirror_in("") == "http://deb.debian.org/debian");
}

TEST_CASE("the version that is meant: the one that was named, else the newest") {
  const std::vector<AvailableSource> there = {{"5:7.0.15-1~deb12u6", "bookworm"},
                                              {"5:7.0.15-1~deb12u7", "bookworm"},
                                              {"5:8.0.2-3+deb13u3", "trixie"},
                                              {"5:8.0.6-1", "sid"}};
  CHECK(choose_version({"redis", ""}, there) == "5:8.0.6-1");
  CHECK(choose_version({"redis", "7.0.15"}, there) == "5:7.0.15-1~deb12u7");
  CHECK(choose_version({"redis", "5:7.0.15-1~deb12u6"}, there) == "5:7.0.15-1~deb12u6");
  CHECK_THROWS_WITH(choose_version({"redis", "5:8.0.2-3+deb13u2"}, there),
                    Catch::Contains("8.0.2 (trixie, 5:8.0.2-3+deb13u3)") &&
                        Catch::Contains("another revision now: debian:redis=8.0.2 takes that"));
  CHECK_THROWS_WITH(choose_version({"redis", "9.9.9"}, there), !Catch::Contains("another revision"));
}

TEST_CASE("what an index names and the archive does not have is told apart from a network that is down") {
  CHECK(missing_files(
            "Err:1 x\n  404  Not Found\n"
            "E: Failed to fetch http://m/pool/redis_8.0.2-3%2bdeb13u3.dsc  404  Not Found [IP: 1 80]\n"
            "E: Failed to fetch http://m/pool/a.debian.tar.xz  404  Not Found\n"
            "E: Failed to fetch http://m/pool/b.tar.xz  Could not connect\n") ==
        std::vector<std::string>{"redis_8.0.2-3+deb13u3.dsc", "a.debian.tar.xz"});
  CHECK(missing_files("").empty());
}

TEST_CASE("what there is to know about a tree stands beside it, one line") {
  const ScratchFolder scratch;
  std::filesystem::create_directories(scratch.path / "tree");
  CHECK(source_note(scratch.path / "tree").empty());
  std::ofstream(scratch.path / "note") << "upstream's alone\n";
  CHECK(source_note(scratch.path / "tree") == "upstream's alone");
}

TEST_CASE("apt's index tells the versions of one package only") {
  const auto found = sources_in_index(
      "Package: redis\nBinary: redis\nVersion: 5:7.0.15-1\nFiles:\n x\n\nPackage: redisearch\nVersion: 1\n\n"
      "Package: redis\nVersion: 5:8.0.2-3\n",
      "redis", "sid");
  REQUIRE(found.size() == 2);
  CHECK(found[0].version == "5:7.0.15-1");
  CHECK(found[1].version == "5:8.0.2-3");
  CHECK(found[1].suite == "sid");
}
