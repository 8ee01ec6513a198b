#include "reports/spans.h"

#include <algorithm>

#include "reports/otlp.h"
#include "reports/story.h"
#include "reports/strength.h"
#include "reports/text.h"

namespace harness {
namespace {

using namespace reporting;

constexpr std::size_t kOperationsAtMost = 1000;

/// When all was over: of a run that was killed, what is known of last.
Nanos end_of(const RunRecord& record) {
  Nanos end = 0;
  if (record.info.end != kNever) return record.info.end;
  if (!record.views.empty()) end = record.views.back().end;
  if (!record.history.operations.empty()) end = std::max(end, record.history.operations.back().invoked);
  return end;
}

class RunTrace {
 public:
  explicit RunTrace(const ReportInput& input)
      : record_(input.record),
        verdict_(input.verdict),
        end_(end_of(record_)),
        trace_(record_.info.id, record_.info.started_unix_ms) {}

  nlohmann::ordered_json make() {
    const RunInfo& info = record_.info;
    TraceSpan run{"run " + info.scenario, 0, end_, {{"verdict", verdict_word(verdict_)}}, {}, {}};
    if (verdict_.exit_code != 0) run.error = verdict_sentence(record_, verdict_);
    root_ = trace_.add(run);
    add_phases();
    for (const FaultRecord& fault : record_.faults) add_fault(fault);
    for (const CommandRecord& command : record_.commands) add_command(command);
    for (const ExpectationRecord& one : record_.expectations) add_expectation(one);
    for (const Failover& failover : verdict_.failovers) add_failover(failover);
    add_operations();
    return trace_.document({{"service.name", "redis-cluster-harness"},
                            {"harness.run", info.id},
                            {"harness.scenario", info.scenario},
                            {"harness.seed", std::to_string(info.seed)},
                            {"harness.server", build_names(info)},
                            {"harness.server.sha256", info.server.sha256},
                            {"harness.reproduce", info.reproduce}});
  }

 private:
  /// A time that is known, or the end.
  Nanos known(Nanos time) const { return time == kNever ? end_ : time; }

  std::string add(TraceSpan span) { return trace_.add(span, root_); }

  void add_phases() {
    const RunInfo& info = record_.info;
    add({"load", 0, known(info.clients_end), {}, {}, {}});
    if (info.clients_end == kNever) return;
    add({"settle",
         info.clients_end,
         known(info.settled),
         {},
         {},
         info.settled == kNever ? "the cluster did not settle" : ""});
    if (info.settled != kNever) add({"final reads", info.settled, end_, {}, {}, {}});
  }

  void add_fault(const FaultRecord& fault) {
    if (fault.requested == kNever) return;
    TraceSpan span{"fault " + fault.fault,
                   fault.requested,
                   fault.heals ? known(fault.healed) : fault.requested,
                   {{"step", fault.step}, {"description", fault.description}, {"evidence", fault.evidence}},
                   {},
                   fault.error};
    for (const int node : fault.nodes) span.attributes.emplace_back("node." + node_name(record_, node), true);
    if (fault.verified_active()) {
      span.events.push_back({"verified active", fault.active});
      span.end = std::max(span.end, fault.active);
    } else if (span.error.empty()) {
      span.error = "never verified active";
    }
    if (fault.heal_requested != kNever) span.events.push_back({"heal requested", fault.heal_requested});
    add(std::move(span));
  }

  void add_command(const CommandRecord& command) {
    if (command.time == kNever) return;
    std::string words;
    for (const std::string& word : command.words) words += (words.empty() ? "" : " ") + word;
    add({"command " + (command.words.empty() ? std::string{} : command.words.front()),
         command.time,
         known(command.replied),
         {{"step", command.step},
          {"node", node_name(record_, command.node)},
          {"command", words},
          {"reply", command.reply}},
         {},
         command.ok ? "" : "answered " + command.reply});
  }

  void add_expectation(const ExpectationRecord& one) {
    if (one.began == kNever) return;
    TraceSpan span{std::string(to_string(one.kind)) + " " + one.condition,
                   one.began,
                   known(one.until),
                   {{"step", one.step}},
                   {},
                   one.failed ? one.why : ""};
    if (one.held_at != kNever) span.events.push_back({"held", one.held_at});
    add(std::move(span));
  }

  /// The phases follow each other: each from the instant before it that is known.
  void add_failover(const Failover& failover) {
    const std::pair<const char*, Nanos> phases[] = {
        {"suspected", failover.pfail},         {"failed", failover.fail},
        {"election", failover.election},       {"promoted", failover.promoted},
        {"first write", failover.first_write}, {"converged", failover.converged}};
    Nanos begin = failover.fault_at;
    for (const auto& phase : phases) begin = std::min(begin, phase.second);
    if (begin == kNever) return;
    Nanos end = begin;
    for (const auto& phase : phases)
      if (phase.second != kNever) end = std::max(end, phase.second);
    const std::string parent =
        add({"failover " + node_name(record_, failover.from) + " -> " + node_name(record_, failover.to),
             begin,
             end,
             {{"shard", failover.shard}, {"bound_ms", failover.bound_ms}, {"fault", failover.fault}},
             {},
             failover.within_bound || failover.bound_ms <= 0 ? "" : "later than its bound"});
    for (const auto& [name, at] : phases) {
      if (at == kNever) continue;
      trace_.add({name, std::min(begin, at), at, {}, {}, {}}, parent);
      begin = std::max(begin, at);
    }
  }

  void add_operations() {
    std::size_t added = 0;
    for (const CheckResult& check : verdict_.checks)
      for (const Anomaly& anomaly : check.anomalies) {
        if (anomaly.allowed) continue;
        for (const std::size_t event : anomaly.operations) {
          const std::size_t at = operation_of_event(record_.history, event);
          if (at < record_.history.operations.size() && ++added <= kOperationsAtMost)
            add_operation(record_.history.operations[at], check, anomaly);
        }
      }
  }

  void add_operation(const Operation& op, const CheckResult& check, const Anomaly& anomaly) {
    const History& history = record_.history;
    add({"operation " + std::string(to_string(op.function)),
         op.invoked,
         known(op.completed),
         {{"process", op.process},
          {"key", clean_utf8(history.key_text(op))},
          {"node", clean_utf8(history.node_text(op))},
          {"outcome", to_string(op.outcome)},
          {"operation", clean_utf8(history.describe(op))},
          {"check", check.name},
          {"anomaly", anomaly.type}},
         {},
         clean_utf8(anomaly.explanation)});
  }

  const RunRecord& record_;
  const RunVerdict& verdict_;
  Nanos end_;
  Trace trace_;
  std::string root_;
};

}  // namespace

std::string make_spans(const ReportInput& input) {
  return RunTrace(input).make().dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace harness
