#include "harness/builds/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "harness/builds/cache.h"
#include "harness/builds/git_source.h"
#include "harness/builds/sha256.h"
#include "harness/builds/source_package.h"
#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/sandbox/own_files.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

/// Specs that name a program on PATH.
struct Installed {
  std::string_view spec;
  std::string_view program;
  std::string_view package;
};
constexpr Installed kInstalled[] = {
    {"redis", "redis-server", "redis-server"},
    {"valkey", "valkey-server", "valkey"},
};

/// Never resolved: Debian's redis-server is a link to a program that looks at its argv[0].
std::optional<fs::path> find_on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, colon)) / program;
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
  }
  return {};
}

fs::path installed(const Installed& server) {
  if (const auto found = find_on_path(server.program)) return *found;
  throw EnvironmentError(
      fmt::format("--server {}: {} is not on PATH: install {} (where this system has that package), or "
                  "give --server bundled, debian:NAME=VERSION (compiled once) or a path",
                  server.spec, server.program, server.package));
}

fs::path bundled() {
  const fs::path node = own_file("cluster-node");
  if (::access(node.c_str(), X_OK) == 0) return node;
  throw EnvironmentError(
      fmt::format("--server bundled: {} is not there; build it (ninja -C build cluster-node), or give "
                  "--server redis",
                  node.string()));
}

bool is_tarball(const fs::path& file) {
  std::array<char, 6> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  const std::string_view magic(start.data(), start.size());
  using namespace std::string_view_literals;
  for (const std::string_view known : {"\x1f\x8b"sv, "BZh"sv,
                                       "\xfd"
                                       "7zXZ"sv,
                                       "\x28\xb5\x2f\xfd"sv})
    if (magic.starts_with(known)) return true;
  return file.extension() == ".tar";
}

std::string no_such_build(const std::string& spec) {
  return fmt::format(
      "build '{}': there is no such file or folder{}; give bundled, redis, valkey, debian:NAME=VERSION, a "
      "path "
      "to a server binary, source tree or tarball, or REPOSITORY@TAG",
      spec, suggestion(spec, std::array<std::string_view, 3>{"bundled", "redis", "valkey"}));
}

fs::path at_path(const std::string& spec, const Cache& cache, const BuildOptions& options) {
  std::error_code error;
  const fs::path path = fs::absolute(spec);
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    if (const auto source = git_source_in(spec))
      return build_server(unpack_git_source(*source, cache, options), cache, options);
    throw UsageError(no_such_build(spec));
  }
  if (fs::is_directory(status)) return build_server(path, cache, options);
  if (is_tarball(path)) return build_server(unpack_tarball(path, cache, options), cache, options);
  if (::access(path.c_str(), X_OK) != 0)
    throw UsageError(fmt::format("build '{}': it is not executable (chmod +x), and no source tarball", spec));
  return path;
}

fs::path find_binary(const std::string& spec, const BuildOptions& options, std::string& note) {
  for (const Installed& server : kInstalled)
    if (spec == server.spec) return installed(server);
  if (spec == "bundled") return bundled();
  const Cache cache(default_cache_folder());
  if (spec.starts_with("debian:")) {
    const fs::path tree = fetch_source_package(parse_source_package(spec), cache, options);
    note = source_note(tree);
    return build_server(tree, cache, options);
  }
  return at_path(spec, cache, options);
}

}  // namespace

Server resolve_server(const std::string& spec, const BuildOptions& options) {
  Server server;
  const fs::path binary = find_binary(spec, options, server.note);
  server.flavor = detect_flavor(binary.string());
  server.info.spec = spec;
  server.info.flavor = to_string(server.flavor.kind);
  server.info.version = server.flavor.version_text;
  server.info.binary = binary.string();
  server.info.sha256 = sha256_of_file(binary);
  return server;
}

std::string why_no_build(const std::string& spec) {
  if (spec == "bundled" || spec.starts_with("debian:") || git_source_in(spec) ||
      std::ranges::count(kInstalled, spec, &Installed::spec) > 0)
    return {};
  std::error_code ignored;
  return fs::exists(spec, ignored) ? std::string() : no_such_build(spec);
}

std::vector<std::string> split_specs(const std::string& specs) {
  std::error_code ignored;
  if (fs::exists(specs, ignored)) return {specs};
  std::vector<std::string> split;
  std::size_t begin = 0;
  while (begin <= specs.size()) {
    const std::size_t end = std::min(specs.find(',', begin), specs.size());
    split.push_back(specs.substr(begin, end - begin));
    begin = end + 1;
  }
  return split;
}

std::vector<Server> resolve_servers(const std::string& specs, const BuildOptions& options) {
  std::vector<Server> servers;
  for (const std::string& spec : split_specs(specs)) {
    if (spec.empty())
      throw UsageError(
          fmt::format("build \"{}\": a name is empty; give one, or several as in "
                      "redis,bundled",
                      specs));
    servers.push_back(resolve_server(spec, options));
  }
  return servers;
}

}  // namespace harness
