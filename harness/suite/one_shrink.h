// The shrinking of a suite's new violation: `shrink STORE` as a child process, alone, at the suite's end.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "harness/suite/one_run.h"

namespace harness {

/// The command line, from the verb on.
std::vector<std::string> arguments_of_shrink(const std::string& store, double seconds,
                                             const RunSettings& settings);

/// From what `shrink --json` printed to the journal's line. `said` is its stdout and stderr in one.
Shrunk shrunk_of(const std::string& store, const std::string& said, const ExitStatus& status);

/// Nothing: a signal asked for the end. `store` is named within the suite's folder. Throws EnvironmentError.
std::optional<Shrunk> shrink_one(const std::string& store, double seconds, const RunSettings& settings,
                                 const std::function<void()>& while_waiting);

}  // namespace harness
