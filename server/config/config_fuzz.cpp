/// Any text as a configuration file: accepted or refused with a reason; what is accepted is read back from
/// its rewrite.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "server/config/config.h"

namespace {

/// Whatever name the text includes: this machine's files are none of its business.
std::optional<std::string> no_files(const std::string&) {
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  node::Config config;
  try {
    node::load_config_text(config, text, "fuzz", no_files);
  } catch (const node::ConfigError&) {
    return 0;
  }
  try {
    node::Config again;
    node::load_config_text(again, node::rewrite_config(config, ""), "rewritten", no_files);
    if (again.port != config.port || again.appendfsync != config.appendfsync) std::abort();
  } catch (const node::ConfigError&) {
    std::abort();
  }
  return 0;
}
