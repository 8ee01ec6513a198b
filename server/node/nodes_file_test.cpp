/// nodes.conf and the file beside it: the newest whole text is what a start reads.
#include "server/node/nodes_file.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "server/tests/testing/child_server.h"

using node::NodesFile;
using node::testing::Folder;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}
void overwrite(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// What a new process reads.
std::string reopened(const std::string& path) {
  NodesFile file(path);
  std::string text;
  REQUIRE_FALSE(file.open(text));
  return text;
}

}  // namespace

TEST_CASE("an amended nodes.conf is read back by the next process, and stands in nodes.conf from then on") {
  const Folder folder;
  const std::string path = folder.path() + "/nodes.conf";
  {
    NodesFile file(path);
    std::string text;
    REQUIRE_FALSE(file.open(text));
    CHECK(text.empty());
    REQUIRE_FALSE(file.replace("one\n"));
    REQUIRE_FALSE(file.amend("two, longer\n"));
    REQUIRE_FALSE(file.amend("three\n"));  // shorter: the rest of the longer one does not count
    CHECK(contents(path) == "one\n");
  }
  CHECK(reopened(path) == "three\n");
  CHECK(contents(path) == "three\n");
  CHECK(reopened(path) == "three\n");
}

TEST_CASE("what was amended before a durable save counts no more") {
  const Folder folder;
  const std::string path = folder.path() + "/nodes.conf";
  std::string text;
  {
    NodesFile file(path);
    REQUIRE_FALSE(file.open(text));
    REQUIRE_FALSE(file.replace("one\n"));
    REQUIRE_FALSE(file.amend("two\n"));
    REQUIRE_FALSE(file.replace("three\n"));
    REQUIRE_FALSE(file.replace("one\n"));  // the same text as what "two" once followed
  }
  CHECK(reopened(path) == "one\n");
}

TEST_CASE("a torn, foreign or empty file beside nodes.conf is ignored") {
  const Folder folder;
  const std::string path = folder.path() + "/nodes.conf", recent = path + ".recent";
  {
    NodesFile file(path);
    std::string text;
    REQUIRE_FALSE(file.open(text));
    REQUIRE_FALSE(file.replace("one\n"));
    REQUIRE_FALSE(file.amend("something newer\n"));
  }
  std::string bytes = contents(recent);
  SECTION("cut") {
    overwrite(recent, bytes.substr(0, bytes.size() - 3));
  }
  SECTION("a changed byte") {
    bytes[bytes.size() - 4] ^= 1;
    overwrite(recent, bytes);
  }
  SECTION("no such format") {
    overwrite(recent, std::string(200, 'x'));
  }
  SECTION("empty") {
    overwrite(recent, "");
  }
  SECTION("nodes.conf was replaced by somebody else") {
    overwrite(path, "one\n\n");
    CHECK(reopened(path) == "one\n\n");
    return;
  }
  CHECK(reopened(path) == "one\n");
}

TEST_CASE("a second process is refused, also after the file was replaced") {
  const Folder folder;
  NodesFile file(folder.path() + "/nodes.conf");
  std::string text;
  REQUIRE_FALSE(file.open(text));
  REQUIRE_FALSE(file.replace("one\n"));
  NodesFile other(folder.path() + "/nodes.conf");
  const auto why = other.open(text);
  REQUIRE(why);
  CHECK(why->find("already used by a different Redis Cluster node") != std::string::npos);
}
