#include "harness/run/graphviz.h"
#include "ci/test_paths.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace harness {
namespace {

bool graphviz_is_missing() {
  static const bool missing = render_graphs({{"a", "digraph a {}"}}).svg.empty();
  if (missing) WARN("skipped: Graphviz is not installed");
  return missing;
}

/// An executable script in the build's directory, gone at the end.
class Script {
 public:
  Script(const std::string& name, const std::string& body)
      : path_(std::filesystem::path(build_dir()) / ("graphviz_test_" + name)) {
    std::ofstream(path_) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all);
  }
  ~Script() { std::filesystem::remove(path_); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST_CASE("Each graph comes back as its own drawing") {
  if (graphviz_is_missing()) return;
  const Rendering rendering =
      render_graphs({{"first", "digraph x { \"one\" }"}, {"second", "digraph y { \"two\" -> \"three\" }"}});
  CHECK(rendering.missing.empty());
  REQUIRE(rendering.svg.size() == 2);
  CHECK(rendering.svg.at("first").find(">one</text>") != std::string::npos);
  CHECK(rendering.svg.at("first").find(">two</text>") == std::string::npos);
  CHECK(rendering.svg.at("second").find(">three</text>") != std::string::npos);
}

TEST_CASE("A program that is not there is a reason with a mend") {
  const Rendering rendering = render_graphs({{"a", "digraph a {}"}}, "no-such-dot");
  CHECK(rendering.svg.empty());
  CHECK(rendering.missing.find("no-such-dot is not on PATH") != std::string::npos);
  CHECK(rendering.missing.find("apt-get install graphviz") != std::string::npos);
  CHECK(render_graphs({{"a", "digraph a {}"}}, "/no/such/dot").missing.find("could not be started") !=
        std::string::npos);
}

TEST_CASE("A graph that is malformed is a reason") {
  if (graphviz_is_missing()) return;
  const Rendering rendering = render_graphs({{"a", "digraph a {"}});
  CHECK(rendering.svg.empty());
  CHECK(rendering.missing.find("drew 0 of 1 graphs") != std::string::npos);
}

TEST_CASE("A program that ends before it has read everything does not end us") {
  const Script script("deaf", "exec 0<&-; exit 3");
  const std::string large(1 << 22, ' ');
  const Rendering rendering = render_graphs({{"a", "digraph a {" + large + "}"}}, script.path());
  CHECK(rendering.missing.find("ended with 3") != std::string::npos);
}

TEST_CASE("A program that hangs is ended at the limit") {
  const Script script("hanging", "exec sleep 600");
  const Rendering rendering =
      render_graphs({{"a", "digraph a {}"}}, script.path(), std::chrono::milliseconds(100));
  CHECK(rendering.missing.find("did not finish within 100 ms") != std::string::npos);
}

TEST_CASE("Nothing to draw says so") {
  CHECK_FALSE(render_graphs({}).missing.empty());
}

}  // namespace
}  // namespace harness
