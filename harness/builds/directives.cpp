#include "harness/builds/directives.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>
#include <vector>

namespace harness {
namespace {

struct Refused {
  std::string_view name;
  std::string_view why;
};
constexpr std::string_view kAddress =
    "each node's address is the harness's: clients, faults and reports find it by it";
constexpr std::string_view kFiles = "the node's files lie in the store, where the report reads them";
constexpr Refused kRefused[] = {
    {"port", kAddress},
    {"tls-port", "clients of the harness do not speak TLS"},
    {"tls-cluster", "the bus is observed in plain"},
    {"tls-replication", "clients of the harness do not speak TLS"},
    {"unixsocket", kAddress},
    {"cluster-port", "the bus is expected at the port + 10000"},
    {"bind", kAddress},
    {"cluster-announce-ip", kAddress},
    {"cluster-announce-port", kAddress},
    {"cluster-announce-bus-port", kAddress},
    {"cluster-announce-tls-port", kAddress},
    {"replica-announce-ip", kAddress},
    {"replica-announce-port", kAddress},
    {"slave-announce-ip", kAddress},
    {"slave-announce-port", kAddress},
    {"cluster-enabled", "a node without it is no member of a cluster"},
    {"cluster-config-file", kFiles},
    {"dir", kFiles},
    {"logfile", kFiles},
    {"pidfile", kFiles},
    {"syslog-enabled", kFiles},
    {"include", "what it includes would not be in the store; give the directives themselves"},
    {"daemonize", "the harness watches the server's process, which must stay its child"},
    {"supervised", "the harness watches the server's process, which must stay its child"},
    {"replicaof", "who follows whom is the cluster's: use 'masters' and 'replicas'"},
    {"slaveof", "who follows whom is the cluster's: use 'masters' and 'replicas'"},
    {"requirepass", "the harness's clients do not authenticate"},
    {"masterauth", "the harness's clients do not authenticate"},
    {"cluster-node-timeout", "the bounds are computed from it: use node-timeout under [cluster]"},
    {"cluster-require-full-coverage", "use require-full-coverage under [cluster]"},
    {"cluster-replica-validity-factor", "use replica-validity-factor under [cluster]"},
    {"cluster-slave-validity-factor", "use replica-validity-factor under [cluster]"},
    {"cluster-migration-barrier", "use migration-barrier under [cluster]"},
    {"cluster-allow-replica-migration", "use allow-replica-migration under [cluster]"},
    {"save", "verdicts rest on it: use persistence under [cluster]"},
    {"appendonly", "verdicts rest on it: use persistence under [cluster]"},
    {"appendfsync", "verdicts rest on it: use persistence under [cluster]"},
};

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) {
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    words.push_back(std::move(word));
  }
  return words;
}

/// What no run can do without: forming the cluster, watching it and reading the configuration.
constexpr std::string_view kNeeded[] = {"cluster", "config", "info", "ping", "client", "dbsize", "scan"};

bool is_needed(std::string_view command) {
  return std::ranges::find(kNeeded, command) != std::end(kNeeded);
}

/// Whether an ACL rule's name stands for the needed command: its own, or a category that holds it.
bool stands_for(std::string_view named, std::string_view command) {
  if (named == command || named == "@all") return true;
  if (command == "cluster" || command == "config") return named == "@admin" || named == "@dangerous";
  if (command == "ping" || command == "client") return named == "@connection";
  if (command == "info") return named == "@dangerous";
  return named == "@keyspace" || named == "@read";
}

/// The rules of "user default RULE ...", as the server applies them: from a user that is off and may nothing.
std::string why_default_user_refused(const std::vector<std::string>& words) {
  bool on = false, needs_password = true;
  std::map<std::string_view, bool> may;
  const auto grant = [&](std::string_view named, bool granted) {
    for (const std::string_view command : kNeeded)
      if (stands_for(named, command)) may[command] = granted;
  };
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& rule = words[i];
    if (rule == "on" || rule == "off") on = rule == "on";
    if (rule == "reset") on = false, needs_password = true, may.clear();
    if (rule == "nopass") needs_password = false;
    if (rule == "resetpass" || rule[0] == '>' || rule[0] == '#') needs_password = true;
    if (rule == "allcommands" || rule == "nocommands") grant("@all", rule[0] == 'a');
    if (rule[0] == '+' || rule[0] == '-') grant(std::string_view(rule).substr(1), rule[0] == '+');
  }
  const std::string mend = "; give it 'on nopass ~* &* +@all' and take away from there";
  if (!on) return "the default user is off, and the harness's clients are that user" + mend;
  if (needs_password) return "the harness's clients do not authenticate" + mend;
  for (const std::string_view command : kNeeded)
    if (!may[command])
      return fmt::format("the harness, as the default user, could not ask {}{}", command, mend);
  return {};
}

/// Values that a server takes, and that would keep the harness from its own work.
std::string why_value_refused(std::string_view name, std::string_view value) {
  const std::vector<std::string> words = words_of(value);
  if (words.empty()) return {};
  if (same_name(name, "protected-mode") && words[0] != "no")
    return "the harness's clients come from other addresses than the node's; leave it out";
  if (same_name(name, "user") && words[0] == "default") return why_default_user_refused(words);
  if (same_name(name, "rename-command") && is_needed(words[0]))
    return fmt::format("the harness asks {} by its name; rename what only clients use", words[0]);
  return {};
}

}  // namespace

std::string why_directive_refused(std::string_view name, std::string_view value) {
  const bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  });
  if (!sound) return fmt::format("\"{}\" is no directive's name", name);
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return fmt::format("the value of '{}' must be one line", name);
  for (const Refused& refused : kRefused)
    if (same_name(refused.name, name))
      return fmt::format("the directive '{}' cannot be set: {}", name, refused.why);
  const std::string why = why_value_refused(name, value);
  return why.empty() ? why : fmt::format("the directive '{}' cannot be '{}': {}", name, value, why);
}

}  // namespace harness
