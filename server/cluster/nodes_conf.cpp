#include "server/cluster/nodes_conf.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace node::cluster {
namespace {

struct FlagName {
  std::uint16_t flag;
  std::string_view name;
};
constexpr FlagName kFlagNames[] = {
    {flag::kMyself, "myself"}, {flag::kMaster, "master"},
    {flag::kReplica, "slave"}, {flag::kPfail, "fail?"},
    {flag::kFail, "fail"},     {flag::kHandshake, "handshake"},
    {flag::kNoAddr, "noaddr"}, {flag::kNoFailover, "nofailover"},
};

std::string describe_flags(std::uint16_t flags) {
  std::string text;
  for (const FlagName& entry : kFlagNames)
    if ((flags & entry.flag) != 0) text += (text.empty() ? "" : ",") + std::string(entry.name);
  return text.empty() ? "noflags" : text;
}

void append_ranges(const Node& node, std::string& text) {
  int first = -1, last = -1;
  const auto flush = [&] {
    if (first < 0) return;
    text += first == last ? fmt::format(" {}", first) : fmt::format(" {}-{}", first, last);
  };
  node.slots.for_each([&](int slot) {
    if (first < 0 || slot != last + 1) {
      flush();
      first = slot;
    }
    last = slot;
  });
  flush();
}

template <typename Number>
bool number(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Reads one nodes.conf into a state; every method returns false where the text is corrupt.
class Reader {
 public:
  Reader(State& state, Ms now) : state_(state), now_(now) {}

  bool line(std::string_view text) {
    const std::vector<std::string_view> words = split(text, ' ');
    if (words.empty()) return true;
    if (words[0] == "vars") return vars(words);
    return words.size() >= 8 && node_line(words);
  }

 private:
  static std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(separator), text.size());
      if (end > 0) words.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
  }

  bool vars(const std::vector<std::string_view>& words) {
    if (words.size() % 2 == 0) return false;
    for (std::size_t i = 1; i < words.size(); i += 2) {  // unknown names belong to later releases
      if (words[i] == "currentEpoch" && !number(words[i + 1], state_.current_epoch)) return false;
      if (words[i] == "strong") state_.strong = words[i + 1];
      if (words[i] == "lastVoteEpoch" && !number(words[i + 1], state_.last_vote_epoch)) return false;
    }
    return true;
  }

  Node* node(std::string_view text) {
    const auto id = NodeId::parse(text);
    if (!id) return nullptr;
    Node* known = state_.find(*id);
    return known != nullptr ? known : &state_.add(*id, 0, now_);
  }

  /// ip:port[@cport][,hostname[,name=value]...]; the last part (shard-id and the like, from 7.2 on) is of no
  /// use here.
  bool address(std::string_view text, Node& n) {
    const std::size_t comma = text.find(',');
    if (comma != std::string_view::npos) {
      const std::string_view rest = text.substr(comma + 1);
      n.hostname = rest.substr(0, rest.find(','));
      text = text.substr(0, comma);
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon >= 46) return false;
    n.ip = text.substr(0, colon);
    const std::string_view ports = text.substr(colon + 1);
    const std::size_t at = ports.find('@');
    if (!number(ports.substr(0, at), n.port)) return false;
    n.cport = n.port + 10000;
    if (at != std::string_view::npos && (!number(ports.substr(at + 1), n.cport) || n.cport > 65535))
      return false;
    return n.port >= 0 && n.port <= 65535 && n.cport >= 0;
  }

  bool flags(std::string_view text, Node& n) {
    for (std::string_view name : split(text, ',')) {
      if (name == "noflags") continue;
      const auto entry = std::find_if(std::begin(kFlagNames), std::end(kFlagNames),
                                      [name](const FlagName& f) { return f.name == name; });
      if (entry == std::end(kFlagNames)) return false;
      n.flags |= entry->flag;
      if (entry->flag == flag::kFail) n.fail_time = now_;
      if (entry->flag == flag::kMyself) {
        if (state_.myself != nullptr) return false;
        state_.myself = &n;
      }
    }
    return true;
  }

  bool node_line(const std::vector<std::string_view>& words) {
    Node* n = node(words[0]);
    if (n == nullptr || !address(words[1], *n) || !flags(words[2], *n)) return false;
    if (words[3] != "-") {
      Node* master = node(words[3]);
      if (master == nullptr || master == n) return false;
      state_.attach_replica(*master, *n);
    }
    std::uint64_t epoch = 0;
    Ms ping = 0, pong = 0;
    if (!number(words[4], ping) || !number(words[5], pong) || !number(words[6], epoch)) return false;
    if (ping != 0) n->ping_sent = now_;
    if (pong != 0) n->pong_received = now_;
    n->config_epoch =
        n->is_replica() && n->master != nullptr ? 0 : epoch;  // a replica's line shows its master's
    return std::all_of(words.begin() + 8, words.end(), [&](std::string_view word) {
      return word[0] == '[' ? open_slot(word) : range(word, *n);
    });
  }

  bool open_slot(std::string_view word) {
    const auto open = parse_open_slot(word);
    Node* other = open ? node(open->other) : nullptr;
    if (other == nullptr) return false;
    (open->leaves ? state_.migrating : state_.importing)[open->slot] = other;
    return true;
  }

  bool range(std::string_view word, Node& n) {
    const std::size_t dash = word.find('-');
    int first = -1, last = -1;
    if (!number(word.substr(0, dash), first)) return false;
    last = first;
    if (dash != std::string_view::npos && !number(word.substr(dash + 1), last)) return false;
    if (first < 0 || last >= kSlotCount || last < 0 || first >= kSlotCount) return false;
    for (int slot = first; slot <= last; ++slot) state_.assign(slot, n);
    return true;
  }

  State& state_;
  Ms now_;
};

}  // namespace

std::string describe_open_slots(const State& state) {
  std::map<int, std::string> open;
  for (const auto& [slot, source] : state.importing)
    open[slot] = fmt::format(" [{}-<-{}]", slot, source->id.view());
  for (const auto& [slot, target] : state.migrating)
    open[slot] = fmt::format(" [{}->-{}]", slot, target->id.view());
  std::string text;
  for (const auto& [slot, entry] : open) text += entry;
  return text;
}

std::optional<OpenSlot> parse_open_slot(std::string_view word) {
  const std::size_t dash = word.find('-');
  if (dash == std::string_view::npos || word.size() != dash + 3 + NodeId::kLength + 1 || word.back() != ']')
    return std::nullopt;
  int slot = -1;
  if (!number(word.substr(1, dash - 1), slot) || slot < 0 || slot >= kSlotCount) return std::nullopt;
  return OpenSlot{slot, word[dash + 1] == '>', word.substr(dash + 3, NodeId::kLength)};
}

std::string describe_node(const State& state, const Node& node) {
  std::string text = fmt::format("{} {}:{}@{}", node.id.view(), node.ip, node.port, node.cport);
  if (!node.hostname.empty()) text += "," + node.hostname;
  const std::uint64_t epoch =
      node.is_replica() && node.master ? node.master->config_epoch : node.config_epoch;
  const bool connected = node.link != nullptr || node.has(flag::kMyself);
  text += fmt::format(" {} {} {} {} {} {}", describe_flags(node.flags),
                      node.master ? node.master->id.view() : "-", node.ping_sent, node.pong_received, epoch,
                      connected ? "connected" : "disconnected");
  append_ranges(node, text);
  // A replica knows its master's, and has none of its own.
  if (node.has(flag::kMyself) && node.is_master()) text += describe_open_slots(state);
  return text;
}

std::string describe_nodes(const State& state, std::uint16_t except) {
  std::string text;
  for (const auto& node : state.nodes())
    if (!node->has(except)) text += describe_node(state, *node) + "\n";
  return text;
}

std::string write_nodes_conf(const State& state) {
  return describe_nodes(state, flag::kHandshake) +
         fmt::format("vars currentEpoch {} lastVoteEpoch {}{}{}\n", state.current_epoch,
                     state.last_vote_epoch, state.strong.empty() ? "" : " strong ", state.strong);
}

std::optional<std::string> read_nodes_conf(std::string_view text, State& state, Ms now) {
  Reader reader(state, now);
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!reader.line(text.substr(0, end)))
      return fmt::format("line {} of the cluster config is corrupt", line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (state.myself == nullptr) return "the cluster config names no node as myself";
  state.current_epoch = state.max_epoch();
  return std::nullopt;
}

}  // namespace node::cluster
