// cluster-sim: runs many seeds of the cluster simulation, and prints the first that breaks a promise with the
// command that repeats it. Exit code 1 if one did.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/cluster/sim/scenario.h"

namespace {

constexpr std::string_view kUsage =
    "usage: cluster-sim [--seed N] [--count N] [--masters N] [--replicas N] [--timeout MS] [--trouble MS] "
    "[--no-admin] [--verbose]\n";

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t count = 1000;
  node::cluster::sim::Plan plan;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--no-admin") {
      options.plan.admin = false;
    } else if (name == "--verbose") {
      options.plan.verbose = true;
    } else if (i + 1 == argc) {
      return false;
    } else {
      const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
      if (name == "--seed")
        options.seed = value;
      else if (name == "--count")
        options.count = value;
      else if (name == "--masters")
        options.plan.masters = static_cast<int>(value);
      else if (name == "--replicas")
        options.plan.replicas_each = static_cast<int>(value);
      else if (name == "--timeout")
        options.plan.node_timeout = static_cast<node::Ms>(value);
      else if (name == "--trouble")
        options.plan.trouble = static_cast<node::Ms>(value);
      else
        return false;
    }
  }
  return options.plan.masters >= 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage.data(), stderr);
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t events = 0, promotions = 0, votes = 0;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.count; ++seed) {
    const auto outcome = node::cluster::sim::run_seed(seed, options.plan);
    events += outcome.events;
    promotions += static_cast<std::uint64_t>(outcome.promotions);
    votes += static_cast<std::uint64_t>(outcome.votes);
    if (outcome.failure.empty()) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.failure.c_str());
    std::printf("repeat: cluster-sim --verbose --seed %llu --count 1", static_cast<unsigned long long>(seed));
    for (int i = 1; i < argc; ++i)
      if (std::string_view(argv[i]) == "--no-admin") std::printf(" --no-admin");
    std::printf(" --masters %d --replicas %d --trouble %lld\n", options.plan.masters,
                options.plan.replicas_each, static_cast<long long>(options.plan.trouble));
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%llu seeds held: %llu events, %llu votes, %llu promotions, %.0f seeds a minute\n",
              static_cast<unsigned long long>(options.count), static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(votes), static_cast<unsigned long long>(promotions),
              static_cast<double>(options.count) / took.count() * 60);
  return 0;
}
