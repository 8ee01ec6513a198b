#include "harness/builds/directives.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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
  return {};
}

}  // namespace harness
