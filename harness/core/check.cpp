#include "harness/core/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace harness {
namespace {
std::atomic<std::uint64_t> seed_for_checks{0};
}

void set_seed_for_checks(std::uint64_t seed) {
  seed_for_checks = seed;
}

void check_failed(const char* condition, const char* file, int line, const std::string& detail) {
  std::fprintf(stderr, "harness: internal error: %s does not hold at %s:%d%s%s (seed %llu)\n", condition,
               file, line, detail.empty() ? "" : ": ", detail.c_str(),
               static_cast<unsigned long long>(seed_for_checks.load()));
  std::abort();
}

}  // namespace harness
