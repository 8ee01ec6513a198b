// What --server names (harness/FORMATS.md): found, fetched or compiled, and identified.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/build.h"
#include "harness/builds/flavor.h"
#include "harness/core/run_record.h"

namespace harness {

struct Server {
  ServerInfo info;
  Flavor flavor;
  std::string note;  // what a person must know about its sources; mostly nothing
};

/// SPEC is one of: bundled · redis · valkey (on PATH) · debian:NAME=VERSION · a path to a server binary, a
/// source tree or a source tarball · REPOSITORY@REVISION. Compiles when it must; the cache folder is
/// default_cache_folder(). To be called before run_in_sandbox: inside there is no way to the network, and no
/// thread is left behind. Throws UsageError or EnvironmentError, each with the mend.
Server resolve_server(const std::string& spec, const BuildOptions& options);

/// Why a SPEC can name no build, as far as a look at its form and for its file tells; empty: it can.
std::string why_no_build(const std::string& spec);

/// "A,B" names the builds of a mixed cluster. A file whose own name has a comma stays one.
std::vector<std::string> split_specs(const std::string& specs);

/// Calls resolve_server for each of the SPECs. Throws what that throws, and UsageError for an empty SPEC.
std::vector<Server> resolve_servers(const std::string& specs, const BuildOptions& options);

}  // namespace harness
