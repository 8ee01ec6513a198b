#include "harness/sandbox/nftables.h"

#include <nftables/libnftables.h>

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"

namespace harness::nftables {
namespace {

struct Reply {
  bool ok = false;
  std::string output, error;
};

// The context, and so its socket, is made anew each time: it belongs to the calling thread's namespace.
Reply ask(const std::string& commands, bool json) {
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

}  // namespace

void run(const std::string& commands, const std::string& what) {
  require(ask(commands, false), what);
}

nlohmann::json list(const std::string& command) {
  const Reply reply = ask(command, true);
  require(reply, command);
  return nlohmann::json::parse(reply.output).at("nftables");
}

}  // namespace harness::nftables
