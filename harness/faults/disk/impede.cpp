#include "harness/faults/disk/impede.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/core/wait.h"
#include "harness/faults/common/target.h"

namespace harness {
namespace {

/// A server without clients asks the disk now and then, at the next failover at the latest.
constexpr std::chrono::nanoseconds kAskedPatience = std::chrono::seconds(15);
constexpr std::chrono::seconds kReleasePatience(5);

struct Placed {
  Node* node;
  int rule;
};

class Impediment final : public ActiveFault {
 public:
  Impediment(std::vector<Placed> placed, const RunClock& clock) : placed_(std::move(placed)), clock_(clock) {}
  ~Impediment() override { remove(); }

  void heal(FaultRecord& record) override {
    if (healed_) return;
    record.heal_requested = clock_.now();
    for (const Placed& one : placed_)
      record.evidence += fmt::format("{}{} had {} calls answered so", record.evidence.empty() ? "" : ", ",
                                     one.node->name(), one.node->gate()->answered(one.rule));
    remove();
    if (wait_for(kReleasePatience, [&] { return released(); }))
      record.healed = clock_.now();
    else
      record.error = "calls are held back though no rule is there any more";
  }

 private:
  void remove() {
    if (!std::exchange(healed_, true))
      for (const Placed& one : placed_) one.node->gate()->remove(one.rule);
  }
  /// No call waits, unless another fault's rule holds it.
  bool released() const {
    return std::ranges::all_of(placed_, [](const Placed& one) {
      return one.node->gate()->rules() > 0 || one.node->gate()->held_back() == 0;
    });
  }

  const std::vector<Placed> placed_;
  const RunClock& clock_;
  bool healed_ = false;
};

/// A server ends of its own will when its append-only file or nodes.conf cannot be written; a snapshot that
/// fails is tried again.
Effect impeded(const std::vector<int>& nodes, const DiskRule& rule, std::string_view files,
               const std::string& what) {
  Effect effect;
  effect.kind = EffectKind::kDisk;
  effect.nodes = nodes;
  effect.detail = what;
  effect.delay_ms = static_cast<double>(rule.delay.count()) / 1e3;
  effect.excuses.exits = (rule.error != 0 || rule.shorten >= 0) && files != "rdb";
  effect.excuses.dead_link = true;
  return effect;
}

/// What is wanted for a shorter time is waited for no longer: it would hold everything else back.
void verify_asked(const std::vector<Placed>& placed, FaultContext& context, FaultRecord& record) {
  const auto patience = std::min(kAskedPatience, std::chrono::nanoseconds(context.hold.value_or(kNever)));
  const auto was_asked = [](const Placed& one) { return one.node->gate()->answered(one.rule) > 0; };
  const bool asked = wait_for(
      std::chrono::duration_cast<std::chrono::milliseconds>(patience),
      [&] { return std::ranges::any_of(placed, was_asked) || context.stopped(); },
      std::chrono::milliseconds(2));
  const auto first = std::ranges::find_if(placed, was_asked);
  if (first == placed.end()) {
    record.error =
        asked ? "the run ended before the disk was asked"
              : fmt::format("nothing asked the disk in {} s", static_cast<double>(patience.count()) / 1e9);
    return;
  }
  record.active = context.clock.now();
  record.evidence = "the disk of " + first->node->name() + " answered so";
}

}  // namespace

bool is_impeded(std::string_view word, const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const bool aof = name.find("aof") != std::string::npos;
  if (word == "aof") return aof;
  if (word == "rdb") return !aof && name.find(".rdb") != std::string::npos;
  if (word == "nodes.conf") return name.find("nodes.conf") != std::string::npos;
  return true;
}

std::unique_ptr<ActiveFault> impede_disk(FaultContext& context, const FaultRequest& request,
                                         FaultRecord& record, DiskRule rule, const std::string& what) {
  const TargetNodes aim = resolve_target(context, request.target);
  const std::string word = request.with.text("file");
  record.requested = context.clock.now();
  record.description = fmt::format(
      "{} ({} files): {}", aim.nodes.empty() ? std::string(request.target) : aim.description, word, what);
  record.error = aim.problem;
  for (const Node* node : aim.nodes)
    if (!node->gate()) record.error = node->name() + " was started without a disk gate";
  if (aim.nodes.empty() || !record.error.empty()) return nullptr;
  rule.file = [word](const std::filesystem::path& file) { return is_impeded(word, file); };
  std::vector<Placed> placed;
  for (Node* node : aim.nodes) {
    placed.push_back({node, node->gate()->add(rule)});
    record.nodes.push_back(node->number());
  }
  record.effects = {impeded(record.nodes, rule, word, what)};
  auto active = std::make_unique<Impediment>(placed, context.clock);
  verify_asked(placed, context, record);
  return active;
}

}  // namespace harness
