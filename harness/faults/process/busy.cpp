#include "harness/faults/process/busy.h"

#include "harness/core/wait.h"
#include "harness/faults/common/administration.h"
#include "harness/faults/common/silence.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// The server listens to SCRIPT KILL only after busy-reply-threshold, 5 s by default.
constexpr std::chrono::seconds kBusyPatience(30);

class Busy final : public ActiveFault {
 public:
  Busy(Connection connection, Node& node, const RunClock& clock)
      : connection_(std::move(connection)), node_(node), clock_(clock) {}
  ~Busy() override {
    if (!healed_) kill_script();
  }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    healed_ = true;
    record.heal_requested = clock_.now();
    kill_script();
    verify_voice(node_, clock_, kBusyPatience, record);
  }

 private:
  /// Until it is heard, or there is no script any more (NOTBUSY), or no process.
  void kill_script() {
    std::string problem;
    // The end of the patience shows itself when the node does not answer again.
    (void)wait_for(
        kBusyPatience,
        [&] {
          return tell(node_, {"SCRIPT", "KILL"}, problem, std::chrono::milliseconds(500)) ||
                 problem.find("NOTBUSY") != std::string::npos || !node_.running();
        },
        std::chrono::milliseconds(50));
  }

  Connection connection_;  // the script's client
  Node& node_;
  const RunClock& clock_;
  bool healed_ = false;
};

}  // namespace

std::unique_ptr<ActiveFault> inject_busy(FaultContext& context, const FaultRequest& request,
                                         FaultRecord& record) {
  Node* node = aim_at_one(context, request.target, record);
  if (!node) return nullptr;
  record.description = "endless script on " + record.description;
  auto connection = node->connect();
  if (!connection) {
    record.error = "no connection to " + node->name() + ": " + connection.error().text;
    return nullptr;
  }
  record.requested = context.clock.now();
  if (const auto error = connection->send({{"EVAL", "while true do end", "0"}})) {
    record.error = error->text;
    return nullptr;
  }
  verify_silence(*node, context, record, {"Slow script detected", "Lua script", "SCRIPT KILL"});
  return std::make_unique<Busy>(std::move(*connection), *node, context.clock);
}

}  // namespace harness
