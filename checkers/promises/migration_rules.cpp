#include "checkers/promises/migration_rules.h"

#include <algorithm>
#include <map>
#include <string>

#include "checkers/promises/evidence.h"
#include "checkers/promises/intention.h"
#include "checkers/promises/looks.h"
#include "checkers/promises/quiet.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/same_word.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

/// What a slot is to one node.
enum class SlotState { kServed, kMigrating, kImporting, kElsewhere };
constexpr std::string_view kStateNames[] = {"served", "migrating", "importing", "elsewhere"};

/// A SETSLOT that was carried out.
struct Change {
  Nanos sent = 0;
  Nanos replied = 0;
  bool applied = false;
  SlotState state = SlotState::kServed;
  std::string other;  // id of the node that it names; empty: STABLE
};

/// What is known for certain of a slot at a node during an operation.
struct Certain {
  SlotState state = SlotState::kServed;
  int other = -1;  // migrating: to whom; importing: from whom; elsewhere: who has it
};

class MigrationRules {
 public:
  MigrationRules(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result), quiet_(analysis, Quiet::Of::kFaults) {
    for (const CommandRecord& command : run_.commands) add(command);
  }

  void check(const std::vector<std::uint32_t>& operations) {
    for (const std::uint32_t id : operations) {
      const Operation& op = run_.history.operations[id];
      if (op.function != Function::kOther || op.outcome != Outcome::kOk || op.node == kNoNode) continue;
      if (op.result.kind() != Value::Kind::kList || op.argument.kind() != Value::Kind::kList) continue;
      judge(id, op);
    }
    check_gone(operations);
    figure(result_.measured, "answers_judged", static_cast<double>(judged_));
    for (const auto& [cell, count] : table_) figure(result_.measured, cell, static_cast<double>(count));
  }

 private:
  void add(const CommandRecord& command) {
    const auto& words = command.words;
    if (words.size() < 4 || !same_word(words[0], "CLUSTER") || !same_word(words[1], "SETSLOT")) {
      // Whatever else changes who has which slots makes every slot uncertain while it is carried out.
      if (words.size() > 1 && same_word(words[0], "CLUSTER"))
        others_.emplace_back(command.time, command.replied);
      return;
    }
    Change change{
        command.time, command.replied, command.answered && !command.refused, SlotState::kServed, {}};
    if (words.size() > 4) change.other = words[4];
    if (same_word(words[3], "MIGRATING")) change.state = SlotState::kMigrating;
    if (same_word(words[3], "IMPORTING")) change.state = SlotState::kImporting;
    changes_[{std::stoi("0" + words[2]), command.node}].push_back(change);
    any_[std::stoi("0" + words[2])].emplace_back(command.time, command.replied);
  }

  int node_with(const std::string& id) const {
    for (std::size_t i = 0; i < run_.nodes.size(); ++i)
      if (run_.nodes[i].id == id) return static_cast<int>(i);
    return -1;
  }

  /// The last SETSLOT of the slot that the node had carried out by then; false when one was under way.
  bool last_change(int slot, int node, Nanos from, Nanos until, const Change*& last) const {
    last = nullptr;
    const auto changes = changes_.find({slot, node});
    if (changes == changes_.end()) return true;
    for (const Change& change : changes->second) {
      if (change.sent > until) continue;
      if (change.replied > from || !change.applied) return false;
      last = &change;
    }
    return true;
  }

  /// Whose the slot is by the node's own view, if looks before it and surely after it say the same.
  int owner_by_view(int slot, int node, Nanos from, Nanos until) const {
    const auto& views = analysis_.views[static_cast<std::size_t>(node)];
    const View* before = view_at(views, from);
    if (before == nullptr || !before->reachable) return -1;
    const TopologyNode* owner = before->topology.owner_of(slot);
    if (owner == nullptr) return -1;
    const Nanos proof = looks_.sent_after(node, until);
    for (const View* view : views) {
      if (view->begin < before->begin) continue;
      const TopologyNode* later = view->topology.owner_of(slot);
      if (later == nullptr || later->id != owner->id) return -1;
      if (view->end >= proof) return node_with(owner->id);
    }
    return -1;
  }

  /// Whether another node of its shard was told that the slot is open, and not that it is closed: newer nodes
  /// pass that on to their replicas.
  bool may_have_inherited(int slot, int node, Nanos until) const {
    const Membership intended = intended_at(run_, until);
    return std::ranges::any_of(changes_, [&](const auto& of_node) {
      const auto& [where, changes] = of_node;
      if (where.first != slot || where.second == node || where.second < 0 ||
          intended.shard_of(where.second) != intended.shard_of(node))
        return false;
      const Change* last = nullptr;
      for (const Change& change : changes)
        if (change.applied && change.sent <= until) last = &change;
      return last != nullptr && last->state != SlotState::kServed;
    });
  }

  std::optional<Certain> state_of(int slot, int node, Nanos from, Nanos until) const {
    if (!quiet_.holds(from, until)) return std::nullopt;
    const auto under_way = [&](const auto& each) { return each.first <= until && each.second >= from; };
    if (std::any_of(others_.begin(), others_.end(), under_way)) return std::nullopt;
    const Change* last = nullptr;
    if (!last_change(slot, node, from, until, last)) return std::nullopt;
    const int owner = owner_by_view(slot, node, from, until);
    if (owner < 0) return std::nullopt;
    if (last != nullptr && (last->state == SlotState::kMigrating || last->state == SlotState::kImporting)) {
      const bool mine = owner == node;
      if (mine != (last->state == SlotState::kMigrating)) return std::nullopt;
      // An importing node names who has the slot now, which may be the heir of the one that it was told of.
      const int other = mine ? node_with(last->other) : owner;
      return other < 0 ? std::nullopt : std::optional(Certain{last->state, other});
    }
    if (last == nullptr && may_have_inherited(slot, node, until)) return std::nullopt;
    // Elsewhere a SETSLOT NODE may be on its way to this node by gossip, or be undone.
    if (const auto any = any_.find(slot); any != any_.end())
      for (const auto& [sent, replied] : any->second)
        if (sent <= until && replied + analysis_.bounds.node_timeout + kSecond >= from) return std::nullopt;
    return Certain{owner == node ? SlotState::kServed : SlotState::kElsewhere, owner};
  }

  /// What an answer of one node says of the keys of a group that it holds.
  struct Held {
    std::uint32_t id = 0;
    int node = -1;
    std::int64_t number = -1;  // which key was asked for, as clients number them; -1: all keys
    bool gone = false;         // by ASK, one of these at least is not there; else each of them is
  };

  /// Reads and writes of a group that one node has answered for are served where every key is.
  std::optional<Held> held_by(std::uint32_t id, const Operation& op) const {
    Held held{id, run_.node_by_name(run_.history.node_text(op)), -1, false};
    if (op.outcome != Outcome::kOk || op.node == kNoNode || held.node < 0) return std::nullopt;
    if (op.function == Function::kWrite) return held;
    if (op.function != Function::kOther || op.result.kind() != Value::Kind::kList ||
        op.argument.kind() != Value::Kind::kList)
      return std::nullopt;
    const auto asked = run_.history.values.as_list(op.argument);
    const auto told = run_.history.values.as_list(op.result);
    if (asked.size() < 2 || told.empty() || asked[0].kind() != Value::Kind::kText ||
        told[0].kind() != Value::Kind::kText || !asked[1].is_integer())
      return std::nullopt;
    const std::string_view answer = run_.history.values.as_text(told[0]);
    held.gone = answer == "ask";
    if (!held.gone && answer != "value" && answer != "values") return std::nullopt;
    const bool one = !run_.history.values.as_text(asked[0]).ends_with("mget");
    if (one) held.number = asked[1].as_integer();
    return held;
  }

  /// A key that the source has no more comes back to it by nobody's write, as long as the slot migrates: who
  /// writes it is sent to the target.
  void check_gone(const std::vector<std::uint32_t>& operations) {
    std::map<std::pair<std::uint32_t, int>, std::vector<Held>> gone;  // by key and node, in order
    const auto& all = run_.history.operations;
    for (const std::uint32_t id : operations)
      if (const auto held = held_by(id, all[id]); held && held->gone)
        gone[{all[id].key, held->node}].push_back(*held);
    for (const std::uint32_t id : operations) {
      const auto held = held_by(id, all[id]);
      if (!held || held->gone) continue;
      const auto before = gone.find({all[id].key, held->node});
      if (before == gone.end()) continue;
      const Held* last = nullptr;  // the last ASK for a key of these that was answered before this began
      for (const Held& each : before->second)
        if (all[each.id].completed < all[id].invoked && (held->number < 0 || each.number == held->number) &&
            (last == nullptr || all[each.id].completed > all[last->id].completed))
          last = &each;
      if (last != nullptr) judge_back(*last, *held);
    }
  }

  void judge_back(const Held& gone, const Held& back) {
    const Operation& first = run_.history.operations[gone.id];
    const Operation& second = run_.history.operations[back.id];
    const int slot = slot_of(run_.history.key_text(second));
    const auto certain = state_of(slot, back.node, first.invoked, second.completed);
    if (!certain || certain->state != SlotState::kMigrating) return;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("key-at-both").text();
    anomaly.key = std::string(run_.history.key_text(second));
    anomaly.explanation = "slot " + std::to_string(slot) + " was migrating at " + node_name(run_, back.node) +
                          ", which had sent a client away for a key that it has no more, " +
                          run_.history.describe(first) +
                          ", and then served it: " + run_.history.describe(second);
    anomaly.operations = {first.invoke_event, second.invoke_event};
    anomaly.time = second.completed;
    anomaly.node = node_name(run_, back.node);
    report(result_, std::move(anomaly));
  }

  void judge(std::uint32_t id, const Operation& op) {
    const auto asked = run_.history.values.as_list(op.argument);
    const auto told = run_.history.values.as_list(op.result);
    if (asked.empty() || told.empty() || asked[0].kind() != Value::Kind::kText ||
        told[0].kind() != Value::Kind::kText)
      return;
    const std::string command(run_.history.values.as_text(asked[0]));
    const std::string answer(run_.history.values.as_text(told[0]));
    const int node = run_.node_by_name(run_.history.node_text(op));
    if (node < 0) return;
    const int slot = slot_of(run_.history.key_text(op));
    const auto certain = state_of(slot, node, op.invoked, op.completed);
    if (!certain) return;
    const std::string state(kStateNames[static_cast<std::size_t>(certain->state)]);
    ++judged_;
    ++table_[command + "_" + state + "_" + answer];
    const int named = told.size() > 1 && told[1].is_integer() ? named_node(told[1].as_integer()) : -1;
    const std::string wrong = why_wrong(*certain, command.starts_with("asking-"), answer, named);
    if (wrong.empty()) return;
    Anomaly anomaly;
    anomaly.type = AnomalyKind("wrong-answer-for-slot").text();
    anomaly.key = std::string(run_.history.key_text(op));
    anomaly.explanation = "slot " + std::to_string(slot) + " was " + state + " at " + node_name(run_, node) +
                          ", which " + wrong + ": " + run_.history.describe(op);
    anomaly.operations = {run_.history.operations[id].invoke_event};
    anomaly.time = op.completed;
    anomaly.node = node_name(run_, node);
    report(result_, std::move(anomaly));
  }

  /// Clients number nodes as the history does.
  int named_node(std::int64_t number) const {
    const bool known = number >= 0 && number < static_cast<std::int64_t>(run_.history.nodes.size());
    return known ? run_.node_by_name(run_.history.nodes.text(static_cast<std::uint32_t>(number))) : -1;
  }

  std::string must_name(std::string_view what, int named, int other) const {
    return named == other ? std::string()
                          : "named " + (named < 0 ? std::string("nobody known") : node_name(run_, named)) +
                                " by " + std::string(what) + " and not " + node_name(run_, other);
  }

  /// Empty when the answer is right.
  std::string why_wrong(const Certain& certain, bool asking, const std::string& answer, int named) const {
    const bool redirects = answer == "moved" || answer == "ask" || answer == "tryagain";
    const bool missing = answer == "nil" || answer == "nils" || answer == "some";
    const bool refused = !redirects && !missing && answer != "value" && answer != "values";
    if (refused) return {};  // another error has another reason
    switch (certain.state) {
      case SlotState::kServed:
        return redirects ? "sent the client away with " + answer : std::string();
      case SlotState::kMigrating:
        if (answer == "ask") return must_name("ASK", named, certain.other);
        if (answer == "moved") return "sent the client away for good";
        return missing ? "answered for a key that may have moved already" : std::string();
      case SlotState::kImporting:
        if (!asking)
          return answer == "moved" ? must_name("MOVED", named, certain.other) : "answered before its time";
        if (answer == "moved" || answer == "ask") return "sent away a client that had asked with ASKING";
        return answer == "some" || answer == "nils" ? "answered for keys that may not have come yet"
                                                    : std::string();
      case SlotState::kElsewhere:
        return answer == "moved" ? must_name("MOVED", named, certain.other) : "did not say where the slot is";
    }
    return {};
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  Quiet quiet_;
  Looks looks_{run_};
  std::map<std::pair<int, int>, std::vector<Change>> changes_;  // by slot and node, in order
  std::map<int, std::vector<std::pair<Nanos, Nanos>>> any_;     // by slot: every SETSLOT at any node
  std::vector<std::pair<Nanos, Nanos>> others_;
  std::map<std::string, std::size_t> table_;
  std::size_t judged_ = 0;
};

}  // namespace

void check_migrating(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                     CheckResult& result) {
  check_groups(analysis, operations, result);
  MigrationRules(analysis, result).check(operations);
}

}  // namespace harness
