// The wall clock that a server sees: a library of ours, preloaded, adds to it what a file says
// (harness/preload/clock.cpp). The server's monotonic clock stays true.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace harness {

/// The library (own_files.h); nothing where there is none.
std::optional<std::filesystem::path> find_fake_clock();

/// What a process needs in its environment to see the file's time. REQUIRES: find_fake_clock().
std::vector<std::string> fake_clock_environment(const std::filesystem::path& file);

/// From now on the clock is so far ahead of the true one (behind it, if negative), for every process that
/// sees the file's time. Throws EnvironmentError.
void set_fake_clock(const std::filesystem::path& file, std::chrono::nanoseconds ahead);

}  // namespace harness
