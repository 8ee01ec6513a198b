#include "harness/core/run_record.h"

namespace harness {

int RunRecord::node_by_id(std::string_view id) const {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].id == id) return static_cast<int>(i);
  return -1;
}

int RunRecord::node_by_name(std::string_view name) const {
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (nodes[i].name == name) return static_cast<int>(i);
  return -1;
}

std::vector<ServerInfo> all_servers(const RunInfo& info) {
  std::vector<ServerInfo> all{info.server};
  all.insert(all.end(), info.peers.begin(), info.peers.end());
  return all;
}

const ServerInfo& server_of(const RunInfo& info, const NodeInfo& node) {
  const auto peer = static_cast<std::size_t>(node.build) - 1;
  return node.build > 0 && peer < info.peers.size() ? info.peers[peer] : info.server;
}

std::string build_name(const ServerInfo& server) {
  return server.flavor + " " + server.version;
}

std::string build_names(const RunInfo& info) {
  std::string names;
  for (const ServerInfo& server : all_servers(info))
    names += (names.empty() ? "" : " + ") + build_name(server);
  return names;
}

std::string node_name(const RunRecord& record, int node) {
  if (node < 0 || static_cast<std::size_t>(node) >= record.nodes.size())
    return "node " + std::to_string(node);
  return record.nodes[static_cast<std::size_t>(node)].name;
}

std::string_view to_string(ExpectationRecord::Kind kind) {
  switch (kind) {
    case ExpectationRecord::Kind::kExpect:
      return "expect";
    case ExpectationRecord::Kind::kWait:
      return "wait";
    case ExpectationRecord::Kind::kWhen:
      return "when";
  }
  return "expect";
}

std::string_view verdict_word(const RunVerdict& verdict) {
  if (verdict.error) return "error";
  switch (verdict.valid) {
    case Validity::kValid:
      return "pass";
    case Validity::kNotApplicable:
    case Validity::kUnknown:
      return "unknown";
    case Validity::kInvalid:
      return "fail";
  }
  return "unknown";
}

}  // namespace harness
