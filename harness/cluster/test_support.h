// What the tests of this folder share: a directory that goes away, a bottle, a cluster of Debian's
// redis-server. Loopback mode, so that the tests run wherever processes do.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/cluster/cluster.h"
#include "harness/sandbox/namespace_test_support.h"
#include "harness/sandbox/sandbox.h"

namespace harness {

/// $HARNESS_TEST_SERVER, or redis-server on PATH.
inline std::string server_under_test() {
  const char* given = std::getenv("HARNESS_TEST_SERVER");
  return given ? given : "redis-server";
}

struct TestSandbox {
  explicit TestSandbox(SandboxMode mode = SandboxMode::kLoopback) : sandbox(make_sandbox(mode)) {}
  ScratchFolder directory;
  std::unique_ptr<Sandbox> sandbox;

  ClusterOptions options(int masters, int replicas) const {
    ClusterOptions options;
    options.flavors = {detect_flavor(server_under_test())};
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
  TestCluster(int masters, int replicas, SandboxMode mode = SandboxMode::kLoopback)
      : bottle_(mode),
        cluster_(std::make_unique<Cluster>(*bottle_.sandbox, bottle_.options(masters, replicas))) {
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
