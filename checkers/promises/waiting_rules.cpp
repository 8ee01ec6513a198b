#include "checkers/promises/waiting_rules.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/load_words.h"
#include "harness/core/counted.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

/// Whether the effect keeps the replica from hearing its master, or the master from hearing the replica.
bool keeps_apart(const RunRecord& run, const Effect& effect, int master, int replica) {
  if (effect.kind == EffectKind::kStopped)
    return std::ranges::find(effect.nodes, replica) != effect.nodes.end();
  if (effect.kind != EffectKind::kCut || effect.traffic != Traffic::kAll) return false;
  const HostLink there{node_name(run, master), node_name(run, replica)};
  const HostLink back{there.to, there.from};
  return std::ranges::any_of(effect.links,
                             [&](const HostLink& link) { return link == there || link == back; });
}

/// Whether a fault kept the two apart during the whole time.
bool apart(const RunRecord& run, int master, int replica, Nanos from, Nanos until) {
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    return fault.heals && fault.verified_active() && fault.active < from && fault.heal_requested != kNever &&
           fault.heal_requested > until && std::ranges::any_of(fault.effects, [&](const Effect& effect) {
             return keeps_apart(run, effect, master, replica);
           });
  });
}

/// Whether no process served as that node at any moment of the time.
bool was_down(const RunRecord& run, int node, Nanos from, Nanos until) {
  bool known = false;
  for (const Incarnation& life : run.incarnations) {
    if (life.node != node) continue;
    known = true;
    if (life.started <= until && (life.ended == kNever || life.ended >= from)) return false;
  }
  return known;
}

/// Whether its looks shortly before and after that time both show that it does not follow the master.
bool follows_another(const Analysis& analysis, int master, int node, Nanos from, Nanos until) {
  const NodeInfo& whom = analysis.run.nodes[static_cast<std::size_t>(master)];
  const std::vector<const View*>& views = analysis.views[static_cast<std::size_t>(node)];
  const auto next = std::ranges::partition_point(views, [&](const View* view) { return view->end < until; });
  const View* before = view_at(views, from);
  const View* after = next == views.end() ? nullptr : *next;
  const auto apart_from_it = [&](const View* view) {
    const TopologyNode* own = own_line(view);
    if (own == nullptr || view->end < from - kSecond || view->begin > until + kSecond) return false;
    const ReplicationInfo& link = view->replication;
    const bool linked = !link.is_master && link.master_ip == whom.ip && link.master_port == whom.port;
    return own->master_id != whom.id && !linked;
  };
  return apart_from_it(before) && apart_from_it(after);
}

/// WAIT counts replicas that have this write: none of those that were dead, stopped or cut off from before it
/// was sent until the answer was there, or that followed another master.
void check_acknowledgers(const Analysis& analysis, std::uint32_t id, std::int64_t replicas,
                         CheckResult& result) {
  const RunRecord& run = analysis.run;
  const Operation& op = run.history.operations[id];
  const int master = run.node_by_name(run.history.node_text(op));
  if (master < 0) return;
  std::int64_t able = 0;
  std::string unable;
  for (int node = 0; node < static_cast<int>(run.nodes.size()); ++node) {
    if (node == master || follows_another(analysis, master, node, op.invoked, op.completed)) continue;
    const bool down = was_down(run, node, op.invoked, op.completed);
    if (down || apart(run, master, node, op.invoked, op.completed))
      unable += " " + node_name(run, node) + (down ? " was down;" : " was stopped or cut off;");
    else
      ++able;
  }
  if (replicas <= able) return;
  report(result, anomaly_of(run, "untrue-wait",
                            describe(run, id) + ": it counts " +
                                counted_noun(static_cast<std::size_t>(replicas), "replica") +
                                ", and at most " + std::to_string(able) + " could have had the write;" +
                                unable + " no other node followed " + node_name(run, master),
                            {id}));
}

}  // namespace

void check_wait_replies(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                        CheckResult& result) {
  const RunRecord& run = analysis.run;
  const auto& all = run.history.operations;
  const auto nodes = static_cast<std::int64_t>(run.nodes.size());
  std::unordered_map<std::size_t, bool> acknowledged;  // by event: of writes that a replica had
  std::size_t unanswered = 0;
  for (const std::uint32_t id : operations) {
    const Operation& op = all[id];
    if (op.function != Function::kWrite || op.outcome != Outcome::kOk) continue;
    const std::int64_t replicas = integer_at(run.history, op.result, 1, -1);
    unanswered += replicas < 0;
    if (replicas > 0) acknowledged[op.invoke_event] = true;
    if (replicas >= nodes || integer_at(run.history, op.result, 2, 0) > 1)
      report(result,
             anomaly_of(run, "untrue-wait",
                        describe(run, id) + ", in a cluster of " + std::to_string(nodes) + " nodes", {id}));
    else if (replicas > 0)
      check_acknowledgers(analysis, id, replicas, result);
  }
  std::size_t lost = 0;
  for (const Anomaly& anomaly : result.anomalies)
    lost += !anomaly.operations.empty() && acknowledged.contains(anomaly.operations.front());
  figure(result.measured, "acknowledged_by_replicas", static_cast<double>(acknowledged.size()));
  figure(result.measured, "lost_though_acknowledged_by_replicas", static_cast<double>(lost));
  if (unanswered > 0 && acknowledged.empty())
    doubt(result, "No call of WAIT or WAITAOF was answered: perhaps the server does not know it.");
}

namespace {

/// What one key's history tells of its elements: when each surely was there, and until when.
struct Element {
  std::uint32_t birth = 0;
  Nanos gone = kNever;  // whoever took it had not asked before
};

/// The element that an operation names: itself, or the first of a list.
std::int64_t element_of(const History& history, Value value) {
  return value.is_integer() ? value.as_integer() : integer_at(history, value, 0, -1);
}

/// The elements of a key. A call without an answer may have taken any of them from when it was sent.
std::vector<Element> elements_of(const History& history, const std::vector<std::uint32_t>& ids) {
  std::unordered_map<std::int64_t, Nanos> taken;
  Nanos perhaps_taken = kNever;
  for (const std::uint32_t id : ids) {
    const Operation& op = history.operations[id];
    if (op.function != Function::kDequeue || op.outcome == Outcome::kFail) continue;
    if (op.outcome == Outcome::kInfo) perhaps_taken = std::min(perhaps_taken, op.invoked);
    if (op.outcome == Outcome::kInfo || op.result.is_nil()) continue;
    const auto [place, first] = taken.try_emplace(element_of(history, op.result), op.invoked);
    if (!first) place->second = std::min(place->second, op.invoked);
  }
  std::vector<Element> elements;
  for (const std::uint32_t id : ids) {
    const Operation& op = history.operations[id];
    const bool birth = op.function == Function::kEnqueue || op.function == Function::kAdd;
    if (!birth || op.outcome != Outcome::kOk) continue;
    const auto taker = taken.find(element_of(history, op.argument));
    elements.push_back({id, std::min(perhaps_taken, taker == taken.end() ? kNever : taker->second)});
  }
  return elements;
}

bool found_nothing(const History& history, const Operation& op) {
  return op.outcome == Outcome::kOk && (op.result.is_nil() || (op.result.kind() == Value::Kind::kList &&
                                                               history.values.as_list(op.result).empty()));
}

bool is_blocking(const Operation& op) {
  return (op.function == Function::kDequeue || op.function == Function::kRead) && op.argument.is_integer() &&
         op.argument.as_integer() > 0;
}

/// Whether one master answered both, and meanwhile nothing was done to it: it was not asked to hold clients
/// back, say, nor to give a slot away.
bool undisturbed(const Analysis& analysis, const Operation& birth, const Operation& waiter) {
  const RunRecord& run = analysis.run;
  const int node = run.node_by_name(run.history.node_text(waiter));
  if (node < 0 || birth.node != waiter.node) return false;
  const int term = analysis.terms.term_of(node, waiter.invoked, waiter.completed);
  if (term == kNoTerm || term != analysis.terms.term_of(node, birth.invoked, birth.completed)) return false;
  const Nanos from = std::min(birth.invoked, waiter.invoked);
  const auto during = [&](Nanos begin, Nanos end) { return begin <= waiter.completed && end >= from; };
  return std::ranges::none_of(run.faults,
                              [&](const FaultRecord& fault) {
                                return acts_on(run, fault, node) &&
                                       during(fault.requested, over_at(run, fault, node));
                              }) &&
         std::ranges::none_of(run.commands, [&](const CommandRecord& command) {
           return command.node == node && during(command.time, command.replied);
         });
}

/// Who waited in vain was surely waiting from its time-out before the answer on, and until its time-out after
/// it had asked. An element that was there at a moment between these was kept from it.
void check_awaited(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                   CheckResult& result) {
  constexpr Nanos kGrain = 20 * kMillisecond;  // of the server's own clock and its turns
  const RunRecord& run = analysis.run;
  const History& history = run.history;
  std::size_t judged = 0;
  for (const auto& [key, ids] : by_key(run, operations)) {
    const std::vector<Element> elements = elements_of(history, ids);
    for (const std::uint32_t id : ids) {
      const Operation& op = history.operations[id];
      if (elements.empty() || !is_blocking(op) || !found_nothing(history, op)) continue;
      const Nanos time_out = milliseconds(op.argument.as_integer());
      const Nanos waits_from = op.completed - time_out + kGrain;
      const Nanos waits_until = op.invoked + time_out - kGrain;
      ++judged;
      const auto kept = std::ranges::find_if(elements, [&](const Element& element) {
        const Operation& birth = history.operations[element.birth];
        return std::max(birth.completed, waits_from) < std::min(element.gone, waits_until) &&
               undisturbed(analysis, birth, op);
      });
      if (kept == elements.end()) continue;
      report(result, anomaly_of(run, "blocked-beside-element",
                                describe(run, id) + ", which waited for " + in_milliseconds(time_out) +
                                    " in vain, although an element was there" +
                                    (kept->gone == kNever ? "" : " until " + at(kept->gone) + " at least") +
                                    ": " + describe(run, kept->birth),
                                {kept->birth, id}));
    }
  }
  figure(result.measured, "waits_in_vain_judged", static_cast<double>(judged));
}

/// Whether the node is a master that serves the slot, by its own look.
bool serves(const View* view, int slot) {
  const TopologyNode* own = view == nullptr || !view->reachable ? nullptr : own_line(view);
  return own != nullptr && own->is(kFlagMaster) &&
         std::ranges::any_of(own->slots, [&](const SlotRange& range) { return range.contains(slot); });
}

/// Whether a node that is so serves the slot of the key no more, nor takes it over.
bool serves_no_more(const View& view, int slot) {
  const TopologyNode* own = own_line(&view);
  if (own == nullptr || !view.cluster.state_ok) return false;
  const bool open = std::ranges::find(own->importing, slot) != own->importing.end();
  return !open &&
         std::ranges::none_of(own->slots, [&](const SlotRange& range) { return range.contains(slot); });
}

/// A node that serves a slot no more redirects who waits for one of its keys (clusterRedirectBlockedClient-
/// IfNeeded), at the latest when it looks at that client, once a second.
void check_waits_elsewhere(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                           CheckResult& result) {
  const RunRecord& run = analysis.run;
  const Nanos most = kSecond + 400 * kMillisecond + analysis.stall + seldom_looks(run);
  for (const std::uint32_t id : operations) {
    const Operation& op = run.history.operations[id];
    if (!is_blocking(op) || !found_nothing(run.history, op) || op.completed - op.invoked < most) continue;
    const int node = run.node_by_name(run.history.node_text(op));
    if (node < 0) continue;
    const int slot = slot_of(run.history.key_text(op));
    const Nanos since = held_since(analysis.views[static_cast<std::size_t>(node)], op.completed, kSecond,
                                   [slot](const View& view) { return serves_no_more(view, slot); });
    if (since == kNever || op.completed - std::max(since, op.invoked) < most) continue;
    const bool hindered = std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
      return acts_on(run, fault, node) &&
             !has_effect(fault, {EffectKind::kMembership, EffectKind::kHandover}) &&
             fault.requested <= op.completed && over_at(run, fault, node) >= op.invoked;
    });
    if (hindered) continue;
    report(result, anomaly_of(run, "waited-elsewhere",
                              describe(run, id) + ": its node has not served that slot since " + at(since) +
                                  " by its own looks, and let the client wait for what cannot come",
                              {id}));
  }
}

/// A master that became the replica of one of its own replicas, by its looks.
struct Demotion {
  int node = 0;
  const View* before = nullptr;  // the last look at the master
  int heir = -1;
};

std::vector<Demotion> demotions(const Analysis& analysis) {
  std::vector<Demotion> found;
  for (int node = 0; node < static_cast<int>(analysis.run.nodes.size()); ++node) {
    const View* before = nullptr;
    for (const View* view : analysis.views[static_cast<std::size_t>(node)]) {
      const TopologyNode* own = view->reachable ? own_line(view) : nullptr;
      if (own == nullptr) continue;
      const TopologyNode* heir =
          before == nullptr || !own->is(kFlagReplica) ? nullptr : before->topology.find(own->master_id);
      if (heir != nullptr && own_line(before)->is(kFlagMaster) && heir->master_id == own->id &&
          before->replication.run_id == view->replication.run_id)
        found.push_back({node, before, analysis.run.node_by_id(heir->id)});
      before = view;
    }
  }
  return found;
}

/// When the first thing happened that could hold back what a client sent to the cluster at that time.
Nanos undisturbed_until(const Analysis& analysis, Nanos from) {
  Nanos first = kNever;
  for (const FaultRecord& fault : analysis.run.faults) {
    Nanos over = fault.requested;
    for (int node = 0; node < static_cast<int>(analysis.run.nodes.size()); ++node)
      if (acts_on(analysis.run, fault, node)) over = std::max(over, over_at(analysis.run, fault, node));
    if (over >= from) first = std::min(first, fault.requested);
  }
  for (const CommandRecord& command : analysis.run.commands)
    if (command.replied == kNever || command.replied >= from) first = std::min(first, command.time);
  return first;
}

/// A master that becomes a replica tells all who wait at it at once that they wait no more
/// (disconnectAllBlockedClients): it does not redirect them, a while later, as one does that gave a slot
/// away. Newer Valkey redirects them at once, which looks the same.
void check_kept_at_demotion(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                            CheckResult& result) {
  if (!analysis.bounds.unblocks_at_demotion) return;
  const RunRecord& run = analysis.run;
  const Nanos arrives = 200 * kMillisecond + analysis.stall;
  const std::vector<Demotion> all = demotions(analysis);
  std::size_t judged = 0;
  for (const std::uint32_t id : operations) {
    const Operation& op = run.history.operations[id];
    if (all.empty() || !is_blocking(op) || op.completed == kNever || op.node == kNoNode) continue;
    const int slot = slot_of(run.history.key_text(op));
    for (const auto& [node, before, heir] : all) {
      const View* then = view_at(analysis.views[static_cast<std::size_t>(node)], op.invoked);
      if (op.invoked + arrives > before->end || op.completed < before->end) continue;
      if (!serves(then, slot) || !serves(before, slot)) continue;
      if (op.invoked + arrives > undisturbed_until(analysis, op.invoked)) continue;
      ++judged;
      if (run.node_by_name(run.history.node_text(op)) != heir) continue;
      report(result, anomaly_of(run, "kept-blocked-at-demotion",
                                describe(run, id) + ": it waited at " + node_name(run, node) +
                                    ", which became a replica soon after " + at(before->end) +
                                    " and must have told it so, and not redirected it",
                                {id}));
      break;
    }
  }
  figure(result.measured, "waiting_at_demotion", static_cast<double>(judged));
}

/// When the node was last free to answer: when the operation was sent, or when what hindered the node was
/// over.
Nanos free_from(const RunRecord& run, int node, const Operation& op) {
  Nanos free = op.invoked;
  for (const FaultRecord& fault : run.faults) {
    if (fault.requested > op.completed || !acts_on(run, fault, node)) continue;
    const bool event = !fault.heals && !ends_process(fault);  // over when it has acted
    free = std::max(free, fault.heals ? fault.healed : event ? fault.active : over_at(run, fault, node));
  }
  return free;
}

}  // namespace

void check_blocked_clients(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                           CheckResult& result) {
  constexpr Nanos kGrace = 5 * kSecond;
  const RunRecord& run = analysis.run;
  const History& history = run.history;
  std::size_t blocked = 0;
  Nanos latest = 0;
  for (const std::uint32_t id : operations) {
    const Operation& op = history.operations[id];
    const bool blocks = op.function == Function::kDequeue || op.function == Function::kRead;
    if (!blocks || !op.argument.is_integer() || op.node == kNoNode) continue;
    const bool in_vain = found_nothing(history, op);
    const bool unanswered = op.outcome == Outcome::kInfo && history.error_text(op) == "timeout";
    if (!in_vain && !unanswered) continue;
    ++blocked;
    const int node = run.node_by_name(history.node_text(op));
    const Nanos time_out = milliseconds(op.argument.as_integer());
    if (in_vain) latest = std::max(latest, op.completed - op.invoked - time_out);
    if (op.completed - op.invoked <= time_out + kGrace + analysis.stall) continue;
    if (life_at(run, node, op.invoked) != life_at(run, node, op.completed)) continue;
    if (op.completed <= free_from(run, node, op) + time_out + kGrace + analysis.stall) continue;
    report(result, anomaly_of(run, "stuck-client",
                              describe(run, id) + ", which was to block for " + in_milliseconds(time_out) +
                                  " at most, and nothing kept the node from answering",
                              {id}));
  }
  figure(result.measured, "blocked_in_vain", static_cast<double>(blocked));
  figure(result.measured, "time_out_late_ms_max", to_ms(latest));
  check_awaited(analysis, operations, result);
  check_waits_elsewhere(analysis, operations, result);
  check_kept_at_demotion(analysis, operations, result);
}

}  // namespace harness
