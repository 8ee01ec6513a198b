// Compiles Redis and Valkey source trees, once for each content and set of flags.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/cache.h"

namespace harness {

struct BuildOptions {
  /// The project's own default flags (jemalloc, -O3), as a release audit should have them; quick: libc and
  /// -O1, for development.
  bool quick = false;
  std::vector<std::string> make_arguments;  // further ones, "SANITIZER=address"; part of the cache's key
  std::filesystem::path log;                // gets the compiler's output; empty: kept in the cache only
  int jobs = 0;                             // 0: one a core
  /// What is going on, and how far it is in percent (-1: unknown). Called several times a second. What it
  /// throws ends the tools and leaves the cache as it was.
  std::function<void(std::string_view what, int percent)> progress;
};

/// Whether the folder is a server's source tree: src/Makefile and src/server.c, or the like of older
/// releases.
bool is_source_tree(const std::filesystem::path& folder);

/// SHA-256 over names, modes and contents of the tree's files; what a build makes (objects, libraries) and
/// .git are left out. `tick` is called after every file. Throws EnvironmentError when a file cannot be read.
std::string sha256_of_tree(const std::filesystem::path& folder, const std::function<void()>& tick = {});

/// The server's executable, compiled in a copy (the tree is never touched) or found in the cache.
/// Throws UsageError when it is no source tree; EnvironmentError when the compiler is missing or fails, with
/// its last lines and the log's path.
std::filesystem::path build_server(const std::filesystem::path& tree, const Cache& cache,
                                   const BuildOptions& options);

/// A source tarball (any compression that tar knows), unpacked into the cache once; the tree in it. Throws
/// UsageError when there is none.
std::filesystem::path unpack_tarball(const std::filesystem::path& tarball, const Cache& cache,
                                     const BuildOptions& options);

/// Runs a tool to its end, its output appended to the log; the last lines of the log in the error when it
/// fails. `tick` is called several times a second. Throws EnvironmentError.
void run_tool(const std::vector<std::string>& argv, const std::filesystem::path& directory,
              const std::filesystem::path& log, const std::vector<std::string>& environment,
              const std::function<void()>& tick, const std::string& mend);

/// The last lines of a text file, indented, for messages.
std::string last_lines_of(const std::filesystem::path& path, std::size_t count);

}  // namespace harness
