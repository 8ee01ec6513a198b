// What the tests of this folder share: a real cluster that faults can act on, two client groups beside it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "harness/cluster/test_support.h"
#include "harness/faults/faults.h"

namespace harness {

class FaultScene {
 public:
  explicit FaultScene(int masters = 3, int replicas = 1, SandboxMode mode = SandboxMode::kLoopback,
                      std::map<std::string, std::string> directives = {}, int node_timeout_ms = 1500)
      : FaultScene(masters, replicas, mode, [&](ClusterOptions& options) {
          options.directives = std::move(directives);
          options.config.node_timeout_ms = node_timeout_ms;
        }) {}
  FaultScene(int masters, int replicas, SandboxMode mode, const std::function<void(ClusterOptions&)>& change)
      : bottle_(mode) {
    ClusterOptions options = bottle_.options(masters, replicas);
    change(options);
    cluster_ = std::make_unique<Cluster>(*bottle_.sandbox, options);
    cluster_->start();
    cluster_->form();
    context_ = std::make_unique<FaultContext>(
        FaultContext{*cluster_,
                     *bottle_.sandbox,
                     clock_,
                     prng_,
                     {&bottle_.sandbox->add_host("c1"), &bottle_.sandbox->add_host("c2")},
                     {}});
  }
  Cluster& cluster() { return *cluster_; }
  Node& node(int number) { return cluster_->node(number); }
  FaultContext& context() { return *context_; }

  struct Injected {
    FaultRecord record;
    std::unique_ptr<ActiveFault> active;
  };
  /// As the nemesis does.
  Injected inject(std::string_view name, std::string_view target, const Parameters& with = Parameters()) {
    const Fault* fault = find_fault(name);
    require_that(fault != nullptr, "there is a fault " + std::string(name));
    Injected injected;
    injected.record.fault = name;
    injected.record.heals = fault->heals;
    std::string problem;
    const Parameters complete_with = complete(fault->parameters, with.json(), problem);
    require_that(problem.empty(), problem);
    injected.active = fault->inject(*context_, {target, complete_with}, injected.record);
    context_->previous_targets = injected.record.nodes;
    return injected;
  }

 private:
  TestSandbox bottle_;
  std::unique_ptr<Cluster> cluster_;
  RunClock clock_;
  Prng prng_{1};
  std::unique_ptr<FaultContext> context_;
};

}  // namespace harness
