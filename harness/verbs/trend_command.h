// The verb `trend`: the last nights of a store, remembered beside it.
#pragma once

#include <filesystem>

namespace harness {

/// "store.sqlite" beside "store", also for "store/".
std::filesystem::path trend_file(const std::filesystem::path& store);

int trend_command(int argc, const char* const* argv);

}  // namespace harness
