// CHECK: an always-on assertion about our own code. What the cluster does is data, what the environment does
// is an exception; a failed CHECK is an error of the harness itself and ends it with exit code 3.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace harness {

/// The environment does not allow what was asked: no namespaces, a missing compiler, a full disk.
/// what() says where, what and the mend. Caught once, in main: exit code 3.
struct EnvironmentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The user asked for something impossible or misspelt. what() says where, what and the mend.
/// Caught once, in main: exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Prints the failed condition, the seed and the place to stderr, then aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line, const std::string& detail);

/// The seed that check_failed prints; set once, when the run knows it.
void set_seed_for_checks(std::uint64_t seed);

}  // namespace harness

#define CHECK_THAT_HOLDS(condition, detail) \
  ((condition) ? static_cast<void>(0) : ::harness::check_failed(#condition, __FILE__, __LINE__, (detail)))
