#include "reports/story.h"

#include <algorithm>
#include <map>

#include "harness/core/judged.h"
#include "reports/allowed.h"
#include "reports/strength.h"
#include "reports/text.h"
#include "reports/views.h"

namespace harness::reporting {
namespace {

void add(std::vector<Moment>& story, Nanos time, std::string kind, std::string who, std::string text,
         std::string anomaly = {}) {
  if (time == kNever) return;
  story.push_back(
      {time, std::move(kind), std::move(who), std::move(text), std::move(anomaly), std::string::npos});
}

std::string since(Nanos time, Nanos begin) {
  return begin == kNever ? std::string{} : " (+" + duration(time - begin) + ")";
}

/// Phases of a failover count from the request of the fault; the story shows it when it was seen to act.
std::string asked_before(const FaultRecord& fault) {
  constexpr Nanos kWorthTelling = 10 * kMillisecond;
  if (fault.active - fault.requested < kWorthTelling) return {};
  return " (asked for at " + seconds(fault.requested) + " s)";
}

void add_faults(std::vector<Moment>& story, const RunRecord& record) {
  for (const FaultRecord& fault : record.faults) {
    const std::string& what = fault.description.empty() ? fault.fault : fault.description;
    if (fault.verified_active())
      add(story, fault.active, "fault", "!",
          what + asked_before(fault) + (fault.evidence.empty() ? "" : " — verified: " + fault.evidence));
    else
      add(story, fault.requested, "fault", "!",
          what + " — requested, never verified" + (fault.error.empty() ? "" : ": " + fault.error));
    if (!fault.heals) continue;
    if (fault.healed != kNever)
      add(story, fault.healed, "healed", "!", "healed: " + what + since(fault.healed, fault.active));
    else
      add(story, fault.heal_requested, "fault", "!",
          "healing was asked for and never verified: " + what +
              (fault.error.empty() ? "" : ": " + fault.error));
  }
}

/// What a promoted node says of itself when the observer first sees it as a master, or null.
const TopologyNode* first_word_as_master(const RunRecord& record, int node, Nanos promoted) {
  for (const View& view : record.views) {
    if (view.node != node || view.end < promoted) continue;
    const TopologyNode* self = view.topology.myself();
    if (self && self->is(kFlagMaster)) return self;
  }
  return nullptr;
}

void add_failovers(std::vector<Moment>& story, const RunRecord& record, const RunVerdict& verdict) {
  for (const Failover& f : verdict.failovers) {
    const std::string from = node_name(record, f.from), to = node_name(record, f.to);
    add(story, f.pfail, "suspect", from, "suspected (PFAIL)" + since(f.pfail, f.fault_at));
    add(story, f.fail, "suspect", from, "declared failed (FAIL)" + since(f.fail, f.fault_at));
    add(story, f.election, "promotion", to, "asked for votes" + since(f.election, f.fault_at));
    const TopologyNode* self = first_word_as_master(record, f.to, f.promoted);
    std::string promoted = "promoted in place of " + from;
    if (self)
      promoted += ": slots " + ranges_text(self->slots) + ", epoch " + std::to_string(self->config_epoch);
    add(story, f.promoted, "promotion", to, promoted + since(f.promoted, f.fault_at));
    add(story, f.first_write, "promotion", to,
        "acknowledged the first write" + since(f.first_write, f.fault_at));
    add(story, f.converged, "promotion", to, "every reachable node agrees" + since(f.converged, f.fault_at));
  }
}

void add_crashes(std::vector<Moment>& story, const RunRecord& record) {
  for (const Incarnation& life : record.incarnations) {
    if (life.expected || life.ended == kNever) continue;
    add(story, life.ended, "crash", node_name(record, life.node),
        life.signal ? "died of signal " + std::to_string(life.signal) + ", and no fault asked for it"
                    : "exited with " + std::to_string(life.exit_code) + ", and no fault asked for it");
  }
}

/// Equal violations are one sentence, at the time of the first: those of one checker, type and node.
void add_violations(std::vector<Moment>& story, const RunRecord& record,
                    const std::vector<NamedAnomaly>& all) {
  struct Group {
    std::size_t count = 0;
    const NamedAnomaly* first = nullptr;
  };
  std::map<std::string, Group> groups;
  std::map<const CheckResult*, std::size_t> listed, groups_of;
  for (const NamedAnomaly& named : all) {
    const Anomaly& anomaly = *named.anomaly;
    if (anomaly.allowed) continue;
    Group& group = groups[named.check->name + "|" + anomaly.type + "|" + anomaly.node];
    groups_of[named.check] += group.count == 0;
    ++listed[named.check];
    ++group.count;
    if (group.first == nullptr || anomaly.time < group.first->anomaly->time) group.first = &named;
  }
  for (const auto& [key, group] : groups) {
    const Anomaly& anomaly = *group.first->anomaly;
    const CheckResult* check = group.first->check;
    // Of a list that was cut, how many of each group it left out is not known, unless there is one alone.
    const bool cut = check->violations > listed[check];
    const bool alone = groups_of[check] == 1;
    const std::size_t count = cut && alone ? check->violations : group.count;
    const std::string text = count == 1 && !cut
                                 ? headline(anomaly)
                                 : std::string(cut && !alone ? "at least " : "") + grouped(count) + " × " +
                                       type_words(anomaly.type) +
                                       (cut ? "; one of them: " : "; the first: ") + headline(anomaly);
    const std::string seen(how_seen(record, anomaly));
    add(story, anomaly.time, "violation", anomaly.node, (seen.empty() ? "" : seen + ": ") + text,
        group.first->name);
  }
}

/// Allowed anomalies that are told in one sentence.
struct AllowedGroup {
  std::size_t count = 0;
  const NamedAnomaly* last = nullptr;
  bool one_node = true;
  bool one_window = true;
};

std::string window_words(Window window) {
  return "window " + std::string(to_string(window)) + ": " + std::string(words(window));
}

/// Of a list that was cut: how many there are in all, and what is known of those that are listed.
std::string cut_words(const AllowedGroup& group) {
  const Anomaly& anomaly = *group.last->anomaly;
  std::string text;
  for (const auto& [type, count] : allowed_types(*group.last->check))
    text += (text.empty() ? "" : ", ") +
            (type.empty() ? grouped(count) + " of other kinds" : grouped(count) + " × " + type_words(type));
  text += ", allowed; " + grouped(group.count) + " are listed, ";
  return text + (group.one_window && anomaly.window != Window::kOutside
                     ? "by " + window_words(anomaly.window)
                     : "one of them: " + anomaly.explanation);
}

std::string allowed_words(const AllowedGroup& group) {
  const Anomaly& anomaly = *group.last->anomaly;
  if (!anomaly.known.empty())
    return counted(group.count, type_words(anomaly.type)) + ", known: " + anomaly.known;
  if (anomaly.window != Window::kOutside)
    return counted(group.count, type_words(anomaly.type)) + ", allowed by " + window_words(anomaly.window);
  if (group.count == 1) return anomaly.explanation + " (allowed)";
  return grouped(group.count) + " × " + type_words(anomaly.type) +
         ", allowed; the last: " + anomaly.explanation;
}

/// One sentence for all of a check's that are alike: of one type, window and node. What a list that was cut
/// left out may be of any: then the check has one sentence for all.
void add_allowed(std::vector<Moment>& story, const RunRecord& record, const std::vector<NamedAnomaly>& all) {
  std::map<std::string, AllowedGroup> groups;
  for (const NamedAnomaly& named : all) {
    const Anomaly& anomaly = *named.anomaly;
    if (!anomaly.allowed) continue;
    const bool cut = anomaly.known.empty() && allowed_unlisted(*named.check) > 0;
    const std::string kind =
        anomaly.type + "|" + std::string(to_string(anomaly.window)) + anomaly.known + "|" + anomaly.node;
    AllowedGroup& group = groups[named.check->name + "|" + (cut ? "" : kind)];
    if (!group.last) group.last = &named;
    ++group.count;
    group.one_node = group.one_node && anomaly.node == group.last->anomaly->node;
    group.one_window = group.one_window && anomaly.window == group.last->anomaly->window;
    if (anomaly.time >= group.last->anomaly->time) group.last = &named;
  }
  for (const auto& [key, group] : groups) {
    const Anomaly& anomaly = *group.last->anomaly;
    const CheckResult& check = *group.last->check;
    const bool cut = anomaly.known.empty() && allowed_unlisted(check) > 0;
    const bool named = record.plan.loads.size() > 1;  // each load has a check of its own
    add(story, anomaly.time, "loss", group.one_node ? anomaly.node : "",
        (named ? check.name + ": " : "") + (cut ? cut_words(group) : allowed_words(group)), group.last->name);
  }
}

void add_anomalies(std::vector<Moment>& story, const RunRecord& record, const RunVerdict& verdict) {
  const std::vector<NamedAnomaly> all = named_anomalies(verdict);
  add_violations(story, record, all);
  add_allowed(story, record, all);
}

void sort_by_time(std::vector<Moment>& story) {
  std::stable_sort(story.begin(), story.end(),
                   [](const Moment& a, const Moment& b) { return a.time < b.time; });
}

/// What the node was at that time. One that died while its answer was on its way had been something before.
std::string words_of_node(const Observations& observations, int node, const Operation& op, Nanos time) {
  const bool answered = op.outcome == Outcome::kOk;
  if (!answered || observations.state_at(node, time) != NodeState::kDead)
    return observations.role_words(node, time);
  return observations.role_words(node, op.invoked) + ", dead when its answer was read";
}

Moment operation_moment(const RunRecord& record, const Observations& observations, std::size_t index) {
  const Operation& op = record.history.operations[index];
  Moment moment;
  // The answer's time where there is one, as in the words beside it: then it took effect at the latest.
  const bool answered = op.outcome == Outcome::kOk && op.completed != kNever;
  moment.time = answered ? op.completed : op.invoked;
  moment.kind = "operation";
  moment.who = "p" + std::to_string(op.process);
  moment.text = operation_words(record.history, op);
  if (op.node != kNoNode) {
    moment.text += "   " + std::string(record.history.node_text(op));
    const int node = record.node_by_name(record.history.node_text(op));
    if (node >= 0) moment.text += " " + words_of_node(observations, node, op, moment.time);
  }
  moment.operation = index;
  return moment;
}

}  // namespace

std::string operation_words(const History& history, const Operation& op) {
  std::string text(to_string(op.function));
  if (op.key != kNoKey) text += " " + std::string(history.key_text(op));
  if (!op.argument.is_nil()) text += " " + history.values.to_json(op.argument);
  text += " -> ";
  const bool answered = op.outcome == Outcome::kOk && (op.result != op.argument || op.argument.is_nil());
  text += answered ? history.values.to_json(op.result) : std::string(to_string(op.outcome));
  if (op.error != kNoError) text += " (" + std::string(history.error_text(op)) + ")";
  return text;
}

std::vector<NamedAnomaly> named_anomalies(const RunVerdict& verdict) {
  std::vector<NamedAnomaly> out;
  for (const bool allowed : {false, true}) {
    const auto first = static_cast<std::ptrdiff_t>(out.size());
    for (const CheckResult& check : verdict.checks)
      for (const Anomaly& anomaly : check.anomalies)
        if (anomaly.allowed == allowed) out.push_back({"", &check, &anomaly});
    const auto when = [](const NamedAnomaly& named) {  // one of no moment comes last
      return named.anomaly->time == 0 ? kNever : named.anomaly->time;
    };
    std::stable_sort(out.begin() + first, out.end(),
                     [&](const NamedAnomaly& a, const NamedAnomaly& b) { return when(a) < when(b); });
    std::size_t number = 0;
    for (auto named = out.begin() + first; named != out.end(); ++named)
      named->name = (allowed ? "a" : "v") + std::to_string(++number);
  }
  return out;
}

std::vector<Moment> tell_story(const RunRecord& record, const RunVerdict& verdict) {
  std::vector<Moment> story;
  if (!record.history.operations.empty())
    add(story, 0, "run", "",
        "the cluster was ready; " +
            (record.info.concurrency > 0
                 ? counted(static_cast<std::uint64_t>(record.info.concurrency), "client")
                 : std::string("clients")) +
            " began to work");
  add_faults(story, record);
  add_failovers(story, record, verdict);
  add_crashes(story, record);
  add_anomalies(story, record, verdict);
  add(story, record.info.clients_end, "run", "",
      (record.info.ended_early.empty() ? "" : "a violation was certain and the run ended early: ") +
          std::string("clients stopped; whatever was still broken was healed"));
  if (record.info.settled != kNever)
    add(story, record.info.settled, "run", "", "the cluster had settled; final reads began");
  else if (record.info.clients_end != kNever)
    add(story, record.info.end, "run", "", "the cluster had not settled when the run ended");
  sort_by_time(story);
  return story;
}

std::vector<Moment> tell_anomaly(const RunRecord& record, const RunVerdict& verdict, const Anomaly& anomaly,
                                 std::size_t operations_max) {
  std::vector<std::size_t> operations;
  for (std::size_t event : anomaly.operations)
    if (const std::size_t index = operation_of_event(record.history, event); index != std::string::npos)
      operations.push_back(index);
  std::sort(operations.begin(), operations.end());
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  if (operations.size() > operations_max) {
    const std::size_t half = operations_max / 2;
    operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(operations_max - half),
                     operations.end() - static_cast<std::ptrdiff_t>(half));
  }
  const Observations observations(record);
  std::vector<Moment> moments;
  Nanos begin = anomaly.time, end = anomaly.time;
  for (std::size_t index : operations) {
    moments.push_back(operation_moment(record, observations, index));
    const Operation& op = record.history.operations[index];
    begin = std::min(begin, op.invoked);
    end = std::max(end, op.completed == kNever ? op.invoked : op.completed);
  }
  std::vector<Moment> around;
  add_faults(around, record);
  add_failovers(around, record, verdict);
  add_crashes(around, record);
  for (Moment& moment : around)
    if (begin - kSecond <= moment.time && moment.time <= end + kSecond) moments.push_back(std::move(moment));
  sort_by_time(moments);
  return moments;
}

namespace {

std::string in_capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// How many, by which checkers, and the first one as a person would say it; empty when none is told.
std::string violations_sentence(const RunRecord& record, const RunVerdict& verdict) {
  if (verdict.valid != Validity::kInvalid) return {};
  const std::vector<NamedAnomaly> all = named_anomalies(verdict);
  if (all.empty() || all.front().anomaly->allowed) return {};
  std::size_t violations = 0;
  std::string names;
  for (const CheckResult& check : verdict.checks) {
    violations += check.violations;
    if (check.valid == Validity::kInvalid) names += (names.empty() ? "" : ", ") + check.name;
  }
  const Anomaly& first = *all.front().anomaly;
  return counted(violations, "violation") + " (" + names + "). " +
         in_capital((violations == 1 ? "" : "the first, ") + when(record, first)) + ": " + headline(first) +
         ".";
}

}  // namespace

std::string when(const RunRecord& record, const Anomaly& anomaly) {
  const std::string seen(how_seen(record, anomaly));
  return (seen.empty() ? "at " : seen + ", ") + seconds(anomaly.time) + " s";
}

std::string verdict_sentence(const RunRecord& record, const RunVerdict& verdict) {
  if (const std::string sentence = violations_sentence(record, verdict); !sentence.empty()) return sentence;
  if (!verdict.explanation.empty()) return verdict.explanation;
  std::size_t violations = 0, allowed = 0;
  const CheckResult* failed = nullptr;
  const CheckResult* unknown = nullptr;
  for (const CheckResult& check : verdict.checks) {
    violations += check.violations;
    allowed += check.allowed;
    if (!failed && check.valid == Validity::kInvalid) failed = &check;
    if (!unknown && check.valid == Validity::kUnknown) unknown = &check;
  }
  const std::string build = build_names(record.info);
  if (verdict.error) return "The harness or its environment failed before it could judge the server.";
  if (failed)
    return build + " broke a promise: " + failed->explanation +
           (violations > 1 ? " (" + counted(violations, "violation") + " in all.)" : "");
  if (unknown) return "No violation was found, yet the run cannot conclude: " + unknown->explanation;
  return build + " kept every promise that was checked" +
         (allowed ? "; " + grouped(allowed) + (allowed == 1 ? " anomaly lies" : " anomalies lie") +
                        " in windows that Redis documents"
                  : std::string{}) +
         ".";
}

}  // namespace harness::reporting
