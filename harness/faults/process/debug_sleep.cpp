#include "harness/faults/process/debug_sleep.h"

#include "harness/faults/common/silence.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

constexpr std::chrono::seconds kGrace(10);

/// It wakes up by itself; healing waits for that.
class Sleep final : public ActiveFault {
 public:
  Sleep(Connection connection, Node& node, const RunClock& clock, std::chrono::milliseconds time)
      : connection_(std::move(connection)), node_(node), clock_(clock), time_(time) {}

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    verify_voice(node_, clock_, time_ + kGrace, record);
  }

 private:
  Connection connection_;  // the sleeper's: a client that leaves would be seen too late anyway
  Node& node_;
  const RunClock& clock_;
  const std::chrono::milliseconds time_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_debug_sleep(FaultContext& context, const FaultRequest& request,
                                                FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "sleep " + record.description;
  auto connection = node->connect();
  if (!connection) {
    record.error = "no connection to " + node->name() + ": " + connection.error().text;
    return nullptr;
  }
  const double seconds = request.with.number("seconds");
  record.requested = context.clock.now();
  if (const auto error = connection->send({{"DEBUG", "SLEEP", std::to_string(seconds)}})) {
    record.error = error->text;
    return nullptr;
  }
  verify_silence(*node, context, record, {});
  return std::make_unique<Sleep>(std::move(*connection), *node, context.clock,
                                 std::chrono::milliseconds(static_cast<int>(seconds * 1000)));
}

}  // namespace harness
