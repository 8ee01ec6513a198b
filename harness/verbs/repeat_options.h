// What verbs take that carry the plan of a stored run out again (replay, shrink).
#pragma once

#include <string>

#include "harness/run/execute.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/stored_run.h"

namespace harness {

struct RepeatOptions {
  std::string run;
  std::string store = "store";
  std::string sandbox = "auto";
  bool quick_build = false;
  bool other_builds = false;
  bool json = false;
  bool no_progress = false;
};

/// `store_help`: what --store means to the verb.
void declare_repeat(CLI::App& app, RepeatOptions& options, const std::string& store_help);

/// On the builds of the stored run, unless the options say otherwise. Throws EnvironmentError where this
/// machine cannot carry the plan out.
ExecuteOptions execution_of(const StoredRun& stored, const RepeatOptions& options, int argc,
                            const char* const* argv);

}  // namespace harness
