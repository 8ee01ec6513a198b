#include "harness/builds/build.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "harness/builds/sha256.h"
#include "harness/builds/text_of_file.h"
#include "harness/core/check.h"
#include "harness/sandbox/child.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kErrorLines = 20;

/// What an earlier build may have left in the tree, and what is not source.
bool is_product(const fs::path& path) {
  static const std::set<std::string> extensions = {".o", ".a", ".d", ".gcda", ".gcno", ".so"};
  const std::string name = path.filename().string();
  return name == ".git" || name == "Makefile.dep" || name.starts_with(".make-") ||
         extensions.contains(path.extension().string());
}

/// All files and links below, by relative path, in one order on every machine.
std::vector<fs::path> source_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::recursive_directory_iterator(); ++it) {
    if (is_product(it->path())) {
      if (it->is_directory() && !it->is_symlink()) it.disable_recursion_pending();
      continue;
    }
    if (it->is_symlink() || it->is_regular_file()) files.push_back(it->path().lexically_relative(folder));
  }
  std::sort(files.begin(), files.end());
  return files;
}

void copy_sources(const fs::path& from, const fs::path& to, const std::function<void()>& tick) {
  for (const fs::path& file : source_files(from)) {
    tick();
    fs::create_directories((to / file).parent_path());
    fs::copy(from / file, to / file, fs::copy_options::copy_symlinks);
  }
  // Generated files are newer than their sources in the original; a copy in another order must not make make
  // want to generate them again.
  const auto now = fs::file_time_type::clock::now();
  for (const fs::path& file : source_files(to))
    if (!fs::is_symlink(to / file)) fs::last_write_time(to / file, now);
}

/// The make target, which is the executable's name too.
std::string server_target(const fs::path& tree) {
  return text_of_file(tree / "src/Makefile").find("valkey") != std::string::npos ? "valkey-server"
                                                                                 : "redis-server";
}

/// The major version that src/version.h tells; 0 when it does not.
int major_version(const fs::path& tree) {
  const std::string text = text_of_file(tree / "src/version.h");
  const auto at = text.find('"');
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 1);
}

/// Their development branch called itself 999.999.999.
bool is_older_than(const fs::path& tree, int version) {
  const int major = major_version(tree);
  return (0 < major && major < version) || major == 999;
}

/// What some trees need to compile at all.
std::string compiler_flags(const fs::path& tree) {
  // Up to 6.x headers define variables, which gcc takes since 10 only when told to.
  if (is_older_than(tree, 7)) return "-fcommon";
  // Debian's patch compares two names that the preprocessor does not know (0 == 0), and so asks for the
  // system's jemalloc where the bundled one is linked.
  if (text_of_file(tree / "src/zmalloc.h").find("USE_SYSTEM_JEMALLOC == yes") != std::string::npos)
    return "-DUSE_SYSTEM_JEMALLOC=1";
  return {};
}

std::vector<std::string> make_arguments(const fs::path& tree, const BuildOptions& options) {
  std::vector<std::string> arguments = {"BUILD_TLS=no"};
  // Debian's "dfsg" packages leave the bundled allocator out.
  const bool has_jemalloc = fs::exists(tree / "deps/jemalloc/configure") || !fs::exists(tree / "deps");
  // The allocator that came with 3 and 4 is older than the C library it would meet here.
  if (options.quick || !has_jemalloc || is_older_than(tree, 5)) arguments.push_back("MALLOC=libc");
  if (options.quick) arguments.push_back("OPTIMIZATION=-O1");
  if (const std::string flags = compiler_flags(tree); !flags.empty())
    arguments.push_back((server_target(tree) == "valkey-server" ? "SERVER_CFLAGS=" : "REDIS_CFLAGS=") +
                        flags);
  arguments.insert(arguments.end(), options.make_arguments.begin(), options.make_arguments.end());
  return arguments;
}

std::size_t count_c_files(const fs::path& tree) {
  std::size_t count = 0;
  for (const fs::path& file : source_files(tree)) {
    const std::string text = file.string();
    if (file.extension() == ".c" && text.find("test") == std::string::npos) ++count;
  }
  return std::max<std::size_t>(count, 1);
}

/// How far make is, by the compiler calls in its output.
class CompileProgress {
 public:
  CompileProgress(fs::path log, std::size_t files, const BuildOptions& options, std::string what)
      : log_(std::move(log)), files_(files), options_(options), what_(std::move(what)) {}

  void tick() {
    if (!options_.progress) return;
    std::ifstream in(log_);
    in.seekg(position_);
    for (std::string line; std::getline(in, line) && !in.eof();) {
      position_ += static_cast<std::streamoff>(line.size() + 1);
      if (line.find(" -c ") != std::string::npos || line.find("CC") != std::string::npos) ++compiled_;
    }
    options_.progress(what_, static_cast<int>(std::min<std::size_t>(99, compiled_ * 100 / files_)));
  }

 private:
  fs::path log_;
  std::size_t files_;
  const BuildOptions& options_;
  std::string what_;
  std::streamoff position_ = 0;
  std::size_t compiled_ = 0;
};

/// The log shall be found in the store also when the cache, or nothing, holds the build.
void copy_log(const fs::path& from, const fs::path& to) {
  if (to.empty()) return;
  std::ofstream out(to, std::ios::app);
  out << text_of_file(from);
  out.close();
  if (!out)
    throw EnvironmentError(fmt::format("cannot write {}; give --store a writable directory", to.string()));
}

void compile(const fs::path& tree, const fs::path& entry, const std::vector<std::string>& arguments,
             const BuildOptions& options, const fs::path& kept_log) {
  const fs::path copy = entry / "tree";
  const fs::path log = entry / "build.log";
  const std::string target = server_target(tree);
  copy_sources(tree, copy, [&] {
    if (options.progress) options.progress("copying " + tree.string(), -1);
  });

  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::string> argv = {
      "make", "-C", "src", fmt::format("-j{}", options.jobs > 0 ? options.jobs : static_cast<int>(cores))};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.push_back(target);
  std::ofstream(log) << fmt::format("$ {}\n", fmt::join(argv, " "));
  CompileProgress progress(log, count_c_files(copy), options, "compiling " + target);
  try {
    // The make that started us, if any, has no say in this one.
    run_tool(
        argv, copy, log, {"MAKEFLAGS=", "MFLAGS=", "LC_ALL=C"}, [&] { progress.tick(); },
        "install make and gcc (apt-get install build-essential), or see the compiler's words");
    if (!fs::is_regular_file(copy / "src" / target))
      throw EnvironmentError(fmt::format("make succeeded, yet src/{} is not there", target));
  } catch (const EnvironmentError& error) {
    std::error_code ignored;
    fs::copy_file(log, kept_log, fs::copy_options::overwrite_existing, ignored);
    throw EnvironmentError(fmt::format("{} does not compile: {}\nthe whole log: {}", tree.string(),
                                       error.what(), kept_log.string()));
  }
  fs::copy_file(copy / "src" / target, entry / target);
  fs::permissions(entry / target, fs::perms(0755));
  fs::remove_all(copy);
}

}  // namespace

bool is_source_tree(const fs::path& folder) {
  return fs::exists(folder / "src/Makefile") &&
         (fs::exists(folder / "src/server.c") || fs::exists(folder / "src/redis.c"));
}

std::string sha256_of_tree(const fs::path& folder, const std::function<void()>& tick) {
  Sha256 sum;
  try {
    for (const fs::path& file : source_files(folder)) {
      if (tick) tick();
      const fs::path path = folder / file;
      const bool link = fs::is_symlink(path);
      const bool executable =
          !link && (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
      const std::string content = link ? fs::read_symlink(path).string() : sha256_of_file(path);
      sum.add(fmt::format("{}\n{}\n{}\n", file.string(),
                          link         ? "link"
                          : executable ? "program"
                                       : "file",
                          content));
    }
  } catch (const fs::filesystem_error& error) {
    throw EnvironmentError(fmt::format("cannot read {}: {}", folder.string(), error.what()));
  }
  return sum.hex();
}

fs::path build_server(const fs::path& tree, const Cache& cache, const BuildOptions& options) {
  if (!is_source_tree(tree))
    throw UsageError(
        fmt::format("{} is no Redis or Valkey source tree: src/Makefile and src/server.c are not there; "
                    "give the folder that holds src, or a server binary",
                    tree.string()));
  const auto arguments = make_arguments(tree, options);
  Sha256 key;
  key.add(sha256_of_tree(tree, [&] {
    if (options.progress) options.progress("reading " + tree.string(), -1);
  }));
  for (const std::string& argument : arguments) key.add("\n" + argument);
  const std::string target = server_target(tree);
  const std::string name = target + "-" + key.hex().substr(0, 24);
  const fs::path kept_log = cache.folder() / (name + ".failed.log");
  bool made = false;
  const fs::path entry = cache.entry(
      "builds", name,
      [&](const fs::path& folder) {
        made = true;
        compile(fs::absolute(tree), folder, arguments, options, kept_log);
      },
      [&](std::string_view what) {
        if (options.progress) options.progress(what, -1);
      });
  if (options.progress)
    options.progress(made ? "compiled " + target : target + " compiled before: from the cache", 100);
  copy_log(entry / "build.log", options.log);
  return entry / target;
}

fs::path unpack_tarball(const fs::path& tarball, const Cache& cache, const BuildOptions& options) {
  const auto say = [&](std::string_view what) {
    if (options.progress) options.progress(what, -1);
  };
  const std::string key = "tar-" + sha256_of_file(tarball).substr(0, 24);
  const fs::path entry = cache.entry(
      "sources", key,
      [&](const fs::path& folder) {
        say("unpacking " + tarball.string());
        const fs::path log = folder / ".unpack.log";
        run_tool(
            {"tar", "-xf", fs::absolute(tarball).string()}, folder, log, {"LC_ALL=C"},
            [&] { say("unpacking " + tarball.string()); },
            "give a source tarball (.tar.gz, .tar.xz, .tar.bz2), complete");
        fs::remove(log);
      },
      say);
  if (is_source_tree(entry)) return entry;
  for (const auto& item : fs::directory_iterator(entry))
    if (item.is_directory() && is_source_tree(item.path())) return item.path();
  throw UsageError(fmt::format("{} holds no Redis or Valkey source tree (src/Makefile and src/server.c)",
                               tarball.string()));
}

void run_tool(const std::vector<std::string>& argv, const fs::path& directory, const fs::path& log,
              const std::vector<std::string>& environment, const std::function<void()>& tick,
              const std::string& mend) {
  ChildOptions child_options;
  child_options.argv = argv;
  child_options.directory = directory;
  child_options.output = log;
  child_options.environment = environment;
  Child child(child_options);
  std::optional<ExitStatus> end;
  try {
    while (!(end = child.wait_for(200ms))) tick();
  } catch (...) {
    ::kill(-child.pid(), SIGKILL);  // the tool and what it started: its group is its own
    throw;
  }
  if (end->exit_code == 0) return;
  ::kill(-child.pid(), SIGKILL);  // what it started and did not wait for; its group is its own
  throw EnvironmentError(fmt::format("`{}` {}; {}; its last lines:\n{}", fmt::join(argv, " "),
                                     end->describe(), mend, last_lines_of(log, kErrorLines)));
}

std::string last_lines_of(const fs::path& path, std::size_t count) {
  std::ifstream in(path);
  std::deque<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    lines.push_back("  " + line.substr(0, 300));
    if (lines.size() > count) lines.pop_front();
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace harness
