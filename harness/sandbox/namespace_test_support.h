// What the tests that need namespaces share. A body runs in another process, where Catch2's macros would
// count for nothing: it throws instead, and run_in_sandbox throws that again where Catch2 sees it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/sandbox/sandbox.h"

namespace harness {

inline void require_that(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error("does not hold: " + what);
}

/// Runs `work` in a process of its own, as an ordinary user when we are root; what it throws is thrown here.
void as_ordinary_user(const std::function<void()>& work);

/// The modes of namespaces that this machine allows; with none, a warning says that the test was skipped.
std::vector<SandboxMode> allowed_modes();

/// Runs the test inside each of them, and once more as an ordinary user when we are root.
void in_each_sandbox(const std::function<void(SandboxMode)>& test);

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
