// cluster-sim: runs many seeds of the cluster simulation, and prints the first that breaks a promise with the
// command that repeats it. Exit code 1 if one did.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/sim/scenario.h"
#include "server/cluster/sim/strong_world.h"

namespace {

constexpr std::string_view kUsage =
    "usage: cluster-sim [--seed N] [--count N] [--masters N] [--replicas N] [--timeout MS] [--trouble MS] "
    "[--no-admin] [--verbose] [--defect NAME] [--record]\n"
    "       cluster-sim --strong [--seed N] [--count N] [--trouble MS] [--defect NAME] [--wall-clock] "
    "[--history FILE] [--verbose]\n";

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t count = 1000;
  node::cluster::sim::Plan plan;
  bool strong = false;
  std::string history;
  node::cluster::sim::StrongPlan strong_plan;
};

bool add_defect(Options& options, std::string_view word) {
  options.plan.defects.add(word);
  const auto why = options.strong_plan.defects.add(word);
  if (why) std::fprintf(stderr, "%s\n", why->c_str());
  return !why;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--no-admin") {
      options.plan.admin = false;
    } else if (name == "--record") {
      options.plan.record = stdout;
    } else if (name == "--strong") {
      options.strong = true;
    } else if (name == "--wall-clock") {
      options.strong_plan.wall_clock = true;
    } else if (name == "--verbose") {
      options.plan.verbose = options.strong_plan.verbose = true;
    } else if (i + 1 == argc) {
      return false;
    } else {
      const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
      if (name == "--defect") {
        if (!add_defect(options, argv[i])) return false;
      } else if (name == "--history")
        options.history = argv[i];
      else if (name == "--seed")
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
        options.plan.trouble = options.strong_plan.trouble = static_cast<node::Ms>(value);
      else
        return false;
    }
  }
  return options.plan.masters >= 1;
}

constexpr node::Ms kSpan = 10'000'000;  // of a seed's history in a file that holds many
constexpr node::Ms kEnd = kSpan - 1;    // when its unknown writes are given up

/// As `harness check --model register` reads it; keys of different seeds are different.
void write_history(std::FILE* out, const node::cluster::sim::StrongOutcome& outcome, node::Ms begin) {
  using node::cluster::sim::Operation;
  struct Line {
    node::Ms at;
    std::string text;
  };
  std::vector<Line> lines;
  std::uint64_t process = outcome.seed * 1'000'000;  // each operation is one of its own
  for (const auto& [key, history] : outcome.histories)
    for (const Operation& op : history) {
      ++process;
      const auto line = [&](const char* type, bool with_value, node::Ms at) {
        std::string value = "null";
        if (with_value && op.value != Operation::kNothing) value = std::to_string(op.value);
        return fmt::format(R"({{"process":{},"type":"{}","f":"{}","key":"{}-{}","value":{},"time":{}}})",
                           process, type, op.write ? "write" : "read", outcome.seed, key, value, begin + at);
      };
      lines.push_back({op.invoked * 2, line("invoke", op.write, op.invoked * 2)});
      const bool known = op.completed != Operation::kNever;
      // What completes in the millisecond in which another begins may have been concurrent with it.
      const node::Ms at = known ? op.completed * 2 + 1 : kEnd;
      lines.push_back({at, line(known ? "ok" : "info", known || op.write, at)});
    }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) { return a.at < b.at; });
  for (const Line& line : lines) std::fprintf(out, "%s\n", line.text.c_str());
}

int run_strong(const Options& options) {
  std::FILE* out = options.history.empty() ? nullptr : std::fopen(options.history.c_str(), "w");
  if (!options.history.empty() && out == nullptr) {
    std::perror(options.history.c_str());
    return 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t answered = 0, seats = 0, serving = 0, shards = 0, failed = 0;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.count && failed == 0; ++seed) {
    const auto outcome = node::cluster::sim::run_strong_seed(seed, options.strong_plan);
    answered += static_cast<std::uint64_t>(outcome.answered);
    seats += static_cast<std::uint64_t>(outcome.seats_taken);
    serving += static_cast<std::uint64_t>(outcome.serving);
    shards += static_cast<std::uint64_t>(outcome.shards);
    if (out != nullptr) write_history(out, outcome, static_cast<node::Ms>(seed - options.seed) * kSpan);
    if (outcome.failure.empty()) continue;
    ++failed;
    std::printf(
        "seed %llu: %s\nrepeat: cluster-sim --strong --verbose --seed %llu --count 1 --trouble %lld%s",
        static_cast<unsigned long long>(seed), outcome.failure.c_str(), static_cast<unsigned long long>(seed),
        static_cast<long long>(options.strong_plan.trouble),
        options.strong_plan.wall_clock ? " --wall-clock" : "");
    const std::string defects = options.strong_plan.defects.text();
    for (std::size_t at = 0; !defects.empty() && at != std::string::npos;) {
      const std::size_t end = defects.find(' ', at);
      std::printf(" --defect %s", defects.substr(at, end - at).c_str());
      at = end == std::string::npos ? end : end + 1;
    }
    std::printf("\n");
  }
  if (out != nullptr && std::fclose(out) != 0) std::perror(options.history.c_str());
  if (failed > 0) return 1;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf(
      "%llu seeds are linearizable: %llu answers, %llu seats taken, %llu of %llu shards serve at the end, "
      "%.0f seeds a minute\n",
      static_cast<unsigned long long>(options.count), static_cast<unsigned long long>(answered),
      static_cast<unsigned long long>(seats), static_cast<unsigned long long>(serving),
      static_cast<unsigned long long>(shards), static_cast<double>(options.count) / took.count() * 60);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage.data(), stderr);
    return 2;
  }
  if (options.strong) return run_strong(options);
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t events = 0, promotions = 0, votes = 0;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.count; ++seed) {
    const auto outcome = node::cluster::sim::run_seed(seed, options.plan);
    events += outcome.events;
    promotions += static_cast<std::uint64_t>(outcome.promotions);
    votes += static_cast<std::uint64_t>(outcome.votes);
    // A record is for others to judge: what is wrong in it stands there, and the next one follows.
    if (outcome.failure.empty() || options.plan.record != nullptr) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.failure.c_str());
    std::printf("repeat: cluster-sim --verbose --seed %llu --count 1", static_cast<unsigned long long>(seed));
    for (int i = 1; i < argc; ++i)
      if (std::string_view(argv[i]) == "--no-admin") std::printf(" --no-admin");
    std::printf(" --masters %d --replicas %d --trouble %lld\n", options.plan.masters,
                options.plan.replicas_each, static_cast<long long>(options.plan.trouble));
    return 1;
  }
  if (options.plan.record != nullptr) return 0;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%llu seeds held: %llu events, %llu votes, %llu promotions, %.0f seeds a minute\n",
              static_cast<unsigned long long>(options.count), static_cast<unsigned long long>(events),
              static_cast<unsigned long long>(votes), static_cast<unsigned long long>(promotions),
              static_cast<double>(options.count) / took.count() * 60);
  return 0;
}
