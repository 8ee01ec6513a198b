#include "checkers/promises/message_rules.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/quiet.h"
#include "harness/core/anomaly_kind.h"

namespace harness {
namespace {

/// So long a message may be under way in a cluster at rest, beside the host's stall.
constexpr Nanos kUnderWay = kSecond;

/// A look of a subscriber at what had come.
struct Look {
  std::uint32_t id = 0;
  std::vector<Value> messages;
  std::string end;  // empty: it is subscribed still
};

struct Publishing {
  std::uint32_t id = 0;
  bool repeated = false;  // offered again after a try without an answer: it may come twice
};

bool contains(const SlotRanges& ranges, int slot) {
  return std::ranges::any_of(ranges, [&](const SlotRange& range) { return range.contains(slot); });
}

/// Whether, by that look of a node, neither itself nor its master serves the slot, and it takes it over from
/// nobody.
bool is_of_another_shard(const View& view, int slot) {
  const TopologyNode* own = own_line(&view);
  if (own == nullptr || !view.cluster.state_ok || std::ranges::count(own->importing, slot) > 0) return false;
  const TopologyNode* master = own->is(kFlagMaster) ? own : view.topology.find(own->master_id);
  return master != nullptr && !contains(master->slots, slot);
}

class MessageRules {
 public:
  MessageRules(const Analysis& analysis, CheckResult& result, bool sharded)
      : analysis_(analysis), run_(analysis.run), result_(result), sharded_(sharded), quiet_(analysis) {}

  void check(const std::vector<std::uint32_t>& operations) {
    for (const std::uint32_t id : operations) collect(id);
    for (auto& [channel, ids] : acknowledged_)
      std::sort(ids.begin(), ids.end(),
                [&](std::uint32_t a, std::uint32_t b) { return op(a).invoked < op(b).invoked; });
    for (const auto& [number, looks] : subscriptions_) {
      const Seen seen = check_what_came(looks);
      check_what_is_missing(looks, seen);
      check_end(looks);
      if (sharded_) check_kept(looks);
    }
    figure(result_.measured, "messages", static_cast<double>(published_.size()));
    figure(result_.measured, "subscriptions", static_cast<double>(subscriptions_.size()));
    figure(result_.measured, "deliveries", static_cast<double>(deliveries_));
    figure(result_.measured, "missed", static_cast<double>(missed_));
    figure(result_.measured, "deliveries_judged", static_cast<double>(judged_));
    result_.explanation = std::to_string(deliveries_) + " deliveries of " +
                          std::to_string(published_.size()) + " messages to " +
                          std::to_string(subscriptions_.size()) + " subscriptions; of " +
                          std::to_string(judged_) + " it can be said that they had to come, " +
                          std::to_string(missed_) + " messages did not come in all.";
    for (const auto& [how, count] : ends_)
      figure(result_.measured, "subscriptions_" + how, static_cast<double>(count));
  }

 private:
  /// What one subscription got: messages by their bits, and of each publishing node the first delivery.
  struct Seen {
    std::unordered_set<std::uint64_t> messages;
    std::unordered_map<std::uint16_t, std::uint32_t> first;  // by node: the publishing of the first message
    std::unordered_map<std::uint16_t, Nanos> first_at;       // and when it surely was there
  };

  const Operation& op(std::uint32_t id) const { return run_.history.operations[id]; }
  std::string tell(std::uint32_t id) const { return run_.history.describe(op(id)); }

  void collect(std::uint32_t id) {
    const Operation& each = op(id);
    if (each.function == Function::kPublish) {
      const auto [known, added] = published_.try_emplace(each.argument.bits(), Publishing{id, false});
      // What failed was not given to anybody: the try that may have been is the one that counts.
      if (!added && op(known->second.id).outcome == Outcome::kFail)
        known->second.id = id;
      else if (!added && each.outcome != Outcome::kFail)
        known->second.repeated = true;
      if (each.outcome == Outcome::kOk) acknowledged_[each.key].push_back(id);
      return;
    }
    if (each.function != Function::kReceive || each.outcome != Outcome::kOk) return;
    if (each.result.kind() != Value::Kind::kList) return;
    const auto parts = run_.history.values.as_list(each.result);
    if (parts.size() < 2 || !parts[0].is_integer() || parts[1].kind() != Value::Kind::kList) return;
    Look look;
    look.id = id;
    const auto messages = run_.history.values.as_list(parts[1]);
    look.messages.assign(messages.begin(), messages.end());
    if (parts.size() > 2 && parts[2].kind() == Value::Kind::kText)
      look.end = std::string(run_.history.values.as_text(parts[2]));
    subscriptions_[parts[0].as_integer()].push_back(std::move(look));
  }

  void violation(AnomalyKind type, std::string text, std::vector<std::uint32_t> operations) {
    Anomaly anomaly;
    anomaly.type = type.text();
    const Operation& last = op(operations.back());
    anomaly.key = std::string(run_.history.key_text(last));
    anomaly.explanation = std::move(text);
    for (const std::uint32_t id : operations) anomaly.operations.push_back(op(id).invoke_event);
    anomaly.time = last.completed == kNever ? last.invoked : last.completed;
    anomaly.node = std::string(run_.history.node_text(last));
    report(result_, std::move(anomaly));
  }

  Seen check_what_came(const std::vector<Look>& looks) {
    Seen seen;
    // By publishing node: of the messages so far, the one that was offered last.
    std::unordered_map<std::uint16_t, std::uint32_t> latest;
    for (const Look& look : looks)
      for (const Value message : look.messages) {
        ++deliveries_;
        const std::string text = run_.history.values.to_json(message);
        const auto known = published_.find(message.bits());
        if (known == published_.end() || op(known->second.id).key != op(look.id).key) {
          violation("never-published", text + " came, which nobody published there: " + tell(look.id),
                    {look.id});
          continue;
        }
        const std::uint32_t from = known->second.id;
        if (op(from).outcome == Outcome::kFail)
          violation("failed-publish-received", text + " came, whose publishing had failed: " + tell(from),
                    {from, look.id});
        if (op(from).invoked > op(look.id).completed)
          violation("received-before-published", text + " came before it was sent: " + tell(from),
                    {look.id, from});
        if (!seen.messages.insert(message.bits()).second && !known->second.repeated &&
            !doubled(from, look.id))
          violation("received-twice", text + " came twice to one subscription: " + tell(look.id),
                    {from, look.id});
        check_order(from, look.id, latest);
        if (op(from).outcome == Outcome::kOk && seen.first.try_emplace(op(from).node, from).second)
          seen.first_at[op(from).node] = op(look.id).completed;
      }
    return seen;
  }

  /// A fault that doubles messages of the bus acted.
  bool doubled(std::uint32_t from, std::uint32_t look) const {
    return std::any_of(run_.faults.begin(), run_.faults.end(), [&](const FaultRecord& fault) {
      return has_effect(fault, {EffectKind::kBus}) && fault.requested <= op(look).completed &&
             (fault.healed == kNever || fault.healed >= op(from).invoked);
    });
  }

  void check_order(std::uint32_t from, std::uint32_t look,
                   std::unordered_map<std::uint16_t, std::uint32_t>& latest) {
    const Operation& mine = op(from);
    if (mine.outcome != Outcome::kOk) return;
    const auto [last, added] = latest.try_emplace(mine.node, from);
    if (!added && mine.completed < op(last->second).invoked && quiet_.holds(mine.invoked, op(look).completed))
      violation("message-overtaken",
                run_.history.values.to_json(mine.argument) + " came after " +
                    run_.history.values.to_json(op(last->second).argument) +
                    ", which the same node was given later: " + tell(from) + "; " + tell(last->second),
                {from, last->second, look});
    if (op(last->second).invoked < mine.invoked) last->second = from;
  }

  /// Messages that the subscription was there for, and did not get.
  void check_what_is_missing(const std::vector<Look>& looks, const Seen& seen) {
    const Operation& opened = op(looks.front().id);
    Nanos open_until = Nanos{-1};  // a look that began then found it subscribed
    for (const Look& look : looks)
      if (look.end.empty()) open_until = std::max(open_until, op(look.id).invoked);
    const auto channel = acknowledged_.find(opened.key);
    if (channel == acknowledged_.end()) return;
    const auto& ids = channel->second;
    auto next = std::partition_point(ids.begin(), ids.end(),
                                     [&](std::uint32_t id) { return op(id).invoked <= opened.completed; });
    for (; next != ids.end() && op(*next).invoked < open_until; ++next) {
      const Operation& sent = op(*next);
      const Nanos due = sent.completed + kUnderWay + analysis_.stall;
      if (due >= open_until) continue;
      const bool came = seen.messages.contains(sent.argument.bits());
      missed_ += came ? 0 : 1;
      // That the two nodes were connected is shown by a message that came this way before, or by the sender.
      const auto first = seen.first.find(sent.node);
      const bool one_before = first != seen.first.end() && seen.first_at.at(sent.node) < sent.invoked;
      if (!one_before && (sharded_ || !connected(sent, opened, due))) continue;
      const Operation& since = one_before ? op(first->second) : sent;
      if (!quiet_.holds(came ? sent.invoked : since.invoked, due)) continue;
      ++judged_;
      if (came || !same_life_of(since, due) || !same_life_of(opened, due)) continue;
      violation("message-lost",
                tell(*next) + ": it never came to a subscription at " +
                    std::string(run_.history.node_text(opened)) + " that was open until " + at(open_until) +
                    (one_before ? ", though the one before it did" : ", with which its node was connected") +
                    ", and nothing happened to the cluster meanwhile",
                {*next, looks.back().id});
    }
  }
  /// Whether the node that was given the message showed a link to the subscriber's node all the time.
  bool connected(const Operation& sent, const Operation& opened, Nanos due) const {
    const int from = run_.node_by_name(run_.history.node_text(sent));
    const int to = run_.node_by_name(run_.history.node_text(opened));
    if (from < 0 || to < 0) return false;
    const View* view = view_at(analysis_.views[static_cast<std::size_t>(from)], sent.invoked);
    if (view == nullptr || !view->reachable || view->end < due) return false;
    const TopologyNode* line = view->topology.find(run_.nodes[static_cast<std::size_t>(to)].id);
    constexpr NodeFlag kDoubts[] = {kFlagPfail, kFlagFail, kFlagHandshake, kFlagNoAddress};
    return line != nullptr && (from == to || line->link_up) &&
           std::ranges::none_of(kDoubts, [&](NodeFlag flag) { return line->is(flag); });
  }
  bool same_life_of(const Operation& each, Nanos until) const {
    const int node = run_.node_by_name(run_.history.node_text(each));
    return life_at(run_, node, each.completed) == life_at(run_, node, until);
  }

  /// A subscription ends only because the node said so or went away, and neither without a cause.
  void check_end(const std::vector<Look>& looks) {
    const Look& last = looks.back();
    ++ends_[last.end.empty() ? "open" : last.end];
    if (last.end != "closed" && last.end != "unsubscribed") return;
    const Nanos alive = op(looks.size() > 1 ? looks[looks.size() - 2].id : last.id).invoked;
    if (!quiet_.holds(alive, op(last.id).completed) ||
        !same_life_of(op(looks.front().id), op(last.id).completed))
      return;
    violation("subscription-died",
              "a subscription at " + std::string(run_.history.node_text(op(last.id))) + " was " + last.end +
                  ", and nothing happened to the cluster: " + tell(last.id),
              {last.id});
  }

  /// Who is subscribed to a shard channel is told when the slot goes to another shard (sunsubscribe). Not
  /// where the node itself went elsewhere: redis 7.0 tells nobody of that.
  void check_kept(const std::vector<Look>& looks) {
    const Nanos most = kUnderWay + analysis_.stall;
    const Operation& first = op(looks.front().id);
    for (const Look& look : looks) {
      const Operation& seen = op(look.id);
      const int node = run_.node_by_name(run_.history.node_text(seen));
      if (!look.end.empty() || node < 0) continue;
      if (master_at(node, first.completed) != master_at(node, seen.invoked)) continue;
      const int slot = slot_of(run_.history.key_text(seen));
      const Nanos since = held_since(analysis_.views[static_cast<std::size_t>(node)], seen.invoked, kSecond,
                                     [slot](const View& view) { return is_of_another_shard(view, slot); });
      if (since == kNever || seen.invoked - since <= most) continue;
      return violation("subscription-kept",
                       tell(look.id) +
                           ": it is subscribed still, although the shard of its node has not "
                           "served that slot since " +
                           at(since) + " by the node's own looks: no message comes there any more",
                       {look.id});
    }
  }

  /// Whom the node replicated then, by its own look: empty of a master, and where nothing is known.
  std::string master_at(int node, Nanos time) const {
    const TopologyNode* own = own_line(view_at(analysis_.views[static_cast<std::size_t>(node)], time));
    return own == nullptr || own->is(kFlagMaster) ? std::string() : own->master_id;
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  bool sharded_;
  Quiet quiet_;
  std::unordered_map<std::uint64_t, Publishing> published_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> acknowledged_;  // by channel, in order of invocation
  std::map<std::int64_t, std::vector<Look>> subscriptions_;
  std::map<std::string, std::size_t> ends_;
  std::size_t deliveries_ = 0;
  std::size_t missed_ = 0;
  std::size_t judged_ = 0;
};

}  // namespace

void check_messages(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                    CheckResult& result) {
  MessageRules(analysis, result, false).check(operations);
}

void check_shard_messages(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                          CheckResult& result) {
  MessageRules(analysis, result, true).check(operations);
}

}  // namespace harness
