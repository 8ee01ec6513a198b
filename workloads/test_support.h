// What the tests of workloads share: a workload with a recorder and no server, and one on a real cluster.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/cluster/test_support.h"
#include "harness/core/wait.h"
#include "harness/run/load_set.h"
#include "harness/run/store.h"
#include "workloads/workloads.h"

namespace harness {

inline Parameters options_of(std::string_view workload,
                             const nlohmann::json& given = nlohmann::json::object()) {
  return load_options(*find_workload(workload), given, "test");
}

/// A workload with a recorder, no server.
struct Offers {
  explicit Offers(std::string_view name, const nlohmann::json& options = nlohmann::json::object(),
                  int share = 0, int shares = 1)
      : recorder(folder.path / "history.journal", clock),
        workload(find_workload(name)->make({recorder,
                                            options_of(name, options),
                                            std::string(name) + ":",
                                            {{{0, 8000}}, {{8001, 16383}}},
                                            share,
                                            shares})) {}
  ScratchFolder folder;
  RunClock clock;
  Recorder recorder;
  std::unique_ptr<Workload> workload;
};

/// A workload on a cluster of three masters, one operation after another or as a load.
class OnCluster {
 public:
  explicit OnCluster(std::string_view name, const nlohmann::json& options = nlohmann::json::object())
      : files_{test_.directory()}, recorder_(std::make_unique<Recorder>(files_.history(), clock_)) {
    for (const NodeInfo& node : test_.cluster().infos()) {
      recorder_->node(node.name);
      nodes_.push_back(
          {node.name, {boost::asio::ip::make_address(node.ip), static_cast<std::uint16_t>(node.port)}});
      shards_.push_back(node.slots);
    }
    const WorkloadSetup setup{*recorder_, options_of(name, options), std::string(name) + ":", shards_, 0, 1};
    workload = find_workload(name)->make(setup);
    group_ = std::make_unique<ClientGroup>(nodes_, std::chrono::seconds(10));
    client_ = std::make_unique<Client>(*group_);
    group_->start();
    const WorkloadSetup again{*recorder_, options_of(name, options), std::string(name) + ":", shards_, 0, 1};
    make_again_ = [this, again, make = find_workload(name)->make] { return make(again); };
  }

  Operation run(Operation op) {
    std::optional<Operation> done;
    boost::asio::co_spawn(group_->context(), invoke(op, done), boost::asio::detached);
    while (!done) group_->context().run_one();
    return *done;
  }
  Operation run(Function function, std::uint32_t key, Value argument = {}) {
    Operation op;
    op.function = function;
    op.key = key;
    op.argument = argument;
    return run(op);
  }
  /// The next operation that the workload offers of this function.
  Operation offered(Function function) {
    for (;;)
      if (const Operation op = workload->next(0, prng_); op.function == function) return op;
  }
  /// Any command by the node that serves the key, behind the workload's back.
  Reply by_hand(const Command& command, std::string_view key) {
    const int slot = slot_of(key);
    for (int i = 0; i < test_.cluster().size(); ++i)
      for (const SlotRange& range : shards_[static_cast<std::size_t>(i)])
        if (range.contains(slot)) {
          auto connection = test_.cluster().node(i).connect();
          REQUIRE(connection);
          const auto reply = connection->call(command);
          REQUIRE(reply);
          return *reply;
        }
    FAIL("no shard has the slot");
    return {};
  }

  /// The workload as a load of so many processes until there are so many events, then its final phase.
  History load(std::uint64_t events, int processes = 8) {
    ProcessNumbers numbers;
    LoadThread thread([] {}, nodes_, make_again_(), Prng(7), {processes, 0, std::chrono::seconds(10)},
                      *recorder_, numbers);
    thread.set_up(std::chrono::seconds(10));
    thread.start();
    wait_until("the load", std::chrono::seconds(60), [&] { return recorder_->events() >= events; });
    thread.finish();
    thread.start_final(0, 3, 3, {std::chrono::seconds(30)});
    thread.finish_final();
    CHECK(thread.unanswered() == 0);
    workload.reset();
    recorder_.reset();
    return load_history(files_);
  }

  Recorder& recorder() { return *recorder_; }
  std::unique_ptr<Workload> workload;

 private:
  Task<void> invoke(Operation op, std::optional<Operation>& done) {
    done = co_await workload->invoke(*client_, op);
  }
  TestCluster test_{3, 0};
  RunFiles files_;
  RunClock clock_;
  std::unique_ptr<Recorder> recorder_;
  std::vector<ClientNode> nodes_;
  std::vector<SlotRanges> shards_;
  std::unique_ptr<ClientGroup> group_;
  std::unique_ptr<Client> client_;
  std::function<std::unique_ptr<Workload>()> make_again_;
  Prng prng_{3};
};

}  // namespace harness
