#include "harness/sandbox/own_files.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "harness/sandbox/namespace_test_support.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "x";
}

TEST_CASE("What is ours is found beside the executable, and else where it is installed", "[own-files]") {
  const ScratchFolder folder;
  const fs::path executable = folder.path / "usr/bin/harness";
  CHECK(own_file_of(executable, "lib.so") == folder.path / "usr/bin/lib.so");  // where to look for it
  put(folder.path / "usr/libexec/redis-cluster-harness/lib.so");
  CHECK(own_file_of(executable, "lib.so") == folder.path / "usr/libexec/redis-cluster-harness/lib.so");
  put(folder.path / "usr/bin/lib.so");
  CHECK(own_file_of(executable, "lib.so") == folder.path / "usr/bin/lib.so");
}

}  // namespace
}  // namespace harness
