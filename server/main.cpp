/// cluster-node FILE.conf [--directive value …]: read the configuration, start, serve until told to stop.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>

#include "server/keyspace/hash.h"
#include "server/node/node.h"

namespace {

constexpr const char* kUsage =
    "Usage: cluster-node [/path/to/redis.conf] [--directive value ...]\n"
    "       cluster-node -v | --version\n"
    "       cluster-node -h | --help\n"
    "       cluster-node --list-seeded-defects\n";

/// One line each, its columns parted by tabs: name, share of the occasions in percent, what is broken, the
/// kind of real bug, the promise that it breaks, and where it is seen.
void list_defects() {
  std::puts("# defect\tpercent\twhat is broken\twhat mistake is like it\tpromise\twho proves it");
  for (const node::DefectLine& line : node::defect_lines())
    std::printf("%s\t%g\t%s\t%s\t%s\t%s\n", std::string(line.name).c_str(), line.percent,
                std::string(line.broken).c_str(), std::string(line.like).c_str(),
                std::string(line.promise).c_str(),
                line.proof == node::DefectLine::Proof::runs ? "runs" : "simulation");
}

void on_terminate(int signal) {
  node::Shutdown::request(signal);
}

void set_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = on_terminate;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

bool go_to_background() {
  const pid_t pid = fork();
  if (pid < 0) return false;
  if (pid > 0) _exit(0);
  setsid();
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2 && null >= 0; ++fd) dup2(null, fd);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && (arguments[0] == "-v" || arguments[0] == "--version")) {
    std::puts("Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64 build=cluster-node");
    return 0;
  }
  if (!arguments.empty() && (arguments[0] == "-h" || arguments[0] == "--help")) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (!arguments.empty() && arguments[0] == "--list-seeded-defects") {
    list_defects();
    return 0;
  }
  try {
    std::random_device entropy;
    node::hash_seed = static_cast<std::uint64_t>(entropy()) << 32 | entropy();
    node::Config config = node::load_config(arguments);
    if (!config.file.empty())
      if (char* absolute = realpath(config.file.c_str(), nullptr)) {
        config.file = absolute;
        std::free(absolute);
      }
    if (chdir(config.dir.c_str()) != 0) {
      std::fprintf(stderr, "Can't chdir to '%s': %s\n", config.dir.c_str(), std::strerror(errno));
      return 1;
    }
    config.dir = node::current_directory();
    set_signals();
    const std::int64_t wanted = config.maxclients;
    config.maxclients = node::Clients::possible(wanted);
    if (config.daemonize && !go_to_background()) return 1;
    if (!config.pidfile.empty() || config.daemonize) {
      const std::string path = config.pidfile.empty() ? "/var/run/redis.pid" : config.pidfile;
      if (auto why = node::replace_file(path, std::to_string(getpid()) + "\n", false))
        std::fprintf(stderr, "Failed to write PID file: %s\n", why->c_str());
    }
    node::Node server(std::move(config));
    if (server.config().maxclients < wanted)
      server.log('#', "maxclients is reduced from " + std::to_string(wanted) + " to " +
                          std::to_string(server.config().maxclients) +
                          ": the system does not grant descriptors for more (ulimit -n)");
    if (const auto why = server.start()) {
      server.log('#', *why);
      std::fprintf(stderr, "%s\n", why->c_str());
      return 1;
    }
    return server.run();
  } catch (const node::ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.text.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fatal: %s\n", error.what());
  }
  return 1;
}
