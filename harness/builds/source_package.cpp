#include "harness/builds/source_package.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>

#include "harness/builds/text_of_file.h"
#include "harness/core/check.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "debian:";
constexpr std::string_view kDefaultMirror = "http://deb.debian.org/debian";
// The oldest first.
constexpr std::string_view kSuites[] = {"bookworm", "trixie", "sid"};
constexpr const char* kKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr auto kIndexLifetime = std::chrono::hours(24);

std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Debian's archive of a mirror ends in "/debian"; security and other vendors' archives do not.
std::optional<std::string> debian_archive(std::string_view uri) {
  while (uri.ends_with('/')) uri.remove_suffix(1);
  if (!uri.starts_with("http") || !uri.ends_with("/debian")) return {};
  return std::string(uri);
}

std::string machine_mirror() {
  std::string lists = text_of_file("/etc/apt/sources.list");
  std::error_code error;
  std::vector<fs::path> parts;
  for (const auto& item : fs::directory_iterator("/etc/apt/sources.list.d", error))
    if (item.path().extension() == ".list" || item.path().extension() == ".sources")
      parts.push_back(item.path());
  std::sort(parts.begin(), parts.end());
  for (const fs::path& part : parts) lists += "\n" + text_of_file(part);
  return mirror_in(lists);
}

/// apt with everything it writes in the cache.
class PrivateApt {
 public:
  PrivateApt(fs::path folder, const BuildOptions& options)
      : folder_(std::move(folder)), options_(options), mirror_(machine_mirror()) {
    fs::create_directories(folder_ / "state/lists/partial");
    fs::create_directories(folder_ / "cache/archives/partial");
    std::ofstream list(folder_ / "sources.list");
    for (const std::string_view suite : kSuites)
      list << fmt::format("deb-src [signed-by={}] {} {} main\n", kKeyring, mirror_, suite);
  }

  bool index_is_fresh() const {
    std::error_code error;
    const auto time = fs::last_write_time(stamp(), error);
    return !error && fs::file_time_type::clock::now() - time < kIndexLifetime;
  }
  bool has_index() const { return fs::exists(stamp()); }

  void update() {
    run({"update"}, folder_, "fetching the lists of Debian's source packages",
        "the first use of a debian: server needs the network, and " + std::string(kKeyring) +
            " (apt-get install debian-archive-keyring); once fetched it works offline");
    std::ofstream(stamp()) << mirror_ << "\n";
  }

  /// Returns the files that the archive's index names and the archive does not have; what it has is there.
  std::vector<std::string> download(const std::string& name, const std::string& version,
                                    const fs::path& into) {
    const auto before = text_of_file(log()).size();
    try {
      run({"source", "--download-only", name + "=" + version}, into,
          fmt::format("fetching {} {} from {}", name, version, mirror_), "check the network");
    } catch (const EnvironmentError&) {
      std::vector<std::string> missing = missing_files(std::string_view(text_of_file(log())).substr(before));
      if (missing.empty()) throw;
      return missing;
    }
    return {};
  }

  std::vector<AvailableSource> available(std::string_view name) const {
    std::vector<AvailableSource> found;
    for (const std::string_view suite : kSuites)
      for (const auto& item : fs::directory_iterator(folder_ / "state/lists")) {
        const std::string file = item.path().filename().string();
        if (file.find(fmt::format("_dists_{}_", suite)) == std::string::npos || !file.ends_with("_Sources"))
          continue;
        const auto more = sources_in_index(text_of_file(item.path()), name, suite);
        found.insert(found.end(), more.begin(), more.end());
      }
    return found;
  }

 private:
  fs::path stamp() const { return folder_ / "updated"; }
  fs::path log() const { return fs::absolute(options_.log.empty() ? folder_ / "apt.log" : options_.log); }

  void run(const std::vector<std::string>& arguments, const fs::path& directory, const std::string& what,
           const std::string& mend) {
    if (options_.progress) options_.progress(what, -1);
    std::vector<std::string> argv = {"apt-get", "-q"};
    for (const std::string& option :
         {"Dir::Etc::SourceList=" + (folder_ / "sources.list").string(),
          std::string("Dir::Etc::SourceParts=/dev/null"), "Dir::State=" + (folder_ / "state").string(),
          "Dir::Cache=" + (folder_ / "cache").string(),
          // As root apt would fetch as the user _apt, who may not enter our folders.
          std::string("APT::Sandbox::User="), std::string("Acquire::Languages=none"),
          // Indexes stay readable to us as text.
          std::string("Acquire::GzipIndexes=false"), std::string("Acquire::Retries=2"),
          std::string("Acquire::http::Timeout=20")}) {
      argv.push_back("-o");
      argv.push_back(option);
    }
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    run_tool(
        argv, directory, log(), {"LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"},
        [&] {
          if (options_.progress) options_.progress("fetching sources", -1);
        },
        mend);
  }

  fs::path folder_;
  const BuildOptions& options_;
  std::string mirror_;
};

std::string file_name_of(std::string text) {
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

/// The tree in an entry of "sources".
fs::path tree_in(const fs::path& entry) {
  return entry / "tree";
}

fs::path note_in(const fs::path& entry) {
  return entry / "note";
}

/// What was fetched before and fits; the wanted version must be given.
std::optional<fs::path> fetched_before(const SourcePackage& package, const Cache& cache) {
  if (package.version.empty()) return {};
  std::error_code error;
  std::vector<fs::path> fits;
  const std::string start = file_name_of("debian-" + package.name + "=");
  for (const auto& item : fs::directory_iterator(cache.folder() / "sources", error)) {
    const std::string name = item.path().filename().string();
    if (name.starts_with(start) && version_matches(name.substr(start.size()), package.version))
      fits.push_back(item.path());
  }
  if (fits.empty()) return {};
  return tree_in(*std::max_element(fits.begin(), fits.end()));
}

fs::path dsc_in(const fs::path& folder) {
  for (const auto& item : fs::directory_iterator(folder))
    if (item.path().extension() == ".dsc") return item.path();
  throw EnvironmentError("apt-get source left no .dsc file in " + folder.string());
}

/// Upstream's tarball, which apt has checked against the signed index; empty: it is not there either.
fs::path upstream_tarball_in(const fs::path& folder) {
  for (const auto& item : fs::directory_iterator(folder))
    if (item.path().filename().string().find(".orig.tar.") != std::string::npos) return item.path();
  return {};
}

struct Fetch {
  std::string name;
  std::string version;
  const BuildOptions& options;
  PrivateApt& apt;
};

void unpack(const Fetch& fetch, const std::vector<std::string>& argv, const fs::path& folder) {
  const fs::path log = fetch.options.log.empty() ? folder / "unpack.log" : fs::absolute(fetch.options.log);
  run_tool(
      argv, folder, log, {"LC_ALL=C"},
      [&] {
        if (fetch.options.progress) fetch.options.progress("unpacking " + fetch.name, -1);
      },
      "dpkg-source and tar must be there (apt-get install dpkg-dev)");
}

/// Debian's part is gone: upstream's alone is that release too, but for Debian's patches.
void unpack_upstream(const Fetch& fetch, const std::vector<std::string>& missing, const fs::path& folder) {
  const std::string gone = fmt::format("{}", fmt::join(missing, ", "));
  const fs::path tarball = upstream_tarball_in(folder);
  if (tarball.empty())
    throw EnvironmentError(
        fmt::format("Debian's index names {} {}, and the archive does not have {}: give another version, or "
                    "the path to a source tarball",
                    fetch.name, fetch.version, gone));
  fs::create_directories(folder / "tree");
  unpack(fetch, {"tar", "-xf", tarball.filename().string(), "-C", "tree", "--strip-components=1"}, folder);
  std::ofstream note(note_in(folder));
  note << fmt::format("upstream's tarball {} without Debian's patches: the archive does not have {}\n",
                      tarball.filename().string(), gone);
}

void fetch_into(const Fetch& fetch, const fs::path& folder) {
  const std::vector<std::string> missing = fetch.apt.download(fetch.name, fetch.version, folder);
  if (!missing.empty()) return unpack_upstream(fetch, missing, folder);
  // Unsigned is right here: apt has checked the hashes against the signed index.
  unpack(fetch, {"dpkg-source", "--no-check", "-x", dsc_in(folder).filename().string(), "tree"}, folder);
}

}  // namespace

SourcePackage parse_source_package(std::string_view spec) {
  CHECK_THAT_HOLDS(spec.starts_with(kPrefix), "a debian: spec");
  std::string_view rest = spec.substr(kPrefix.size());
  const auto equals = rest.find('=');
  SourcePackage package;
  package.name = rest.substr(0, equals);
  if (equals != std::string_view::npos) package.version = rest.substr(equals + 1);
  const auto sound = [](std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
      return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') ||
             more.find(c) != std::string_view::npos;
    });
  };
  const bool named = !package.name.empty() && package.name.front() != '-' && sound(package.name, "+-.");
  const bool versioned =
      equals == std::string_view::npos || (!package.version.empty() && sound(package.version, "+-.~:"));
  if (!named || !versioned)
    throw UsageError(fmt::format(
        "\"{}\" is no source package: give debian:NAME=VERSION, such as debian:redis=7.0.15", spec));
  return package;
}

std::string upstream_version(std::string_view version) {
  if (const auto colon = version.find(':'); colon != std::string_view::npos) version.remove_prefix(colon + 1);
  if (const auto dash = version.rfind('-'); dash != std::string_view::npos) version = version.substr(0, dash);
  // Repacked ("+dfsg1", "~dfsg1", "+ds1"): the same release. A pre-release ("~rc1") is another one.
  for (const std::string_view repacked : {"+dfsg", "~dfsg", "+ds"})
    if (const auto at = version.find(repacked); at != std::string_view::npos) version = version.substr(0, at);
  return std::string(version);
}

bool version_matches(std::string_view debian_version, std::string_view wanted) {
  if (debian_version == wanted || upstream_version(debian_version) == wanted) return true;
  const auto colon = debian_version.find(':');
  return colon != std::string_view::npos && debian_version.substr(colon + 1) == wanted;
}

std::string mirror_in(std::string_view lists) {
  while (!lists.empty()) {
    std::string_view line = trimmed(next_line(lists));
    if (line.starts_with('#')) continue;
    const bool deb822 = line.starts_with("URIs:");
    if (!deb822 && !line.starts_with("deb ") && !line.starts_with("deb-src ")) continue;
    while (!line.empty()) {
      const auto space = line.find_first_of(" \t");
      if (const auto archive = debian_archive(line.substr(0, space))) return *archive;
      line = space == std::string_view::npos ? std::string_view{} : trimmed(line.substr(space));
    }
  }
  return std::string(kDefaultMirror);
}

std::vector<AvailableSource> sources_in_index(std::string_view index, std::string_view name,
                                              std::string_view suite) {
  std::vector<AvailableSource> found;
  bool ours = false;
  while (!index.empty()) {
    const std::string_view line = next_line(index);
    if (line.empty()) ours = false;
    if (line.starts_with("Package: ")) ours = line.substr(9) == name;
    if (ours && line.starts_with("Version: "))
      found.push_back({std::string(line.substr(9)), std::string(suite)});
  }
  return found;
}

std::string choose_version(const SourcePackage& package, const std::vector<AvailableSource>& available) {
  // Suites come in order, and within one the last is the newest.
  std::optional<AvailableSource> chosen;
  for (const AvailableSource& source : available) {
    const bool fits = package.version.empty() || version_matches(source.version, package.version);
    if (fits && (!chosen || package.version.empty() || chosen->suite == source.suite)) chosen = source;
  }
  if (chosen) return chosen->version;
  std::vector<std::string> there;
  std::string same_release;
  for (const AvailableSource& source : available) {
    const std::string upstream = upstream_version(source.version);
    there.push_back(fmt::format("{} ({}, {})", upstream, source.suite, source.version));
    if (upstream == upstream_version(package.version))
      same_release = fmt::format(". Of {0} it has another revision now: debian:{1}={0} takes that", upstream,
                                 package.name);
  }
  throw UsageError(fmt::format("Debian has no source package {}{}; {}{}", package.name,
                               package.version.empty() ? "" : "=" + package.version,
                               there.empty() ? "try debian:redis=7.0.15 or debian:valkey=8.1.1"
                                             : fmt::format("there are: {}", fmt::join(there, ", ")),
                               same_release));
}

std::vector<std::string> missing_files(std::string_view apt_output) {
  constexpr std::string_view kFailed = "E: Failed to fetch ";
  std::vector<std::string> missing;
  while (!apt_output.empty()) {
    std::string_view line = trimmed(next_line(apt_output));
    if (!line.starts_with(kFailed) || line.find("  404 ") == std::string_view::npos) continue;
    line.remove_prefix(kFailed.size());
    line = line.substr(0, line.find(' '));
    std::string name(line.substr(line.rfind('/') + 1));
    for (auto at = name.find("%2b"); at != std::string::npos; at = name.find("%2b")) name.replace(at, 3, "+");
    missing.push_back(std::move(name));
  }
  return missing;
}

fs::path fetch_source_package(const SourcePackage& package, const Cache& cache, const BuildOptions& options) {
  if (const auto tree = fetched_before(package, cache)) return *tree;
  const auto say = [&](std::string_view what) {
    if (options.progress) options.progress(what, -1);
  };
  const FileLock lock = cache.lock("apt", say);
  PrivateApt apt(cache.folder() / "apt", options);
  if (!apt.index_is_fresh()) {
    try {
      apt.update();
    } catch (const EnvironmentError&) {
      if (!apt.has_index()) throw;
      say("Debian's lists cannot be fetched now: using those of an earlier day");
    }
  }
  const std::string version = choose_version(package, apt.available(package.name));
  const Fetch fetch{package.name, version, options, apt};
  const std::string key = file_name_of("debian-" + package.name + "=" + version);
  const fs::path entry = cache.entry(
      "sources", key, [&](const fs::path& folder) { fetch_into(fetch, folder); }, say);
  return tree_in(entry);
}

std::string source_note(const fs::path& tree) {
  const std::string text = text_of_file(note_in(tree.parent_path()));
  std::string_view rest = text;
  return std::string(trimmed(next_line(rest)));
}

}  // namespace harness
