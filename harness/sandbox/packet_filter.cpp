#include "harness/sandbox/packet_filter.h"

#include <nftables/libnftables.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"

namespace harness::packet_filter {
namespace {

constexpr const char* kName = "harness";
// Early in both hooks, before any connection tracking could see the packet.
constexpr const char* kTable = R"(
add table ip harness
add chain ip harness arriving { type filter hook input priority -400 ; policy accept ; }
add chain ip harness leaving { type filter hook output priority -400 ; policy accept ; }
)";
// "delete" alone fails when there is no table; adding one first makes it safe to repeat.
constexpr const char* kClear = "add table ip harness\ndelete table ip harness\n";

struct Reply {
  bool ok = false;
  std::string output, error;
};

// The context, and so its socket, is made anew each time: it belongs to the calling thread's namespace.
Reply run(const std::string& commands, bool json = false) {
  static std::mutex mutex;  // libnftables keeps some global caches
  const std::lock_guard lock(mutex);
  const std::unique_ptr<nft_ctx, decltype(&nft_ctx_free)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
  if (!context) throw EnvironmentError("cannot start libnftables; `harness doctor` names the mend");
  nft_ctx_buffer_output(context.get());
  nft_ctx_buffer_error(context.get());
  if (json) nft_ctx_output_set_flags(context.get(), NFT_CTX_OUTPUT_JSON);
  Reply reply;
  reply.ok = nft_run_cmd_from_buffer(context.get(), commands.c_str()) == 0;
  reply.output = nft_ctx_get_output_buffer(context.get());
  reply.error = nft_ctx_get_error_buffer(context.get());
  return reply;
}

void require(const Reply& reply, const std::string& what) {
  if (!reply.ok)
    throw EnvironmentError("cannot " + what + " with nftables: " + reply.error +
                           "The kernel needs nf_tables (modprobe nf_tables), and network faults need it; "
                           "without it choose process faults only");
}

std::string rule(const char* chain, const char* field, const std::vector<std::string>& addresses) {
  if (addresses.empty()) return {};
  std::string set;
  for (const auto& address : addresses) set += (set.empty() ? "" : ", ") + address;
  return std::string("add rule ip harness ") + chain + " ip " + field + " { " + set + " } counter drop\n";
}

struct Rules {
  bool table = false;
  int count = 0;
  std::uint64_t packets = 0;
};

nlohmann::json listing(const std::string& command) {
  const Reply reply = run(command, true);
  require(reply, command);
  return nlohmann::json::parse(reply.output).at("nftables");
}

Rules list() {
  Rules rules;
  const auto tables = listing("list tables ip");
  for (const auto& entry : tables)
    if (entry.contains("table") && entry["table"].at("name") == kName) rules.table = true;
  if (!rules.table) return rules;
  const auto entries = listing("list table ip harness");
  for (const auto& entry : entries) {
    if (!entry.contains("rule")) continue;
    ++rules.count;
    for (const auto& expression : entry["rule"].at("expr"))
      if (expression.contains("counter"))
        rules.packets += expression["counter"].at("packets").get<std::uint64_t>();
  }
  return rules;
}

}  // namespace

void drop(const std::vector<std::string>& from, const std::vector<std::string>& to) {
  const int expected = list().count + (from.empty() ? 0 : 1) + (to.empty() ? 0 : 1);
  require(run(kTable + rule("arriving", "saddr", from) + rule("leaving", "daddr", to)), "drop packets");
  const int listed = list().count;
  if (listed != expected)
    throw EnvironmentError("nftables took the rules, but lists " + std::to_string(listed) + " instead of " +
                           std::to_string(expected));
}

void clear() {
  require(run(kClear), "take the rules away");
  if (list().table) throw EnvironmentError("nftables still lists the harness's rules after their removal");
}

std::uint64_t dropped_packets() {
  return list().packets;
}

void require_available() {
  require(run(std::string(kTable) + "add rule ip harness arriving ip saddr { 10.77.255.253 } counter drop\n" +
              kClear),
          "set up a packet filter");
}

}  // namespace harness::packet_filter
