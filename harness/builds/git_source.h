// A revision in a git repository as the server under test: "PATH@TAG". The sources come from the repository's
// objects; its work tree, index and refs are never touched.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/builds/build.h"
#include "harness/builds/cache.h"

namespace harness {

struct GitSource {
  std::filesystem::path folder;  // the repository (bare or not), or a folder in one that holds the sources
  std::string revision;          // a tag, a branch, a commit: whatever git knows
};

/// Of "PATH@REVISION" where PATH is a folder; nothing when the spec is not of that kind.
std::optional<GitSource> git_source_in(std::string_view spec);

/// The source tree of that revision, from the cache (by what it contains, so that a tag which moved is
/// another one) or unpacked into it. Throws UsageError when the folder is in no repository, with git's words,
/// or has no such revision, with the nearest name; EnvironmentError when git is missing or fails.
std::filesystem::path unpack_git_source(const GitSource& source, const Cache& cache,
                                        const BuildOptions& options);

}  // namespace harness
