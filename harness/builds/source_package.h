// Debian source packages as servers under test: fetched by apt with lists, state and cache of its own, so
// that neither the machine's source lists nor its package state is touched, and no privilege is needed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/build.h"
#include "harness/builds/cache.h"

namespace harness {

/// "debian:redis=7.0.15": a package, and a version as upstream counts (7.0.15) or as Debian does
/// (5:7.0.15-1~deb12u7). Without a version: the newest that Debian has.
struct SourcePackage {
  std::string name;
  std::string version;  // empty: the newest
};

/// Of a spec that starts with "debian:". Throws UsageError.
SourcePackage parse_source_package(std::string_view spec);

/// "5:8.1.1+dfsg1-3" -> "8.1.1".
std::string upstream_version(std::string_view debian_version);
bool version_matches(std::string_view debian_version, std::string_view wanted);

/// The unpacked tree of the package, from the cache or the network. What was fetched once works offline.
/// Where the archive has lost Debian's own part of it (its index is ahead of its files, or behind),
/// upstream's tarball of the same version is taken, as the index's checksum has it, and source_note says so.
/// Throws UsageError when no suite (bookworm, trixie, sid) has that version, with those there are;
/// EnvironmentError when apt-get or dpkg-source is missing or fails.
std::filesystem::path fetch_source_package(const SourcePackage& package, const Cache& cache,
                                           const BuildOptions& options);

/// What a person must know about a tree that fetch_source_package gave; empty: it is Debian's package whole.
std::string source_note(const std::filesystem::path& tree);

/// The files that apt asked for and the archive does not have (404), by its own words.
std::vector<std::string> missing_files(std::string_view apt_output);

/// The first Debian mirror of deb822 or one-line source lists (their text), or Debian's own.
std::string mirror_in(std::string_view source_lists);

/// One entry of apt's source index.
struct AvailableSource {
  std::string version;
  std::string suite;
};
/// Of one package, in the index files of apt (Dir::State/lists/*_Sources) with their suites.
std::vector<AvailableSource> sources_in_index(std::string_view index, std::string_view name,
                                              std::string_view suite);
/// Which one is meant: of a version the first suite's that has it, else the newest suite's. `available`: the
/// oldest suite first. Throws UsageError with what there is, and what to give instead.
std::string choose_version(const SourcePackage& package, const std::vector<AvailableSource>& available);

}  // namespace harness
