#include "harness/builds/git_source.h"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/suggest.h"
#include "harness/sandbox/capture.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

std::string trimmed(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// git in the folder; a repository that the environment names (as in a hook) is not the one that is meant.
std::vector<std::string> git(const fs::path& folder, const std::vector<std::string>& words) {
  std::vector<std::string> argv = {"env",           "-u", "GIT_DIR",        "-u",
                                   "GIT_WORK_TREE", "-u", "GIT_INDEX_FILE", "LC_ALL=C",
                                   "git",           "-C", folder.string()};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

/// What the sources are called from within the repository: "" at its top.
std::string prefix_of(const GitSource& source) {
  const Captured prefix = capture_all(git(source.folder, {"rev-parse", "--show-prefix"}));
  if (prefix.success) return trimmed(prefix.text);
  if (prefix.text.find("env: ") == 0)
    throw EnvironmentError("a server at a revision needs git: apt-get install git");
  throw UsageError(
      fmt::format("--server {}@{}: {} is no git repository that can be read ({}); give the clone "
                  "of a server's repository, or the path alone",
                  source.folder.string(), source.revision, source.folder.string(), trimmed(prefix.text)));
}

std::string nearest_name(const GitSource& source) {
  const auto listed = capture(git(source.folder, {"for-each-ref", "--format=%(refname:short)", "refs/tags",
                                                  "refs/heads", "refs/remotes"}));
  std::vector<std::string> lines;
  std::istringstream in(listed.value_or(""));
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) return ": it has no tag and no branch (git fetch --tags)";
  const std::vector<std::string_view> names(lines.begin(), lines.end());
  return suggestion(source.revision, names);
}

/// The hash of the commit, or of the folder's tree in it.
std::string resolve(const GitSource& source) {
  const std::string prefix = prefix_of(source);
  const std::string what = source.revision + (prefix.empty() ? "^{commit}" : "^{commit}:" + prefix);
  // What begins with a dash would be an option.
  if (!source.revision.empty() && source.revision.front() != '-')
    if (const auto hash = capture(git(source.folder, {"rev-parse", "--verify", "--quiet", what})))
      return trimmed(*hash);
  throw UsageError(fmt::format("--server {0}@{1}: the repository has no revision '{1}'{2}{3}",
                               source.folder.string(), source.revision,
                               prefix.empty() ? "" : " with a folder " + prefix, nearest_name(source)));
}

/// The sources of a repository are its top's, wherever in it git was started: so no `-C` into a part of it.
fs::path git_folder(const GitSource& source) {
  const auto folder = capture(git(source.folder, {"rev-parse", "--absolute-git-dir"}));
  if (!folder) throw EnvironmentError("git does not tell where it keeps " + source.folder.string());
  return trimmed(*folder);
}

void unpack(const GitSource& source, const std::string& hash, const fs::path& into,
            const BuildOptions& options) {
  const auto tick = [&] {
    if (options.progress) options.progress("unpacking " + source.revision, -1);
  };
  const fs::path tarball = into / ".sources.tar";
  const fs::path log = into / ".unpack.log";
  run_tool(git("/", {"--git-dir=" + git_folder(source).string(), "archive", "--format=tar", "-o",
                     tarball.string(), hash}),
           into, log, {}, tick, "the repository must be whole (git fsck)");
  run_tool({"tar", "-xf", tarball.string()}, into, log, {"LC_ALL=C"}, tick, "check the space on the disk");
  fs::remove(tarball);
  fs::remove(log);
}

}  // namespace

std::optional<GitSource> git_source_in(std::string_view spec) {
  std::error_code ignored;
  for (auto at = spec.find('@'); at != std::string_view::npos; at = spec.find('@', at + 1)) {
    const fs::path folder = spec.substr(0, at);
    if (fs::is_directory(folder, ignored))
      return GitSource{fs::absolute(folder), std::string(spec.substr(at + 1))};
  }
  return {};
}

fs::path unpack_git_source(const GitSource& source, const Cache& cache, const BuildOptions& options) {
  const std::string hash = resolve(source);
  const fs::path tree = cache.entry(
      "sources", "git-" + hash, [&](const fs::path& folder) { unpack(source, hash, folder, options); },
      [&](std::string_view what) {
        if (options.progress) options.progress(what, -1);
      });
  if (is_source_tree(tree)) return tree;
  throw UsageError(
      fmt::format("--server {}@{}: no Redis or Valkey source tree at that revision (src/Makefile "
                  "and src/server.c); give the folder that holds src",
                  source.folder.string(), source.revision));
}

}  // namespace harness
