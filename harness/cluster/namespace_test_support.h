// What the tests that need namespaces share. A body runs in another process, where Catch2's macros would
// count for nothing: it throws instead, and run_in_sandbox throws that again where Catch2 sees it.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "harness/cluster/sandbox.h"

namespace harness {

inline void require_that(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("does not hold: " + what);
}

/// The modes of namespaces that this machine allows; with none, a warning says that the test was skipped.
inline std::vector<SandboxMode> allowed_modes() {
  static const SandboxSupport support = probe_sandbox();
  std::vector<SandboxMode> modes;
  if (support.user_namespace_error.empty()) modes.push_back(SandboxMode::kUserNamespace);
  if (support.root_error.empty()) modes.push_back(SandboxMode::kRoot);
  if (modes.empty()) WARN("SKIPPED, no namespaces here: " << support.user_namespace_error);
  return modes;
}

inline void in_each_sandbox(const std::function<void(SandboxMode)>& test) {
  for (const SandboxMode mode : allowed_modes()) {
    INFO("in " << to_string(mode) << " mode");
    CHECK_NOTHROW(run_in_sandbox(mode, [&] {
      test(mode);
      return 0;
    }));
  }
}

/// A directory that goes away with the test.
struct ScratchFolder {
  std::filesystem::path path;
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "harness-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    path = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
};

}  // namespace harness
