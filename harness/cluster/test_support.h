// What the tests of this folder share: a directory that goes away, a bottle, a cluster of Debian's
// redis-server. Loopback mode, so that the tests run wherever processes do.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "harness/cluster/cluster.h"
#include "harness/cluster/sandbox.h"
#include "harness/core/check.h"

namespace harness {

struct TestDirectory {
  TestDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "harness-test-XXXXXX").string();
    CHECK_THAT_HOLDS(mkdtemp(pattern.data()) != nullptr, "mkdtemp " + pattern);
    path = pattern;
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  std::filesystem::path path;
};

/// $HARNESS_TEST_SERVER, or redis-server on PATH.
inline std::string server_under_test() {
  const char* given = std::getenv("HARNESS_TEST_SERVER");
  return given ? given : "redis-server";
}

struct TestSandbox {
  TestDirectory directory;
  std::unique_ptr<Sandbox> sandbox = make_sandbox(SandboxMode::kLoopback);

  ClusterOptions options(int masters, int replicas) const {
    ClusterOptions options;
    options.flavor = detect_flavor(server_under_test());
    options.config.masters = masters;
    options.config.replicas = replicas;
    options.config.node_timeout_ms = 1500;
    options.directory = directory.path / "nodes";
    return options;
  }
};

/// Formed and ready.
class TestCluster {
 public:
  TestCluster(int masters, int replicas)
      : cluster_(std::make_unique<Cluster>(*bottle_.sandbox, bottle_.options(masters, replicas))) {
    cluster_->start();
    cluster_->form();
  }
  Cluster& cluster() { return *cluster_; }
  const std::filesystem::path& directory() const { return bottle_.directory.path; }

 private:
  TestSandbox bottle_;
  std::unique_ptr<Cluster> cluster_;
};

}  // namespace harness
