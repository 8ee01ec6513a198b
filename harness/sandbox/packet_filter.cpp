#include "harness/sandbox/packet_filter.h"

#include <atomic>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/sandbox/nftables.h"

namespace harness::packet_filter {
namespace {

constexpr const char* kPrefix = "harness_drop_";

// Early in both hooks, before any connection tracking could see the packet. The counting chains of every
// table come before the dropping ones; what they have counted carries a mark, a bit that nobody else uses.
std::string chains(const std::string& table) {
  const std::string in = " ip " + table;
  const auto chain = [&](const char* name, const char* hook, const char* priority) {
    return "add chain" + in + " " + name + " { type filter hook " + hook + " priority " + priority +
           " ; policy accept ; }\n";
  };
  const auto drop = [&](const char* name) {
    return "add rule" + in + " " + name + " meta mark & 0x40000000 == 0x40000000 drop\n";
  };
  return "add table" + in + "\n" + chain("arriving", "input", "-400") + chain("leaving", "output", "-400") +
         chain("drop_arriving", "input", "-390") + chain("drop_leaving", "output", "-390") +
         drop("drop_arriving") + drop("drop_leaving");
}

// The ends of a connection that a rule of one port looks at: which of them is the server does not matter.
std::vector<std::string> ports(const DropRule& rule) {
  const std::string flags = rule.resets_only ? " tcp flags & rst == rst" : "";
  if (rule.port == 0) return {flags};
  const std::string number = std::to_string(rule.port);
  return {" tcp sport " + number + flags, " tcp dport " + number + flags};
}

std::vector<std::string> counting(const std::string& table, const char* chain, const char* field,
                                  const std::vector<std::string>& addresses, const DropRule& rule) {
  std::string set;
  for (const auto& address : addresses) set += (set.empty() ? "" : ", ") + address;
  std::vector<std::string> rules;
  if (set.empty()) return rules;
  for (const std::string& port : ports(rule)) {
    const std::string match = std::string(" ip ") + field + " { " + set + " }" + port;
    rules.push_back("add rule ip " + table + " " + chain + match +
                    " counter meta mark set meta mark or 0x40000000\n");
  }
  return rules;
}

struct Counters {
  int count = 0;
  std::uint64_t packets = 0;
};

Counters counters(const std::string& table) {
  Counters result;
  for (const auto& entry : nftables::list("list table ip " + table)) {
    if (!entry.contains("rule")) continue;
    for (const auto& expression : entry["rule"].at("expr")) {
      if (!expression.contains("counter")) continue;
      ++result.count;
      result.packets += expression["counter"].at("packets").get<std::uint64_t>();
    }
  }
  return result;
}

std::vector<std::string> tables() {
  std::vector<std::string> names;
  for (const auto& entry : nftables::list("list tables ip"))
    if (entry.contains("table")) {
      const std::string name = entry["table"].at("name").get<std::string>();
      if (name.starts_with(kPrefix)) names.push_back(name);
    }
  return names;
}

}  // namespace

void add(const std::string& table, const DropRule& rule) {
  std::vector<std::string> rules = counting(table, "arriving", "saddr", rule.from, rule);
  for (std::string& leaving : counting(table, "leaving", "daddr", rule.to, rule))
    rules.push_back(std::move(leaving));
  std::string commands = chains(table);
  for (const std::string& text : rules) commands += text;
  nftables::run(commands, "drop packets");
  const int listed = counters(table).count;
  if (listed != static_cast<int>(rules.size()))
    throw EnvironmentError("nftables took the rules, but lists " + std::to_string(listed) + " instead of " +
                           std::to_string(rules.size()));
}

void remove(const std::string& table) {
  nftables::run("delete table ip " + table + "\n", "take the rules away");
  for (const std::string& name : tables())
    if (name == table) throw EnvironmentError("nftables still lists the harness's rules after their removal");
}

std::uint64_t dropped_packets(const std::string& table) {
  return counters(table).packets;
}

int count() {
  return static_cast<int>(tables().size());
}

std::string table_name() {
  static std::atomic<std::uint64_t> number{0};
  return kPrefix + std::to_string(++number);
}

void require_available() {
  const std::string table = table_name();
  add(table, {{"10.77.255.253"}, {}});
  remove(table);
}

}  // namespace harness::packet_filter
