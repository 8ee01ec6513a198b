#include "checkers/promises/stuck_client.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/command_timeout.h"
#include "harness/core/counted.h"
#include "harness/core/same_word.h"

namespace harness {
namespace {

constexpr Nanos kGrace = 5 * kSecond;
/// Of a command that names no timeout and waits for nothing: so long without an answer, while others get
/// theirs, is no slowness any more.
constexpr Nanos kForgotten = 20 * kSecond;
/// Another command that took so long may have kept the node busy.
constexpr Nanos kLongCommand = kSecond;

struct Interval {
  Nanos from = 0;
  Nanos until = 0;
};

std::string line_of(const CommandRecord& command) {
  std::string text;
  for (const std::string& word : command.words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// CLIENT PAUSE ms: until when it holds clients back at the most.
std::optional<Interval> pause_of(const CommandRecord& command) {
  if (command.words.size() < 3 || command.refused) return std::nullopt;
  std::string line = line_of(command);
  std::ranges::transform(line, line.begin(), [](unsigned char c) { return std::toupper(c); });
  const long long ms = number_after(line, "CLIENT PAUSE ");
  if (ms < 0) return std::nullopt;
  // A pause so long that no run sees its end lasts for ever.
  const Nanos length = ms > 1'000'000'000 ? kNever / 4 : ms * kMillisecond;
  return Interval{command.time, command.replied + length};
}

/// When the node, or its clients, were kept from going on.
std::vector<Interval> hindrances(const RunRecord& run, const CommandRecord& stuck) {
  std::vector<Interval> found;
  for (const CommandRecord& other : run.commands) {
    if (other.node != stuck.node || &other == &stuck) continue;
    if (const auto pause = pause_of(other)) found.push_back(*pause);
    if (other.replied - other.time >= kLongCommand && !blocking_timeout(other.words))
      found.push_back({other.time, other.replied});
  }
  for (const FaultRecord& fault : run.faults) {
    if (!acts_on(run, fault, stuck.node)) continue;
    const Nanos over = fault.heals ? fault.healed : over_at(run, fault, stuck.node);
    const bool event = !fault.heals && !ends_process(fault);  // over when it has acted
    found.push_back({fault.requested, event && fault.active != kNever ? fault.active : over});
  }
  return found;
}

/// From when on nothing hindered the command: its beginning, or the end of what was in its way.
Nanos free_from(const CommandRecord& command, std::vector<Interval> hindrances) {
  std::ranges::sort(hindrances, {}, &Interval::from);
  Nanos free = command.time;
  for (const Interval& hindrance : hindrances)
    if (hindrance.from < command.replied && hindrance.until > free) free = hindrance.until;
  return free;
}

bool lived_through(const RunRecord& run, const CommandRecord& command) {
  const int life = life_at(run, command.node, command.time);
  return life >= 0 && run.incarnations[static_cast<std::size_t>(life)].ended > command.replied;
}

void check_command(const Analysis& analysis, const CommandRecord& command, Nanos timeout,
                   CheckResult& result) {
  const RunRecord& run = analysis.run;
  const Nanos free = free_from(command, hindrances(run, command));
  const Nanos due = free + timeout + kGrace + analysis.stall;
  const std::string what = line_of(command) + " (step " + command.step + ")";
  if (command.replied <= due) {
    // Answered in time; or given up, by the harness or with the connection, before it could be late.
    if (!command.answered && free > command.time && lived_through(run, command))
      doubt(result,
            "Nobody waited long enough for " + what + ": its node was held back until " + at(free) + ".");
    return;
  }
  if (!lived_through(run, command)) return;
  Anomaly anomaly;
  anomaly.type = AnomalyKind("stuck-client").text();
  anomaly.node = node_name(run, command.node);
  anomaly.time = due;
  anomaly.explanation = anomaly.node + " was to answer " + what + " after " + in_milliseconds(timeout) +
                        " at the latest, sent at " + at(command.time) +
                        (free > command.time ? " and free to go on from " + at(free) : "") + "; " +
                        (command.answered ? "the answer came at " + at(command.replied)
                                          : "there was none until " + at(command.replied));
  report(result, std::move(anomaly));
}

/// Whether the node answered the observer at every look of that span, and was looked at.
bool answered_others(const Analysis& analysis, int node, Nanos from, Nanos until) {
  bool looked = false;
  for (const View* view : analysis.views[static_cast<std::size_t>(node)]) {
    if (view->end < from || view->begin > until) continue;
    if (!view->reachable) return false;
    looked = true;
  }
  return looked;
}

/// A command that waits for nothing: a node that serves everybody else has forgotten it.
void check_forgotten(const Analysis& analysis, const CommandRecord& command, CheckResult& result) {
  const RunRecord& run = analysis.run;
  if (command.answered) return;
  const Nanos free = free_from(command, hindrances(run, command));
  const bool long_enough = command.replied - free >= kForgotten + analysis.stall;
  if (!long_enough || !lived_through(run, command) ||
      !answered_others(analysis, command.node, free, command.replied))
    return;
  Anomaly anomaly;
  anomaly.type = AnomalyKind("stuck-client").text();
  anomaly.node = node_name(run, command.node);
  anomaly.time = command.replied;
  anomaly.explanation = anomaly.node + " never answered " + line_of(command) + " (step " + command.step +
                        "), sent at " + at(command.time) + ": there was no reply until " +
                        at(command.replied) + ", and meanwhile it answered everybody else";
  report(result, std::move(anomaly));
}

bool is_replica(const View& view) {
  const TopologyNode* own = own_line(&view);
  return own != nullptr && own->is(kFlagReplica);
}

/// Whether something but a handover may have kept the node, or its clients, from going on about that time.
bool hindered(const RunRecord& run, int node, Nanos from, Nanos until) {
  constexpr Nanos kAfterwards = 5 * kSecond;
  const auto overlaps = [&](Nanos begin, Nanos end) {
    return begin <= until && (end >= kNever - kAfterwards || end + kAfterwards >= from);
  };
  const auto only_hands_over = [](const FaultRecord& fault) {
    return !fault.effects.empty() && std::ranges::all_of(fault.effects, [](const Effect& effect) {
      return effect.kind == EffectKind::kHandover;
    });
  };
  return std::ranges::any_of(
             run.commands,
             [&](const CommandRecord& command) { return command.node == node && command.time <= until; }) ||
         std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
           return !only_hands_over(fault) && overlaps(fault.requested, over_at(run, fault, node)) &&
                  (acts_on(run, fault, node) || has_effect(fault, {EffectKind::kClients}));
         });
}

/// A replica redirects who does not ask for READONLY: at once, also whom it had held back as a master that
/// handed over.
void check_unanswered(const Analysis& analysis, CheckResult& result) {
  const RunRecord& run = analysis.run;
  const Nanos most = 600 * kMillisecond + analysis.stall + seldom_looks(run);
  double judged = 0;
  for (const Operation& op : run.history.operations) {
    const int node = op.outcome == Outcome::kInfo && run.history.error_text(op) == "timeout"
                         ? run.node_by_name(run.history.node_text(op))
                         : -1;
    if (node < 0 || op.completed == kNever) continue;
    const Nanos since = held_since(analysis.views[static_cast<std::size_t>(node)], op.completed,
                                   200 * kMillisecond, is_replica);
    if (since == kNever || op.completed - std::max(since, op.invoked) < most) continue;
    const int life = life_at(run, node, op.invoked);
    if (life != life_at(run, node, op.completed) || hindered(run, node, op.invoked, op.completed)) continue;
    ++judged;
    accuse(run, result, "unanswered-at-replica", node, op.completed,
           run.history.describe(op) + " got no answer until " + at(op.completed) + " from " +
               node_name(run, node) + ", a replica since " + at(since) + " that answered every look");
  }
  figure(result.measured, "unanswered_at_replicas", judged);
}

/// CLIENT REPLY OFF, and SKIP for a while: the client gets no answers by its own wish. Not so any more after
/// ON, within a transaction too: EXEC answers for all of its commands.
bool replies_are_off(const RunRecord& run, const CommandRecord& command) {
  const CommandRecord* last = nullptr;
  for (const CommandRecord& other : run.commands) {
    if (other.node != command.node || other.time > command.time || other.words.size() < 3) continue;
    if (!same_word(other.words[0], "CLIENT") || !same_word(other.words[1], "REPLY") || other.refused)
      continue;
    if (last == nullptr || other.time >= last->time) last = &other;
  }
  return last != nullptr && !same_word(last->words[2], "ON");
}

}  // namespace

CheckResult check_stuck_client(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "stuck-client";
  result.valid = Validity::kValid;
  for (const CommandRecord& command : run.commands) {
    const auto timeout = blocking_timeout(command.words);
    const bool at_once = !timeout && !may_wait(command.words) && !replies_are_off(run, command);
    if (command.node < 0 || command.time == kNever || command.replied == kNever) continue;
    if (at_once) check_forgotten(analysis, command, result);
    if (!timeout) continue;
    ++result.operations;
    check_command(analysis, command, *timeout, result);
  }
  check_unanswered(analysis, result);
  figure(result.bound, "late_ms_max", to_ms(kGrace));
  figure(result.measured, "commands", static_cast<double>(result.operations));
  conclude(result, counted_noun(result.operations, "command") + " with a timeout answered in time.",
           result.operations > 0, "Does not apply: no command named a timeout of its own.");
  return result;
}

}  // namespace harness
