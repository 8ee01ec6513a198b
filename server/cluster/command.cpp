#include "server/cluster/command.h"

#include <arpa/inet.h>  // inet_pton and inet_ntop: text to address and back, no sockets

#include <algorithm>
#include <charconv>

#include "server/cluster/bus.h"
#include "server/cluster/failure.h"
#include "server/cluster/gossip.h"
#include "server/cluster/manual_failover.h"
#include "server/cluster/nodes_conf.h"
#include "server/cluster/ownership.h"
#include "server/cluster/strong_mode.h"

namespace node::cluster {
namespace {

constexpr Ms kForgetBan = 60'000;

using Arguments = std::span<const std::string_view>;

Reply unknown_node(std::string_view id) {
  return Reply::error(fmt::format("Unknown node {}", id));
}
Reply not_an_integer() {
  return Reply::error("value is not an integer or out of range");
}
Reply syntax_error() {
  return Reply::error("syntax error");
}

/// The canonical text of an IPv4 or IPv6 address, or nothing.
std::optional<std::string> normalise_ip(std::string_view text) {
  const std::string zero_terminated(text);
  unsigned char address[sizeof(in6_addr)];
  char normalised[INET6_ADDRSTRLEN] = {};
  for (int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, zero_terminated.c_str(), address) != 1) continue;
    inet_ntop(family, address, normalised, sizeof normalised);
    return normalised;
  }
  return std::nullopt;
}

Reply meet(Context& c, Arguments argv) {
  const auto port = parse_integer(argv[3]);
  if (!port) return Reply::error(fmt::format("Invalid TCP base port specified: {}", argv[3]));
  std::optional<long long> cport = *port > 65535 ? *port : *port + 10000;
  if (argv.size() == 5 && !(cport = parse_integer(argv[4])))
    return Reply::error(fmt::format("Invalid TCP bus port specified: {}", argv[4]));
  const auto ip = normalise_ip(argv[2]);
  const auto valid = [](long long p) { return p > 0 && p <= 65535; };
  if (!ip || !valid(*port) || !valid(*cport))
    return Reply::error(fmt::format("Invalid node address specified: {}:{}", argv[2], argv[3]));
  gossip::start_handshake(c, *ip, static_cast<int>(*port), static_cast<int>(*cport), flag::kMeet);
  return Reply::ok();
}

Reply forget(Context& c, std::string_view id) {
  Node* node = c.state.find(id);
  if (node == nullptr) return unknown_node(id);
  if (c.is_me(node)) return Reply::error("I tried hard but I can't forget myself...");
  if (c.me().is_replica() && c.me().master == node) return Reply::error("Can't forget my master!");
  gossip::ban(c, node->id, kForgetBan);
  gossip::drop_node(c, *node);
  c.update_soon();
  c.save_soon();
  return Reply::ok();
}

Reply replicate(Context& c, std::string_view id) {
  Node* node = c.state.find(id);
  if (node == nullptr) return unknown_node(id);
  if (c.is_me(node)) return Reply::error("Can't replicate myself");
  if (node->is_replica()) return Reply::error("I can only replicate a master, not a replica.");
  if (c.me().is_master() && (c.me().slot_count != 0 || c.host.key_count() != 0))
    return Reply::error("To set a master the node must be empty and without assigned slots.");
  ownership::follow(c, *node);
  c.update_soon();
  c.save_synced();
  return Reply::ok();
}

Reply replicas(const Context& c, std::string_view id) {
  const Node* node = c.state.find(id);
  if (node == nullptr) return unknown_node(id);
  if (node->is_replica()) return Reply::error("The specified node is not a master");
  Reply list = Reply::array();
  for (const Node* replica : node->replicas)
    list.items.push_back(Reply::bulk(describe_node(c.state, *replica)));
  return list;
}

Reply failover(Context& c, Arguments argv) {
  using manual_failover::Mode;
  Mode mode = Mode::kPlain;
  if (argv.size() == 3) {
    if (equals_ignoring_case(argv[2], "force")) {
      mode = Mode::kForce;
    } else if (equals_ignoring_case(argv[2], "takeover")) {
      mode = Mode::kTakeover;
    } else {
      return syntax_error();
    }
  }
  const Node& me = c.me();
  if (me.is_master()) return Reply::error("You should send CLUSTER FAILOVER to a replica");
  if (me.master == nullptr) return Reply::error("I'm a replica but my master is unknown to me");
  if (mode == Mode::kPlain && (me.master->failed() || me.master->link == nullptr))
    return Reply::error("Master is down or failed, please use CLUSTER FAILOVER FORCE");
  manual_failover::start(c, mode);
  return Reply::ok();
}

Reply set_config_epoch(Context& c, std::string_view text) {
  const auto epoch = parse_integer(text);
  if (!epoch) return not_an_integer();
  if (*epoch < 0) return Reply::error(fmt::format("Invalid config epoch specified: {}", *epoch));
  if (c.state.nodes().size() > 1)
    return Reply::error(
        "The user can assign a config epoch only when the node does not know any other node.");
  if (c.me().config_epoch != 0) return Reply::error("Node config epoch is already non-zero");
  c.me().config_epoch = static_cast<std::uint64_t>(*epoch);
  c.log(LogLevel::kWarning, "configEpoch set to {} via CLUSTER SET-CONFIG-EPOCH", *epoch);
  ownership::learn_epoch(c, c.me().config_epoch);
  c.update_soon();
  c.save_synced();
  return Reply::ok();
}

Reply bump_epoch(Context& c) {
  const bool bumped = ownership::bump_epoch(c);
  return Reply::status(fmt::format("{} {}", bumped ? "BUMPED" : "STILL", c.me().config_epoch));
}

void become_empty_master(Context& c) {
  if (!c.me().is_replica()) return;
  ownership::make_master(c, c.me());
  c.following = false;
  c.actions.push_back(BecomeMaster{});
  c.actions.push_back(FlushData{});
}

void forget_everybody(Context& c) {
  std::vector<Node*> others;
  for (const auto& node : c.state.nodes())
    if (!c.is_me(node.get())) others.push_back(node.get());
  for (Node* node : others) gossip::drop_node(c, *node);
}

Reply reset(Context& c, Arguments argv) {
  const bool hard = argv.size() == 3 && equals_ignoring_case(argv[2], "hard");
  if (argv.size() == 3 && !hard && !equals_ignoring_case(argv[2], "soft")) return syntax_error();
  if (c.me().is_master() && c.host.key_count() != 0)
    return Reply::error("CLUSTER RESET can't be called with master nodes containing keys");
  become_empty_master(c);
  c.state.close_all_slots();
  manual_failover::reset(c);
  for (int slot = 0; slot < kSlotCount; ++slot) ownership::unassign(c, slot);
  forget_everybody(c);
  c.unanswered.clear();
  if (hard) {
    c.state.current_epoch = c.state.last_vote_epoch = c.me().config_epoch = 0;
    c.state.rename(c.me(), NodeId::from_bytes(c.prng.hex(NodeId::kLength)));
    c.state.strong.clear();
    strong_mode::begin(c);
    c.log(LogLevel::kNotice, "Node hard reset, now I'm {}", c.me().id.view());
  }
  c.update_soon();
  c.save_synced();
  return Reply::ok();
}

Reply count_failure_reports(Context& c, std::string_view id) {
  Node* node = c.state.find(id);
  return node == nullptr ? unknown_node(id) : Reply::number(failure::count_reports(c, *node));
}

Reply save_config(Context& c) {
  c.save_synced();
  return Reply::ok();
}

std::string nodes_text(const Context& c) {
  std::string text = describe_nodes(c.state, 0);
  const Node& me = *c.state.myself;
  if (me.slot_count == 0 || !c.config.defects(Defect::kNodesLies)) return text;
  int foreign = 0;
  while (foreign < kSlotCount - 1 && me.slots.test(foreign)) ++foreign;
  return text.insert(text.find('\n', text.find("myself")), " " + std::to_string(foreign));
}

struct Subcommand {
  std::string_view name;
  int arity;  // as COMMAND says it: negative means at least that many
  int most;   // arguments at most; 0: any number
  Reply (*run)(Context& c, Arguments argv);
};

constexpr Subcommand kSubcommands[] = {
    {"addslots", -3, 0, change_slots},
    {"addslotsrange", -4, 0, change_slot_ranges},
    {"bumpepoch", 2, 2, [](Context& c, Arguments) { return bump_epoch(c); }},
    {"count-failure-reports", 3, 3,
     [](Context& c, Arguments argv) { return count_failure_reports(c, argv[2]); }},
    {"countkeysinslot", 3, 3, [](Context& c, Arguments argv) { return count_keys_in_slot(c, argv[2]); }},
    {"delslots", -3, 0, change_slots},
    {"delslotsrange", -4, 0, change_slot_ranges},
    {"failover", -2, 3, failover},
    {"flushslots", 2, 2, [](Context& c, Arguments) { return flush_slots(c); }},
    {"forget", 3, 3, [](Context& c, Arguments argv) { return forget(c, argv[2]); }},
    {"getkeysinslot", 4, 4, [](Context& c, Arguments argv) { return keys_in_slot(c, argv[2], argv[3]); }},
    {"help", 2, 2, [](Context&, Arguments) { return help_reply(); }},
    {"info", 2, 2, [](Context& c, Arguments) { return Reply::verbatim(info_text(c)); }},
    {"keyslot", 3, 3, [](Context&, Arguments argv) { return Reply::number(slot_of(argv[2])); }},
    {"links", 2, 2, [](Context& c, Arguments) { return links_reply(c); }},
    {"meet", -4, 5, meet},
    {"myid", 2, 2, [](Context& c, Arguments) { return Reply::bulk(c.me().id.view()); }},
    {"nodes", 2, 2, [](Context& c, Arguments) { return Reply::verbatim(nodes_text(c)); }},
    {"replicas", 3, 3, [](Context& c, Arguments argv) { return replicas(c, argv[2]); }},
    {"replicate", 3, 3, [](Context& c, Arguments argv) { return replicate(c, argv[2]); }},
    {"reset", -2, 3, reset},
    {"saveconfig", 2, 2, [](Context& c, Arguments) { return save_config(c); }},
    {"set-config-epoch", 3, 3, [](Context& c, Arguments argv) { return set_config_epoch(c, argv[2]); }},
    {"setslot", -4, 0, set_slot},
    {"shards", 2, 2, [](Context& c, Arguments) { return shards_reply(c); }},
    {"slaves", 3, 3, [](Context& c, Arguments argv) { return replicas(c, argv[2]); }},
    {"slots", 2, 2, [](Context& c, Arguments) { return slots_reply(c); }},
};

}  // namespace

Reply run_command(Context& c, Arguments argv) {
  if (argv.size() < 2) return Reply::error("wrong number of arguments for 'cluster' command");
  const auto* command =
      std::find_if(std::begin(kSubcommands), std::end(kSubcommands),
                   [&](const Subcommand& s) { return equals_ignoring_case(s.name, argv[1]); });
  if (command == std::end(kSubcommands))
    return Reply::error(fmt::format("unknown subcommand '{}'. Try CLUSTER HELP.", argv[1].substr(0, 128)));
  const int count = static_cast<int>(argv.size());
  if (command->arity > 0 ? count != command->arity : count < -command->arity)
    return Reply::error(fmt::format("wrong number of arguments for 'cluster|{}' command", command->name));
  if (command->most != 0 && count > command->most)
    return Reply::error(
        fmt::format("unknown subcommand or wrong number of arguments for '{}'. Try CLUSTER HELP.",
                    argv[1].substr(0, 128)));
  if (const std::string_view why = strong_mode::refusal(c, argv); !why.empty())
    return Reply::error(std::string(why));
  return command->run(c, argv);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char ch) { return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 'a' - 'A') : ch; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

std::optional<long long> parse_integer(std::string_view text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (fmt::to_string(value) != text) return std::nullopt;
  return value;
}

}  // namespace node::cluster
