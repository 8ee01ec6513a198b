// What a run reached of the server under test, as far as its record tells: which commands its nodes carried
// out, and which error replies they gave.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "harness/core/run_record.h"

namespace harness {

struct Coverage {
  std::map<std::string, std::uint64_t> commands;  // "get", "cluster|nodes": calls
  std::map<std::string, std::uint64_t> errors;    // "MOVED": replies
};

/// By the counts that each node gave in the end (INFO commandstats and errorstats), which begin anew with
/// each process; a command or an error that only the plan's steps tell of counts too.
Coverage coverage_of(const RunRecord& run);

}  // namespace harness
