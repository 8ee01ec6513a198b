#include "checkers/promises/replies.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/looks.h"
#include "checkers/promises/quiet.h"
#include "checkers/promises/reads_when_down.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/cluster_command.h"
#include "harness/core/same_word.h"

namespace harness {
namespace {

/// The keys of a command: from `first` on, each `step` words, to the end (`last` 0) or to that word.
struct Keyed {
  std::string_view name;
  std::size_t first;
  std::size_t last;
  std::size_t step;
};
constexpr std::array<Keyed, 22> kKeyed = {
    {{"GET", 1, 1, 1},    {"SET", 1, 1, 1},    {"INCR", 1, 1, 1}, {"DECR", 1, 1, 1},   {"INCRBY", 1, 1, 1},
     {"APPEND", 1, 1, 1}, {"STRLEN", 1, 1, 1}, {"TYPE", 1, 1, 1}, {"TTL", 1, 1, 1},    {"LPUSH", 1, 1, 1},
     {"RPUSH", 1, 1, 1},  {"SADD", 1, 1, 1},   {"HSET", 1, 1, 1}, {"HGET", 1, 1, 1},   {"ZADD", 1, 1, 1},
     {"EXPIRE", 1, 1, 1}, {"MGET", 1, 0, 1},   {"DEL", 1, 0, 1},  {"UNLINK", 1, 0, 1}, {"EXISTS", 1, 0, 1},
     {"TOUCH", 1, 0, 1},  {"MSET", 1, 0, 2}}};

/// The slots of the command's keys; nothing for a command whose keys are not known here.
std::set<int> slots_of_keys(const std::vector<std::string>& words) {
  std::set<int> slots;
  for (const Keyed& keyed : kKeyed) {
    if (words.empty() || !same_word(words[0], keyed.name)) continue;
    const std::size_t last = keyed.last == 0 ? words.size() - 1 : keyed.last;
    for (std::size_t i = keyed.first; i <= last && i < words.size(); i += keyed.step)
      slots.insert(slot_of(words[i]));
  }
  return slots;
}

struct Redirected {
  int slot = 0;
  std::string ip;
  int port = 0;
};

/// "MOVED 42 10.77.0.2:6379"; nothing for another text, or an address that is no numeric one.
std::optional<Redirected> redirection_of(std::string_view reply) {
  const std::size_t first = reply.find(' ');
  const std::string_view code = reply.substr(0, first);
  if (first == std::string_view::npos || (code != "MOVED" && code != "ASK")) return std::nullopt;
  const std::size_t second = reply.find(' ', first + 1);
  const std::size_t colon = reply.rfind(':');
  if (second == std::string_view::npos || colon == std::string_view::npos || colon < second)
    return std::nullopt;
  Redirected there;
  const auto number = [](std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
  };
  there.ip = reply.substr(second + 1, colon - second - 1);
  const bool numeric =
      !there.ip.empty() && there.ip.find_first_not_of("0123456789.:abcdef") == std::string::npos;
  const bool numbers = number(reply.substr(first + 1, second - first - 1), there.slot) &&
                       number(reply.substr(colon + 1), there.port);
  return numeric && numbers ? std::optional(there) : std::nullopt;
}

bool every_slot_owned(const Topology& topology) {
  int owned = 0;
  for (const TopologyNode& node : topology.nodes) owned += count_slots(node.slots);
  return owned >= kSlotCount;
}

/// A client followed one redirection after the other, until it gave up.
constexpr std::string_view kInCircles = "redirected-in-circles";
/// A client that had asked this node first, and the one that it was told of, was redirected once more.
constexpr AnomalyKind kRedirectedAgain = "redirected-again";

class Replies {
 public:
  Replies(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result) {
    for (const FaultRecord& fault : run_.faults)
      settings_changed_ |= has_effect(fault, {EffectKind::kConfig, EffectKind::kClients});
  }

  void check() {
    for (const CommandRecord& command : run_.commands)
      if (command.refused && command.node >= 0) check_command(command);
    for (const Operation& op : run_.history.operations)
      if (op.outcome == Outcome::kFail && op.error != kNoError) check_operation(op);
    figure(result_.measured, "error_replies", static_cast<double>(result_.operations));
    check_served_while_down();
    check_circles();
  }

 private:
  void tell(AnomalyKind type, int node, Nanos time, const std::string& what, const std::string& why) {
    Anomaly anomaly;
    anomaly.type = type.text();
    anomaly.node = node_name(run_, node);
    anomaly.time = time;
    anomaly.explanation = anomaly.node + " answered " + what + " at " + at(time) + ": " + why;
    report(result_, std::move(anomaly));
  }

  void check_command(const CommandRecord& command) {
    ++result_.operations;
    std::string line;
    for (const std::string& word : command.words) line += (line.empty() ? "" : " ") + word;
    const std::string what = line + " (step " + command.step + ") with '" + command.reply + "'";
    const std::string_view code = std::string_view(command.reply).substr(0, command.reply.find(' '));
    const std::set<int> slots = slots_of_keys(command.words);
    if (code == "CROSSSLOT" && slots.size() == 1)
      tell("crossslot-of-one-slot", command.node, command.replied, what,
           "all its keys are of slot " + std::to_string(*slots.begin()));
    if (const auto there = redirection_of(command.reply)) check_redirection(command, *there, slots, what);
    check_state(code, command.node, command.time, command.replied, what);
  }

  void check_redirection(const CommandRecord& command, const Redirected& there, const std::set<int>& slots,
                         const std::string& what) {
    if (slots.size() == 1 && *slots.begin() != there.slot)
      tell("redirected-by-wrong-slot", command.node, command.replied, what,
           "its key is of slot " + std::to_string(*slots.begin()));
    if (settings_changed_) return;  // addresses and ports may have been announced anew
    const NodeInfo& self = run_.nodes[static_cast<std::size_t>(command.node)];
    if (there.ip == self.ip && there.port == self.port)
      tell("redirected-to-itself", command.node, command.replied, what, "that is the node itself");
    else if (!known_address(there))
      tell("redirected-to-nowhere", command.node, command.replied, what,
           "no node of the cluster has ever had that address");
  }

  bool known_address(const Redirected& there) const {
    const auto is_there = [&](const auto& node) { return node.ip == there.ip && node.port == there.port; };
    if (std::ranges::any_of(run_.nodes, is_there)) return true;
    return std::ranges::any_of(
        run_.views, [&](const View& view) { return std::ranges::any_of(view.topology.nodes, is_there); });
  }

  void check_operation(const Operation& op) {
    const std::string_view error = run_.history.error_text(op);
    const int node = run_.node_by_name(run_.history.node_text(op));
    if (node < 0) return;
    ++result_.operations;
    if (error == kRedirectedAgain.name() && quiet_.holds(op.invoked, op.completed))
      tell("redirected-elsewhere", node, op.completed, run_.history.describe(op),
           "the node that it named does not serve the slot either, though nothing had happened to the "
           "cluster");
    check_state(error, node, op.invoked, op.completed, run_.history.describe(op));
  }

  /// Whether every look at the node, from a second before to a second after, had it so: there is such a view
  /// on both sides, the later one of a look that was sent afterwards, and no other between.
  template <typename Holds>
  bool steadily(int node, Nanos from, Nanos until, Holds holds) const {
    bool before = false;
    bool after = false;
    const Nanos proof = looks_.sent_after(node, until);
    for (const View* view : analysis_.views[static_cast<std::size_t>(node)]) {
      if (view->end < from - kSecond || view->begin > until + kSecond) continue;
      if (!view->reachable || own_line(view) == nullptr || !holds(*view)) return false;
      before |= view->begin <= from;
      after |= view->end >= proof;
    }
    return before && after;
  }

  void check_state(std::string_view code, int node, Nanos from, Nanos until, const std::string& what) {
    // Codes stand in upper case in a reply, in lower case in a history.
    const bool down = same_word(code, "CLUSTERDOWN");
    const bool readonly = same_word(code, "READONLY");
    if ((!down && !readonly) || disturbed(node, from, until)) return;
    // A slot without an owner is answered so by a node whose state is ok, where full coverage is not
    // required.
    const auto whole = [](const View& view) {
      return view.cluster.state_ok && view.cluster.slots_fail == 0 && view.cluster.slots_pfail == 0 &&
             every_slot_owned(view.topology);
    };
    const auto master = [](const View& view) {
      return own_line(&view)->is(kFlagMaster) && view.replication.is_master;
    };
    if (down && steadily(node, from, until, whole))
      tell("clusterdown-while-ok", node, until, what, "all the while it called the cluster's state ok");
    if (readonly && steadily(node, from, until, master))
      tell("readonly-master", node, until, what, "all the while it was a master");
  }

  /// Row 17, the other way round: who calls the cluster down, at one look after the other, serves no key.
  void check_served_while_down() {
    constexpr Nanos kForLong = 400 * kMillisecond;
    std::vector<std::pair<std::uint32_t, const View*>> down;  // with the node as operations name it
    for (const View& view : run_.views)
      if (view.reachable && own_line(&view) != nullptr && !view.cluster.state_ok &&
          view.end - view.begin >= kForLong)
        down.emplace_back(run_.history.nodes.find(node_name(run_, view.node)), &view);
    figure(result_.measured, "times_down", static_cast<double>(down.size()));
    if (down.empty() || settings_changed_) return;
    for (const Operation& op : run_.history.operations) {
      if (op.outcome != Outcome::kOk || op.key == kNoKey || !is_of_keys(op.function)) continue;
      const auto during = std::ranges::find_if(down, [&](const auto& time) {
        return time.first == op.node && time.second->begin <= op.invoked &&
               looks_.sent_after(time.second->node, op.completed) <= time.second->end;
      });
      if (op.node == kNoNode || during == down.end()) continue;
      const View& view = *during->second;
      if (!changes_data(run_.history, op) && may_read_when_down(run_, view.node)) continue;  // row 18
      tell("served-while-down", view.node, op.completed, run_.history.describe(op),
           "from " + at(view.begin) + " to " + at(view.end) + " it called the cluster down");
    }
  }

  /// Row 22: in the end, when all is healed and settled, each key is served somewhere. Not where a command or
  /// a change that was left half-way has opened a slot.
  void check_circles() {
    constexpr Nanos kForLong = 5 * kSecond;
    struct Tries {
      Nanos first = kNever;
      const Operation* last = nullptr;
      bool other = false;  // some try ended otherwise
    };
    if (run_.info.settled == kNever || left_half_way(run_) != nullptr || opens_slots()) return;
    std::map<std::uint32_t, Tries> by_key;
    for (const Operation& op : run_.history.operations) {
      if (op.invoked < run_.info.settled || op.function != Function::kRead || op.key == kNoKey) continue;
      Tries& tries = by_key[op.key];
      tries.first = std::min(tries.first, op.invoked);
      tries.last = &op;
      tries.other |= op.error == kNoError || run_.history.error_text(op) != kInCircles;
    }
    for (const auto& [key, tries] : by_key)
      if (!tries.other && tries.last->completed - tries.first >= kForLong && tries.last->node != kNoNode)
        tell("redirected-in-circles", run_.node_by_name(run_.history.node_text(*tries.last)),
             tries.last->completed, run_.history.describe(*tries.last),
             "for " + in_milliseconds(tries.last->completed - tries.first) +
                 " nobody served the key, one node named the other, though all was settled");
  }

  bool opens_slots() const {
    return std::ranges::any_of(
        run_.commands, [](const CommandRecord& command) { return is_cluster_command(command, "SETSLOT"); });
  }

  static bool is_of_keys(Function function) {
    return function != Function::kPublish && function != Function::kReceive && function != Function::kOther;
  }

  /// Whether a fault acted on the node about that time, or on the cluster's state: a state may change and
  /// change back between two looks.
  bool disturbed(int node, Nanos from, Nanos until) const {
    const Nanos aftermath = 10 * kSecond + 4 * run_.info.config.node_timeout_ms * kMillisecond;
    return std::ranges::any_of(run_.faults, [&](const FaultRecord& fault) {
      const Nanos over = fault.heals ? fault.healed : over_at(run_, fault, node);
      const Nanos end = over == kNever ? kNever : over + aftermath;
      return fault.requested < until + kSecond && end > from;
    });
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  const Quiet quiet_{analysis_};
  const Looks looks_{run_};
  CheckResult& result_;
  bool settings_changed_ = false;
};

}  // namespace

CheckResult check_replies(const Analysis& analysis, const CheckOptions&) {
  CheckResult result;
  result.name = "replies";
  result.valid = Validity::kValid;
  Replies(analysis, result).check();
  conclude(result,
           "None of " + std::to_string(result.operations) +
               " error replies contradicts what the cluster was seen to be.",
           result.operations > 0, "Does not apply: no client was answered with an error.");
  return result;
}

}  // namespace harness
